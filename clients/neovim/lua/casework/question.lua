--- An agent's question, asked where the user opened it: one key per choice, or an answer in one's own words.

local client = require('casework.client')
local compose = require('casework.compose')
local documents = require('casework.documents')
local draw = require('casework.draw')
local guard = require('casework.guard')
local method = require('casework.wire').method

local M = {}

---@class (exact) casework.Choice
---@field key string
---@field answer string

---@type table<string, true>
local TAKEN = { e = true, q = true, g = true, j = true, k = true }

--- Gives each choice a key: its first letter where that is free, else its number. Pure.
---@param choices string[]
---@return casework.Choice[]
function M.keyed(choices)
  local used, keyed = {}, {}
  for number, answer in ipairs(choices) do
    local letter = answer:sub(1, 1):lower()
    local is_free = letter:match('^%a$') and not TAKEN[letter] and not used[letter]
    local key = is_free and letter or tostring(number)
    used[key] = true
    keyed[#keyed + 1] = { key = key, answer = answer }
  end
  return keyed
end

--- Builds the lines of a question. Pure.
---@param card casework.TaskCard
---@param question casework.QuestionView
---@param width integer
---@return casework.Line[]
function M.lines(card, question, width)
  local title = draw.fit(draw.plain(card.title), width - 12)
  local number = { (' %d  '):format(card.number), 'CaseworkNumber' }
  local lines = {
    { chunks = { number, { title, 'CaseworkGroup' }, { '  asks', 'CaseworkDetail' } } },
    { chunks = {} },
  }
  for _, text in ipairs(draw.wrap(question.text, width - 4)) do
    lines[#lines + 1] = { chunks = { { '   ' .. text, 'CaseworkTitle' } } }
  end
  if question.why ~= '' then
    for index, text in ipairs(draw.wrap(question.why, width - 16)) do
      local lead = index == 1 and '   because     ' or (' '):rep(15)
      lines[#lines + 1] = { chunks = { { lead .. text, 'CaseworkDetail' } } }
    end
  end
  lines[#lines + 1] = { chunks = {} }
  local keys = M.keyed(question.choices)
  for _, choice in ipairs(keys) do
    local answer = draw.fit(draw.plain(choice.answer), width - 8)
    lines[#lines + 1] = { chunks = { { ('   %s  '):format(choice.key), 'CaseworkKey' }, { answer } } }
  end
  local words = #keys > 0 and 'answer in your own words' or 'answer'
  lines[#lines + 1] = { chunks = { { '   e  ', 'CaseworkKey' }, { words } } }
  return lines
end

---@param root string
---@param number integer
---@param question casework.QuestionView
---@param answer string
---@param sent? fun()
---@param failed? fun()
function M.answer(root, number, question, answer, sent, failed)
  local params = { number = number, question = question.id, answer = answer }
  client.deed(root, method.question_answer, params, function()
    client.say(('%d goes on: %s'):format(number, draw.fit(draw.plain(answer), 60)))
    if sent then
      sent()
    end
  end, failed)
end

---@param root string
---@param card casework.TaskCard
---@param question casework.QuestionView
local function in_words(root, card, question)
  compose.open({
    title = ('Answer to %d: %s'):format(card.number, draw.fit(draw.plain(question.text), 60)),
    root = root,
    send = function(text, sent, failed)
      if text == '' then
        return failed()
      end
      M.answer(root, card.number, question, text, sent, failed)
    end,
  })
end

--- Shows the question in a window below, with a key for each answer.
---@param root string
---@param card casework.TaskCard
---@param question casework.QuestionView
function M.open(root, card, question)
  vim.cmd('botright split')
  local window = vim.api.nvim_get_current_win()
  local buffer = documents.buffer(documents.name(root, card.number, 'question'), root)
  vim.api.nvim_win_set_buf(window, buffer)
  require('casework.review.layout').bare(window)
  local lines = M.lines(card, question, vim.api.nvim_win_get_width(window))
  draw.put(buffer, lines)
  vim.api.nvim_win_set_height(window, #lines)
  vim.wo[window].winfixheight, vim.wo[window].statusline = true, ' Casework %=q leaves it open '
  local function close()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
  for _, choice in ipairs(M.keyed(question.choices)) do
    guard.map(buffer, choice.key, function()
      close()
      M.answer(root, card.number, question, choice.answer)
    end, 'answer: ' .. choice.answer)
  end
  guard.map(buffer, 'e', function()
    close()
    in_words(root, card, question)
  end, 'answer in your own words')
  guard.map(buffer, 'q', close, 'leave the question open')
end

return M
