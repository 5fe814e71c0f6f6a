local inline = require('casework.review.inline')

---@param base string[]
---@param head string[]
local function sides(base, head)
  return { base = { lines = base, note = '', dos = false }, head = { lines = head, note = '', dos = false } }
end

local function span(first, last)
  return { first = first, last = last }
end

--- What is shown, one sign before each line, as in a unified diff; and the rows of the hunks.
local function shown(base, head, old, new)
  local made = inline.of({ base = old, head = new }, sides(base, head))
  local lines = {}
  for index, row in ipairs(made.rows) do
    local sign = row.base and row.head and ' ' or row.base and '-' or '+'
    lines[index] = sign .. made.lines[index]
  end
  return { table.concat(lines, '|'), made.spans }
end

return {
  {
    'a changed line stands above the one in its place',
    got = function()
      return shown({ 'a', 'b', 'c' }, { 'a', 'B', 'c' }, { span(2, 2) }, { span(2, 2) })
    end,
    want = { ' a|-b|+B| c', { span(2, 3) } },
  },
  {
    'equal lines inside a hunk are shown once',
    got = function()
      return shown({ 'a', 'b', 'c', 'd' }, { 'A', 'b', 'c', 'D' }, { span(1, 4) }, { span(1, 4) })
    end,
    want = { '-a|+A| b| c|-d|+D', { span(1, 6) } },
  },
  {
    'lines that are only put in, at the end too',
    got = function()
      return shown({ 'a' }, { 'a', 'b', 'c' }, { span(1, 0) }, { span(2, 3) })
    end,
    want = { ' a|+b|+c', { span(2, 3) } },
  },
  {
    'lines that are only taken away, at the start too',
    got = function()
      return shown({ 'a', 'b', 'c' }, { 'c' }, { span(1, 2) }, { span(1, 0) })
    end,
    want = { '-a|-b| c', { span(1, 2) } },
  },
  {
    'two hunks, each with its rows',
    got = function()
      local old, new = { span(1, 1), span(4, 3) }, { span(1, 1), span(4, 4) }
      return shown({ 'a', 'b', 'c', 'd' }, { 'A', 'b', 'c', 'n', 'd' }, old, new)
    end,
    want = { '-a|+A| b| c|+n| d', { span(1, 2), span(5, 5) } },
  },
  {
    'a new file, and one that goes',
    got = function()
      return {
        shown({}, { 'a' }, { span(1, 0) }, { span(1, 1) })[1],
        shown({ 'a' }, {}, { span(1, 1) }, { span(1, 0) })[1],
      }
    end,
    want = { '+a', '-a' },
  },
  {
    'a file that is judged as a whole is shown as it is, and its hunk hangs on the first row',
    got = function()
      return shown({ 'a' }, { 'a' }, { span(1, 0) }, { span(1, 0) })
    end,
    want = { ' a', { span(1, 0) } },
  },
  {
    'where a line goes, one is at the next that stays',
    got = function()
      local made = inline.of({ base = { span(2, 2) }, head = { span(2, 1) } }, sides({ 'a', 'b', 'c' }, { 'a', 'c' }))
      return { inline.line(made.rows, 2, 'head'), inline.line(made.rows, 2, 'base'), inline.line(made.rows, 3, 'head') }
    end,
    want = { 2, 2, 2 },
  },
  {
    'what differs between two lines, whole letters only; unlike lines differ as a whole',
    got = function()
      return {
        { inline.differing('fee(amount, 50)', 'fee(amount, 40)') },
        { inline.differing('größe = 1', 'grüße = 1') },
        { inline.differing('a quiet line', 'something else') },
      }
    end,
    want = { { 12, 13, 13 }, { 2, 4, 4 }, {} },
  },
  {
    'far from every hunk it is folded, and a single line never is',
    got = function()
      return { inline.folds(30, { span(10, 11), span(20, 19) }, 3), inline.folds(5, { span(5, 5) }, 3) }
    end,
    want = { { span(1, 6), span(15, 16), span(24, 30) }, {} },
  },
}
