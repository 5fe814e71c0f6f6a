--- What happens once, with the first use: highlights, and the language client switched on.

local config = require('casework.config')
local draw = require('casework.draw')

local M = {}

local is_done = false

--- Defines the highlights, now and whenever the colour scheme changes, and switches the client on if that is wished.
function M.once()
  if is_done then
    return
  end
  is_done = true
  draw.highlights()
  vim.api.nvim_create_autocmd('ColorScheme', {
    group = vim.api.nvim_create_augroup('casework.start', {}),
    callback = draw.highlights,
  })
  if config.get().enable then
    vim.lsp.enable('casework')
  end
end

--- Called with the first file of the session; while Neovim starts, the client waits until it has started.
function M.first_file()
  if not config.get().enable then
    return
  elseif vim.v.vim_did_enter == 1 then
    return M.once()
  end
  vim.api.nvim_create_autocmd('VimEnter', { once = true, callback = M.once })
end

return M
