--- What the keys of a review do: each judges, and goes on to the next thing without a decision.
---
--- A decision is shown at once and sent; the daemon's answer replaces what is shown. A refusal is said, and what it
--- was about shown again as it is.

local client = require('casework.client')
local ledger = require('casework.review.ledger')
local method = require('casework.wire').method
local page = require('casework.review.page')
local panel = require('casework.review.panel')
local view_of = require('casework.review.view')

local M = {}

--- Gives the view and its review when something can be judged now; else says why not.
---@return casework.View?, casework.ReviewView?
local function judged()
  local view = view_of.current()
  if not view then
    return
  end
  local review = view_of.review(view)
  if review.status ~= 'in_review' then
    local outcome = panel.outcome(review)
    return client.say(('review %d is no longer open. %s'):format(view.number, outcome and outcome[1][1] or ''))
  elseif not view.drawn then
    return -- its text is not on the screen yet, so it can't be judged
  end
  return view, review
end

--- Gives the verdict that was typed behind a decision, once everything it is about is decided.
---@param view casework.View
local function settle(view)
  local verdict = view.verdict
  if verdict and next(view.pending) == nil then
    view.verdict = nil
    vim.schedule(function()
      if view_of.current() == view then
        verdict()
      end
    end)
  end
end

---@param view casework.View
---@param ids string[]
---@param decision casework.Decision
---@param reason string
local function decide(view, ids, decision, reason)
  for _, id in ipairs(ids) do
    view.pending[id] = { decision = decision, reason = reason }
  end
  local mine = vim.tbl_map(function(id)
    return view.pending[id]
  end, ids)
  local function forget()
    for index, id in ipairs(ids) do
      if view.pending[id] == mine[index] then
        view.pending[id] = nil
      end
    end
  end
  local params = { number = view.number, hunks = ids, decision = decision, reason = reason }
  client.deed(view.root, method.review_decide, params, function(review)
    forget()
    view_of.take(view, review)
    settle(view)
  end, function()
    forget()
    view.verdict = nil -- what was to be approved is not what stands there now
    view_of.refresh(view)
  end)
end

--- Goes to the next thing without a decision; where none is left, stays and says what is next.
---@param view casework.View
local function go_on(view)
  local following = ledger.next_undecided(view_of.review(view), view.place)
  if following then
    return view_of.go(view, following)
  end
  view_of.redraw(view)
  client.say('all is judged: A or R is left.')
end

---@param decision casework.Decision
---@param reason string
local function judge(decision, reason)
  local view, review = judged()
  local thing = view and review and ledger.at(review, view_of.place(view))
  if view and thing then
    local ids = ledger.together(review, thing)
    vim.list_extend(view.done, ids)
    decide(view, ids, decision, reason)
    go_on(view)
  end
end

--- Lets a key wait where the text it is about is still being read: what was typed ahead is done, in order, when it
--- is on the screen.
---@param act fun()
---@return fun()
local function when_seen(act)
  local function go()
    local view = view_of.current()
    if view and not view.drawn and view.review.status == 'in_review' then
      view.typed[#view.typed + 1] = go
      return
    end
    act()
  end
  return go
end

--- Accepts the hunk at the cursor and goes on.
M.accept = when_seen(function()
  judge('accepted', '')
end)

--- Rejects the hunk at the cursor, with one line that says why, and goes on.
function M.reject()
  local view = view_of.current()
  local is_seen = view and view.drawn ~= nil
  if not view or (is_seen and not judged()) then
    return
  end
  local place = view_of.place(view)
  vim.ui.input({ prompt = 'Why not? (Enter sends it back, Esc leaves it) ' }, function(reason)
    vim.api.nvim_echo({ { '' } }, false, {})
    if reason and view_of.current() == view and (view.place == place or not is_seen) then
      when_seen(function()
        judge('rejected', vim.trim(reason))
      end)()
    end
  end)
end

--- Accepts everything in this file that has no decision, and goes on.
M.accept_file = when_seen(function()
  local view, review = judged()
  local ids = view and review and ledger.undecided_in_file(review, view_of.place(view))
  if view and ids and #ids > 0 then
    vim.list_extend(view.done, ids)
    decide(view, ids, 'accepted', '')
    go_on(view)
  end
end)

--- Takes back the decision at the cursor; where there is none, the last one made here.
M.take_back = when_seen(function()
  local view, review = judged()
  if not (view and review) then
    return
  end
  local thing = ledger.at(review, view_of.place(view))
  if thing and thing.decision ~= 'none' then
    decide(view, ledger.together(review, thing), 'none', '')
    return view_of.redraw(view)
  end
  local id = table.remove(view.done)
  for _, place in ipairs(ledger.places(review)) do
    if ledger.at(review, place).id == id then
      decide(view, { id }, 'none', '')
      return view_of.go(view, place)
    end
  end
end)

--- Opens or closes the fold at the cursor; on a hunk that is judged together with others, takes these apart.
function M.fold()
  local view = view_of.current()
  if vim.fn.foldclosed('.') == -1 and view and view.drawn then
    local review = view_of.review(view)
    local thing = ledger.at(review, view_of.place(view))
    local fold = thing and ledger.fold_of(review, thing)
    if fold then
      view.apart[fold.id] = true
      view_of.redraw(view)
      return client.say('its hunks are judged one by one now.')
    end
  end
  pcall(vim.cmd, 'normal! za')
end

---@param step integer
---@return fun()
local function by_hunk(step)
  return function()
    local view = view_of.current()
    local place = view and view_of.place(view)
    for _ = 1, vim.v.count1 do
      place = view and place and ledger.beside(view_of.review(view), place, step) or place
    end
    if view and place and place ~= view.place then
      view_of.go(view, place)
    end
  end
end

---@param step integer
---@return fun()
local function by_file(step)
  return function()
    local view = view_of.current()
    local place = view and ledger.file_beside(view.review, view.place, step)
    if view and place then
      view_of.go(view, place)
    end
  end
end

M.next_hunk, M.previous_hunk = by_hunk(1), by_hunk(-1)
M.next_file, M.previous_file = by_file(1), by_file(-1)

--- Opens the file itself, as it lies in the work tree, at the line of the cursor.
function M.open_file()
  local view = view_of.current()
  local file = view and view.review.files[view.place.file]
  if not file then
    return
  elseif not vim.uv.fs_stat(file.absolute) then
    return client.say(('%s is not in the work tree.'):format(file.path))
  end
  local line = page.line(view, vim.api.nvim_win_get_cursor(0)[1])
  vim.cmd.tabedit(vim.fn.fnameescape(file.absolute))
  vim.api.nvim_win_set_cursor(0, { math.min(line, vim.api.nvim_buf_line_count(0)), 0 })
end

return M
