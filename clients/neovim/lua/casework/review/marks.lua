--- What is drawn over the two texts of a reviewed file: decisions in the sign column, comments as virtual lines.

local config = require('casework.config')
local draw = require('casework.draw')
local ledger = require('casework.review.ledger')
local threads = require('casework.review.threads')

local M = {}

local namespace = vim.api.nvim_create_namespace('casework.review')

---@type table<casework.Decision, {[1]: string, [2]: string}>
M.looks = {
  none = { 'undecided', 'CaseworkUndecided' },
  accepted = { 'accepted', 'CaseworkAccepted' },
  rejected = { 'rejected', 'CaseworkRejected' },
}

--- The icon of a hunk, and its highlight group: its decision; without one, whether it was read.
---@param thing casework.HunkView
---@return casework.Chunk
function M.icon(thing)
  local icons, look = config.get().icons, M.looks[thing.decision]
  if thing.decision == 'none' and thing.stale then
    return { icons.stale, 'CaseworkStale' }
  elseif thing.decision == 'none' and thing.seen == false then
    return { icons.unread, look[2] }
  end
  return { icons[look[1]], look[2] }
end

--- The words that stand behind the first line of a hunk.
---@param thing casework.HunkView
---@return casework.Chunk?
function M.words(thing)
  if (thing.brings_back or '') ~= '' then
    return { ' brings back a rejection ', 'CaseworkTrouble' } -- the panel has the reason
  elseif thing.decision == 'none' and thing.stale then
    local was = thing.was ~= 'none' and ', was ' .. thing.was or ''
    return { (' %s changed%s '):format(config.get().icons.stale, was), 'CaseworkStale' }
  elseif thing.decision == 'none' then
    return nil
  end
  local look = M.looks[thing.decision]
  local reason = thing.reason ~= '' and (': ' .. draw.fit(draw.plain(thing.reason), 48)) or ''
  return { (' %s %s%s '):format(config.get().icons[look[1]], look[1], reason), look[2] }
end

--- The comments on a hunk as virtual lines of at most `width` columns.
---@param thing casework.HunkView
---@param width integer
---@return casework.Chunk[][]
function M.comments(thing, width)
  local lines = {}
  for _, thread in ipairs(threads.of(thing.comments)) do
    local group = thread.resolved and 'CaseworkDetail' or 'CaseworkComment'
    for _, line in ipairs(threads.lines(thread, width - 6)) do
      lines[#lines + 1] = { { '  ┃ ' .. line.lead, 'CaseworkReview' }, { line.text, group } }
    end
  end
  return lines
end

---@param buffer integer
---@param row integer
---@param options vim.api.keyset.set_extmark
local function mark(buffer, row, options)
  local last = vim.api.nvim_buf_line_count(buffer) - 1
  vim.api.nvim_buf_set_extmark(buffer, namespace, math.max(0, math.min(row, last)), 0, options)
end

---@param buffer integer
---@param span casework.Span
---@param thing casework.HunkView
---@param is_current boolean
local function signs(buffer, span, thing, is_current)
  if span.last < span.first and thing.header ~= '' then
    return -- this side has no line of the hunk
  end
  local look = M.icon(thing)
  mark(buffer, span.first - 1, { sign_text = look[1], sign_hl_group = look[2], priority = 30 })
  for number = span.first + 1, span.last do
    mark(buffer, number - 1, { sign_text = is_current and '┃' or '│', sign_hl_group = look[2], priority = 20 })
  end
  if is_current then
    mark(buffer, span.first - 1, { number_hl_group = 'CursorLineNr', priority = 40 })
  end
end

--- Puts virtual lines behind the hunk: below its last line, or above the line it hangs on.
---@param buffer integer
---@param span casework.Span
---@param lines casework.Chunk[][]
local function virtual(buffer, span, lines)
  local is_empty = span.last < span.first
  mark(buffer, (is_empty and span.first or span.last) - 1, { virt_lines = lines, virt_lines_above = is_empty })
end

---@class (exact) casework.Drawn
---@field buffers {base?: integer, head: integer}  Without a base where the head's shows both sides as one text.
---@field spans {base?: casework.Span[], head: casework.Span[]}  In the buffers.
---@field around integer[][]  Of each hunk: the lines that git shows above and below it.
---@field sides casework.Sides
---@field rows? casework.Row[]  What stands where in the one text.
---@field width integer

--- The columns that are free behind line `number` of the proposed text; at least a few, so that there is an ellipsis.
---@param drawn casework.Drawn
---@param number integer
---@return integer
local function room(drawn, number)
  local buffer = drawn.buffers.head
  local window = vim.fn.getwininfo(vim.fn.bufwinid(buffer))[1]
  local line = vim.api.nvim_buf_get_lines(buffer, number - 1, number, false)[1] or ''
  local taken = (window and window.textoff or 0) + vim.fn.strdisplaywidth(line)
  return math.max(4, drawn.width - taken - 1)
end

--- Says behind each line what is in it and can't be seen as what it is: the text itself does not show it.
---@param drawn casework.Drawn
---@param thing casework.HunkView
local function unseen(drawn, thing)
  for _, one in ipairs(thing.marks or {}) do
    local buffer, row = drawn.buffers[one.side] or drawn.buffers.head, one.line
    for at, shown in ipairs(drawn.rows or {}) do
      row = shown[one.side] == one.line and at or row
    end
    local free = one.side == 'head' and room(drawn, row) or drawn.width
    local text = { draw.fit((' ! %s '):format(draw.plain(one.text)), free), 'CaseworkTrouble' }
    mark(buffer, row - 1, { virt_text = { text }, virt_text_pos = 'eol', priority = 60 })
  end
end

---@param drawn casework.Drawn
---@param index integer
---@param thing casework.HunkView
local function words_and_comments(drawn, index, thing)
  local head, base = drawn.spans.head[index], drawn.spans.base and drawn.spans.base[index]
  local words = M.words(thing)
  if words then
    words[1] = draw.fit(words[1], room(drawn, head.first))
    local options = { virt_text = { words }, virt_text_pos = 'eol_right_align', priority = 30 }
    mark(drawn.buffers.head, head.first - 1, options)
  end
  local comments = M.comments(thing, drawn.width)
  if #comments > 0 then
    virtual(drawn.buffers.head, head, comments)
    if base then
      virtual(drawn.buffers.base, base, vim.tbl_map(function()
        return { { '', 'CaseworkDetail' } }
      end, comments))
    end
  end
end

--- Draws the marks of `file` on both its buffers; `current` is the index of the hunk in question.
---@param drawn casework.Drawn
---@param file casework.FileView
---@param current integer
function M.draw(drawn, file, current)
  for side, buffer in pairs(drawn.buffers) do
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
    local note = drawn.sides[side].note
    if note ~= '' then
      local options = { virt_text = { { ' ' .. note, 'CaseworkDetail' } }, virt_text_pos = 'eol' }
      mark(buffer, vim.api.nvim_buf_line_count(buffer), options)
    end
  end
  for index, thing in ipairs(ledger.things(file)) do
    for side, buffer in pairs(drawn.buffers) do
      signs(buffer, drawn.spans[side][index], thing, index == current)
    end
    words_and_comments(drawn, index, thing)
    unseen(drawn, thing)
  end
end

return M
