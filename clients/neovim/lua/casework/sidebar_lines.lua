--- The sidebar as lines: the four groups, in the order of the board. Pure.

local board = require('casework.board')
local config = require('casework.config')
local draw = require('casework.draw')

local M = {}

---@type table<casework.Group, string>
M.titles = { needs_you = 'NEEDS YOU', running = 'RUNNING', backlog = 'BACKLOG', done = 'DONE TODAY' }

---@type table<string, {[1]: string, [2]: string}>
local LOOKS = {
  review = { 'review', 'CaseworkReview' },
  question = { 'question', 'CaseworkQuestion' },
  failed = { 'trouble', 'CaseworkTrouble' },
  running = { 'running', 'CaseworkRunning' },
  queued = { 'running', 'CaseworkRunning' },
  follow_up = { 'proposed', 'CaseworkProposed' },
  proposed = { 'proposed', 'CaseworkProposed' },
  task = { 'backlog', 'CaseworkDetail' },
  done = { 'done', 'CaseworkDone' },
}

--- The icon of a card, and its highlight group.
---@param card casework.TaskCard
---@return casework.Chunk
function M.icon(card)
  local look = LOOKS[card.icon] or LOOKS.task
  return { config.get().icons[look[1]], look[2] }
end

--- One card: on one line where it fits, else with its detail on a second.
---@param card casework.TaskCard
---@param width integer
---@param digits integer  Width of the widest number.
---@return casework.Line[]
function M.card(card, width, digits)
  local number = ('%' .. digits .. 'd'):format(card.number)
  local lead = { { '  ' }, M.icon(card), { ' ' .. number .. '  ', 'CaseworkNumber' } }
  local title, detail = draw.plain(card.title), draw.plain(card.detail)
  if detail == card.group then
    detail = '' -- the heading says it already
  end
  local titled = vim.list_extend(vim.list_extend({}, lead), { { title, 'CaseworkTitle' } })
  local whole = draw.apart(titled, { { detail, 'CaseworkDetail' }, { ' ' } }, width)
  if whole and detail ~= '' then
    return { { chunks = whole, task = card.number } }
  end
  local room = width - draw.width(lead) - 1
  lead[#lead + 1] = { draw.fit(title, room), 'CaseworkTitle' }
  local lines = { { chunks = lead, task = card.number } }
  if detail ~= '' then
    local indent = (' '):rep(width - room - 1)
    lines[2] = { chunks = { { indent }, { draw.fit(detail, room), 'CaseworkDetail' } }, task = card.number }
  end
  return lines
end

---@param text string
---@param count integer
---@param width integer
---@return casework.Line
local function heading(text, count, width)
  local left, right = { { ' ' .. text, 'CaseworkGroup' } }, { { tostring(count), 'CaseworkCount' }, { ' ' } }
  return { chunks = draw.apart(left, right, width) or left }
end

---@param shown casework.Shown
---@param width integer
---@return casework.Line[]
local function above(shown, width)
  local lines = {}
  if not shown.online then
    lines[#lines + 1] = { chunks = { { ' The daemon is away; connecting again …', 'CaseworkOffline' } } }
  end
  if shown.warning ~= '' then
    for _, text in ipairs(draw.wrap(shown.warning, width - 2)) do
      lines[#lines + 1] = { chunks = { { ' ' .. text, 'CaseworkOffline' } } }
    end
  end
  if #lines > 0 then
    lines[#lines + 1] = { chunks = {} }
  end
  return lines
end

--- What stands where no board is: that it is being read, or why it can't be.
---@param problem string?
---@param width integer
---@return casework.Line[]
function M.without_board(problem, width)
  if not problem then
    return { { chunks = { { ' Reading the board …', 'CaseworkDetail' } } } }
  end
  return vim.tbl_map(function(text)
    return { chunks = { { ' ' .. text, 'CaseworkOffline' } } }
  end, draw.wrap(problem, width - 2))
end

--- Builds the sidebar's lines for `width` columns.
---@param shown casework.Shown
---@param width integer
---@return casework.Line[]
function M.lines(shown, width)
  local lines = above(shown, width)
  local widest = 1
  for number in pairs(shown.cards) do
    widest = math.max(widest, #tostring(number))
  end
  for index, group in ipairs(board.groups) do
    local cards = board.cards(shown, group)
    if index > 1 then
      lines[#lines + 1] = { chunks = {} }
    end
    lines[#lines + 1] = heading(M.titles[group], #cards, width)
    for _, card in ipairs(cards) do
      vim.list_extend(lines, M.card(card, width, widest))
    end
    if group == 'needs_you' and #cards == 0 then
      lines[#lines + 1] = { chunks = { { '  nothing', 'CaseworkDetail' } } }
    elseif group == 'backlog' then
      lines[#lines + 1] = { chunks = { { '  + ', 'CaseworkKey' }, { 'New task', 'CaseworkDetail' } }, act = 'new' }
    end
  end
  return lines
end

return M
