--- Both sides of a file as one text: what is taken away above what is put in its place. Pure.
---
--- The hunks are the daemon's; within one, equal lines between two changed places are found and not shown twice.

local M = {}

---@class (exact) casework.Row
---@field base? integer  The line of the file as it is; nil where the line is new.
---@field head? integer  The line of the file as proposed; nil where the line goes.

---@class (exact) casework.Inline
---@field lines string[]
---@field rows casework.Row[]
---@field spans casework.Span[]

---@param made casework.Inline
---@param sides casework.Sides
---@param base integer?
---@param head integer?
local function add(made, sides, base, head)
  made.rows[#made.rows + 1] = { base = base, head = head }
  made.lines[#made.lines + 1] = head and sides.head.lines[head] or sides.base.lines[base]
end

--- Adds the lines of one hunk: in each changed place first those that go, then those that come.
---@param made casework.Inline
---@param sides casework.Sides
---@param old casework.Span
---@param new casework.Span
local function hunk(made, sides, old, new)
  local before = vim.list_slice(sides.base.lines, old.first, old.last)
  local after = vim.list_slice(sides.head.lines, new.first, new.last)
  local function text(lines)
    return #lines > 0 and table.concat(lines, '\n') .. '\n' or ''
  end
  local base, head = 1, 1
  local function context(upto)
    while base < upto do
      add(made, sides, old.first + base - 1, new.first + head - 1)
      base, head = base + 1, head + 1
    end
  end
  local diff = vim.text and vim.text.diff or vim.diff -- the name until 0.11
  local places = diff(text(before), text(after), { result_type = 'indices', algorithm = 'histogram' })
  for _, place in ipairs(places --[[@as integer[][] ]]) do
    context(place[2] == 0 and place[1] + 1 or place[1])
    for _ = 1, place[2] do
      add(made, sides, old.first + base - 1, nil)
      base = base + 1
    end
    for _ = 1, place[4] do
      add(made, sides, nil, new.first + head - 1)
      head = head + 1
    end
  end
  context(#before + 1)
end

--- Builds the one text out of both, with the rows that each hunk takes in it.
---@param spans {base: casework.Span[], head: casework.Span[]}
---@param sides casework.Sides
---@return casework.Inline
function M.of(spans, sides)
  local made = { lines = {}, rows = {}, spans = {} }
  local base, head = 1, 1
  for index, new in ipairs(spans.head) do
    local old = spans.base[index]
    local is_new, is_old = new.last >= new.first, old.last >= old.first
    local gap = (is_new and new.first - head) or (is_old and old.first - base) or 0
    for _ = 1, gap do
      add(made, sides, base, head)
      base, head = base + 1, head + 1
    end
    local first = #made.rows + 1
    if is_new or is_old then
      local from = { first = base, last = is_old and old.last or base - 1 }
      local to = { first = head, last = is_new and new.last or head - 1 }
      hunk(made, sides, from, to)
      base, head = from.last + 1, to.last + 1
    end
    made.spans[index] = { first = first, last = #made.rows }
  end
  while head <= #sides.head.lines and base <= #sides.base.lines do
    add(made, sides, base, head)
    base, head = base + 1, head + 1
  end
  for _, span in ipairs(made.spans) do
    span.first = math.max(1, math.min(span.first, math.max(1, #made.rows)))
    span.last = math.max(span.last, span.first - 1)
  end
  return made
end

--- The line of one side that `row` shows, or the nearest one below it: where one is when one goes there.
---@param rows casework.Row[]
---@param row integer
---@param side 'base'|'head'
---@return integer
function M.line(rows, row, side)
  for at = row, #rows do
    if rows[at][side] then
      return rows[at][side]
    end
  end
  for at = math.min(row, #rows), 1, -1 do
    if rows[at][side] then
      return rows[at][side]
    end
  end
  return 1
end

--- The parts in which two lines differ, as byte columns from 0; nil where they have too little in common to say.
---@param old string
---@param new string
---@return integer? from, integer? old_to, integer? new_to
function M.differing(old, new)
  local shorter = math.min(#old, #new)
  local from, back = 0, 0
  while from < shorter and old:byte(from + 1) == new:byte(from + 1) do
    from = from + 1
  end
  while back < shorter - from and old:byte(#old - back) == new:byte(#new - back) do
    back = back + 1
  end
  local function is_inside(text, at)
    local byte = text:byte(at + 1)
    return byte and byte >= 128 and byte < 192
  end
  while from > 0 and (is_inside(old, from) or is_inside(new, from)) do
    from = from - 1
  end
  while back > 0 and (is_inside(old, #old - back) or is_inside(new, #new - back)) do
    back = back - 1
  end
  if (from + back) * 2 < shorter then
    return nil
  end
  return from, #old - back, #new - back
end

--- Runs of rows that nothing changes and nobody needs to see: further than `context` rows from every hunk.
---@param count integer
---@param spans casework.Span[]
---@param context integer
---@return casework.Span[]
function M.folds(count, spans, context)
  local folds, from = {}, 1
  local function fold(last)
    if last - from >= 1 then
      folds[#folds + 1] = { first = from, last = last }
    end
  end
  for _, span in ipairs(spans) do
    fold(span.first - context - 1)
    from = math.max(from, math.max(span.last, span.first) + context + 1)
  end
  fold(count)
  return folds
end

return M
