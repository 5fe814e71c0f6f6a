--- The one text of both sides on the screen: which lines go and which come, and their numbers on both sides.

local inline = require('casework.review.inline')

local M = {}

local namespace = vim.api.nvim_create_namespace('casework.inline')

--- The numbers of both sides beside each line.
M.column = "%s%{%v:lua.require'casework.review.inline_text'.numbers()%} "

---@type table<integer, {rows: casework.Row[], width: integer}>  By buffer.
local shown = {}

---@param buffer integer
---@param row integer
---@param text string
---@param from integer?
---@param to integer?
---@param groups {[1]: string, [2]: string}  For the line, and for what differs in it.
local function colour(buffer, row, text, from, to, groups)
  local whole = { end_row = row, hl_group = groups[1], hl_eol = true, priority = 10 }
  vim.api.nvim_buf_set_extmark(buffer, namespace, row - 1, 0, whole)
  if from and to and to > from and to <= #text then
    local options = { end_col = to, hl_group = groups[2], priority = 150 }
    vim.api.nvim_buf_set_extmark(buffer, namespace, row - 1, from, options)
  end
end

--- The last row of the run that begins at `row` and lies on one side only.
---@param rows casework.Row[]
---@param row integer
---@param other 'base'|'head'  The side that has none of them.
---@return integer
local function run(rows, row, other)
  local last = row
  while rows[last + 1] and not rows[last + 1][other] do
    last = last + 1
  end
  return last
end

--- Colours a changed place: its old lines from `first`, its new ones behind them; line by line where it has as many.
---@param buffer integer
---@param made casework.Inline
---@param first integer
---@return integer last
local function place(buffer, made, first)
  local rows, lines = made.rows, made.lines
  local middle = rows[first].head and first - 1 or run(rows, first, 'head')
  local last = rows[middle + 1] and not rows[middle + 1].base and run(rows, middle + 1, 'base') or middle
  local is_paired = middle - first + 1 == last - middle
  for row = first, last do
    local is_old = row <= middle
    local from, old_to, new_to
    if is_paired then
      local old = is_old and row or row - (middle - first + 1)
      from, old_to, new_to = inline.differing(lines[old], lines[old + middle - first + 1])
    end
    local groups = is_old and { 'CaseworkRemoved', 'CaseworkRemovedText' } or { 'CaseworkAdded', 'CaseworkAddedText' }
    colour(buffer, row, lines[row], from, is_old and old_to or new_to, groups)
  end
  return last
end

--- Colours `buffer`, which shows `made`.
---@param buffer integer
---@param made casework.Inline
function M.draw(buffer, made)
  local largest = 1
  for _, row in ipairs(made.rows) do
    largest = math.max(largest, row.base or 1, row.head or 1)
  end
  shown[buffer] = { rows = made.rows, width = #tostring(largest) }
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  local row = 1
  while row <= #made.rows do
    local is_changed = not (made.rows[row].base and made.rows[row].head)
    row = (is_changed and place(buffer, made, row) or row) + 1
  end
end

--- The two numbers of the line that is being drawn; for 'statuscolumn'.
---@return string
function M.numbers()
  local one = shown[vim.api.nvim_get_current_buf()] -- of the window that is drawn
  local row = one and one.rows[vim.v.lnum]
  if not row or vim.v.virtnum ~= 0 then
    return (' '):rep(one and 2 * one.width + 1 or 0)
  end
  local width = '%' .. one.width .. 's'
  local group = vim.v.relnum == 0 and '%#CursorLineNr#' or '%#LineNr#'
  return group .. (width .. ' ' .. width):format(row.base or '', row.head or '')
end

vim.api.nvim_create_autocmd('BufWipeout', {
  group = vim.api.nvim_create_augroup('casework.inline', {}),
  pattern = 'casework://*',
  callback = function(event)
    shown[event.buf] = nil
  end,
})

return M
