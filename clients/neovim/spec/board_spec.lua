local board = require('casework.board')
local config = require('casework.config')
local draw = require('casework.draw')
local sidebar_lines = require('casework.sidebar_lines')
local statusline = require('casework.statusline')

local function card(number, group, order, more)
  return vim.tbl_extend('force', {
    number = number,
    title = 'Task ' .. number,
    group = group,
    order = order,
    detail = '',
    icon = 'task',
    actions = {},
    questions = {},
    status = 'backlog',
  }, more or {})
end

local function shown(...)
  local given = { repository = 'r', name = 'shop', cursor = 7, needs_you = {}, running = {}, backlog = {}, done = {} }
  for _, one in ipairs({ ... }) do
    table.insert(given[one.group], one)
  end
  return board.taken(given)
end

local function text(lines)
  return vim.tbl_map(function(line)
    return draw.text(line.chunks)
  end, lines)
end

return {
  {
    'a change that follows on what is shown is folded in',
    got = function()
      local folded = board.folded(shown(card(1, 'backlog', 1)), { before = 7, cursor = 8, cards = { card(1, 'running', 1) } })
      return { folded.cursor, folded.cards[1].group }
    end,
    want = { 8, 'running' },
  },
  {
    'a card without a group leaves the board',
    got = function()
      local folded = board.folded(shown(card(1, 'backlog', 1)), { before = 7, cursor = 8, cards = { card(1, nil, 0) } })
      return vim.tbl_count(folded.cards)
    end,
    want = 0,
  },
  {
    'a change with a gap before it can not be folded in',
    got = function()
      return board.folded(shown(), { before = 8, cursor = 9, cards = {} })
    end,
    want = nil,
  },
  {
    'a change that is known already changes nothing',
    got = function()
      return board.folded(shown(), { before = 5, cursor = 6, cards = { card(1, 'backlog', 1) } }).cards
    end,
    want = {},
  },
  {
    'the order within a group is the order of the daemon',
    got = function()
      local cards = board.cards(shown(card(1, 'backlog', 2), card(2, 'backlog', 1), card(3, 'running', 0)), 'backlog')
      return { cards[1].number, cards[2].number, #cards }
    end,
    want = { 2, 1, 2 },
  },
  {
    'the next thing goes around the inbox both ways, and is none in an empty one',
    got = function()
      local inbox = shown(card(4, 'needs_you', 1), card(2, 'needs_you', 2))
      local function number(one)
        return one and one.number or 'none'
      end
      return {
        number(board.beside(inbox, nil, 1)),
        number(board.beside(inbox, 4, 1)),
        number(board.beside(inbox, 2, 1)),
        number(board.beside(inbox, 4, -1)),
        number(board.beside(inbox, 99, -1)),
        number(board.beside(shown(), nil, 1)),
      }
    end,
    want = { 4, 2, 4, 2, 2, 'none' },
  },
  {
    'the sidebar has the four groups in order, with counts at the right edge',
    got = function()
      local review = card(12, 'needs_you', 1, { title = 'Refuse expired cards', icon = 'review', detail = '7 hunks · 4 min' })
      return text(sidebar_lines.lines(shown(review, card(9, 'backlog', 1)), 46))
    end,
    want = {
      ' NEEDS YOU                                  1 ',
      '  ● 12  Refuse expired cards  7 hunks · 4 min ',
      '',
      ' RUNNING                                    0 ',
      '',
      ' BACKLOG                                    1 ',
      '  ◇  9  Task 9',
      '  + New task',
      '',
      ' DONE TODAY                                 0 ',
    },
  },
  {
    'a detail that does not fit behind its title goes below it',
    got = function()
      local one = card(3, 'backlog', 1, { title = 'A title of some length', detail = 'security-review · high', icon = 'follow_up' })
      return text(sidebar_lines.card(one, 33, 2))
    end,
    want = { '  ⚑  3  A title of some length', '        security-review · high' },
  },
  {
    'an inbox with nothing in it says so, and so does a daemon that is away',
    got = function()
      local away = vim.tbl_extend('force', shown(), { online = false })
      return vim.list_slice(text(sidebar_lines.lines(away, 46)), 1, 4)
    end,
    want = { ' The daemon is away; connecting again …', '', ' NEEDS YOU                                  0 ', '  nothing' },
  },
  {
    'the statusline counts what needs the user by kind, and what runs',
    got = function()
      local busy = shown(
        card(1, 'needs_you', 1, { icon = 'review' }),
        card(2, 'needs_you', 2, { icon = 'question' }),
        card(3, 'needs_you', 3, { icon = 'review' }),
        card(4, 'running', 1)
      )
      local icons = config.defaults.icons
      return { statusline.text(busy, icons), statusline.text(shown(), icons), statusline.text(nil, icons) }
    end,
    want = { '● 2  ? 1  ◌ 1', '', '' },
  },
}
