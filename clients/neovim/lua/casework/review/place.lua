--- Where a hunk really changes lines: its header counts context too. Pure.

local M = {}

---@class (exact) casework.Span
---@field first integer  First changed line, from 1; where no line of this side changed, the line the change hangs on.
---@field last integer  Last changed line; before `first` where no line of this side changed.

---@param lines string[]
---@param number integer
---@return integer
local function within(lines, number)
  return math.max(1, math.min(number, math.max(1, #lines)))
end

--- Gives the lines that `hunk` changes on both sides, out of the texts of both sides.
---@param hunk casework.HunkView
---@param old string[]
---@param new string[]
---@return casework.Span old, casework.Span new
function M.spans(hunk, old, new)
  local before, after = 0, 0
  local shared = math.min(hunk.old_lines, hunk.new_lines)
  while before < shared and old[hunk.old_start + before] == new[hunk.new_start + before] do
    before = before + 1
  end
  local old_stop, new_stop = hunk.old_start + hunk.old_lines, hunk.new_start + hunk.new_lines
  while after < shared - before and old[old_stop - 1 - after] == new[new_stop - 1 - after] do
    after = after + 1
  end
  local old_span = M.span(hunk.old_start + before, old_stop - 1 - after, old)
  return old_span, M.span(hunk.new_start + before, new_stop - 1 - after, new)
end

---@param first integer
---@param last integer
---@param lines string[]
---@return casework.Span
function M.span(first, last, lines)
  local start = within(lines, first)
  return { first = start, last = last < first and start - 1 or within(lines, last) }
end

--- The hunk of `file` that line `number` of one side is nearest to: the one that holds it, else the next one.
---@param spans casework.Span[]
---@param number integer
---@return integer
function M.nearest(spans, number)
  for index, span in ipairs(spans) do
    if number <= math.max(span.first, span.last) then
      return index
    end
  end
  return math.max(1, #spans)
end

return M
