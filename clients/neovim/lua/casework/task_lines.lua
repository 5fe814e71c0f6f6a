--- One task as lines: what it asks for, where it stands, what its runs did. Pure.

local draw = require('casework.draw')
local sidebar_lines = require('casework.sidebar_lines')

local M = {}

---@param lines casework.Line[]
---@param title string
---@param texts string[]
---@param width integer
---@param group? string
local function section(lines, title, texts, width, group)
  local said = {}
  for _, text in ipairs(texts) do
    if text ~= '' then
      vim.list_extend(said, draw.wrap(text, width - 4))
    end
  end
  if #said == 0 then
    return
  end
  lines[#lines + 1] = { chunks = {} }
  lines[#lines + 1] = { chunks = { { ' ' .. title, 'CaseworkGroup' } } }
  for _, text in ipairs(said) do
    lines[#lines + 1] = { chunks = { { '   ' }, { text, group or 'CaseworkTitle' } } }
  end
end

---@param run casework.RunView
---@return string
function M.run(run)
  local words = { ('%d  %s  %s'):format(run.n, run.agent, run.state), ('%d steps'):format(run.steps) }
  if run.cost_microdollars then
    words[#words + 1] = ('$%.2f'):format(run.cost_microdollars / 1e6)
  end
  if run.last_step ~= '' then
    words[#words + 1] = 'last: ' .. run.last_step
  end
  if run.reason ~= '' then
    words[#words + 1] = run.reason
  end
  return table.concat(words, ' · ')
end

---@param anchor casework.Anchor
---@return string
local function anchored(anchor)
  return ('%s:%d'):format(anchor.path, anchor.line)
end

--- The commands that are possible now, as one types them.
---@param card casework.TaskCard
---@return string[]
function M.possible(card)
  local commands = {}
  for _, action in ipairs(card.actions) do
    local room, name = action:match('^casework%.(%l+)%.(%w+)$')
    if room == 'task' or room == 'skeleton' or (room == 'review' and name == 'undo') then
      commands[#commands + 1] = (':Casework %s %s %d'):format(room, name, card.number)
    end
  end
  return commands
end

--- Builds the lines of a task, in `width` columns.
---@param task casework.TaskView
---@param width integer
---@return casework.Line[]
function M.lines(task, width)
  local card = task.card
  local lines = {
    {
      chunks = {
        { ' ' },
        sidebar_lines.icon(card),
        { (' %d  '):format(card.number), 'CaseworkNumber' },
        { draw.fit(draw.plain(card.title), width - 8 - #tostring(card.number)), 'CaseworkGroup' },
      },
    },
  }
  local status = { (card.status:gsub('_', ' ')), card.kind }
  if card.severity then
    status[#status + 1] = card.severity
  end
  if card.found_in then
    status[#status + 1] = ('found in %d'):format(card.found_in)
  end
  if task.commit then
    status[#status + 1] = 'commit ' .. task.commit:sub(1, 10)
  end
  lines[2] = { chunks = { { '   ' .. draw.plain(table.concat(status, ' · ')), 'CaseworkDetail' } } }
  section(lines, 'Where it stands', { task.reason }, width, 'CaseworkOffline')
  section(lines, 'Intent', { task.intent }, width)
  section(lines, 'Why', { task.why }, width)
  section(lines, 'Place', { card.anchor and anchored(card.anchor) or '' }, width)
  section(lines, 'Skeleton', { card.skeleton }, width)
  section(lines, 'Criteria', vim.tbl_map(function(criterion)
    return criterion.id .. '  ' .. criterion.text
  end, task.criteria), width)
  section(lines, 'Scope', task.scope, width)
  section(lines, 'Checks', task.checks, width)
  section(lines, 'Ticket', { task.ticket }, width)
  section(lines, 'Runs', vim.tbl_map(M.run, task.runs), width)
  section(lines, 'Follow-ups', vim.tbl_map(function(follow_up)
    return ('%d  %s (%s)'):format(follow_up.number, follow_up.title, follow_up.kind)
  end, task.follow_ups), width)
  section(lines, 'Possible now', M.possible(card), width, 'CaseworkKey')
  return lines
end

return M
