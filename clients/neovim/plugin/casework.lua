--- Loaded at every start, so nothing is done here but naming what exists; the first use loads the rest.

if vim.g.loaded_casework then
  return
end
vim.g.loaded_casework = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify_once('Casework needs Neovim 0.11 or newer.', vim.log.levels.WARN)
  return
end

local api = vim.api

api.nvim_create_user_command('Casework', function(call)
  require('casework.command').run(call)
end, {
  nargs = '*',
  range = true,
  desc = 'Judge and land changes',
  complete = function(lead, line, position)
    return require('casework.command').complete(lead, line:sub(1, position))
  end,
})

api.nvim_create_autocmd('BufReadCmd', {
  pattern = 'casework://*',
  callback = function(event)
    require('casework.documents').read(event.buf, event.match)
  end,
})

api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  once = true,
  callback = function()
    require('casework.start').first_file()
  end,
})

local function set_keys()
  for what, step in pairs({ next = 1, previous = -1 }) do
    vim.keymap.set('n', '<Plug>(casework-' .. what .. ')', function()
      require('casework').next(step)
    end, { desc = 'Casework: ' .. what .. ' thing that needs you' })
  end
  local set = type(vim.g.casework) == 'table' and vim.g.casework.keys or {}
  for what, default in pairs({ next = ']v', previous = '[v' }) do
    local key = set[what] == nil and default or set[what]
    if key and vim.fn.maparg(key, 'n') == '' then
      vim.keymap.set('n', key, '<Plug>(casework-' .. what .. ')', { remap = true, desc = 'Casework: ' .. what })
    end
  end
end

if vim.v.vim_did_enter == 1 then
  set_keys() -- a package manager loads it late
else -- when the user's configuration has run, so that a key of theirs is never taken
  api.nvim_create_autocmd('VimEnter', { once = true, callback = set_keys })
end
