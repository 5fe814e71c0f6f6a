--- Hunks as things that Vim's own commands take: text objects, and motions behind an operator or in a selection.

local page = require('casework.review.page')
local view_of = require('casework.review.view')

local M = {}

---@param first integer
---@param last integer
local function select_lines(first, last)
  if vim.api.nvim_get_mode().mode:match('^[vV\22]') then
    vim.cmd('normal! \27')
  end
  vim.cmd(('normal! %dGV%dG'):format(first, last))
end

--- Selects the changed lines of the hunk at the cursor; with `is_around` also those that git shows around them.
---@param is_around boolean
local function select_hunk(is_around)
  local view = view_of.current()
  local spans = view and page.spans_here(view)
  if not (view and spans) then
    return
  end
  local index = view_of.place(view).hunk
  local span = spans[index]
  local around = is_around and view.drawn.around[index] or { 0, 0 }
  local first = math.max(1, span.first - around[1])
  local last = math.min(vim.api.nvim_buf_line_count(0), span.last + around[2])
  if last >= first then
    select_lines(first, last)
  end
end

--- Moves the cursor to the start of the next or previous hunk of this text, as `]c` does in diff mode.
---@param step 1|-1
local function move(step)
  local view = view_of.current()
  local spans = view and page.spans_here(view)
  if not spans then
    return
  end
  for _ = 1, vim.v.count1 do
    local line, target = vim.fn.line('.'), nil
    for _, span in ipairs(spans) do
      if step > 0 and span.first > line then
        target = target or span.first
      elseif step < 0 and span.first < line then
        target = span.first
      end
    end
    if target then
      vim.api.nvim_win_set_cursor(0, { target, 0 })
    end
  end
end

--- What they are: in operator-pending and visual mode.
---@type casework.Key[]
M.table = {
  { keys = { 'ih' }, what = 'the changed lines of this hunk', act = function() select_hunk(false) end },
  { keys = { 'ah' }, what = 'the hunk with the lines around it', act = function() select_hunk(true) end },
  { keys = { ']c', ')' }, what = 'to the next hunk', act = function() move(1) end },
  { keys = { '[c', '(' }, what = 'to the previous hunk', act = function() move(-1) end },
}

--- Maps them in one of our buffers.
---@param buffer integer
function M.map(buffer)
  for _, key in ipairs(M.table) do
    for _, one in ipairs(key.keys) do
      vim.keymap.set({ 'o', 'x' }, one, key.act, { buffer = buffer, silent = true, desc = 'Casework: ' .. key.what })
    end
  end
end

return M
