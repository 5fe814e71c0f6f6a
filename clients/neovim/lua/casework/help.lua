--- The keys of the buffer one is in, in a small window that the next key closes.

local config = require('casework.config')
local draw = require('casework.draw')

local M = {}

--- Builds the lines of the help. Pure.
---@param keys casework.Key[]
---@return casework.Line[]
function M.lines(keys)
  local lines = {}
  local function add(names, what)
    local text = table.concat(names, ' ')
    lines[#lines + 1] = { chunks = { { ('  %-12s'):format(text), 'CaseworkKey' }, { what .. '  ' } } }
  end
  for _, key in ipairs(keys) do
    add(key.keys, key.what)
  end
  local set = config.get().keys
  if set.next and set.previous then
    add({ set.next, set.previous }, 'next, previous thing that needs you, from anywhere')
  end
  lines[#lines + 1] = { chunks = { { '  ' }, { ':help casework', 'CaseworkDetail' } } }
  return lines
end

--- Shows `keys` in the middle of the screen.
---@param keys casework.Key[]
function M.open(keys)
  local lines = M.lines(keys)
  local width = 0
  for _, line in ipairs(lines) do
    width = math.max(width, draw.width(line.chunks))
  end
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  pcall(vim.api.nvim_buf_set_name, buffer, 'casework://help')
  draw.put(buffer, lines)
  local window = vim.api.nvim_open_win(buffer, true, {
    relative = 'editor',
    style = 'minimal',
    border = 'rounded',
    title = ' Casework · keys ',
    title_pos = 'center',
    width = width,
    height = #lines,
    row = math.max(0, math.floor((vim.o.lines - #lines) / 2) - 1),
    col = math.max(0, math.floor((vim.o.columns - width) / 2)),
  })
  vim.wo[window].winhighlight = 'NormalFloat:Normal,FloatBorder:CaseworkDetail,FloatTitle:CaseworkGroup'
  for _, key in ipairs({ 'q', '<Esc>', '<CR>', 'g?' }) do
    vim.keymap.set('n', key, '<Cmd>close<CR>', { buffer = buffer, nowait = true })
  end
  vim.api.nvim_create_autocmd('WinLeave', { buffer = buffer, once = true, command = 'close' })
end

return M
