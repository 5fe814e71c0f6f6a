--- What others may call: the functions here, and nothing else, are the interface for keymaps and statuslines.

local M = {}

--- Goes to the next thing that needs the user (`step` 1), or the previous one (-1).
---@param step? integer
function M.next(step)
  require('casework.start').once()
  local client, board = require('casework.client'), require('casework.board')
  local root = client.repository()
  if not root then
    return
  end
  local name = require('casework.documents').parse(vim.api.nvim_buf_get_name(0))
  local number = name and name.number
  board.get(root, function(shown)
    local card = board.beside(shown, number, step or 1)
    if not card then
      return client.say('nothing needs you.')
    elseif card.number == number then
      client.say('nothing else needs you.')
    end
    require('casework.task').open(root, card.number)
  end)
end

--- Opens or closes the sidebar.
function M.sidebar()
  require('casework.start').once()
  require('casework.sidebar').toggle()
end

--- Text for a statusline: `%{%v:lua.require'casework'.statusline()%}`.
---@return string
function M.statusline()
  return require('casework.statusline').component()
end

return M
