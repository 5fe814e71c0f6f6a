--- Threads: what was said about a hunk, a file or the whole, with its answers. Pure.

local draw = require('casework.draw')

local M = {}

---@class (exact) casework.Thread
---@field id string
---@field comments casework.CommentView[]  The one that began it, then the answers.
---@field resolved boolean
---@field outdated boolean

--- Puts comments, which follow each other thread by thread, into their threads.
---@param comments casework.CommentView[]
---@return casework.Thread[]
function M.of(comments)
  local threads, known = {}, {}
  for _, comment in ipairs(comments) do
    local id = (comment.thread or '') ~= '' and comment.thread or comment.id
    local thread = known[id]
    if not thread then
      local is_resolved, is_outdated = comment.resolved or false, comment.outdated or false
      thread = { id = id, comments = {}, resolved = is_resolved, outdated = is_outdated }
      known[id] = thread
      threads[#threads + 1] = thread
    end
    thread.comments[#thread.comments + 1] = comment
  end
  return threads
end

--- What is said of a thread behind its first words.
---@param thread casework.Thread
---@return string
function M.state(thread)
  local answers = #thread.comments - 1
  local words = {}
  if thread.outdated then
    words[#words + 1] = 'what it is about is gone'
  end
  if thread.resolved then
    words[#words + 1] = answers == 0 and 'settled' or ('settled, %d %s'):format(answers, answers == 1 and 'answer' or 'answers')
  end
  return #words > 0 and '  (' .. table.concat(words, '; ') .. ')' or ''
end

--- The lines of a thread: each comment with who said it; what is settled is one line.
---@param thread casework.Thread
---@param width integer
---@param where? string  Stands behind who began it: ' on line 3'.
---@return {lead: string, text: string}[]
function M.lines(thread, width, where)
  local lines = {}
  for index, comment in ipairs(thread.comments) do
    local lead = (index > 1 and '↳ ' or '') .. draw.plain(comment.by) .. (index == 1 and where or '') .. '  '
    local indent = vim.api.nvim_strwidth(lead)
    local room = math.max(20, width - indent)
    if index == 1 and thread.resolved then
      local state = M.state(thread)
      local text = draw.fit(draw.plain(comment.text), math.max(12, room - vim.api.nvim_strwidth(state)))
      return { { lead = lead, text = text .. state } }
    end
    for number, text in ipairs(draw.wrap(comment.text .. (index == 1 and M.state(thread) or ''), room)) do
      lines[#lines + 1] = { lead = number == 1 and lead or (' '):rep(indent), text = text }
    end
  end
  return lines
end

--- The threads at a place of a review: those of the hunk, then those of its file, then those of the whole.
---@param review casework.ReviewView
---@param file casework.FileView?
---@param thing casework.HunkView?
---@return casework.Thread[]
function M.at(review, file, thing)
  local found = M.of(thing and thing.comments or {})
  for _, thread in ipairs(M.of(review.comments)) do
    local first = thread.comments[1]
    local path = first.anchor and first.anchor.path or first.path or ''
    if path == '' or (file and path == file.path) then
      found[#found + 1] = thread
    end
  end
  return found
end

--- A thread as one line, to choose it by.
---@param thread casework.Thread
---@return string
function M.title(thread)
  local first = thread.comments[1]
  return ('%s: %s%s'):format(draw.plain(first.by), draw.fit(draw.plain(first.text), 60), M.state(thread))
end

return M
