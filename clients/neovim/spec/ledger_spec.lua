local ledger = require('casework.review.ledger')

--- A review of two files: the first with hunks a and b, the second judged as a whole, c.
---@param a casework.Decision
---@param b casework.Decision
---@param c casework.Decision
local function review(a, b, c)
  return {
    files = {
      { path = 'one', hunks = { { id = 'a', decision = a }, { id = 'b', decision = b } } },
      { path = 'two', hunks = {}, whole = { id = 'c', decision = c } },
    },
    accepted = 0,
    rejected = 0,
    undecided = 3,
    approve_label = 'Land 3',
  }
end

local function at(file, hunk)
  return { file = file, hunk = hunk }
end

return {
  {
    'the next one without a decision may be in the next file',
    got = function()
      return ledger.next_undecided(review('accepted', 'accepted', 'none'), at(1, 2))
    end,
    want = at(2, 1),
  },
  {
    'behind the last one it goes on at the first',
    got = function()
      return ledger.next_undecided(review('none', 'accepted', 'accepted'), at(2, 1))
    end,
    want = at(1, 1),
  },
  {
    'without a place it begins at the start',
    got = function()
      return ledger.next_undecided(review('none', 'none', 'none'))
    end,
    want = at(1, 1),
  },
  {
    'when all are judged there is no next one',
    got = function()
      return ledger.next_undecided(review('accepted', 'rejected', 'accepted'), at(1, 1))
    end,
    want = nil,
  },
  {
    'one step back from the second file is the last hunk of the first',
    got = function()
      return ledger.beside(review('none', 'none', 'none'), at(2, 1), -1)
    end,
    want = at(1, 2),
  },
  {
    'there is nothing behind the last one',
    got = function()
      return ledger.beside(review('none', 'none', 'none'), at(2, 1), 1)
    end,
    want = nil,
  },
  {
    'the rest of a file is what has no decision there',
    got = function()
      return ledger.undecided_in_file(review('rejected', 'none', 'none'), at(1, 1))
    end,
    want = { 'b' },
  },
  {
    'what was sent counts at once, and what an approval does then is not known yet',
    got = function()
      local sent = { a = { decision = 'accepted', reason = '' }, c = { decision = 'rejected', reason = 'no' } }
      local shown = ledger.with_pending(review('none', 'none', 'none'), sent)
      return { shown.accepted, shown.rejected, shown.undecided, shown.approve_label, shown.files[2].whole.reason }
    end,
    want = { 1, 1, 1, '…', 'no' },
  },
  {
    'whoever decides has read it: what was sent counts no more as unread or changed, what is taken back does',
    got = function()
      local given = review('none', 'none', 'none')
      for _, file in ipairs(given.files) do
        for _, thing in ipairs(ledger.things(file)) do
          thing.seen, thing.stale = false, true
        end
      end
      local decided = ledger.with_pending(given, { a = { decision = 'accepted', reason = '' } })
      local back = ledger.with_pending(given, { a = { decision = 'none', reason = '' } })
      return { decided.unseen, decided.stale, back.unseen, back.stale }
    end,
    want = { 2, 2, 3, 3 },
  },
  {
    'a new run, another head and a landing are worth saying, a decision is not',
    got = function()
      local first = { number = 12, status = 'in_review', run = 1, head = 'x' }
      local function news(more)
        return ledger.news(first, vim.tbl_extend('force', first, more)) or 'nothing'
      end
      return { news({ run = 2, head = 'y' }), news({ head = 'y' }), news({ status = 'landed' }), news({}) }
    end,
    want = {
      'review 12: this is run 2.',
      'review 12 shows something new: look again.',
      'review 12 has landed; U takes it back.',
      'nothing',
    },
  },
  {
    'the review itself is not changed by what was sent',
    got = function()
      local given = review('none', 'none', 'none')
      ledger.with_pending(given, { a = { decision = 'accepted', reason = '' } })
      return given.files[1].hunks[1].decision
    end,
    want = 'none',
  },
  {
    'what is folded is read behind everything else, and decided as one',
    got = function()
      local given = review('none', 'none', 'none')
      given.folds = { { id = 'f', hunks = { 'a' } } }
      given.files[1].hunks[1].fold = 'f'
      local next_one = ledger.next_undecided(given)
      local apart = ledger.taken_apart(given, { f = true })
      return { next_one, ledger.together(given, given.files[1].hunks[1]), ledger.next_undecided(apart) }
    end,
    want = { at(1, 2), { 'a' }, at(1, 1) },
  },
  {
    'another way to approve brings its own words and its own hash, as long as it is offered',
    got = function()
      local given = review('accepted', 'rejected', 'accepted')
      local back = { rest = 'back', only_accepted = false, label = 'Land 2, send 1 back', shown = 'aaa' }
      local task = { rest = 'follow_up', only_accepted = false, label = 'Land 2, 1 as a task', shown = 'bbb' }
      given.approvals, given.shown = { back, task }, 'aaa'
      local other = ledger.with_approval(given, task)
      given.approvals = { back }
      return { other.approve_label, other.shown, ledger.with_approval(given, task).shown }
    end,
    want = { 'Land 2, 1 as a task', 'bbb', 'aaa' },
  },
}
