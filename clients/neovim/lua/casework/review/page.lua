--- One file of a review on the screen: its two texts side by side, or as one; which lines are whose.

local documents = require('casework.documents')
local inline = require('casework.review.inline')
local inline_text = require('casework.review.inline_text')
local layout = require('casework.review.layout')
local place_of = require('casework.review.place')
local texts = require('casework.review.texts')

local M = {}

--- The changed lines of every thing of `file`, on both sides.
---@param file casework.FileView
---@param sides casework.Sides
---@return {base: casework.Span[], head: casework.Span[]}
local function spans_of(file, sides)
  local spans = { base = {}, head = {} }
  for index, hunk in ipairs(file.hunks) do
    spans.base[index], spans.head[index] = place_of.spans(hunk, sides.base.lines, sides.head.lines)
  end
  if file.whole then
    spans.base[1], spans.head[1] = { first = 1, last = 0 }, { first = 1, last = 0 }
  end
  return spans
end

--- How many lines git shows above and below what each thing of `file` changes.
---@param file casework.FileView
---@param spans casework.Span[]
---@return integer[][]
local function around_of(file, spans)
  local around = {}
  for index, span in ipairs(spans) do
    local hunk = file.hunks[index]
    local stop = hunk and hunk.new_start + hunk.new_lines or 0
    around[index] = hunk and { math.max(0, span.first - hunk.new_start), math.max(0, stop - 1 - span.last) } or { 0, 0 }
  end
  return around
end

--- Gives the buffer of one text, filled, highlighted and with its keys: at once where that was done already.
---@param view casework.View
---@param number integer  Of the file.
---@param side 'base'|'head'
---@param what string  Stands in the buffer's name: the side, or that it is both.
---@param lines string[]
---@return integer
local function made_of(view, number, side, what, lines)
  local path = texts.path(view.review.files[number], side)
  local buffer = documents.buffer(documents.name(view.root, view.number, what .. '/' .. path), view.root)
  vim.bo[buffer].bufhidden = 'hide' -- a quickfix list leads back to it
  if view.filled[buffer] ~= lines then
    documents.set_lines(buffer, lines)
    documents.set_filetype(buffer, path)
    require('casework.review.keys').map(buffer)
    view.filled[buffer] = lines
  end
  return buffer
end

--- Makes the buffers of a file that is read soon, so that going there only shows them.
---@param view casework.View
---@param number integer
---@param sides casework.Sides
function M.prepare(view, number, sides)
  if layout.is_whole(view.windows) and not view.is_inline then
    for _, side in ipairs({ 'base', 'head' }) do
      made_of(view, number, side, side, sides[side].lines)
    end
  end
end

---@param view casework.View
---@param side 'base'|'head'
---@param what string
---@param lines string[]
---@return integer
local function draw_text(view, side, what, lines)
  local buffer = made_of(view, view.place.file, side, what, lines)
  layout.show(view.windows[side], buffer)
  return buffer
end

--- Puts the two texts of the current file of `view` into its windows, side by side or as one.
---@param view casework.View
---@param sides casework.Sides
function M.draw(view, sides)
  local spans = spans_of(view.review.files[view.place.file], sides)
  local width = vim.api.nvim_win_get_width(view.windows.head)
  local around = around_of(view.review.files[view.place.file], spans.head)
  require('casework.review.seen').wait()
  if view.is_inline then
    local made = inline.of(spans, sides)
    local buffer = draw_text(view, 'head', 'inline', made.lines)
    layout.unite(view.windows.head, made)
    inline_text.draw(buffer, made)
    view.drawn = {
      buffers = { head = buffer },
      spans = { head = made.spans },
      around = around,
      sides = sides,
      width = width,
      rows = made.rows,
    }
    return
  end
  local buffers = {}
  for _, side in ipairs({ 'base', 'head' }) do
    buffers[side] = draw_text(view, side, side, sides[side].lines)
  end
  layout.compare(view.windows)
  view.drawn = { buffers = buffers, spans = spans, around = around, sides = sides, width = width }
end

--- Ends the buffers that were drawn for `view`, but for those that somebody still looks at.
---@param view casework.View
function M.forget(view)
  for buffer in pairs(view.filled) do
    if vim.api.nvim_buf_is_valid(buffer) and #vim.fn.win_findbuf(buffer) == 0 then
      vim.api.nvim_buf_delete(buffer, { force = true })
    end
  end
end

--- Says whether the buffers that were drawn are still there: another one in its window ends one of ours.
---@param drawn casework.Drawn
---@return boolean
function M.is_whole(drawn)
  return vim.iter(pairs(drawn.buffers)):all(function(_, buffer)
    return vim.api.nvim_buf_is_valid(buffer)
  end)
end

--- Puts the cursor on the first line of the current hunk, on both sides.
---@param view casework.View
function M.put_cursor(view)
  local spans, index = view.drawn.spans, view.place.hunk
  if spans.head[index] then
    layout.go(view.windows, { base = spans.base and spans.base[index], head = spans.head[index] })
  end
end

--- The hunks in the text of the current window, if that is one of the review.
---@param view casework.View
---@return casework.Span[]?
function M.spans_here(view)
  local window = vim.api.nvim_get_current_win()
  local side = (window == view.windows.base and 'base') or (window == view.windows.head and 'head') or nil
  return view.drawn and side and view.drawn.spans[side] or nil
end

--- The line of the proposed file that `row` of the current window stands for.
---@param view casework.View
---@param row integer
---@return integer
function M.line(view, row)
  return view.drawn and view.drawn.rows and inline.line(view.drawn.rows, row, 'head') or row
end

return M
