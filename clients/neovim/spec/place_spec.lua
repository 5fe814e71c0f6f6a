local place = require('casework.review.place')

local function spans(hunk, old, new)
  local before, after = place.spans(hunk, old, new)
  return { before.first, before.last, after.first, after.last }
end

local OLD = { 'a', 'b', 'c', 'd', 'e', 'f', 'g' }

return {
  {
    'context around a changed line is no part of the change',
    got = function()
      local hunk = { old_start = 1, old_lines = 7, new_start = 1, new_lines = 7 }
      return spans(hunk, OLD, { 'a', 'b', 'c', 'D', 'e', 'f', 'g' })
    end,
    want = { 4, 4, 4, 4 },
  },
  {
    'lines that were added hang, on the old side, on the line behind them',
    got = function()
      local hunk = { old_start = 1, old_lines = 6, new_start = 1, new_lines = 8 }
      return spans(hunk, OLD, { 'a', 'b', 'c', 'x', 'y', 'd', 'e', 'f', 'g' })
    end,
    want = { 4, 3, 4, 5 },
  },
  {
    'lines that were removed hang, on the new side, on the line behind them',
    got = function()
      local hunk = { old_start = 1, old_lines = 7, new_start = 1, new_lines = 6 }
      return spans(hunk, OLD, { 'a', 'b', 'c', 'e', 'f', 'g' })
    end,
    want = { 4, 4, 4, 3 },
  },
  {
    'a repeated line is counted once, not as context from both ends',
    got = function()
      local hunk = { old_start = 1, old_lines = 2, new_start = 1, new_lines = 3 }
      return spans(hunk, { 'x', 'x' }, { 'x', 'x', 'x' })
    end,
    want = { 2, 1, 3, 3 },
  },
  {
    'a new file has no line on the old side',
    got = function()
      return spans({ old_start = 0, old_lines = 0, new_start = 1, new_lines = 2 }, {}, { 'x', 'y' })
    end,
    want = { 1, 0, 1, 2 },
  },
  {
    'the last line, removed, hangs on the line before it',
    got = function()
      return spans({ old_start = 1, old_lines = 2, new_start = 1, new_lines = 1 }, { 'a', 'b' }, { 'a' })
    end,
    want = { 2, 2, 1, 0 },
  },
  {
    'a line in no hunk belongs to the next one, and behind the last to the last',
    got = function()
      local found = { { first = 3, last = 5 }, { first = 10, last = 9 } }
      return { place.nearest(found, 1), place.nearest(found, 4), place.nearest(found, 7), place.nearest(found, 99) }
    end,
    want = { 1, 1, 2, 2 },
  },
}
