--- Sentences to the user. A short one goes to the command line; a longer one, which would stop the user with "Press
--- ENTER", and one that comes while the user types, into a small window that takes no focus and goes by itself.
--- Where `vim.notify` is the user's own, it gets all.

local draw = require('casework.draw')

local M = {}

local WIDTH = 72
local KEPT = 200
local SHOWN_MS, SHOWN_MS_PER_LETTER = 3000, 50

---@type integer?
local window

local function close()
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_close(window, true)
  end
  window = nil
end

--- Says whether `vim.notify` is the one that Neovim comes with.
---@return boolean
local function is_stock()
  local source = debug.getinfo(vim.notify, 'S').source
  return source == '?' or source:find('vim/_', 1, true) ~= nil or source:find('_core/', 1, true) ~= nil
end

---@param sentence string
---@param group string
local function show(sentence, group)
  close()
  vim.api.nvim_echo({ { '' } }, false, {})
  local texts = draw.wrap(sentence, math.min(WIDTH, vim.o.columns - 6))
  local lines, width = {}, 0
  for index, text in ipairs(texts) do
    lines[index] = { chunks = { { ' ' }, { text, group }, { ' ' } } }
    width = math.max(width, vim.api.nvim_strwidth(text) + 2)
  end
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  draw.put(buffer, lines)
  window = vim.api.nvim_open_win(buffer, false, {
    relative = 'editor',
    anchor = 'NE',
    row = 2, -- below tab line and window bar, above the keys of a review
    col = vim.o.columns,
    width = width,
    height = math.min(#lines, vim.o.lines - 4),
    style = 'minimal',
    border = 'rounded',
    title = ' Casework ',
    focusable = false,
    noautocmd = true,
    zindex = 60,
  })
  vim.wo[window].winhighlight = 'NormalFloat:Normal,FloatBorder:CaseworkDetail,FloatTitle:CaseworkGroup'
  local shown = window
  vim.defer_fn(function()
    if window == shown then
      close()
    end
  end, SHOWN_MS + SHOWN_MS_PER_LETTER * #sentence)
end

---@type string[]
local said = {}

--- What was said in this session, oldest first, so that a sentence that went by can be read again.
---@return string[]
function M.said()
  return said
end

--- Tells the user `sentence`.
---@param sentence string
---@param level? integer
function M.say(sentence, level)
  level = level or vim.log.levels.INFO
  local text = 'Casework: ' .. draw.plain(sentence)
  said[#said + 1] = os.date('%H:%M:%S ') .. draw.plain(sentence)
  if #said > KEPT then
    table.remove(said, 1)
  end
  if not is_stock() then
    vim.notify(text, level)
  elseif vim.api.nvim_strwidth(text) < vim.o.columns - 24 and vim.api.nvim_get_mode().mode ~= 'i' then
    close()
    vim.notify(text, level)
  else
    show(sentence, level >= vim.log.levels.WARN and 'CaseworkOffline' or 'CaseworkTitle')
  end
end

return M
