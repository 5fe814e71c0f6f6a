--- Tells the daemon which hunks were read: all their lines were on the screen, at rest, while the editor had the focus.

local client = require('casework.client')
local ledger = require('casework.review.ledger')
local method = require('casework.wire').method

local M = {}

--- So long the screen has to be at rest before what is on it counts as read.
local REST_MS = 700

local has_focus = true

--- What of each hunk was on the screen so far, and what the daemon was told.
---@class (exact) casework.Reading
---@field head string  The commit that is read.
---@field rows table<string, table<string, true>>  By hunk: the rows that were seen, with their side.
---@field told table<string, true>

---@type table<casework.View, casework.Reading>
local readings = setmetatable({}, { __mode = 'k' })

---@param view casework.View
---@return casework.Reading
local function reading_of(view)
  local reading = readings[view]
  if not reading or reading.head ~= view.review.head then
    reading = { head = view.review.head, rows = {}, told = {} }
    readings[view] = reading
  end
  return reading
end

--- Adds the rows of `span` that lie within `first` to `last` to `rows`; what is folded away is not seen.
---@param rows table<string, true>
---@param side string
---@param span casework.Span
---@param first integer
---@param last integer
local function add(rows, side, span, first, last)
  for row = math.max(span.first, first), math.min(span.last, last) do
    if vim.fn.foldclosed(row) == -1 then
      rows[side .. row] = true
    end
  end
end

--- Gives the hunks of the file on the screen whose lines have all been on it by now. One that changed since it was read
--- counts when the cursor leaves it: until then the panel shows what changed, for as long as that takes to read.
---@param view casework.View
---@return string[]
local function read_now(view)
  local reading, ids = reading_of(view), {}
  for index, thing in ipairs(ledger.things(view.review.files[view.place.file])) do
    if thing.seen == false and not reading.told[thing.id] then
      local rows, needed = reading.rows[thing.id] or {}, 0
      reading.rows[thing.id] = rows
      for side, spans in pairs(view.drawn.spans) do
        local span = spans[index]
        needed = needed + math.max(0, span.last - span.first + 1)
        vim.api.nvim_win_call(view.windows[side], function()
          add(rows, side, span, vim.fn.line('w0'), vim.fn.line('w$'))
        end)
      end
      if vim.tbl_count(rows) == needed and not (thing.stale and index == view.place.hunk) then
        ids[#ids + 1] = thing.id
      end
    end
  end
  return ids
end

--- Looks at what is on the screen now, and tells the daemon what has been read with it.
function M.look()
  local view_of = require('casework.review.view')
  local view = view_of.current()
  local is_shown = view and view.drawn and view.review.status == 'in_review'
  if not (view and is_shown and has_focus and require('casework.review.layout').is_whole(view.windows)) then
    return
  end
  local ids = read_now(view)
  if #ids == 0 then
    return
  end
  local reading = reading_of(view)
  for _, id in ipairs(ids) do
    reading.told[id] = true
  end
  client.quietly(view.root, method.review_seen, { number = view.number, hunks = ids }, function(review)
    if view_of.current() == view then
      view_of.take(view, review)
    else
      view.review = review
    end
  end)
end

local timer = assert(vim.uv.new_timer())

--- Looks once the screen has been at rest for a moment.
function M.wait()
  timer:start(REST_MS, 0, vim.schedule_wrap(M.look))
end

local group = vim.api.nvim_create_augroup('casework.seen', {})

vim.api.nvim_create_autocmd({ 'WinScrolled', 'CursorMoved', 'WinResized', 'TabEnter' }, {
  group = group,
  callback = function()
    if require('casework.review.view').current() then
      M.wait()
    end
  end,
})

vim.api.nvim_create_autocmd({ 'FocusGained', 'FocusLost' }, {
  group = group,
  callback = function(event)
    has_focus = event.event == 'FocusGained'
    M.wait()
  end,
})

return M
