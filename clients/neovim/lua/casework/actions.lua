--- What code actions and lenses of a review do in this client: they lead to the review itself, where it can be seen.
--- All others are run by the daemon, as in any editor.

local view_of = require('casework.review.view')

local M = {}

--- Opens the review side by side.
---@param given {repository: string, number: integer}
function M.open(given)
  view_of.open(given.repository, given.number)
end

--- Opens the review with what a verdict needs below it: approving is one more key, on what is seen.
---@param given {repository: string, number: integer, verdict: casework.Verdict}
function M.answer(given)
  view_of.open(given.repository, given.number, function()
    if given.verdict == 'request_changes' then
      require('casework.review.verdict').request_changes(given.number)
    else
      require('casework.client').say(('A approves review %d as you see it.'):format(given.number))
    end
  end)
end

return M
