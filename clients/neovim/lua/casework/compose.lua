--- A small buffer to write in: a comment, an answer, what should change. `:w`, `ZZ` or Ctrl-S sends, `q` or `:q!`
--- leaves.
---
--- What was written is never thrown away by a refusal: the buffer stays until the daemon has it. Nor by a crash: what
--- is written for a place is kept as a draft, and there again when one writes at that place.

local draw = require('casework.draw')
local drafts = require('casework.drafts')

local M = {}

---@class (exact) casework.Compose
---@field title string  What is written here, shown above.
---@field root string
---@field place string  What it is for; a draft is kept under it.
---@field stop? fun()  Ends the keeping of the draft.
---@field text? string  To begin with.
---@field waits? boolean  It comes up without a key of the user's for it, so it does not begin in insert mode.
---@field from? integer  The window it was opened in.
---@field send fun(text: string, sent: fun(), failed: fun())  Gets what was written; calls one of the two.

---@param buffer integer
---@return string
local function written(buffer)
  return vim.trim(table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n'))
end

--- Closes the buffer and goes back to where it was opened.
---@param buffer integer
---@param compose casework.Compose
local function leave(buffer, compose)
  compose.stop()
  drafts.forget(compose.root, compose.place)
  local is_here = vim.api.nvim_get_current_buf() == buffer
  vim.api.nvim_buf_delete(buffer, { force = true })
  if is_here and compose.from and vim.api.nvim_win_is_valid(compose.from) then
    vim.api.nvim_set_current_win(compose.from)
  end
end

---@param buffer integer
---@param compose casework.Compose
local function send(buffer, compose)
  vim.cmd.stopinsert()
  vim.bo[buffer].modifiable = false
  compose.send(written(buffer), function()
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.bo[buffer].modified = false
      leave(buffer, compose)
    end
  end, function()
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.bo[buffer].modifiable = true
    end
  end)
end

--- Puts the cursor where the draft was left; another editor may count columns in another way.
---@param window integer
---@param draft casework.Draft
local function put_cursor(window, draft)
  local buffer = vim.api.nvim_win_get_buf(window)
  local row = math.min(math.max(draft.cursor[1], 1), vim.api.nvim_buf_line_count(buffer))
  local line = vim.api.nvim_buf_get_lines(buffer, row - 1, row, false)[1]
  vim.api.nvim_win_set_cursor(window, { row, math.min(draft.cursor[2], #line) })
end

--- Takes over what was begun at this place in another editor. What was typed here before the answer came stays: the
--- other text is put in front of it.
---@param buffer integer
---@param compose casework.Compose
---@param known casework.Draft?  What the buffer began with.
function M.take_over(buffer, compose, known)
  local number = tonumber(compose.place:match('^%d+'))
  drafts.sync(compose.root, number, function(others)
    local other = others[compose.place]
    if not (other and vim.api.nvim_buf_is_valid(buffer)) or (known and known.text == other.text) then
      return
    end
    local typed = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
    local is_as_it_came = typed == (known and known.text or compose.text or '')
    local is_known = known and known.told and is_as_it_came
    local text = (typed == '' or is_known) and other.text or drafts.joined(other.text, typed)
    if text == typed then
      return
    end
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n', { plain = true }))
    local window = vim.fn.bufwinid(buffer)
    if window ~= -1 and is_as_it_came then
      put_cursor(window, other)
    elseif window ~= -1 then
      local row, column = unpack(vim.api.nvim_win_get_cursor(window))
      local added = vim.api.nvim_buf_line_count(buffer) - #vim.split(typed, '\n', { plain = true })
      vim.api.nvim_win_set_cursor(window, { row + added, column })
    end
    require('casework.notice').say('here is what you had written and not sent.')
  end)
end

---@type integer
local count = 0

--- Opens the buffer below everything, in insert mode.
---@param compose casework.Compose
---@return integer buffer
function M.open(compose)
  local draft = drafts.of(compose.root, compose.place)
  compose.text = draft and draft.text or compose.text
  compose.from = vim.api.nvim_get_current_win()
  vim.cmd('botright split')
  local window = vim.api.nvim_get_current_win()
  local buffer = vim.api.nvim_create_buf(false, true)
  count = count + 1
  vim.api.nvim_buf_set_name(buffer, ('casework-text://%d'):format(count))
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'acwrite', 'wipe', false
  vim.b[buffer].casework_root = compose.root
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(compose.text or '', '\n', { plain = true }))
  vim.bo[buffer].modified = draft ~= nil
  vim.api.nvim_win_set_buf(window, buffer)
  compose.stop = drafts.follow(buffer, compose.root, compose.place)
  vim.bo[buffer].filetype = 'markdown'
  vim.api.nvim_win_set_height(window, 6)
  local layout = require('casework.review.layout')
  layout.bare(window)
  vim.wo[window].diff, vim.wo[window].scrollbind, vim.wo[window].cursorbind = false, false, false
  vim.wo[window].wrap, vim.wo[window].linebreak, vim.wo[window].statusline = true, true, '%='
  vim.wo[window].winhighlight, vim.wo[window].fillchars = layout.rule, layout.fillchars()
  vim.wo[window].statuscolumn = ' '
  local title = draw.plain(compose.title):gsub('%%', '%%%%')
  vim.wo[window].winbar = ' %#CaseworkGroup#' .. title .. ' %=%#CaseworkKey#Ctrl-S%#CaseworkDetail# sends  '
    .. '%#CaseworkKey#q%#CaseworkDetail# leaves '
  M.map(buffer, compose)
  if draft then
    put_cursor(window, draft)
    require('casework.notice').say('here is what you had written and not sent.')
  end
  M.take_over(buffer, compose, draft)
  if not compose.waits then
    local column = vim.api.nvim_win_get_cursor(window)[2]
    vim.cmd.startinsert({ bang = not draft or column >= #vim.api.nvim_get_current_line() - 1 })
  end
  return buffer
end

---@param buffer integer
---@param compose casework.Compose
function M.map(buffer, compose)
  local function act()
    send(buffer, compose)
  end
  vim.api.nvim_create_autocmd('BufWriteCmd', { buffer = buffer, callback = act })
  vim.keymap.set({ 'n', 'i' }, '<C-s>', act, { buffer = buffer, desc = 'Casework: send' })
  vim.keymap.set('n', 'q', function()
    if written(buffer) ~= '' and vim.fn.confirm('Throw away what is written?', '&Yes\n&No', 2) ~= 1 then
      return
    end
    leave(buffer, compose)
  end, { buffer = buffer, nowait = true, desc = 'Casework: leave' })
end

return M
