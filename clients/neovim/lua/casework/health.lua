--- `:checkhealth casework`: what is there, what is missing, and the command that mends it.

local board = require('casework.board')
local client = require('casework.client')
local config = require('casework.config')
local find = require('casework.find')

local M = {}

local TIMEOUT_MS = 15000

local function neovim()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok('Neovim ' .. version)
  else
    vim.health.error('Neovim ' .. version .. ' is too old', 'Install Neovim 0.11 or newer.')
  end
end

local function settings()
  local given = vim.g.casework
  if given ~= nil and type(given) ~= 'table' then
    return vim.health.error('vim.g.casework is no table, so the defaults are in force', ':help casework-settings')
  end
  local problems = config.problems(given or {})
  for _, problem in ipairs(problems) do
    vim.health.error(problem .. ' The defaults are in force.', ':help casework-settings')
  end
  if #problems == 0 then
    vim.health.ok(given and 'vim.g.casework is well-formed' or 'vim.g.casework is not set: the defaults are in force')
  end
end

---@param program string
---@param ... string
---@return string?
local function answer(program, ...)
  local started, process = pcall(vim.system, { program, ... }, { text = true, timeout = TIMEOUT_MS })
  local done = started and process:wait()
  return done and done.code == 0 and vim.trim(done.stdout) or nil
end

local function program()
  local path, sentence = find.program()
  if not path then
    return vim.health.error(sentence, { 'uv tool install casework', 'or set `command` in vim.g.casework' })
  end
  vim.health.ok(('casework is %s, %s'):format(path, answer(path, 'version') or 'which does not tell its version'))
  local command = find.parse(answer(path, 'editor-config', 'neovim', '--json') or '')
  if command then
    vim.health.ok('the relay is started as `' .. table.concat(command, ' ') .. '`')
  else
    vim.health.error('casework does not say how its relay is started', path .. ' doctor')
  end
end

local function connections()
  local is_any = false
  for root, session in vim.spairs(client.sessions()) do
    is_any = true
    local shown = board.of(root)
    if session.ready and shown then
      local waiting = #board.cards(shown, 'needs_you')
      vim.health.ok(('%s: connected, %d %s you'):format(root, waiting, waiting == 1 and 'thing needs' or 'things need'))
      if shown.warning ~= '' then
        vim.health.warn(shown.warning)
      end
    else
      vim.health.warn(root .. ': not connected', { ':Casework restart', 'casework daemon log' })
    end
  end
  if not is_any then
    vim.health.info('no connection yet: one is made with the first file of a git repository, or `:Casework`')
  end
end

--- Runs all checks.
function M.check()
  vim.health.start('Casework: editor')
  neovim()
  settings()
  vim.health.start('Casework: program')
  program()
  if vim.fn.executable('git') == 1 then
    vim.health.ok('git is on PATH')
  else
    vim.health.error('git is not on PATH', 'Install git.')
  end
  vim.health.start('Casework: connection')
  connections()
end

return M
