--- A review in a tab of its own: now and proposed side by side, and below them the panel that says why.
---
--- What is shown lives here, and only as long as the tab; what is decided lives in the daemon. Keys are in `keys.lua`,
--- what they do in `judge.lua`.

local client = require('casework.client')
local guard = require('casework.guard')
local layout = require('casework.review.layout')
local ledger = require('casework.review.ledger')
local marks = require('casework.review.marks')
local method = require('casework.wire').method
local page = require('casework.review.page')
local place_of = require('casework.review.place')
local texts = require('casework.review.texts')

local M = {}

---@class (exact) casework.View
---@field root string
---@field number integer
---@field review casework.ReviewView  As the daemon last gave it.
---@field mode? casework.LandingMode  How it is to land, where the user said so.
---@field approval? casework.ApprovalView  What becomes of what does not land, where the user said so.
---@field place casework.Place
---@field pending table<string, casework.Pending>  Sent and not answered yet.
---@field verdict? fun()  Typed behind decisions that are on their way: given once they are answered.
---@field apart table<string, true>  Folds whose hunks are judged one by one.
---@field filled table<integer, string[]>  The buffers made for its texts, with what was put into each.
---@field done string[]  Ids in the order in which they were judged here: what `u` takes back.
---@field typed fun()[]  Keys that judge, pressed while the texts are on their way: done in order once they are seen.
---@field texts table<string, casework.Sides>  By commit and path.
---@field windows? casework.Windows  Nil until it is shown.
---@field is_inline boolean  Both sides are one text.
---@field drawn? casework.Drawn  Nil while the texts of the current file are on their way: nothing can be judged then.
---@field asking boolean  The newest state is asked for.
---@field again boolean  Something changed since it was asked for.

---@type table<integer, casework.View>  By tab page.
local views = {}

--- The view in the current tab page, if it shows a review.
---@return casework.View?
function M.current()
  return views[vim.api.nvim_get_current_tabpage()]
end

--- The review as it stands with everything that was sent.
---@param view casework.View
---@return casework.ReviewView
function M.review(view)
  local review = ledger.taken_apart(view.review, view.apart)
  review = ledger.with_approval(ledger.with_mode(review, view.mode), view.approval)
  return ledger.with_pending(review, view.pending)
end

---@param root string
---@param number integer
---@return casework.View?, integer?
local function find(root, number)
  for tab, view in pairs(views) do
    if view.root == root and view.number == number and vim.api.nvim_tabpage_is_valid(tab) then
      return view, tab
    end
  end
end

--- Draws marks, bars and panel.
---@param view casework.View
function M.redraw(view)
  if #view.review.unsaved > 0 and require('casework.review.disk').read_anew(view.review) then
    vim.schedule_wrap(M.refresh)(view) -- behind what was read, which the daemon is told at the end of this turn
  end
  local review = M.review(view)
  local file = review.files[view.place.file]
  if view.drawn and file and page.is_whole(view.drawn) then
    marks.draw(view.drawn, file, view.place.hunk)
  end
  layout.surround(view.windows, review, view.place, view.drawn ~= nil)
end

--- Shows both sides as one text, or side by side again; the next review comes up in the same way.
function M.toggle_inline()
  local view = M.current()
  if not (view and layout.is_whole(view.windows)) then
    return
  end
  view.is_inline = not view.is_inline
  M.comes_inline = view.is_inline
  if view.is_inline then
    vim.api.nvim_win_close(view.windows.base, true)
    view.windows.base = nil
    layout.show(view.windows.head, vim.api.nvim_win_get_buf(view.windows.head)) -- out of diff mode
  else
    view.windows.base = layout.beside(view.windows.head)
  end
  M.go(view, view.place, true)
end

--- Goes to `place`, loading its file where needed. Until it is drawn, nothing can be judged.
---@param view casework.View
---@param place casework.Place
---@param again? boolean  Draw the file again even if it is the one shown.
function M.go(view, place, again)
  local same_file = view.drawn and view.place.file == place.file and not again
  view.place = place
  if same_file then
    page.put_cursor(view)
    return M.redraw(view)
  end
  view.drawn = nil
  local file = view.review.files[place.file]
  if not file then
    return M.redraw(view)
  end
  local function show(sides, problem)
    if view.place ~= place or not layout.is_whole(view.windows) then
      return
    elseif not sides then
      return client.say(problem or 'the file can not be shown.', vim.log.levels.WARN)
    end
    page.draw(view, sides)
    page.put_cursor(view)
    M.redraw(view)
    vim.schedule(function() -- behind what is shown now
      texts.prefetch(view, place.file + 1, page.prepare)
      texts.prefetch(view, place.file + 2, page.prepare)
    end)
    local typed = view.typed
    view.typed = {}
    for _, act in ipairs(typed) do
      act()
    end
  end
  local known, key = texts.of(view, place.file)
  if known then
    return show(known)
  end
  M.redraw(view)
  texts.ask(view.root, view.number, file, function(sides, problem)
    view.texts[key] = sides
    show(sides, problem)
  end)
end

--- The place that the cursor is at: the user may have moved it by any means.
---@param view casework.View
---@return casework.Place
function M.place(view)
  local window = vim.api.nvim_get_current_win()
  local side = (window == view.windows.base and 'base') or (window == view.windows.head and 'head') or nil
  if side and view.drawn then
    local spans, line = view.drawn.spans[side], vim.api.nvim_win_get_cursor(window)[1]
    local current = spans[view.place.hunk]
    local is_there = current and line >= current.first and line <= math.max(current.first, current.last)
    if #spans > 0 and not is_there then
      view.place = { file = view.place.file, hunk = place_of.nearest(spans, line) }
    end
  end
  return view.place
end

--- Takes a review that the daemon gave as the new state; the place is kept by its hunk.
---@param view casework.View
---@param review casework.ReviewView
function M.take(view, review)
  local thing = ledger.at(view.review, view.place)
  local before = view.review
  local is_same_text = review.head == before.head and review.base == before.base and review.reason == before.reason
  local news = ledger.news(view.review, review)
  view.review = review
  require('casework.review.left').update(view)
  if news then
    client.say(news)
  end
  if is_same_text and #review.files > 0 then
    if ledger.same_things(before, review) then
      return M.redraw(view)
    end
    return M.go(view, ledger.stays(review, view.place, thing), true) -- the same text, and a hunk of it split
  end
  view.texts, view.done, view.typed = {}, {}, {}
  local found = ledger.next_undecided(review) or { file = 1, hunk = 1 }
  local stays = thing and review.run == before.run -- a new run is read from its first thing without a decision
  for _, place in ipairs(ledger.places(review)) do
    if stays and ledger.at(review, place).id == thing.id then
      found = place
    end
  end
  M.go(view, found, true)
end

--- Asks for the newest state of what `view` shows.
---@param view casework.View
function M.refresh(view)
  if view.asking then
    view.again = true
    return
  end
  view.asking = true
  client.ask(view.root, method.review_show, { number = view.number }, function(review, problem)
    view.asking = false
    if not layout.is_whole(view.windows) then
      return
    elseif view.again then
      view.again = false
      return M.refresh(view)
    elseif not review then
      return client.say(problem or 'the review can not be read.', vim.log.levels.WARN)
    end
    M.take(view, review)
  end)
end

---@param root string
---@param review casework.ReviewView
---@return casework.View
local function new(root, review)
  return {
    root = root,
    number = review.number,
    review = review,
    place = ledger.next_undecided(review) or { file = 1, hunk = 1 },
    pending = {},
    done = {},
    typed = {},
    apart = {},
    filled = {},
    texts = {},
    is_inline = M.comes_inline == nil and require('casework.config').get().inline or M.comes_inline or false,
    asking = false,
    again = false,
  }
end

--- Opens the tab and draws everything; letters wait a moment when the user may be doing something else by now.
---@param view casework.View
---@param is_late boolean
local function show(view, is_late)
  vim.api.nvim_echo({ { '' } }, false, {})
  view.windows = layout.open(view.root, view.number, view.is_inline)
  views[vim.api.nvim_get_current_tabpage()] = view
  for _, window in pairs(view.windows) do
    require('casework.review.keys').map(vim.api.nvim_win_get_buf(window))
  end
  M.go(view, view.place)
  if not is_late then
    return require('casework.review.comments').resume(view)
  end
  for _, window in pairs(view.windows) do
    guard.close(vim.api.nvim_win_get_buf(window))
  end
  vim.defer_fn(function()
    if M.current() == view and vim.api.nvim_get_mode().mode == 'n' then
      require('casework.review.comments').resume(view)
    end
  end, require('casework.config').get().guard_ms)
end

---@param view casework.View
---@param asked_at number  Nanoseconds.
---@param opened? fun()
local function show_when_read(view, asked_at, opened)
  local file = view.review.files[view.place.file]
  local function ready()
    local took_ms = (vim.uv.hrtime() - asked_at) / 1e6
    local is_late = took_ms > require('casework.config').get().guard_ms
    if is_late and vim.api.nvim_get_mode().mode:match('^[iRct]') then
      local words = 'review %d is ready: `:Casework review show %d` opens it.'
      return client.say(words:format(view.number, view.number))
    end
    show(view, is_late)
    if opened then
      opened()
    end
  end
  if not file then
    return ready()
  end
  local _, key = texts.of(view, view.place.file)
  texts.ask(view.root, view.number, file, function(sides, problem)
    if not sides then
      return client.say(problem or 'the review can not be read.', vim.log.levels.WARN)
    end
    view.texts[key] = sides
    ready()
  end)
end

--- Opens review `number`, or goes to the tab that shows it already; one with a window closed is opened anew. It comes
--- up whole, with its first file drawn. Where that took longer than a moment the user may be typing by now: letters
--- then wait (guard.lua), and somebody in insert mode is told and left alone.
---@param root string
---@param number integer
---@param opened? fun()  Called once it is the current tab.
function M.open(root, number, opened)
  local known, tab = find(root, number)
  if known and tab then
    vim.api.nvim_set_current_tabpage(tab)
    if layout.is_whole(known.windows) then
      M.refresh(known)
      return opened and opened()
    end
    M.close()
  end
  local asked_at = vim.uv.hrtime()
  client.ask(root, method.review_show, { number = number }, function(review, problem)
    if not review then
      return client.say(problem or 'the review can not be read.', vim.log.levels.WARN)
    end
    show_when_read(new(root, review), asked_at, opened)
  end)
  require('casework.drafts').sync(root, number) -- answered long before the texts are there
end

--- Ends the texts of a view that is closed; what is left of it can still be read from the quickfix list.
---@param view casework.View
local function forget(view)
  page.forget(view)
  require('casework.review.left').update(view, true)
end

--- Closes the view of the current tab page.
function M.close()
  local tab = vim.api.nvim_get_current_tabpage()
  if not views[tab] then
    return
  end
  local view = views[tab]
  views[tab] = nil
  if #vim.api.nvim_list_tabpages() > 1 then
    vim.cmd.tabclose()
  else
    vim.cmd.enew()
    vim.cmd.only()
  end
  forget(view)
end

local group = vim.api.nvim_create_augroup('casework.review', {})

vim.api.nvim_create_autocmd('User', {
  group = group,
  pattern = { 'CaseworkReview', 'CaseworkChanged' },
  callback = function(event)
    for _, view in pairs(views) do
      local is_meant = event.data.anew or event.data.number == view.number
      if view.root == event.data.root and is_meant and next(view.pending) == nil then
        M.refresh(view)
      end
    end
  end,
})

vim.api.nvim_create_autocmd('CursorMoved', {
  group = group,
  pattern = 'casework://*',
  callback = function()
    local view = M.current()
    local before = view and view.place
    if view and M.place(view) ~= before then
      M.redraw(view)
    end
  end,
})

vim.api.nvim_create_autocmd('WinResized', {
  group = group,
  callback = function()
    local view = M.current()
    if view and view.drawn and layout.is_whole(view.windows) then
      layout.level(view.windows)
    end
  end,
})

vim.api.nvim_create_autocmd('TabClosed', {
  group = group,
  callback = function()
    for tab, view in pairs(views) do
      if not vim.api.nvim_tabpage_is_valid(tab) then
        views[tab] = nil
        forget(view)
      end
    end
  end,
})

return M
