--- The windows of a review: base and head side by side, the panel below. What is in them, others decide.

local config = require('casework.config')
local documents = require('casework.documents')
local draw = require('casework.draw')
local ledger = require('casework.review.ledger')
local marks = require('casework.review.marks')
local panel = require('casework.review.panel')
local texts = require('casework.review.texts')

local M = {}

--- Lines around a hunk that are not folded; as in diff mode.
local CONTEXT = 6

--- Makes the status line of a window a rule; goes with `fillchars`.
M.rule = 'StatusLine:WinSeparator,StatusLineNC:WinSeparator'

---@class (exact) casework.Windows
---@field base? integer  Nil where both sides are one text.
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

--- Opens a tab with the windows; the cursor is in the head's.
---@param root string
---@param number integer
---@param is_inline boolean  Both sides are one text, in one window.
---@return casework.Windows
function M.open(root, number, is_inline)
  vim.cmd.tabnew()
  local blank = vim.api.nvim_get_current_buf()
  documents.own(blank, root)
  local head = vim.api.nvim_get_current_win()
  local base = not is_inline and M.beside(head) or nil
  vim.cmd('botright split')
  local below = vim.api.nvim_get_current_win()
  vim.api.nvim_win_set_buf(below, documents.buffer(documents.name(root, number, 'why'), root))
  set(below, { winfixheight = true, winfixbuf = true, wrap = false, list = false, spell = false })
  set(below, { winhighlight = M.rule, fillchars = M.fillchars() })
  M.bare(below)
  vim.api.nvim_set_current_win(head)
  return { base = base, head = head, panel = below }
end

--- Opens the window of the base at the left of `head`.
---@param head integer
---@return integer
function M.beside(head)
  vim.api.nvim_set_current_win(head)
  vim.cmd('leftabove vsplit')
  local base = vim.api.nvim_get_current_win()
  vim.api.nvim_set_current_win(head)
  return base
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

--- Says whether all windows are still there.
---@param windows casework.Windows
---@return boolean
function M.is_whole(windows)
  return (not windows.base or vim.api.nvim_win_is_valid(windows.base))
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

--- Gives `window` the options of a text that is reviewed, whatever the user's own are.
---@param window integer
function M.plain(window)
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
end

--- Shows the one text of both sides in `window`, folded down to what changed.
---@param window integer
---@param made casework.Inline
function M.unite(window, made)
  M.plain(window)
  set(window, { cursorlineopt = 'number', fillchars = M.fillchars(), winhighlight = M.rule })
  set(window, { statuscolumn = require('casework.review.inline_text').column })
  set(window, { foldmethod = 'manual', foldenable = true, foldlevel = 0 })
  vim.api.nvim_win_call(window, function()
    vim.cmd('silent! normal! zE')
    for _, fold in ipairs(require('casework.review.inline').folds(#made.rows, made.spans, CONTEXT)) do
      vim.cmd(('%d,%dfold'):format(fold.first, fold.last))
    end
  end)
end

--- Puts the two texts into diff mode, folded down to what changed.
---@param windows casework.Windows
function M.compare(windows)
  for _, window in ipairs({ windows.base, windows.head }) do
    M.plain(window)
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
    if windows.base then
      vim.cmd.syncbind()
    end
  end)
end

--- Puts the cursors on the first lines of a hunk, with folds open, well in sight, and both sides level.
---@param windows casework.Windows
---@param spans {base?: casework.Span, head: casework.Span}
function M.go(windows, spans)
  for side, span in pairs(spans) do
    local window = windows[side]
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
---@param is_inline boolean
---@return {base: string, head: string}
local function bars(review, place, is_drawn, is_inline)
  local file = review.files[place.file]
  if not file then
    local empty = ' %#CaseworkDetail#nothing has changed'
    return { base = empty, head = empty }
  end
  local things = ledger.things(file)
  local thing = things[place.hunk]
  local look = marks.looks[thing and thing.decision or 'none']
  local is_decided = thing and thing.decision ~= 'none'
  local state = is_decided and ('%%#%s#%s%%#CaseworkDetail# · '):format(look[2], thing.decision) or ''
  local why = draw.plain(file.why_here .. (file.mode_change ~= '' and '  ' .. file.mode_change or ''))
  if not is_drawn then
    local reading = ' %#CaseworkDetail#reading …'
    return { base = reading, head = reading }
  end
  local base = (' %%<%%#CaseworkGroup#%s %%#CaseworkDetail#now %%=%s '):format(
    escaped(texts.path(file, 'base')),
    escaped(why)
  )
  local head = (' %%<%%#CaseworkGroup#%s %%#CaseworkDetail#proposed%s %%=%shunk %d/%d · file %d/%d '):format(
    escaped(texts.path(file, 'head')),
    is_inline and why ~= '' and '  ' .. escaped(why) or '',
    state,
    place.hunk,
    #things,
    place.file,
    #review.files
  )
  return { base = base, head = head }
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
  local shown = bars(review, place, is_drawn, windows.base == nil)
  for _, side in ipairs({ 'base', 'head' }) do
    if windows[side] then
      set(windows[side], { winbar = shown[side], statusline = '%=' })
    end
  end
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
