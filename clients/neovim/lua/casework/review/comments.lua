--- Writing about a review: comments on a hunk, a file or the whole, answers in threads, and settling these.

local client = require('casework.client')
local compose = require('casework.compose')
local ledger = require('casework.review.ledger')
local method = require('casework.wire').method
local page = require('casework.review.page')
local threads = require('casework.review.threads')
local view_of = require('casework.review.view')

local M = {}

---@class (exact) casework.Writing
---@field place string  What it is about; a draft is kept under it.
---@field title string
---@field method string
---@field params table
---@field waits? boolean

--- Opens the buffer to write in, and sends what is written.
---@param view casework.View
---@param writing casework.Writing
local function write(view, writing)
  compose.open({
    place = writing.place,
    waits = writing.waits,
    title = writing.title,
    root = view.root,
    send = function(text, sent, failed)
      if text == '' then
        return failed()
      end
      local params = vim.tbl_extend('force', writing.params, { number = view.number, text = text })
      client.deed(view.root, writing.method, params, function(answer)
        sent()
        view_of.take(view, answer)
      end, failed)
    end,
  })
end

---@param view casework.View
---@param thing casework.HunkView?
---@param draft? string  The place of a draft that is gone on with.
local function about_hunk(view, thing, draft)
  local file, span = view.review.files[view.place.file], view.drawn and view.drawn.spans.head[view.place.hunk]
  local title = 'Comment on the review'
  if thing and file then
    title = ('Comment · %s:%d'):format(file.path, span and page.line(view, span.first) or 1)
  end
  write(view, {
    place = draft or ('%d/comment/%s'):format(view.number, thing and thing.id or ''),
    waits = draft ~= nil,
    title = title,
    method = method.review_comment,
    params = { hunk = thing and thing.id },
  })
end

---@param view casework.View
---@param path string
---@param draft? string
local function about_file(view, path, draft)
  write(view, {
    place = draft or ('%d/file/%s'):format(view.number, path),
    waits = draft ~= nil,
    title = 'Comment · ' .. path,
    method = method.review_comment,
    params = { path = path },
  })
end

---@param view casework.View
---@param thread string
---@param title string
---@param draft? string
local function answer_to(view, thread, title, draft)
  write(view, {
    place = draft or ('%d/reply/%s'):format(view.number, thread),
    waits = draft ~= nil,
    title = title,
    method = method.review_reply,
    params = { thread = thread },
  })
end

--- The view in the current tab, when it can be written about; else says why not.
---@return casework.View?
local function written()
  local view = view_of.current()
  if view and view.review.status ~= 'in_review' then
    return client.say(('review %d is no longer open.'):format(view.number))
  end
  return view
end

--- Opens a small buffer for a comment on the hunk at the cursor.
function M.comment()
  local view = written()
  if view and view.drawn then
    about_hunk(view, ledger.at(view.review, view_of.place(view)))
  end
end

--- Lets the user choose what the comment is about: the file, or the whole review.
function M.comment_on()
  local view = written()
  if not view then
    return
  end
  local file = view.review.files[view_of.place(view).file]
  local choices = { 'the whole review' }
  if file then
    table.insert(choices, 1, file.path)
  end
  vim.ui.select(choices, { prompt = 'Comment on' }, function(chosen)
    if file and chosen == file.path then
      about_file(view, file.path)
    elseif chosen then
      about_hunk(view, nil)
    end
  end)
end

--- Has the user choose one of the threads at the cursor, where there is more than one.
---@param view casework.View
---@param prompt string
---@param wanted fun(thread: casework.Thread): boolean
---@param go fun(thread: casework.Thread)
local function with_thread(view, prompt, wanted, go)
  local place = view_of.place(view)
  local here = threads.at(view.review, view.review.files[place.file], ledger.at(view.review, place))
  here = vim.tbl_filter(wanted, here)
  if #here == 0 then
    return client.say('there is no thread here: c begins one.')
  elseif #here == 1 then
    return go(here[1])
  end
  vim.ui.select(here, { prompt = prompt, format_item = threads.title }, function(thread)
    if thread then
      go(thread)
    end
  end)
end

--- Answers in the thread at the cursor.
function M.answer()
  local view = written()
  if view then
    with_thread(view, 'Answer to', function(thread)
      return not thread.resolved
    end, function(thread)
      answer_to(view, thread.id, 'Answer to ' .. threads.title(thread))
    end)
  end
end

--- Settles the thread at the cursor, or takes it up again.
function M.settle()
  local view = written()
  if view then
    with_thread(view, 'Settle, or take up again', function()
      return true
    end, function(thread)
      local params = { number = view.number, thread = thread.id, resolved = not thread.resolved }
      client.deed(view.root, method.review_resolve, params, function(review)
        view_of.take(view, review)
      end)
    end)
  end
end

---@param view casework.View
---@param hunk string
---@param draft string
local function resume_comment(view, hunk, draft)
  for _, place in ipairs(ledger.places(view.review)) do
    local thing = ledger.at(view.review, place)
    if thing.id == hunk then
      view_of.go(view, place)
      return about_hunk(view, thing, draft)
    end
  end
  about_hunk(view, nil, draft) -- what it was about is gone, what was written is not
end

--- Goes on with what was being written about this review when the editor or the machine went down.
---@param view casework.View
function M.resume(view)
  local draft = require('casework.drafts').about(view.root, view.number)[1]
  if not draft or view.review.status ~= 'in_review' then
    return
  end
  local kind, about = draft.place:match('^%d+/(%l+)/?(.*)$')
  if kind == 'request' then
    require('casework.review.verdict').request_changes(view.number)
  elseif kind == 'comment' then
    resume_comment(view, about, draft.place)
  elseif kind == 'file' then
    about_file(view, about, draft.place)
  elseif kind == 'reply' then
    answer_to(view, about, 'Answer in the thread', draft.place)
  end
end

return M
