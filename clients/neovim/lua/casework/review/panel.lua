--- The panel below a diff: what and why, the evidence, what was said about this hunk, and the keys. Pure.

local draw = require('casework.draw')
local ledger = require('casework.review.ledger')
local threads = require('casework.review.threads')

local M = {}

---@type table<string, {[1]: string, [2]: string}>
local STATES = {
  verified = { 'verified', 'CaseworkDone' },
  claimed = { 'claimed', 'CaseworkQuestion' },
  not_checked = { 'not checked', 'CaseworkDetail' },
}

--- Most lines of what changed since a hunk was read.
local SINCE_LINES = 8

--- What a survey found out about a hunk.
---@type table<string, {[1]: string, [2]: string}>
local GUARDS = {
  guarded = { 'guarded by a test', 'CaseworkDone' },
  unguarded = { 'guarded by no test', 'CaseworkQuestion' },
  not_looked_at = { 'guard not looked at', 'CaseworkDetail' },
}

--- What became of the review, as a sentence, once it is no longer to be judged.
---@param review casework.ReviewView
---@return casework.Chunk[]?
function M.outcome(review)
  if review.status == 'landed' then
    local commit = review.commit and (' as ' .. review.commit:sub(1, 10)) or ''
    local next_steps = { 'U takes it back, ]v goes to the next.', 'CaseworkDetail' }
    return { { ('Landed%s. '):format(commit), 'CaseworkDone' }, next_steps }
  elseif review.status == 'landing' then
    return { { 'Landing …', 'CaseworkRunning' } }
  elseif review.status == 'read' then
    return { { 'Read.', 'CaseworkDone' } }
  elseif review.status ~= 'in_review' then
    local words = {
      queued = 'Sent back; the next run is about to start.',
      running = 'Sent back; the next run is under way.',
    }
    return { { words[review.status] or ('Now ' .. review.status:gsub('_', ' ') .. '.'), 'CaseworkRunning' } }
  end
end

---@param review casework.ReviewView
---@return string
local function subject(review)
  local words = {}
  if review.change_kind == 'run' then
    words[#words + 1] = ('run %d'):format(review.run or 1)
  elseif review.range_text ~= '' then
    words[#words + 1] = draw.plain(review.range_text)
  end
  words[#words + 1] = ('%d %s'):format(review.hunks, review.hunks == 1 and 'hunk' or 'hunks')
  words[#words + 1] = ('%d min'):format(review.minutes)
  if review.target then
    words[#words + 1] = 'lands on ' .. draw.plain((review.target:gsub('^refs/heads/', '')))
  end
  return table.concat(words, ' · ')
end

---@param review casework.ReviewView
---@return casework.Chunk[]
local function counts(review)
  local chunks = {}
  for _, part in ipairs({
    { review.accepted, 'accepted', 'CaseworkAccepted' },
    { review.rejected, 'rejected', 'CaseworkRejected' },
    { review.undecided, 'left', 'CaseworkUndecided' },
    { review.stale or 0, 'changed since read', 'CaseworkStale' },
    { (review.unseen or 0) - (review.stale or 0), 'unread', 'CaseworkDetail' },
  }) do
    if part[1] > 0 then
      chunks[#chunks + 1] = { #chunks > 0 and ' · ' or '', 'CaseworkDetail' }
      chunks[#chunks + 1] = { ('%d %s'):format(part[1], part[2]), part[3] }
    end
  end
  chunks[#chunks + 1] = { ' ' }
  return chunks
end

---@param review casework.ReviewView
---@param width integer
---@return casework.Line
local function heading(review, width)
  local right = counts(review)
  local title = draw.plain(review.title)
  local number = { ('Review %d'):format(review.number), 'CaseworkNumber' }
  local detail = '   ' .. subject(review)
  local room = width - draw.width(right) - #number[1] - 5
  local left = { { ' ' }, number, { '  ' }, { draw.fit(title, math.max(12, room)), 'CaseworkGroup' } }
  local longer = vim.list_extend(vim.list_extend({}, left), { { detail, 'CaseworkDetail' } })
  return { chunks = draw.apart(longer, right, width) or draw.apart(left, right, width) or left }
end

---@param lines casework.Line[]
---@param text string
---@param group string
---@param width integer
---@param lead? casework.Chunk
local function paragraph(lines, text, group, width, lead)
  local indent = lead and vim.api.nvim_strwidth(lead[1]) or 0
  for index, line in ipairs(draw.wrap(text, width - indent - 2)) do
    local first = index == 1 and lead or { (' '):rep(indent) }
    lines[#lines + 1] = { chunks = { { ' ' }, first, { line, group } } }
  end
end

---@param lines casework.Line[]
---@param review casework.ReviewView
---@param width integer
local function evidence(lines, review, width)
  for _, criterion in ipairs(review.criteria) do
    local state = STATES[criterion.state]
    local lead = { ('%-12s %s  '):format(state[1], draw.plain(criterion.id)), state[2] }
    local says_more = criterion.sentence ~= '' and criterion.sentence ~= review.checks
    local text = criterion.text .. (says_more and '  ' .. criterion.sentence or '')
    paragraph(lines, text, 'CaseworkTitle', width, lead)
  end
  if review.checks ~= '' then
    paragraph(lines, review.checks, 'CaseworkDetail', width)
  end
  for _, card in ipairs(review.follow_ups) do
    local lead = { ('left for later %d  '):format(card.number), 'CaseworkProposed' }
    local words = card.kind .. (card.severity and ', ' .. card.severity or '')
    local skeleton = card.skeleton ~= '' and ', skeleton of ' .. card.skeleton or ''
    paragraph(lines, ('%s (%s%s)'):format(card.title, words, skeleton), 'CaseworkTitle', width, lead)
  end
  for _, sentence in ipairs(review.left_out) do
    paragraph(lines, sentence, 'CaseworkDetail', width)
  end
end

--- Adds what changed in `thing` since it was read, and what was decided on it then.
---@param lines casework.Line[]
---@param thing casework.HunkView
---@param width integer
local function since_read(lines, thing, width)
  if (thing.brings_back or '') ~= '' then
    paragraph(lines, thing.brings_back, 'CaseworkTrouble', width)
  end
  if not thing.stale then
    return
  end
  local reason = thing.was_reason ~= '' and ': ' .. thing.was_reason or ''
  local was = thing.was ~= 'none' and ('You had %s it%s.'):format(thing.was, reason) or ''
  paragraph(lines, was, 'CaseworkTitle', width, { 'changed since you read it  ', 'CaseworkStale' })
  local since = thing.since:gsub('%s+$', ''):gsub('^%s*\n', '')
  local changed = vim.split(since, '\n', { plain = true })
  for index, text in ipairs(thing.since ~= '' and changed or {}) do
    if index > SINCE_LINES then
      paragraph(lines, ('%d more lines'):format(#changed - SINCE_LINES), 'CaseworkDetail', width, { '   ' })
      break
    end
    local group = ({ ['+'] = 'CaseworkAccepted', ['-'] = 'CaseworkRejected' })[text:sub(1, 1)] or 'CaseworkDetail'
    lines[#lines + 1] = { chunks = { { '   ' }, { draw.fit(draw.plain(text), width - 4), group } } }
  end
end

--- Adds a thread, as in the text; `where` stands behind who began it.
---@param lines casework.Line[]
---@param thread casework.Thread
---@param width integer
---@param where? string
function M.thread(lines, thread, width, where)
  local group = thread.resolved and 'CaseworkDetail' or 'CaseworkTitle'
  for _, line in ipairs(threads.lines(thread, width - 2, where)) do
    lines[#lines + 1] = { chunks = { { ' ' }, { line.lead, 'CaseworkReview' }, { line.text, group } } }
  end
end

---@param lines casework.Line[]
---@param review casework.ReviewView
---@param place casework.Place
---@param width integer
local function this_hunk(lines, review, place, width)
  local thing = ledger.at(review, place)
  if not thing then
    return
  end
  if thing.decision == 'rejected' and thing.reason ~= '' then
    paragraph(lines, thing.reason, 'CaseworkTitle', width, { 'rejected  ', 'CaseworkRejected' })
  end
  since_read(lines, thing, width)
  local fold = ledger.fold_of(review, thing)
  if fold then
    local words = ('%s: %d %s in %d %s.  = judges them one by one'):format(
      draw.plain(fold.title),
      #fold.hunks,
      #fold.hunks == 1 and 'hunk' or 'hunks',
      fold.files,
      fold.files == 1 and 'file' or 'files'
    )
    paragraph(lines, words, 'CaseworkTitle', width, { 'one decision  ', 'CaseworkReview' })
  end
  for _, one in ipairs(thing.marks or {}) do
    local lead = ('line %d%s  '):format(one.line, one.side == 'base' and ' (now)' or '')
    paragraph(lines, one.text, 'CaseworkTitle', width, { lead, 'CaseworkTrouble' })
  end
  if thing.more_marks and thing.more_marks > 0 then
    local words = ('%d more places hold what can not be seen.'):format(thing.more_marks)
    paragraph(lines, words, 'CaseworkTrouble', width)
  end
  local guard = GUARDS[thing.guard or '']
  if guard then
    paragraph(lines, thing.guard_why, 'CaseworkDetail', width, { guard[1] .. '  ', guard[2] })
  end
  for _, thread in ipairs(threads.of(thing.comments)) do
    M.thread(lines, thread, width)
  end
end

--- What was said about the review as a whole, or about lines of this file outside its hunks.
---@param lines casework.Line[]
---@param review casework.ReviewView
---@param place casework.Place
---@param width integer
local function said(lines, review, place, width)
  for _, thread in ipairs(threads.at(review, review.files[place.file], nil)) do
    local first = thread.comments[1]
    local line = first.anchor and (' on line %d'):format(first.anchor.line)
    M.thread(lines, thread, width, line or ((first.path or '') ~= '' and ' on this file' or ''))
  end
end

--- Builds the lines of the panel for the hunk at `place`, in `width` columns.
---@param review casework.ReviewView
---@param place casework.Place
---@param width integer
---@return casework.Line[]
function M.lines(review, place, width)
  local lines = { heading(review, width) }
  local outcome = M.outcome(review)
  if outcome then
    lines[#lines + 1] = { chunks = { { ' ' }, unpack(outcome) } }
  end
  if review.reason ~= '' then
    paragraph(lines, review.reason, 'CaseworkOffline', width)
  end
  for _, path in ipairs(review.unsaved) do
    for _, file in ipairs(review.files) do
      path = file.absolute == path and file.path or path
    end
    paragraph(lines, ('%s has unsaved changes: A saves it and approves.'):format(path), 'CaseworkOffline', width)
  end
  this_hunk(lines, review, place, width)
  if review.comment ~= '' and vim.trim(review.comment) ~= review.title then
    paragraph(lines, review.comment, 'CaseworkTitle', width)
  end
  evidence(lines, review, width)
  said(lines, review, place, width)
  return lines
end

--- The keys that do something now, with what they do, most wanted first.
---@param review casework.ReviewView
---@return {[1]: string, [2]: string}[]
function M.keys(review)
  if review.status == 'landed' then
    return { { 'U', 'take it back' }, { ']v', 'next' }, { 'q', 'close' }, { 'g?', 'help' } }
  elseif review.status ~= 'in_review' then
    return { { ']v', 'next' }, { 'q', 'close' }, { 'g?', 'help' } }
  end
  local approve = review.change_kind == 'range' and 'done reading' or review.approve_label
  local keys = {
    { 'a', 'accept' },
    { 'x', 'reject' },
    { 'c', 'comment' },
    { 'u', 'take back' },
    { 'A', draw.plain(approve) },
    { 'R', draw.plain(review.request_label) },
    { 'g?', 'help' },
  }
  return vim.tbl_filter(function(key)
    return key[2] ~= ''
  end, keys)
end

--- Leaves out keys, the least wanted first, until the rest fits into `width` columns; the verdict always stays.
---@param keys {[1]: string, [2]: string}[]
---@param width integer
---@return {[1]: string, [2]: string}[]
local function fitting(keys, width)
  local function needed()
    local sum = #' why '
    for _, key in ipairs(keys) do
      sum = sum + 3 + vim.api.nvim_strwidth(key[1] .. key[2])
    end
    return sum
  end
  for _, spare in ipairs({ 'u', 'c', 'g?', 'q', 'x' }) do
    if needed() > width then
      keys = vim.tbl_filter(function(key)
        return key[1] ~= spare
      end, keys)
    end
  end
  return keys
end

--- The keys as a window bar of `width` columns.
---@param review casework.ReviewView
---@param width integer
---@return string
function M.bar(review, width)
  local parts = { '%#CaseworkGroup# why ' }
  for _, key in ipairs(fitting(M.keys(review), width)) do
    local group = (key[1] == 'A' or key[1] == 'R') and 'CaseworkAction' or 'CaseworkDetail'
    parts[#parts + 1] = ('  %%#CaseworkKey#%s%%#%s# %s'):format(key[1], group, (key[2]:gsub('%%', '%%%%')))
  end
  return table.concat(parts) .. '%<'
end

return M
