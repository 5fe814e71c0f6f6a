--- Loaded at every start, so nothing is done here but naming what exists; the first use loads the rest.

if vim.g.loaded_casework then
  return
end
vim.g.loaded_casework = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify_once('Casework needs Neovim 0.11 or newer.', vim.log.levels.WARN)
  return
end

vim.api.nvim_create_user_command('Casework', function(call)
  require('casework.command').run(call)
end, {
  nargs = '*',
  range = true,
  desc = 'Judge and land changes',
  complete = function(lead, line, position)
    return require('casework.command').complete(lead, line:sub(1, position))
  end,
})

local group = vim.api.nvim_create_augroup('casework', {})

vim.api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'casework://*',
  callback = function(event)
    require('casework.documents').read(event.buf, event.match)
  end,
})

vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  group = group,
  once = true,
  callback = function()
    require('casework.start').first_file()
  end,
})

vim.keymap.set('n', '<Plug>(casework-next)', function()
  require('casework').next(1)
end, { desc = 'Casework: next thing that needs you' })
vim.keymap.set('n', '<Plug>(casework-previous)', function()
  require('casework').next(-1)
end, { desc = 'Casework: previous thing that needs you' })

-- When the user's configuration has run, so that a key of theirs is never taken.
vim.api.nvim_create_autocmd('VimEnter', {
  group = group,
  once = true,
  callback = function()
    local set = type(vim.g.casework) == 'table' and vim.g.casework.keys or {}
    for what, default in pairs({ next = ']v', previous = '[v' }) do
      local key = set[what] == nil and default or set[what]
      if key and vim.fn.maparg(key, 'n') == '' then
        vim.keymap.set('n', key, '<Plug>(casework-' .. what .. ')', { remap = true, desc = 'Casework: ' .. what })
      end
    end
  end,
})
