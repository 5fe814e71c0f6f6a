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

--- The keys of a question about an action: what each answers; `always` has none of its own, its rules are shown first.
--- Pure.
---@param question casework.QuestionView
---@return casework.Choice[] keyed, casework.ChoiceView[] rules
function M.permitted(question)
  local keyed, rules = {}, {}
  for _, option in ipairs(question.options or {}) do
    if option.kind == 'once' then
      keyed[#keyed + 1] = { key = 'y', answer = option.answer }
    elseif option.kind == 'no' then
      keyed[#keyed + 1] = { key = 'n', answer = option.answer }
    else
      rules[#rules + 1] = option
    end
  end
  return keyed, rules
end

---@param lines casework.Line[]
---@param key string
---@param words string
---@param width integer
local function choice(lines, key, words, width)
  for index, text in ipairs(draw.wrap(words, width - 8)) do
    local lead = index == 1 and { ('   %s  '):format(key), 'CaseworkKey' } or { '      ' }
    lines[#lines + 1] = { chunks = { lead, { text } } }
  end
end

---@param lines casework.Line[]
---@param label string
---@param text string
---@param width integer
local function labelled(lines, label, text, width)
  for index, part in ipairs(text ~= '' and draw.wrap(text, width - 16) or {}) do
    local lead = index == 1 and ('   %-12s'):format(label) or (' '):rep(15)
    lines[#lines + 1] = { chunks = { { lead .. part, 'CaseworkDetail' } } }
  end
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
  local is_about_action = question.kind == 'permission' and question.why ~= ''
  labelled(lines, 'because', question.why .. (is_about_action and '  (its words)' or ''), width)
  lines[#lines + 1] = { chunks = {} }
  if question.kind == 'permission' then
    local _, rules = M.permitted(question)
    choice(lines, 'y', 'once', width)
    if #rules > 0 then
      choice(lines, 'a', 'always: shows the rule first', width)
    end
    choice(lines, 'n', 'no', width)
    choice(lines, 'e', 'no, and why', width)
    return lines
  end
  local keys = M.keyed(question.choices)
  for _, one in ipairs(keys) do
    choice(lines, one.key, draw.plain(one.answer), width)
  end
  choice(lines, 'e', #keys > 0 and 'answer in your own words' or 'answer', width)
  return lines
end

M.ALWAYS = 'From now on agents may do this in this repository without asking. The narrowest rule comes first.'

--- Builds the lines that show what `always` would allow from now on, whole. Pure.
---@param card casework.TaskCard
---@param rules casework.ChoiceView[]
---@param width integer
---@return casework.Line[]
function M.rule_lines(card, rules, width)
  local lines = {
    { chunks = { { (' %d  '):format(card.number), 'CaseworkNumber' }, { 'always', 'CaseworkGroup' } } },
    { chunks = {} },
  }
  for _, text in ipairs(draw.wrap(M.ALWAYS, width - 4)) do
    lines[#lines + 1] = { chunks = { { '   ' .. text, 'CaseworkTitle' } } }
  end
  lines[#lines + 1] = { chunks = {} }
  for index, rule in ipairs(rules) do
    choice(lines, tostring(index), draw.plain(rule.rule), width)
  end
  choice(lines, 'q', 'back to the question', width)
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
  local asks_why = question.kind == 'permission'
  compose.open({
    place = ('%d/question/%s'):format(card.number, question.id),
    title = ('%s %d: %s'):format(asks_why and 'No to' or 'Answer to', card.number, draw.fit(draw.plain(question.text), 60)),
    root = root,
    send = function(text, sent, failed)
      if text == '' then
        return failed()
      end
      M.answer(root, card.number, question, asks_why and 'no: ' .. text or text, sent, failed)
    end,
  })
end

---@class (exact) casework.Panel
---@field lines fun(width: integer): casework.Line[]
---@field keys {key: string, what: string, act: fun()}[]  Each closes the window first.
---@field q string  What `q` does.

--- Shows something with keys in a window below.
---@param root string
---@param number integer
---@param panel casework.Panel
local function below(root, number, panel)
  vim.cmd('botright split')
  local window = vim.api.nvim_get_current_win()
  local buffer = documents.buffer(documents.name(root, number, 'question'), root)
  vim.api.nvim_win_set_buf(window, buffer)
  require('casework.review.layout').bare(window)
  local lines = panel.lines(vim.api.nvim_win_get_width(window))
  draw.put(buffer, lines)
  vim.api.nvim_win_set_height(window, #lines)
  vim.wo[window].winfixheight, vim.wo[window].statusline = true, ' Casework %=q ' .. panel.q .. ' '
  for _, key in ipairs(panel.keys) do
    guard.map(buffer, key.key, function()
      if vim.api.nvim_win_is_valid(window) then
        vim.api.nvim_win_close(window, true)
      end
      key.act()
    end, key.what)
  end
end

---@param root string
---@param card casework.TaskCard
---@param question casework.QuestionView
---@param rules casework.ChoiceView[]
local function show_rules(root, card, question, rules)
  local keys = { { key = 'q', what = 'back to the question', act = function()
    M.open(root, card, question)
  end } }
  for index, rule in ipairs(rules) do
    keys[#keys + 1] = { key = tostring(index), what = 'always: ' .. rule.rule, act = function()
      M.answer(root, card.number, question, rule.answer)
    end }
  end
  below(root, card.number, { keys = keys, q = 'goes back', lines = function(width)
    return M.rule_lines(card, rules, width)
  end })
end

--- Shows the question in a window below, with a key for each answer.
---@param root string
---@param card casework.TaskCard
---@param question casework.QuestionView
function M.open(root, card, question)
  local keyed, rules = M.permitted(question)
  if question.kind ~= 'permission' then
    keyed, rules = M.keyed(question.choices), {}
  end
  local keys = {
    { key = 'q', what = 'leave the question open', act = function() end },
    { key = 'e', what = 'in your own words', act = function()
      in_words(root, card, question)
    end },
  }
  if #rules > 0 then
    keys[#keys + 1] = { key = 'a', what = 'always: shows the rule first', act = function()
      show_rules(root, card, question, rules)
    end }
  end
  for _, one in ipairs(keyed) do
    keys[#keys + 1] = { key = one.key, what = 'answer: ' .. one.answer, act = function()
      M.answer(root, card.number, question, one.answer)
    end }
  end
  below(root, card.number, { keys = keys, q = 'leaves it open', lines = function(width)
    return M.lines(card, question, width)
  end })
end

return M
