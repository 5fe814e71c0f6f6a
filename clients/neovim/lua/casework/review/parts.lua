--- Parts of a hunk: the selected lines are judged alone, and a hunk is split and put together again.
---
--- Where a part begins and ends is the daemon's to say; here is only which lines of which side are meant.

local client = require('casework.client')
local ledger = require('casework.review.ledger')
local method = require('casework.wire').method
local view_of = require('casework.review.view')

local M = {}

---@return casework.View?, casework.HunkView?
local function here()
  local view = view_of.current()
  local review = view and view_of.review(view)
  if not (view and review and view.drawn and review.status == 'in_review') then
    return
  end
  return view, ledger.at(review, view_of.place(view))
end

--- The lines of one side that are selected: inline those that come, or those that go where only such are selected.
---@param view casework.View
---@return casework.LineRange?
local function selected(view)
  local first, last = vim.fn.line('v'), vim.fn.line('.')
  if first > last then
    first, last = last, first
  end
  local rows = view.drawn.rows
  if not rows then
    local side = vim.api.nvim_get_current_win() == view.windows.base and 'base' or 'head'
    return { first = first, last = last, side = side }
  end
  for _, side in ipairs({ 'head', 'base' }) do
    local lines = {}
    for row = first, last do
      lines[#lines + 1] = rows[row] and rows[row][side] or nil
    end
    if #lines > 0 then
      return { first = lines[1], last = lines[#lines], side = side }
    end
  end
end

---@param view casework.View
---@param thing casework.HunkView
---@param lines casework.LineRange
---@param decision casework.Decision
---@param reason string
local function decide(view, thing, lines, decision, reason)
  local params =
    { number = view.number, hunks = { thing.id }, decision = decision, reason = reason, lines = lines }
  client.deed(view.root, method.review_decide, params, function(review)
    view_of.take(view, review)
    local following = ledger.next_undecided(view_of.review(view), view.place)
    if following then
      view_of.go(view, following)
    end
  end)
end

--- Accepts the selected lines alone, and goes on.
function M.accept()
  local view, thing = here()
  local lines = view and selected(view)
  vim.cmd('normal! \27')
  if view and thing and lines then
    decide(view, thing, lines, 'accepted', '')
  end
end

--- Rejects the selected lines alone, with one line that says why, and goes on.
function M.reject()
  local view, thing = here()
  local lines = view and selected(view)
  vim.cmd('normal! \27')
  if not (view and thing and lines) then
    return
  end
  vim.ui.input({ prompt = 'Why not? (Enter sends it back, Esc leaves it) ' }, function(reason)
    vim.api.nvim_echo({ { '' } }, false, {})
    if reason and view_of.current() == view then
      decide(view, thing, lines, 'rejected', vim.trim(reason))
    end
  end)
end

--- Splits the hunk at the cursor at its unchanged lines; puts the parts of one that is split together again.
function M.split()
  local view, thing = here()
  if view and thing then
    local what = thing.part_of and method.review_join or method.review_split
    client.deed(view.root, what, { number = view.number, hunk = thing.id }, function(review)
      view_of.take(view, review)
    end)
  end
end

--- What they are in visual mode. `a` stays what begins a text object there.
---@type casework.Key[]
M.table = {
  { keys = { 's' }, what = 'accept the selected lines alone', act = M.accept },
  { keys = { 'x', 'r' }, what = 'reject the selected lines alone', act = M.reject },
}

--- Maps them in one of our buffers.
---@param buffer integer
function M.map(buffer)
  for _, key in ipairs(M.table) do
    for _, one in ipairs(key.keys) do
      vim.keymap.set('x', one, key.act, { buffer = buffer, silent = true, desc = 'Casework: ' .. key.what })
    end
  end
end

return M
