--- What a user does with tasks: open, add, start, stop, and the rest. Each is one request; the board tells what became
--- of it.

local anchor = require('casework.anchor')
local board = require('casework.board')
local client = require('casework.client')
local documents = require('casework.documents')
local draw = require('casework.draw')
local method = require('casework.wire').method
local task_lines = require('casework.task_lines')

local M = {}

--- Shows task `number` as text in `buffer`.
---@param buffer integer
---@param root string
---@param number integer
function M.fill(buffer, root, number)
  client.ask(root, method.task_show, { number = number }, function(task, problem)
    if not task then
      return client.say(problem or ('there is no task %d.'):format(number), vim.log.levels.WARN)
    elseif vim.api.nvim_buf_is_valid(buffer) then
      local window = vim.fn.bufwinid(buffer)
      draw.put(buffer, task_lines.lines(task, window ~= -1 and vim.api.nvim_win_get_width(window) or 80))
    end
  end)
end

---@type table<integer, {root: string, number: integer}>
local documents_of = {}

--- Shows task `number` as text, in the current window, or beside the sidebar.
---@param root string
---@param number integer
function M.show(root, number)
  documents.leave_sidebar()
  local buffer = documents.buffer(documents.name(root, number), root)
  vim.bo[buffer].bufhidden = 'hide'
  vim.api.nvim_win_set_buf(0, buffer)
  documents_of[buffer] = { root = root, number = number }
  M.fill(buffer, root, number)
end

vim.api.nvim_create_autocmd('User', {
  group = vim.api.nvim_create_augroup('casework.task', {}),
  pattern = 'CaseworkChanged',
  callback = function(event)
    for buffer, shown in pairs(documents_of) do
      if not vim.api.nvim_buf_is_valid(buffer) then
        documents_of[buffer] = nil
      elseif shown.root == event.data.root and vim.fn.bufwinid(buffer) ~= -1 then
        M.fill(buffer, shown.root, shown.number)
      end
    end
  end,
})

--- Opens what task `number` needs now: its question, its review, its skeleton, or its text.
---@param root string
---@param number integer
function M.open(root, number)
  board.get(root, function(shown)
    local card = shown.cards[number]
    if card and #card.questions > 0 then
      require('casework.question').open(root, card, card.questions[1])
    elseif card and vim.list_contains({ 'in_review', 'landing', 'landed', 'read' }, card.status) then
      require('casework.review.view').open(root, number)
    elseif card and require('casework.skeleton').stands_for(card) then
      require('casework.skeleton').open(root, number)
    else
      M.show(root, number)
    end
  end)
end

---@param prompt string
---@param go fun(text: string)
local function with_line(prompt, go)
  vim.ui.input({ prompt = prompt }, function(text)
    if text then
      go(vim.trim(text))
    end
  end)
end

--- The anchor of lines `first` to `last` of the current file, if it lies in the repository; what is saved counts.
---@param root string
---@param first integer
---@param last integer
---@return casework.Anchor?
local function anchor_here(root, first, last)
  local file = vim.api.nvim_buf_get_name(0)
  local path = vim.bo.buftype == '' and anchor.below(root, file)
  if not path then
    return nil
  end
  if vim.bo.modified then
    client.say('this file has unsaved changes; the task is about the lines as they are saved.')
  end
  local file_lines = vim.fn.readfile(file)
  return anchor.of(path, file_lines, math.min(first, #file_lines), math.min(last, #file_lines))
end

--- Adds a task to the backlog; without a title it is asked for.
---@param root string
---@param title? string
---@param range? {first: integer, last: integer}  Lines of the current file that it is about.
function M.add(root, title, range)
  local place = range and anchor_here(root, range.first, range.last)
  local function add(text)
    if text == '' then
      return
    end
    client.deed(root, method.task_add, { title = text, anchor = place or nil }, function(task)
      client.say(('task %d is in the backlog.'):format(task.card.number))
    end)
  end
  if title and title ~= '' then
    return add(title)
  end
  with_line('New task: ', add)
end

---@param name string  Of the method.
---@param said string  What is said when it is done, with a place for the number.
---@return fun(root: string, number: integer)
local function plain(name, said)
  return function(root, number)
    client.deed(root, method[name], { number = number }, function()
      client.say(said:format(number))
    end)
  end
end

---@param name string
---@param prompt string
---@param said string
---@return fun(root: string, number: integer, reason?: string)
local function with_reason(name, prompt, said)
  return function(root, number, reason)
    local function go(text)
      client.deed(root, method[name], { number = number, reason = text }, function()
        client.say(said:format(number))
      end)
    end
    if reason and reason ~= '' then
      return go(reason)
    end
    with_line(prompt:format(number), go)
  end
end

M.accept = plain('task_accept', 'task %d is in the backlog.')
M.wake = plain('task_wake', 'task %d is back.')
M.restore = plain('task_restore', 'task %d is back in the backlog.')
M.dismiss = with_reason('task_dismiss', 'Why not %d? ', 'task %d is dismissed.')
M.stop = with_reason('task_stop', 'Stop %d, why? ', 'task %d is stopped; its worktree is kept.')
M.drop = with_reason('task_drop', 'Drop %d, why? ', 'task %d is dropped; `:Casework task restore` brings it back.')

---@param name 'task_start'|'task_retry'
---@return fun(root: string, number: integer, script?: string)
local function with_script(name)
  return function(root, number, script)
    local text = ''
    if script and script ~= '' then
      local file = io.open(vim.fs.normalize(script), 'r')
      if not file then
        return client.say(('%s can not be read, so nothing was started.'):format(script), vim.log.levels.WARN)
      end
      text = file:read('*a')
      file:close()
    end
    client.deed(root, method[name], { number = number, script = text ~= '' and text or nil }, function()
      client.say(('task %d is started.'):format(number))
    end)
  end
end

M.start, M.retry = with_script('task_start'), with_script('task_retry')

--- Takes the landed approval of task `number` back.
---@param _ string
---@param number integer
function M.undo(_, number)
  require('casework.review.verdict').undo(number)
end

---@type table<string, integer>
local UNITS = { m = 60, h = 3600, d = 86400, w = 604800 }

--- Gives the time `span` from `now` (seconds) in microseconds; nil when `span` is not like 30m, 2h, 3d, 1w. Pure.
---@param span string
---@param now integer
---@return integer?
function M.until_time(span, now)
  local count, unit = span:match('^(%d+)([mhdw])$')
  return count and (now + tonumber(count) * UNITS[unit]) * 1000000 or nil
end

--- Puts task `number` out of sight for `span`.
---@param root string
---@param number integer
---@param span? string
function M.snooze(root, number, span)
  local limit = M.until_time(span or '1d', os.time())
  if not limit then
    return client.say(('%s is no time to wait: write 30m, 2h, 3d or 1w.'):format(span))
  end
  client.deed(root, method.task_snooze, { number = number, ['until'] = limit }, function()
    client.say(('task %d is out of sight for %s.'):format(number, span or '1d'))
  end)
end

return M
