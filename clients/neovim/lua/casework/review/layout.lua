--- The windows of a review: base and head side by side, the panel below. What is in them, others decide.

local config = require('casework.config')
local documents = require('casework.documents')
local draw = require('casework.draw')
local ledger = require('casework.review.ledger')
local marks = require('casework.review.marks')
local panel = require('casework.review.panel')
local texts = require('casework.review.texts')

local M = {}

--- Makes the status line of a window a rule; goes with `fillchars`.
M.rule = 'StatusLine:WinSeparator,StatusLineNC:WinSeparator'

---@class (exact) casework.Windows
---@field base integer
---@field head integer
---@field panel integer

--- Sets options of `window` for the buffer it shows now, and for no other.
---@param window integer
---@param options table<string, any>
local function set(window, options)
  for name, value in pairs(options) do
    vim.api.nvim_set_option_value(name, value, { win = window, scope = 'local' })
  end
end

--- Opens a tab with the three windows; the cursor is in the head's.
---@param root string
---@param number integer
---@return casework.Windows
function M.open(root, number)
  vim.cmd.tabnew()
  local blank = vim.api.nvim_get_current_buf()
  documents.own(blank, root)
  local head = vim.api.nvim_get_current_win()
  vim.cmd('leftabove vsplit')
  local base = vim.api.nvim_get_current_win()
  vim.cmd('botright split')
  local below = vim.api.nvim_get_current_win()
  vim.api.nvim_win_set_buf(below, documents.buffer(documents.name(root, number, 'why'), root))
  set(below, { winfixheight = true, winfixbuf = true, wrap = false, list = false, spell = false })
  set(below, { winhighlight = M.rule, fillchars = M.fillchars() })
  M.bare(below)
  vim.api.nvim_set_current_win(head)
  return { base = base, head = head, panel = below }
end

--- Takes numbers, signs, folds and the like off `window`.
---@param window integer
function M.bare(window)
  set(window, {
    number = false,
    relativenumber = false,
    signcolumn = 'no',
    foldcolumn = '0',
    foldenable = false,
    cursorline = false,
    colorcolumn = '',
    statuscolumn = '',
  })
end

--- Says whether all three windows are still there.
---@param windows casework.Windows
---@return boolean
function M.is_whole(windows)
  return vim.api.nvim_win_is_valid(windows.base)
    and vim.api.nvim_win_is_valid(windows.head)
    and vim.api.nvim_win_is_valid(windows.panel)
end

--- Shows `buffer` in one of the two windows of the texts.
---@param window integer
---@param buffer integer
function M.show(window, buffer)
  vim.api.nvim_win_call(window, function()
    vim.cmd.diffoff()
  end)
  vim.api.nvim_win_set_buf(window, buffer)
end

--- Puts the two texts into diff mode, folded down to what changed.
---@param windows casework.Windows
function M.compare(windows)
  for _, window in ipairs({ windows.base, windows.head }) do
    set(window, {
      number = true,
      relativenumber = false,
      signcolumn = 'yes:1',
      foldcolumn = '0',
      colorcolumn = '',
      statuscolumn = '',
      wrap = false,
      list = false,
      spell = false,
      cursorline = true,
    })
    vim.api.nvim_win_call(window, function()
      vim.cmd.diffthis()
    end)
    set(window, { foldcolumn = '0', cursorlineopt = 'number', fillchars = M.fillchars() })
    set(window, { winhighlight = M.rule .. (window == windows.base and ',DiffAdd:CaseworkRemoved' or '') })
  end
end

--- The user's fill characters; lines that are only on the other side are left blank, status lines are rules.
---@return string
function M.fillchars()
  local own = vim.o.fillchars
  return (own == '' and '' or own .. ',') .. 'diff: ,stl:─,stlnc:─'
end

--- Brings the cursor's line to the middle, and both sides level with each other.
---@param windows casework.Windows
function M.level(windows)
  local lead = vim.api.nvim_get_current_win() == windows.base and windows.base or windows.head
  vim.api.nvim_win_call(lead, function()
    vim.cmd('silent! normal! zz')
    vim.cmd.syncbind()
  end)
end

--- Puts the cursors on the first lines of a hunk, with folds open, well in sight, and both sides level.
---@param windows casework.Windows
---@param base casework.Span
---@param head casework.Span
function M.go(windows, base, head)
  for window, span in pairs({ [windows.base] = base, [windows.head] = head }) do
    local last = vim.api.nvim_buf_line_count(vim.api.nvim_win_get_buf(window))
    vim.api.nvim_win_set_cursor(window, { math.max(1, math.min(span.first, last)), 0 })
    vim.api.nvim_win_call(window, function()
      vim.cmd('normal! zv')
    end)
  end
  M.level(windows)
end

---@param text string
---@return string
local function escaped(text)
  return (text:gsub('%%', '%%%%'))
end

---@param review casework.ReviewView
---@param place casework.Place
---@param is_drawn boolean
---@return string base, string head
local function bars(review, place, is_drawn)
  local file = review.files[place.file]
  if not file then
    local empty = ' %#CaseworkDetail#nothing has changed'
    return empty, empty
  end
  local things = ledger.things(file)
  local thing = things[place.hunk]
  local look = marks.looks[thing and thing.decision or 'none']
  local is_decided = thing and thing.decision ~= 'none'
  local state = is_decided and ('%%#%s#%s%%#CaseworkDetail# · '):format(look[2], thing.decision) or ''
  local why = draw.plain(file.why_here .. (file.mode_change ~= '' and '  ' .. file.mode_change or ''))
  if not is_drawn then
    local reading = ' %#CaseworkDetail#reading …'
    return reading, reading
  end
  local base = (' %%<%%#CaseworkGroup#%s %%#CaseworkDetail#now %%=%s '):format(
    escaped(texts.path(file, 'base')),
    escaped(why)
  )
  local head = (' %%<%%#CaseworkGroup#%s %%#CaseworkDetail#proposed %%=%shunk %d/%d · file %d/%d '):format(
    escaped(texts.path(file, 'head')),
    state,
    place.hunk,
    #things,
    place.file,
    #review.files
  )
  return base, head
end

--- Draws the bars of all three windows and the panel.
---@param windows casework.Windows
---@param review casework.ReviewView
---@param place casework.Place
---@param is_drawn boolean  The texts of the file at `place` are on the screen.
function M.surround(windows, review, place, is_drawn)
  if not M.is_whole(windows) then
    return
  end
  local base, head = bars(review, place, is_drawn)
  set(windows.base, { winbar = base, statusline = '%=' })
  set(windows.head, { winbar = head, statusline = '%=' })
  local width = vim.api.nvim_win_get_width(windows.panel)
  set(windows.panel, { winbar = panel.bar(review, width), statusline = '%=' })
  local lines = panel.lines(review, place, width)
  draw.put(vim.api.nvim_win_get_buf(windows.panel), lines)
  local height = math.min(#lines, config.get().panel_height, math.floor(vim.o.lines / 3)) + 1
  if vim.api.nvim_win_get_height(windows.panel) ~= height then
    vim.api.nvim_win_set_height(windows.panel, height)
    M.level(windows)
  end
end

return M
