--- The verdict: approve, or request changes; and taking an approval back. Always on exactly what is shown here: the
--- hash of the review on the screen goes along, and the daemon refuses any other.

local client = require('casework.client')
local compose = require('casework.compose')
local documents = require('casework.documents')
local draw = require('casework.draw')
local method = require('casework.wire').method
local view_of = require('casework.review.view')

local M = {}

--- Asks for one key, when it is worth asking.
---@param question string
---@param yes string  What the first answer does.
---@return boolean
local function agreed(question, yes)
  return vim.fn.confirm(question, '&' .. yes .. '\n&No', 2, 'Question') == 1
end

--- The view of review `number` in the current tab; without one the review is opened, to be looked at first.
---@param number integer?
---@return casework.View?
local function shown(number)
  local view = view_of.current()
  if view and (number == nil or view.number == number) then
    return view
  end
  local root = client.repository()
  if root and number then
    view_of.open(root, number, function()
      client.say(('here is review %d: A approves what you see, R requests changes.'):format(number))
    end)
  elseif root then
    client.say('say which review: `:Casework approve 12`, or open it first.')
  end
end

--- The changed buffers of this editor that hold files of `review`.
---@param review casework.ReviewView
---@return integer[]
local function unsaved(review)
  local found = {}
  for _, file in ipairs(review.files) do
    local buffer = documents.find(file.absolute)
    if buffer and vim.bo[buffer].modified then
      found[#found + 1] = buffer
    end
  end
  return found
end

---@param buffers integer[]
---@return boolean
local function saved(buffers)
  for _, buffer in ipairs(buffers) do
    vim.api.nvim_buf_call(buffer, function()
      vim.cmd('silent write')
    end)
  end
  return #vim.tbl_filter(function(buffer)
    return vim.bo[buffer].modified
  end, buffers) == 0
end

--- Gets everything out of the way of an approval: what is undecided is said, what is unsaved is saved if wished.
---@param review casework.ReviewView
---@return boolean
local function may_approve(review)
  local label = review.approve_label ~= '' and review.approve_label or 'Approve'
  local open = unsaved(review)
  if #open > 0 then
    local names = vim.tbl_map(function(buffer)
      return vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':~:.')
    end, open)
    local question = ('%s: not saved yet. %s?'):format(table.concat(names, ', '), label)
    return agreed(question, 'Save and approve') and saved(open)
  elseif review.undecided > 0 then
    local unread = (review.unseen or 0) > 0 and (', %d not read'):format(review.unseen) or ''
    local count = ('%d of %d not decided%s.'):format(review.undecided, review.hunks, unread)
    return agreed(('Review %d: %s %s?'):format(review.number, count, label), 'Yes')
  elseif (review.unread or '') ~= '' then
    return agreed(('Review %d: %s %s?'):format(review.number, review.unread, label), 'Yes')
  end
  return true
end

---@param view casework.View
---@param params casework.AnswerReview
---@param done? fun()
---@param failed? fun()
local function answer(view, params, done, failed)
  params.number, params.shown = view.number, params.shown or view.review.shown
  client.deed(view.root, method.review_answer, params, function()
    if done then
      done()
    end
    view_of.refresh(view)
  end, function()
    if failed then
      failed()
    end
    view_of.refresh(view)
  end)
end

---@param view casework.View
local function finish_reading(view)
  client.deed(view.root, method.review_read, { number = view.number }, function()
    client.say(('review %d is closed as read.'):format(view.number))
    view_of.refresh(view)
  end)
end

--- Lands what is shown. A change that is history already is closed as read instead.
---@param number? integer
---@param mode? casework.LandingMode
function M.approve(number, mode)
  local view = shown(number)
  if not view then
    return
  end
  view.mode = mode or view.mode
  local review = view_of.review(view)
  if next(view.pending) ~= nil then
    view.verdict = function()
      M.approve(number, mode)
    end
    return
  elseif review.status == 'in_review' and review.change_kind == 'range' then
    return finish_reading(view)
  elseif review.status == 'in_review' and not may_approve(review) then
    return
  end
  local way = review.approval or {}
  local params = { verdict = 'approve', mode = view.mode, shown = review.shown }
  params.rest, params.only_accepted = way.rest, way.only_accepted
  answer(view, params)
end

--- Lets the user choose what `A` does from now on: what becomes of what does not land, or how the rest lands.
function M.choose()
  local view = view_of.current()
  if not view or view.review.status ~= 'in_review' then
    return
  end
  local choices = vim.tbl_map(function(one)
    return { label = one.label, approval = one }
  end, view.review.approvals or {})
  for _, mode in ipairs(view.review.modes) do
    choices[#choices + 1] = { label = mode.label, mode = mode.mode }
  end
  if #choices == 0 then
    return client.say('there is nothing to choose: it can land in no other way.')
  end
  local function label(choice)
    return draw.plain(choice.label)
  end
  vim.ui.select(choices, { prompt = 'What A does', format_item = label }, function(chosen)
    if chosen then
      view.approval, view.mode = chosen.approval, chosen.mode
      view_of.redraw(view)
    end
  end)
end

--- Sends the review back with what is to change.
---@param number? integer
---@param text? string  Nil opens a small buffer to write it in.
function M.request_changes(number, text)
  local view = shown(number)
  if not view then
    return
  elseif text then
    return answer(view, { verdict = 'request_changes', message = text })
  end
  local review = view_of.review(view)
  if review.status ~= 'in_review' then
    return client.say(('review %d is not open, so nothing can be sent back.'):format(view.number))
  end
  local count = #vim.tbl_filter(function(file)
    return vim.iter(file.hunks):any(function(hunk)
      return #hunk.comments > 0 or hunk.decision == 'rejected'
    end)
  end, review.files)
  local along = count > 0 and ' (rejections and comments go along)' or ''
  compose.open({
    place = ('%d/request'):format(view.number),
    title = ('What should change in review %d?%s'):format(view.number, along),
    root = view.root,
    send = function(written, sent, failed)
      answer(view, { verdict = 'request_changes', message = written }, function()
        sent()
        client.say(('review %d was sent back.'):format(view.number))
      end, failed)
    end,
  })
end

--- Takes a landed approval back, after asking.
---@param number? integer
function M.undo(number)
  local view = view_of.current()
  local root = view and view.root or client.repository()
  number = number or (view and view.number)
  if not (root and number) then
    return client.say('say which one: `:Casework undo 12`.')
  end
  if agreed(('Take back the approval of review %d?'):format(number), 'Yes') then
    client.deed(root, method.review_undo, { number = number }, function()
      client.say(('the approval of review %d is taken back.'):format(number))
      if view then
        view_of.refresh(view)
      end
    end)
  end
end

return M
