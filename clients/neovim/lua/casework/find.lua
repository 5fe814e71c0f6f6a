--- Finds Casework and the command that starts its relay.
---
--- The relay is started by its file (`interpreter -I -S relay.py`): that costs a twentieth of the console script.
--- Which interpreter and which file, `casework editor-config neovim --json` says; the answer is kept in the cache
--- folder until the program changes.

local config = require('casework.config')

local M = {}

M.not_found = 'Casework is not installed, so no review can be shown: run `uv tool install casework` '
  .. '(or `pipx install casework`), then `:Casework restart`.'

local TIMEOUT_MS = 15000

--- The places where the program is looked for, in order.
---@return string[]
function M.places()
  local set = config.get().command
  if set then
    return { vim.fs.normalize(set --[[@as string]]) }
  end
  local home = vim.uv.os_homedir() or ''
  local places = { vim.fn.exepath('casework') }
  for _, below in ipairs({
    '.local/bin/casework',
    '.local/share/uv/tools/casework/bin/casework',
    '.local/share/pipx/venvs/casework/bin/casework',
    '.local/pipx/venvs/casework/bin/casework',
  }) do
    places[#places + 1] = home .. '/' .. below
  end
  return vim.tbl_filter(function(place)
    return place ~= ''
  end, places)
end

--- Gives the program's path, or nil and a sentence.
---@return string? program, string? sentence
function M.program()
  local places = M.places()
  for _, place in ipairs(places) do
    if vim.fn.executable(place) == 1 then
      return place
    end
  end
  if config.get().command then
    return nil, ('`command` in vim.g.casework is %s, which is no program that can be run.'):format(places[1])
  end
  return nil, M.not_found
end

---@return string
local function cache_path()
  return vim.fs.joinpath(vim.fn.stdpath('cache') --[[@as string]], 'casework', 'relay.json')
end

--- What tells one installation of the program from the next.
---@param program string
---@return string
local function stamp(program)
  local real = vim.uv.fs_realpath(program) or program
  local stat = vim.uv.fs_stat(real)
  return stat and ('%s %d.%d %d'):format(real, stat.mtime.sec, stat.mtime.nsec, stat.size) or real
end

--- Gives the command out of the program's answer, or nil when the answer is none.
---@param text string
---@return string[]?
function M.parse(text)
  local read, answer = pcall(vim.json.decode, text)
  if not read or type(answer) ~= 'table' or type(answer.command) ~= 'string' or type(answer.args) ~= 'table' then
    return nil
  end
  local command = { answer.command }
  for _, part in ipairs(answer.args) do
    if type(part) ~= 'string' then
      return nil
    end
    command[#command + 1] = part
  end
  return command
end

--- Says whether everything that `command` names by an absolute path is still there.
---@param command string[]
---@return boolean
local function is_whole(command)
  for _, part in ipairs(command) do
    if vim.startswith(part, '/') and not vim.uv.fs_stat(part) then
      return false
    end
  end
  return true
end

---@param program string
---@return string[]?
local function remembered(program)
  local file = io.open(cache_path(), 'r')
  if not file then
    return nil
  end
  local text = file:read('*a')
  file:close()
  local read, kept = pcall(vim.json.decode, text)
  if not read or type(kept) ~= 'table' or kept.stamp ~= stamp(program) then
    return nil
  end
  local command = M.parse(text)
  return command and is_whole(command) and command or nil
end

---@param program string
---@param command string[]
local function remember(program, command)
  local path = cache_path()
  vim.fn.mkdir(vim.fs.dirname(path), 'p', '0700')
  local file = io.open(path, 'w')
  if file then
    file:write(vim.json.encode({ stamp = stamp(program), command = command[1], args = vim.list_slice(command, 2) }))
    file:close()
  end
end

--- Finds the relay's command and hands it to `found`, or nil and a sentence; never blocks.
---@param found fun(command: string[]?, sentence: string?)
function M.relay(found)
  local program, sentence = M.program()
  if not program then
    return found(nil, sentence)
  end
  local known = remembered(program)
  if known then
    return found(known)
  end
  local started, problem = pcall(
    vim.system,
    { program, 'editor-config', 'neovim', '--json' },
    { text = true, timeout = TIMEOUT_MS },
    vim.schedule_wrap(function(done)
      local command = done.code == 0 and M.parse(done.stdout or '')
      if not command then
        local said = vim.trim(done.stderr or '')
        return found(nil, ('%s does not say how to start it: %s'):format(program, said ~= '' and said or 'no answer.'))
      end
      remember(program, command)
      found(command)
    end)
  )
  if not started then
    found(nil, ('%s can not be run: %s'):format(program, problem))
  end
end

return M
