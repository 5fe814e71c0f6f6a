local anchor = require('casework.anchor')
local client = require('casework.client')
local command = require('casework.command')
local config = require('casework.config')
local documents = require('casework.documents')
local find = require('casework.find')
local question = require('casework.question')
local task = require('casework.task')
local texts = require('casework.review.texts')

return {
  {
    'a path that is not plain is quoted as git does',
    got = function()
      return { anchor.quote('pay/Grüße.py'), anchor.quote('a"b\\c\td'), anchor.quote('caf\233.py'), anchor.quote('ü"') }
    end,
    want = { 'pay/Grüße.py', [["a\"b\\c\td"]], [["caf\351.py"]], [["\303\274\""]] },
  },
  {
    'a file elsewhere has no path in the repository',
    got = function()
      return { anchor.below('/r', '/r/a/b'), anchor.below('/r', '/rest/a') or 'elsewhere' }
    end,
    want = { 'a/b', 'elsewhere' },
  },
  {
    'choices get their first letter, or their number where that is taken',
    got = function()
      return vim.tbl_map(function(choice)
        return choice.key
      end, question.keyed({ 'yes', 'never', 'not now', 'edit it', '42' }))
    end,
    want = { 'y', 'n', '3', '4', '5' },
  },
  {
    'names of buffers are taken apart, and others left alone',
    got = function()
      return {
        documents.parse('casework:///top/of//12/head/a//b.py'),
        documents.parse('casework://12'),
        documents.parse('casework://sidebar'),
        documents.parse('http://12') or 'none',
      }
    end,
    want = {
      { root = '/top/of', number = 12, rest = 'head/a//b.py' },
      { number = 12, rest = '' },
      { rest = 'sidebar' },
      'none',
    },
  },
  {
    'the command of the relay is read, and nothing else is taken for one',
    got = function()
      return {
        find.parse('{"command": "/usr/bin/python3", "args": ["-I", "-S", "relay.py"]}'),
        find.parse('{"command": "x", "args": [1]}') or 'none',
        find.parse('{"args": []}') or 'none',
        find.parse('Traceback') or 'none',
      }
    end,
    want = { { '/usr/bin/python3', '-I', '-S', 'relay.py' }, 'none', 'none', 'none' },
  },
  {
    'a setting that does not exist, or is of another kind, is named',
    got = function()
      return config.problems({ guard_ms = 'soon', keys = { nexxt = ']n', next = false }, command = '/opt/casework' })
    end,
    want = {
      '`guard_ms` in vim.g.casework must be a number, not a string.',
      'vim.g.casework has no setting `keys.nexxt`.',
    },
  },
  {
    'spans of time are read with their unit only',
    got = function()
      return { task.until_time('2h', 100), task.until_time('1d', 0), task.until_time('tomorrow', 0) or 'none' }
    end,
    want = { 7300000000, 86400000000, 'none' },
  },
  {
    'two words make a command where that is one; a range and a number make their own',
    got = function()
      local _, args = command.find({ 'task', 'start', '12', 'play.json' })
      local range, rev = command.find({ 'review', 'v1..v2' })
      local show = command.find({ 'review', '12' })
      return { args, rev, range == command.table['review range'], show == command.table['review show'] }
    end,
    want = { { '12', 'play.json' }, { 'v1..v2' }, true, true },
  },
  {
    'completion offers rooms first, then what is in them',
    got = function()
      return { command.complete('re', 'Casework re'), command.complete('', 'Casework trust '), command.complete('x', 'Casework x') }
    end,
    want = { { 'request-changes', 'restart', 'review' }, { 'grant', 'revoke', 'show' }, {} },
  },
  {
    'null in an answer is nothing, at any depth',
    got = function()
      return client.without_null({ a = vim.NIL, b = { { c = vim.NIL, d = 1 } } })
    end,
    want = { b = { { d = 1 } } },
  },
  {
    'CR is taken off where both sides have it on every line, and shown where one has not',
    got = function()
      local function sides(old, new)
        return texts.without_cr({ base = texts.side({ text = old }), head = texts.side({ text = new }) }).head.lines
      end
      return { sides('a\r\nb\r\n', 'a\r\n'), sides('a\n', 'a\r\n'), sides('', 'a\r\n') }
    end,
    want = { { 'a' }, { 'a\r' }, { 'a' } },
  },
  {
    'what can not be shown of a side is said',
    got = function()
      local notes = {}
      for _, content in ipairs({ { missing = true }, { binary = true }, { text = 'a' }, { text = 'a\n' }, { text = '' } }) do
        notes[#notes + 1] = texts.side(content).note
      end
      return notes
    end,
    want = { 'not there', 'binary, judged as a whole', 'no line break at the end', '', '' },
  },
}
