local draw = require('casework.draw')
local marks = require('casework.review.marks')
local panel = require('casework.review.panel')

local function review(more)
  return vim.tbl_deep_extend('force', {
    number = 12,
    title = 'Refuse expired cards',
    status = 'in_review',
    change_kind = 'branch',
    range_text = 'main..topic',
    target = 'main',
    comment = 'Refused before the vault is read.',
    criteria = { { id = 'AC1', text = 'Refused.', state = 'claimed', sentence = '' } },
    checks = 'Not checked: repository not trusted.',
    files = { { path = 'a', absolute = '/shop/a', hunks = { { id = 'h', header = '@@', decision = 'rejected', reason = 'too broad', comments = {} } } } },
    hunks = 1,
    accepted = 0,
    rejected = 1,
    undecided = 0,
    minutes = 4,
    comments = {},
    follow_ups = {},
    left_out = {},
    unsaved = {},
    approve_label = 'Land 0, send 1 back',
    request_label = 'Request changes',
    reason = '',
  }, more or {})
end

local function lines(given)
  return vim.tbl_map(function(line)
    return draw.text(line.chunks)
  end, panel.lines(given, { file = 1, hunk = 1 }, 96))
end

local function keys(given)
  return vim.tbl_map(function(key)
    return key[1] .. ' ' .. key[2]
  end, panel.keys(given))
end

return {
  {
    'the panel says what and why, the evidence, and what was said about this hunk',
    got = function()
      return lines(review())
    end,
    want = {
      ' Review 12  Refuse expired cards   main..topic · 1 hunk · 4 min · lands on main      1 rejected ',
      ' rejected  too broad',
      ' Refused before the vault is read.',
      ' claimed      AC1  Refused.',
      ' Not checked: repository not trusted.',
    },
  },
  {
    'what changed since it was read is shown, with what was decided then, and what brings back a rejection',
    got = function()
      local given = review()
      given.stale, given.unseen = 1, 2
      local more = { decision = 'none', reason = '', stale = true, was = 'rejected', was_reason = 'too broad' }
      more.since, more.brings_back = ' a\n-b\n+c', 'brings back what you rejected: too broad'
      given.files[1].hunks[1] = vim.tbl_extend('force', given.files[1].hunks[1], more)
      local found = lines(given)
      local counted = found[1]:match('1 rejected.*$')
      return { counted, unpack(found, 2, 7) }
    end,
    want = {
      '1 rejected · 1 changed since read · 1 unread ',
      ' brings back what you rejected: too broad',
      ' changed since you read it  You had rejected it: too broad.',
      '    a',
      '   -b',
      '   +c',
      ' Refused before the vault is read.',
    },
  },
  {
    'what can not be seen in a hunk is said with its line and side',
    got = function()
      local given = review()
      given.files[1].hunks[1].marks = { { line = 4, side = 'base', text = 'U+202E turns the line around' } }
      given.files[1].hunks[1].more_marks = 2
      return { unpack(lines(given), 3, 4) }
    end,
    want = { ' line 4 (now)  U+202E turns the line around', ' 2 more places hold what can not be seen.' },
  },
  {
    'a hunk without a decision says whether it was read, and whether it changed since',
    got = function()
      local function icon(more)
        return marks.icon(vim.tbl_extend('force', { decision = 'none' }, more))[1]
      end
      local words = marks.words({ decision = 'none', stale = true, was = 'accepted' })
      return { icon({ seen = true }), icon({ seen = false }), icon({ seen = false, stale = true }), words[1] }
    end,
    want = { '•', '○', '↻', ' ↻ changed, was accepted ' },
  },
  {
    'what a survey found out about this hunk stands with it',
    got = function()
      local surveyed = review()
      surveyed.files[1].hunks[1].guard = 'unguarded'
      surveyed.files[1].hunks[1].guard_why = '12 tests stayed green without it'
      return lines(surveyed)[3]
    end,
    want = ' guarded by no test  12 tests stayed green without it',
  },
  {
    'text that was changed nowhere is never taken as a format',
    got = function()
      return panel.bar(review({ approve_label = 'Land 100%' }), 120):match('Land 100%%%%') ~= nil
    end,
    want = true,
  },
  {
    'where the keys do not fit, those that can be looked up are left out first',
    got = function()
      local bar = panel.bar(review(), 80)
      return { bar:find('take back') ~= nil, bar:find('Land 0') ~= nil, bar:find('reject') ~= nil }
    end,
    want = { false, true, true },
  },
  {
    'A says what will happen, in the words of the daemon',
    got = function()
      return keys(review())[5]
    end,
    want = 'A Land 0, send 1 back',
  },
  {
    'a change that is history already can only be read',
    got = function()
      return keys(review({ change_kind = 'range' }))[5]
    end,
    want = 'A done reading',
  },
  {
    'what has landed can be taken back, and offers no verdict',
    got = function()
      return { keys(review({ status = 'landed' })), lines(review({ status = 'landed', commit = ('a'):rep(40) }))[2] }
    end,
    want = {
      { 'U take it back', ']v next', 'q close', 'g? help' },
      ' Landed as aaaaaaaaaa. U takes it back, ]v goes to the next.',
    },
  },
  {
    'what was said about a line stands there only while its file is shown',
    got = function()
      local function comment(path)
        return { comments = { { id = 'k', by = 'agent', text = 'An f-string reads better.', anchor = { path = path, line = 3 } } } }
      end
      local here, elsewhere = lines(review(comment('a'))), lines(review(comment('b')))
      return { here[#here], #here - #elsewhere }
    end,
    want = { ' agent on line 3  An f-string reads better.', 1 },
  },
  {
    'a criterion does not repeat what is said of all checks',
    got = function()
      local criterion = { id = 'AC1', text = 'Refused.', state = 'not_checked', sentence = 'Not checked: repository not trusted.' }
      return lines(review({ criteria = { criterion } }))[4]
    end,
    want = ' not checked  AC1  Refused.',
  },
  {
    'a file that is not saved is named before anything lands',
    got = function()
      return lines(review({ unsaved = { '/shop/a' } }))[2]
    end,
    want = ' a has unsaved changes: A saves it and approves.',
  },
  {
    'a decision stands behind the first line of its hunk, with its reason',
    got = function()
      local words = marks.words({ decision = 'rejected', reason = 'too\nbroad', comments = {} })
      return { words[1], marks.words({ decision = 'none', reason = '' }) or 'nothing' }
    end,
    want = { ' ✗ rejected: too broad ', 'nothing' },
  },
  {
    'a comment of two lines stands in one margin',
    got = function()
      local found = marks.comments({ comments = { { id = 'k', by = 'you', text = 'Name the brand.\nIn the docs too.' } } }, 60)
      return { draw.text(found[1]), draw.text(found[2]), #found }
    end,
    want = { '  ┃ you  Name the brand.', '  ┃      In the docs too.', 2 },
  },
}
