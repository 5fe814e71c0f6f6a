--- The board as the daemon last showed it: read once, then followed by its notifications. A gap means reading again.
---
--- Folding a change in is a pure function; who draws listens to the event `User CaseworkChanged`.

local client = require('casework.client')
local method = require('casework.wire').method

local M = {}

---@class (exact) casework.Shown
---@field repository string
---@field name string
---@field cursor integer
---@field warning string
---@field online boolean
---@field cards table<integer, casework.TaskCard>

---@type casework.Group[]
M.groups = { 'needs_you', 'running', 'backlog', 'done' }

---@type table<string, casework.Shown>
local boards = {}
---@type table<string, string>  Why a board could not be read, by root.
local problems = {}

--- Builds what is shown from the daemon's board.
---@param board casework.Board
---@return casework.Shown
function M.taken(board)
  local cards = {}
  for _, group in ipairs(M.groups) do
    for _, card in ipairs(board[group]) do
      cards[card.number] = card
    end
  end
  return {
    repository = board.repository,
    name = board.name,
    cursor = board.cursor,
    warning = board.warning or '',
    online = true,
    cards = cards,
  }
end

--- Gives the board with `change` folded in, or nil when something in between was missed.
---@param shown casework.Shown
---@param change casework.BoardChanged
---@return casework.Shown?
function M.folded(shown, change)
  if change.cursor <= shown.cursor then
    return shown
  end
  if change.before ~= shown.cursor then
    return nil
  end
  local cards = vim.tbl_extend('force', {}, shown.cards)
  for _, card in ipairs(change.cards) do
    cards[card.number] = card.group and card or nil
  end
  return vim.tbl_extend('force', shown, { cursor = change.cursor, cards = cards })
end

--- The cards of one group, in the daemon's order.
---@param shown casework.Shown
---@param group casework.Group
---@return casework.TaskCard[]
function M.cards(shown, group)
  local found = vim.tbl_filter(function(card)
    return card.group == group
  end, vim.tbl_values(shown.cards))
  table.sort(found, function(one, other)
    if one.order ~= other.order then
      return one.order < other.order
    end
    return one.number < other.number
  end)
  return found
end

---@param root string
---@param anew boolean
local function tell(root, anew)
  local data = { root = root, anew = anew }
  vim.api.nvim_exec_autocmds('User', { pattern = 'CaseworkChanged', modeline = false, data = data })
end

---@param root string
---@param shown casework.Shown
---@param anew? boolean  It was read as a whole: anything may have changed.
local function keep(root, shown, anew)
  boards[root] = shown
  tell(root, anew or false)
end

--- The board of the repository at `root`, if it was read already.
---@param root string?
---@return casework.Shown?
function M.of(root)
  return root and boards[root] or nil
end

--- Why the board of `root` could not be read, if it could not.
---@param root string
---@return string?
function M.problem(root)
  return problems[root]
end

--- Says whether a sidebar of `root` is on the screen: it shows what else would be said.
---@param root string
---@return boolean
local function is_on_screen(root)
  return vim.iter(vim.api.nvim_tabpage_list_wins(0)):any(function(window)
    local buffer = vim.api.nvim_win_get_buf(window)
    return vim.bo[buffer].filetype == 'casework' and vim.b[buffer].casework_root == root
  end)
end

--- Reads the board of `root` anew.
---@param root string
---@param ready? fun(shown: casework.Shown)
function M.read(root, ready)
  client.ask(root, method.board_read, {}, function(board, problem)
    if not board then
      problems[root] = problem or 'The board could not be read.'
      if not is_on_screen(root) then
        client.say(problems[root], vim.log.levels.WARN)
      end
      return tell(root, false)
    end
    problems[root] = nil
    keep(root, M.taken(board), true)
    if ready then
      ready(boards[root])
    end
  end)
end

--- Gives the board to `ready`, reading it first where needed.
---@param root string
---@param ready fun(shown: casework.Shown)
function M.get(root, ready)
  local shown = boards[root]
  if shown and shown.online then
    return ready(shown)
  end
  M.read(root, ready)
end

--- Takes the daemon's notification of a change.
---@param change casework.BoardChanged
function M.changed(change)
  change = client.without_null(change)
  for root, shown in pairs(boards) do
    if shown.repository == change.repository then
      local folded = M.folded(shown, change)
      if not folded then
        M.read(root)
      elseif folded ~= shown then
        keep(root, folded)
      end
    end
  end
end

--- Takes the daemon's notification that a review changed: whoever shows it reads it again.
---@param change casework.ReviewChanged
function M.review_changed(change)
  change = client.without_null(change)
  for root, shown in pairs(boards) do
    if shown.repository == change.repository then
      vim.api.nvim_exec_autocmds('User', {
        pattern = 'CaseworkReview',
        modeline = false,
        data = { root = root, number = change.number, shown = change.shown },
      })
    end
  end
end

--- Marks the board as out of date until the daemon is back.
---@param root string
function M.offline(root)
  local shown = boards[root]
  if shown then
    keep(root, vim.tbl_extend('force', shown, { online = false }))
  end
end

--- Gives the card that needs the user next after `number`, going `step` (1 or -1) through the inbox and around.
---@param shown casework.Shown
---@param number integer?
---@param step integer
---@return casework.TaskCard?
function M.beside(shown, number, step)
  local inbox = M.cards(shown, 'needs_you')
  for index, card in ipairs(inbox) do
    if card.number == number then
      return inbox[(index - 1 + step) % #inbox + 1]
    end
  end
  return step > 0 and inbox[1] or inbox[#inbox]
end

return M
