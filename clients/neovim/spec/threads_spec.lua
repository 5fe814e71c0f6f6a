local threads = require('casework.review.threads')

---@param id string
---@param by string
---@param text string
---@param more? table
local function comment(id, by, text, more)
  return vim.tbl_extend('force', { id = id, thread = id, by = by, text = text, path = '' }, more or {})
end

local function shown(comments, width)
  return vim.tbl_map(function(thread)
    return vim.tbl_map(function(line)
      return line.lead .. line.text
    end, threads.lines(thread, width or 60))
  end, threads.of(comments))
end

local ANSWERED = { comment('a', 'you', 'Why 40?'), comment('b', 'agent', 'The contract says so.', { thread = 'a' }) }

return {
  {
    'answers stand below what they answer, other threads by themselves',
    got = function()
      return shown({ ANSWERED[1], ANSWERED[2], comment('c', 'you', 'And the name?') })
    end,
    want = { { 'you  Why 40?', '↳ agent  The contract says so.' }, { 'you  And the name?' } },
  },
  {
    'what is settled is one line that says so',
    got = function()
      local settled = vim.tbl_map(function(one)
        return vim.tbl_extend('force', one, { resolved = true })
      end, ANSWERED)
      return shown(settled)
    end,
    want = { { 'you  Why 40?  (settled, 1 answer)' } },
  },
  {
    'what a thread was about may be gone',
    got = function()
      return shown({ comment('a', 'you', 'Why 40?', { outdated = true }) })
    end,
    want = { { 'you  Why 40? (what it is about is gone)' } },
  },
  {
    'long words keep their margin',
    got = function()
      return shown({ comment('a', 'you', 'one two three four five six seven') }, 26)
    end,
    want = { { 'you  one two three four', '     five six seven' } },
  },
  {
    'at a hunk are its threads, those of its file and those of the whole, and none of another file',
    got = function()
      local review = {
        comments = {
          comment('w', 'you', 'whole'),
          comment('f', 'you', 'file', { path = 'pay/charge.py' }),
          comment('l', 'you', 'line', { anchor = { path = 'pay/charge.py', line = 3 } }),
          comment('o', 'you', 'other', { path = 'pay/vault.py' }),
        },
      }
      local here = threads.at(review, { path = 'pay/charge.py' }, { comments = { comment('h', 'you', 'hunk') } })
      return vim.tbl_map(function(thread)
        return thread.id
      end, here)
    end,
    want = { 'h', 'w', 'f', 'l' },
  },
}
