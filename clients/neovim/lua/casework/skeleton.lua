--- Skeletons of missing tests: opened at the first case, and taken into the work tree by their human.

local client = require('casework.client')
local documents = require('casework.documents')
local method = require('casework.wire').method

local M = {}

---@param document casework.Document
local function show(document)
  documents.leave_sidebar()
  vim.cmd.edit(vim.fn.fnameescape(vim.fn.fnamemodify(document.path, ':.')))
  local last = vim.api.nvim_buf_line_count(0)
  vim.api.nvim_win_set_cursor(0, { math.min(document.line or 1, last), 0 })
end

--- Opens the skeleton of task `number` at its first case.
---@param root string
---@param number integer
function M.open(root, number)
  client.ask(root, method.skeleton_document, { number = number }, function(document, problem)
    if not document then
      return client.say(problem or ('task %d has no skeleton.'):format(number), vim.log.levels.WARN)
    end
    show(document)
    if document.path:find('/casework/skeletons/', 1, true) then
      client.say(('to put this into your work tree: :Casework skeleton take %d'):format(number))
    end
  end)
end

--- Puts the skeleton of task `number` into the work tree, and shows it there.
---@param root string
---@param number integer
function M.take(root, number)
  client.deed(root, method.skeleton_take, { number = number }, function(document)
    show(document)
    client.say(('%s is yours to write.'):format(vim.fn.fnamemodify(document.path, ':~:.')))
  end)
end

--- Whether opening a task shows its skeleton: as long as nobody works on it.
---@param card casework.TaskCard
---@return boolean
function M.stands_for(card)
  local is_open = card.status == 'proposed' or card.status == 'backlog'
  return is_open and vim.list_contains(card.actions, 'casework.skeleton.document')
end

return M
