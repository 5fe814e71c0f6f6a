--- `:Casework ROOM DEED ...`: the same names as in the shell and on the wire, with completion. One table; each entry
--- says what it does and what may follow.

local board = require('casework.board')
local client = require('casework.client')

local M = {}

---@class (exact) casework.Call
---@field args string[]  What follows the sub-command.
---@field range? {first: integer, last: integer}

---@class (exact) casework.Command
---@field what string
---@field run fun(root: string, call: casework.Call)
---@field number? string  An action: task numbers for which it is possible are offered. '*' offers all.
---@field words? fun(args: string[]): string[]  What else may follow.

---@param call casework.Call
---@param index integer
---@return string?
local function rest(call, index)
  local words = table.concat(vim.list_slice(call.args, index), ' ')
  return words ~= '' and words or nil
end

--- The number that was given, or the one of what is shown; nil after saying that one is missing.
---@param call casework.Call
---@param is_optional? boolean
---@return integer?
local function number_of(call, is_optional)
  local given = call.args[1]
  if given then
    local number = tonumber(given)
    if not number or number < 1 or number % 1 ~= 0 then
      client.say(('%s is no task number.'):format(given), vim.log.levels.WARN)
      return nil
    end
    return number
  end
  local name = require('casework.documents').parse(vim.api.nvim_buf_get_name(0))
  if not (name and name.number) and not is_optional then
    client.say('say which task: its number stands in the sidebar.')
  end
  return name and name.number
end

---@param name string
---@return fun(root: string, call: casework.Call)
local function task(name)
  return function(root, call)
    local number = number_of(call)
    if number then
      require('casework.task')[name](root, number, rest(call, 2))
    end
  end
end

---@param call casework.Call
local function approve(_, call)
  local mode = call.args[#call.args]
  if mode and not tonumber(mode) then
    table.remove(call.args)
  else
    mode = nil
  end
  require('casework.review.verdict').approve(number_of(call, true), mode)
end

--- The ways in which the review that is shown can land.
---@return string[]
local function modes()
  local view = require('casework.review.view').current()
  return vim.tbl_map(function(mode)
    return mode.mode
  end, view and view.review.modes or {})
end

---@param call casework.Call
local function request_changes(_, call)
  require('casework.review.verdict').request_changes(number_of(call, true), rest(call, 2))
end

---@param call casework.Call
local function undo(_, call)
  require('casework.review.verdict').undo(number_of(call, true))
end

---@return string[]
local function script_files(args)
  return #args > 1 and vim.fn.getcompletion(args[#args], 'file') or {}
end

---@type table<string, casework.Command>
M.table = {
  sidebar = {
    what = 'open or close the sidebar',
    run = function()
      require('casework.sidebar').toggle()
    end,
  },
  next = {
    what = 'go to the next thing that needs you',
    run = function()
      require('casework').next(1)
    end,
  },
  previous = {
    what = 'go to the previous thing that needs you',
    run = function()
      require('casework').next(-1)
    end,
  },
  approve = { what = 'land what is shown', run = approve, number = 'casework.review.answer', words = modes },
  ['request-changes'] = { what = 'send it back', run = request_changes, number = 'casework.review.answer' },
  undo = { what = 'take a landed approval back', run = undo, number = 'casework.review.undo' },
  ['task add'] = {
    what = 'add a task; with a range it is about these lines',
    run = function(root, call)
      require('casework.task').add(root, rest(call, 1), call.range)
    end,
  },
  ['task show'] = { what = 'show a task', run = task('show'), number = '*' },
  ['task open'] = { what = 'open what a task needs now', run = task('open'), number = '*' },
  ['task accept'] = { what = 'take a proposed task', run = task('accept'), number = 'casework.task.accept' },
  ['task dismiss'] = { what = 'turn a proposed task down', run = task('dismiss'), number = 'casework.task.dismiss' },
  ['task start'] = {
    what = 'let an agent work on it',
    run = task('start'),
    number = 'casework.task.start',
    words = script_files,
  },
  ['task retry'] = { what = 'try again', run = task('retry'), number = 'casework.task.retry', words = script_files },
  ['task stop'] = { what = 'stop the work', run = task('stop'), number = 'casework.task.stop' },
  ['task drop'] = { what = 'give a task up', run = task('drop'), number = 'casework.task.drop' },
  ['task restore'] = { what = 'bring a dropped task back', run = task('restore') },
  ['task snooze'] = {
    what = 'put a task out of sight: 30m, 2h, 3d, 1w',
    run = task('snooze'),
    number = 'casework.task.snooze',
    words = function()
      return { '2h', '1d', '1w' }
    end,
  },
  ['task wake'] = { what = 'bring a snoozed task back', run = task('wake') },
  ['skeleton document'] = {
    what = 'open the skeleton of missing tests',
    number = 'casework.skeleton.document',
    run = function(root, call)
      local number = number_of(call)
      if number then
        require('casework.skeleton').open(root, number)
      end
    end,
  },
  ['skeleton take'] = {
    what = 'put a skeleton into the work tree',
    number = 'casework.skeleton.take',
    run = function(root, call)
      local number = number_of(call)
      if number then
        require('casework.skeleton').take(root, number)
      end
    end,
  },
  ['question answer'] = {
    what = "answer an agent's question",
    number = 'casework.question.answer',
    run = function(root, call)
      require('casework.reviews').answer_question(root, number_of(call), rest(call, 2))
    end,
  },
  ['review working-tree'] = {
    what = 'review what is changed and not committed',
    run = function(root, call)
      require('casework.reviews').open(root, { kind = 'working_tree', untracked = call.args })
    end,
    words = function()
      return require('casework.reviews').untracked()
    end,
  },
  ['review branch'] = {
    what = 'review a branch',
    run = function(root, call)
      require('casework.reviews').open(root, { kind = 'branch', name = call.args[1] or '', into = call.args[2] })
    end,
    words = function()
      return require('casework.reviews').branches()
    end,
  },
  ['review range'] = {
    what = 'review REV..REV: what is history already',
    run = function(root, call)
      require('casework.reviews').open(root, { kind = 'range', name = rest(call, 1) or '' })
    end,
  },
  ['review show'] = {
    what = 'open a review side by side',
    number = 'casework.review.answer',
    run = function(root, call)
      local number = number_of(call)
      if number then
        require('casework.review.view').open(root, number)
      end
    end,
  },
  ['review document'] = {
    what = 'open a review as a file',
    number = 'casework.review.answer',
    run = function(root, call)
      require('casework.reviews').document(root, number_of(call))
    end,
  },
  ['review left'] = {
    what = 'quickfix list of what is left of the review that is shown',
    run = function()
      require('casework.review.left').open()
    end,
  },
  ['review list'] = {
    what = 'choose among the waiting reviews',
    run = function(root)
      require('casework.reviews').choose(root)
    end,
  },
  ['review answer'] = {
    what = 'approve, or request-changes',
    number = 'casework.review.answer',
    words = function()
      return { 'approve', 'request-changes' }
    end,
    run = function(root, call)
      local verdict = table.remove(call.args, tonumber(call.args[1]) and 2 or 1)
      local act = ({ approve = approve, ['request-changes'] = request_changes })[verdict]
      if not act then
        return client.say('write `approve` or `request-changes`.', vim.log.levels.WARN)
      end
      act(root, call)
    end,
  },
  ['review read'] = { what = 'close a review of history as read', run = approve, number = 'casework.review.read' },
  ['review undo'] = { what = 'take a landed approval back', run = undo, number = 'casework.review.undo' },
  ['trust show'] = {
    what = 'say whether this repository is trusted',
    run = function(root)
      require('casework.reviews').trust(root, 'trust_show')
    end,
  },
  ['trust grant'] = {
    what = 'trust this repository: its programs may be run',
    run = function(root)
      require('casework.reviews').trust(root, 'trust_grant')
    end,
  },
  ['trust revoke'] = {
    what = 'take the trust back',
    run = function(root)
      require('casework.reviews').trust(root, 'trust_revoke')
    end,
  },
  ['daemon status'] = {
    what = 'tell about the daemon',
    run = function(root)
      require('casework.reviews').daemon(root)
    end,
  },
  messages = {
    what = 'read again what was said',
    run = function(root)
      require('casework.reviews').messages(root)
    end,
  },
  restart = {
    what = 'connect anew',
    run = function()
      client.restart()
    end,
  },
}

--- Finds the sub-command that `words` begin with: two words where that is one, else one. `REV..REV` is a range.
---@param words string[]
---@return casework.Command? command, string[] args
function M.find(words)
  local two = M.table[(words[1] or '') .. ' ' .. (words[2] or '')]
  if two then
    return two, vim.list_slice(words, 3)
  elseif words[1] == 'review' and (words[2] or ''):find('..', 1, true) then
    return M.table['review range'], vim.list_slice(words, 2)
  elseif words[1] == 'review' and tonumber(words[2]) then
    return M.table['review show'], vim.list_slice(words, 2)
  end
  return M.table[words[1] or ''], vim.list_slice(words, 2)
end

--- Runs what `:Casework` was called with; alone it opens or closes the sidebar.
---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  require('casework.start').once()
  local words = #call.fargs > 0 and call.fargs or { 'sidebar' }
  local command, args = M.find(words)
  if not command then
    return client.say(('there is no `:Casework %s`; Tab shows what there is.'):format(table.concat(words, ' ')))
  end
  local root = client.repository()
  if root then
    local range = call.range > 0 and { first = call.line1, last = call.line2 } or nil
    command.run(root, { args = args, range = range })
  end
end

---@param action string
---@return string[]
local function numbers(action)
  local shown = board.of(client.here())
  local found = {}
  for number, card in vim.spairs(shown and shown.cards or {}) do
    if action == '*' or vim.list_contains(card.actions, action) then
      found[#found + 1] = tostring(number)
    end
  end
  return found
end

--- Completes the word `lead` of the command line `line`.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim((line:gsub("^.-Casework%s*", ''))), '%s+', { trimempty = true })
  if lead ~= '' then
    table.remove(words)
  end
  local command, args = M.find(words)
  local offered = {}
  if command then
    offered = command.number and #args == 0 and numbers(command.number) or {}
    if command.words then
      vim.list_extend(offered, command.words(vim.list_extend(args, { lead })))
    end
  end
  local prefix = #words > 0 and table.concat(words, ' ') .. ' ' or ''
  for name in vim.spairs(M.table) do
    if vim.startswith(name, prefix) then
      offered[#offered + 1] = name:sub(#prefix + 1):match('^%S+')
    end
  end
  local seen = {}
  return vim.tbl_filter(function(word)
    local is_new = vim.startswith(word, lead) and not seen[word]
    seen[word] = true
    return is_new
  end, offered)
end

return M
