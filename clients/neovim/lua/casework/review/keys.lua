--- The keys of a review, one table: what they are, what they do, and the help that `g?` shows.

local guard = require('casework.guard')
local objects, parts = 'casework.review.objects', 'casework.review.parts'

local M = {}

---@class (exact) casework.Key
---@field keys string[]
---@field what string
---@field act fun()

---@param room string
---@param name string
---@return fun()
local function later(room, name)
  return function()
    require(room)[name]()
  end
end

local JUDGE, VERDICT, VIEW = 'casework.review.judge', 'casework.review.verdict', 'casework.review.view'
local COMMENTS = 'casework.review.comments'

---@type casework.Key[]
M.table = {
  { keys = { 'a', 's' }, what = 'accept, go on', act = later(JUDGE, 'accept') },
  { keys = { 'x', 'r' }, what = 'reject with one line why, go on', act = later(JUDGE, 'reject') },
  { keys = { 'c' }, what = 'comment', act = later(COMMENTS, 'comment') },
  { keys = { 'C' }, what = 'comment on the file, or on the whole', act = later(COMMENTS, 'comment_on') },
  { keys = { 'o' }, what = 'answer in the thread here', act = later(COMMENTS, 'answer') },
  { keys = { 'O' }, what = 'settle the thread here, or take it up again', act = later(COMMENTS, 'settle') },
  { keys = { 'u' }, what = 'take the decision back', act = later(JUDGE, 'take_back') },
  { keys = { 'S' }, what = 'accept the rest of the file', act = later(JUDGE, 'accept_file') },
  { keys = { '&' }, what = 'split the hunk; put a part together again', act = later(parts, 'split') },
  { keys = { ']c', ')' }, what = 'next hunk', act = later(JUDGE, 'next_hunk') },
  { keys = { '[c', '(' }, what = 'previous hunk', act = later(JUDGE, 'previous_hunk') },
  { keys = { '<Tab>' }, what = 'next file', act = later(JUDGE, 'next_file') },
  { keys = { '<S-Tab>' }, what = 'previous file', act = later(JUDGE, 'previous_file') },
  { keys = { 'i' }, what = 'inline, or side by side', act = later(VIEW, 'toggle_inline') },
  { keys = { '=' }, what = 'open or close the fold; take apart what is one decision', act = later(JUDGE, 'fold') },
  { keys = { 'Q' }, what = 'quickfix list of what is left', act = later('casework.review.left', 'open') },
  { keys = { '<CR>' }, what = 'open the file itself, here', act = later(JUDGE, 'open_file') },
  { keys = { 'A' }, what = 'approve: what it does stands below the diff', act = later(VERDICT, 'approve') },
  { keys = { 'M' }, what = 'choose what A does', act = later(VERDICT, 'choose') },
  { keys = { 'R' }, what = 'request changes', act = later(VERDICT, 'request_changes') },
  { keys = { 'U' }, what = 'take a landed approval back', act = later(VERDICT, 'undo') },
  { keys = { 'q' }, what = 'close', act = later(VIEW, 'close') },
}

--- Maps the keys in one of our buffers.
---@param buffer integer
function M.map(buffer)
  for _, key in ipairs(M.table) do
    for _, one in ipairs(key.keys) do
      guard.map(buffer, one, key.act, key.what)
    end
  end
  guard.map(buffer, 'g?', function()
    local all = vim.list_extend(vim.list_slice(M.table), require(objects).table)
    require('casework.help').open(vim.list_extend(all, require(parts).table))
  end, 'help')
  require(objects).map(buffer)
  require(parts).map(buffer)
end

return M
