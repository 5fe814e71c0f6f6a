--- Reviews as things to open: of the working tree, a branch, a range; as a file; from a list. And the small answers
--- about trust and the daemon.

local board = require('casework.board')
local client = require('casework.client')
local method = require('casework.wire').method

local M = {}

local GIT_TIMEOUT_MS = 2000

--- Opens a review of a change that stands already, and shows it.
---@param root string
---@param what casework.OpenReview
function M.open(root, what)
  if what.kind ~= 'working_tree' and what.name == '' then
    return client.say('say which: `:Casework review branch NAME`, or `:Casework review REV..REV`.')
  end
  client.deed(root, method.review_open, what, function(review)
    require('casework.review.view').open(root, review.number)
  end)
end

--- Opens review `number` as the file that any editor can judge it in.
---@param root string
---@param number integer?
function M.document(root, number)
  if not number then
    return
  end
  client.ask(root, method.review_document, { number = number }, function(document, problem)
    if not document then
      return client.say(problem or 'the review can not be written as a file.', vim.log.levels.WARN)
    end
    client.remember_document(document.path, root)
    vim.cmd.edit(vim.fn.fnameescape(document.path))
  end)
end

--- Lets the user choose among the waiting reviews.
---@param root string
function M.choose(root)
  client.ask(root, method.review_list, {}, function(list, problem)
    if not list then
      return client.say(problem or 'the reviews can not be listed.', vim.log.levels.WARN)
    elseif #list.tasks == 0 then
      return client.say('no review waits.')
    end
    vim.ui.select(list.tasks, {
      prompt = 'Review',
      format_item = function(card)
        return ('%d  %s  (%s)'):format(card.number, card.title, card.detail)
      end,
    }, function(card)
      if card then
        require('casework.review.view').open(root, card.number)
      end
    end)
  end)
end

--- Answers the question of task `number`, in `text` or in the window that shows it.
---@param root string
---@param number integer?
---@param text? string
function M.answer_question(root, number, text)
  if not number then
    return
  end
  board.get(root, function(shown)
    local card = shown.cards[number]
    local question = card and card.questions[1]
    if not (card and question) then
      return client.say(('%d asks nothing.'):format(number))
    elseif text then
      return require('casework.question').answer(root, number, question, text)
    end
    require('casework.question').open(root, card, question)
  end)
end

--- Shows, grants or takes back the trust in the repository.
---@param root string
---@param name 'trust_show'|'trust_grant'|'trust_revoke'
function M.trust(root, name)
  local function told(trust, problem)
    client.say(trust and trust.sentence or problem or 'no answer.')
  end
  if name == 'trust_show' then
    return client.ask(root, method[name], {}, told)
  end
  local question = ('Trust %s? Its programs and tests may then be run.'):format(root)
  if name == 'trust_revoke' or vim.fn.confirm(question, '&Yes\n&No', 2, 'Question') == 1 then
    client.deed(root, method[name], {}, told)
  end
end

--- Tells about the daemon.
---@param root string
function M.daemon(root)
  client.ask(root, method.daemon_status, {}, function(status, problem)
    if not status then
      return client.say(problem or 'no answer.')
    end
    local words = ('daemon %s, process %d, %d connections, %d runs. Log: %s'):format(
      status.version,
      status.pid,
      status.connections,
      status.runs,
      status.log
    )
    client.say(words)
  end)
end

--- Shows what was said in this session, the newest last.
---@param root string
function M.messages(root)
  local documents = require('casework.documents')
  local said = require('casework.notice').said()
  vim.cmd('botright ' .. math.min(12, math.max(1, #said)) .. 'split')
  local buffer = documents.buffer('casework://messages', root)
  vim.api.nvim_win_set_buf(0, buffer)
  documents.set_lines(buffer, #said > 0 and said or { 'Nothing was said yet.' })
  vim.wo.wrap, vim.wo.linebreak = true, true
  vim.cmd('normal! G')
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, nowait = true, desc = 'Casework: close' })
end

---@param arguments string[]
---@return string[]
local function git(arguments)
  local root = client.here()
  if not root then
    return {}
  end
  local command = vim.list_extend({ 'git', '--no-optional-locks', '-c', 'core.fsmonitor=false' }, arguments)
  local started, process = pcall(vim.system, command, { cwd = root, text = true, timeout = GIT_TIMEOUT_MS })
  local done = started and process:wait()
  return done and done.code == 0 and vim.split(done.stdout, '\n', { trimempty = true }) or {}
end

--- The names of the branches, newest first, for completion.
---@return string[]
function M.branches()
  return git({ 'for-each-ref', '--sort=-committerdate', '--format=%(refname:short)', 'refs/heads' })
end

--- The untracked files, for completion.
---@return string[]
function M.untracked()
  return git({ 'ls-files', '--others', '--exclude-standard', '--full-name', ':/' })
end

return M
