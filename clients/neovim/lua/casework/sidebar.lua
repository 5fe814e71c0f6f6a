--- The sidebar: a window with the board, and the keys that act on the task under the cursor.
---
--- Which keys act is the daemon's say: a card names the commands that are possible now, and no others are offered.

local board = require('casework.board')
local client = require('casework.client')
local config = require('casework.config')
local documents = require('casework.documents')
local draw = require('casework.draw')
local guard = require('casework.guard')
local sidebar_lines = require('casework.sidebar_lines')

local M = {}

---@class (exact) casework.Sidebar
---@field root string
---@field lines casework.Line[]

---@type table<integer, casework.Sidebar>  By buffer.
local sidebars = {}

---@param buffer integer
---@return integer
local function width_of(buffer)
  local window = vim.fn.bufwinid(buffer)
  return window ~= -1 and vim.api.nvim_win_get_width(window) or config.get().sidebar_width
end

--- The task that the line under the cursor is about.
---@return casework.Sidebar?, casework.Line?
local function under_cursor()
  local sidebar = sidebars[vim.api.nvim_get_current_buf()]
  return sidebar, sidebar and sidebar.lines[vim.api.nvim_win_get_cursor(0)[1]]
end

--- Draws the board in `buffer`; the cursor stays on its task even when that moves.
---@param buffer integer
local function redraw(buffer)
  local sidebar = sidebars[buffer]
  local shown = board.of(sidebar.root)
  if not shown then
    return draw.put(buffer, sidebar_lines.without_board(board.problem(sidebar.root), width_of(buffer)))
  end
  local window = vim.fn.bufwinid(buffer)
  local row = window ~= -1 and vim.api.nvim_win_get_cursor(window)[1] or 1
  local before = sidebar.lines[row]
  sidebar.lines = sidebar_lines.lines(shown, width_of(buffer))
  draw.put(buffer, sidebar.lines)
  if window == -1 then
    return
  end
  for number, line in ipairs(sidebar.lines) do
    local is_same = before and before.task and line.task == before.task
    local is_first = row == 1 and line.task -- on the first heading the cursor has no task yet
    if is_same or is_first then
      row = number
      break
    end
  end
  vim.api.nvim_win_set_cursor(window, { math.min(row, #sidebar.lines), 0 })
end

--- Makes `buffer` a sidebar of the repository at `root`.
---@param buffer integer
---@param root string
function M.fill(buffer, root)
  sidebars[buffer] = { root = root, lines = {} }
  vim.bo[buffer].filetype = 'casework'
  M.map(buffer)
  redraw(buffer)
  board.get(root, function()
    if vim.api.nvim_buf_is_valid(buffer) then
      redraw(buffer)
    end
  end)
end

--- Opens the sidebar at the left, or goes to it.
function M.open()
  local root = client.repository()
  if not root then
    return
  end
  local name = 'casework://sidebar'
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if sidebars[vim.api.nvim_win_get_buf(window)] then
      return vim.api.nvim_set_current_win(window)
    end
  end
  vim.cmd(('topleft %dvsplit'):format(config.get().sidebar_width))
  local window = vim.api.nvim_get_current_win()
  local buffer = documents.buffer(name, root)
  vim.api.nvim_win_set_buf(window, buffer)
  require('casework.review.layout').bare(window)
  vim.wo[window].winfixwidth, vim.wo[window].wrap, vim.wo[window].cursorline = true, false, true
  vim.wo[window].list, vim.wo[window].spell = false, false
  vim.wo[window].statusline = ' Casework %=g? help '
  guard.open(buffer)
  M.fill(buffer, root)
end

--- Opens the sidebar, or closes it where it is open in this tab.
function M.toggle()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if sidebars[vim.api.nvim_win_get_buf(window)] then
      if #vim.api.nvim_tabpage_list_wins(0) > 1 then
        vim.api.nvim_win_close(window, true)
      end
      return
    end
  end
  M.open()
end

--- Acts on the task under the cursor with `deed`, when that is possible now.
---@param command string
---@param deed fun(root: string, number: integer)
---@return fun()
local function when_possible(command, deed)
  return function()
    local sidebar, line = under_cursor()
    local shown = sidebar and board.of(sidebar.root)
    local card = line and line.task and shown and shown.cards[line.task]
    if not (sidebar and card) then
      return
    elseif not vim.list_contains(card.actions, command) then
      local words = command:match('[^.]+$')
      local status = card.status:gsub('_', ' ')
      return client.say(('%d is %s: it can not be %s now.'):format(card.number, status, M.done[words]))
    end
    deed(sidebar.root, card.number)
  end
end

--- What a deed makes of a task, for the sentence that it can't be done.
M.done = {
  accept = 'accepted',
  dismiss = 'dismissed',
  start = 'started',
  stop = 'stopped',
  retry = 'tried again',
  drop = 'dropped',
  restore = 'restored',
  undo = 'taken back',
  take = 'taken into the work tree',
}

--- Opens what the line under the cursor is about.
function M.enter()
  local sidebar, line = under_cursor()
  if not (sidebar and line) then
    return
  elseif line.act == 'new' then
    return require('casework.task').add(sidebar.root)
  elseif line.task then
    require('casework.task').open(sidebar.root, line.task)
  end
end

---@param name string
---@return fun(root: string, number: integer)
local function deed(name)
  return function(root, number)
    require('casework.task')[name](root, number)
  end
end

--- The keys of the sidebar.
---@type casework.Key[]
M.keys = {
  { keys = { '<CR>', 'o' }, what = 'open: review, question, skeleton or task', act = M.enter },
  { keys = { 'K' }, what = 'everything about the task', act = function()
    local sidebar, line = under_cursor()
    if sidebar and line and line.task then
      require('casework.task').show(sidebar.root, line.task)
    end
  end },
  { keys = { '+', 'i' }, what = 'new task', act = function()
    local sidebar = under_cursor()
    if sidebar then
      require('casework.task').add(sidebar.root)
    end
  end },
  { keys = { 'a' }, what = 'accept into the backlog', act = when_possible('casework.task.accept', deed('accept')) },
  { keys = { 'd' }, what = 'dismiss, with a reason', act = when_possible('casework.task.dismiss', deed('dismiss')) },
  { keys = { 't' }, what = 'take the skeleton into the work tree', act = when_possible(
    'casework.skeleton.take',
    function(root, number)
      require('casework.skeleton').take(root, number)
    end
  ) },
  { keys = { 's' }, what = 'start', act = when_possible('casework.task.start', deed('start')) },
  { keys = { 'r' }, what = 'retry', act = when_possible('casework.task.retry', deed('retry')) },
  { keys = { 'X' }, what = 'stop; the worktree is kept', act = when_possible('casework.task.stop', deed('stop')) },
  { keys = { 'D' }, what = 'drop; it can be restored', act = when_possible('casework.task.drop', deed('drop')) },
  { keys = { 'U' }, what = 'take a landed approval back', act = when_possible('casework.review.undo', deed('undo')) },
  { keys = { 'q' }, what = 'close', act = function() pcall(vim.cmd.close) end },
}

--- Maps the keys of the sidebar.
---@param buffer integer
function M.map(buffer)
  for _, key in ipairs(M.keys) do
    for _, one in ipairs(key.keys) do
      guard.map(buffer, one, key.act, key.what)
    end
  end
  guard.map(buffer, 'g?', function()
    require('casework.help').open(M.keys)
  end, 'help')
end

local group = vim.api.nvim_create_augroup('casework.sidebar', {})

vim.api.nvim_create_autocmd('User', {
  group = group,
  pattern = 'CaseworkChanged',
  callback = function(event)
    for buffer, sidebar in pairs(sidebars) do
      if not vim.api.nvim_buf_is_valid(buffer) then
        sidebars[buffer] = nil
      elseif sidebar.root == event.data.root then
        redraw(buffer)
      end
    end
  end,
})

vim.api.nvim_create_autocmd('WinResized', {
  group = group,
  callback = function()
    for _, window in ipairs(vim.v.event.windows) do
      local buffer = vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_buf(window)
      if buffer and sidebars[buffer] then
        redraw(buffer)
      end
    end
  end,
})

return M
