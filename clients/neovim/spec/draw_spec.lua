local draw = require('casework.draw')

return {
  {
    'a line break or an escape sequence in a title stays on its line',
    got = function()
      return draw.plain('one\ntwo\27[31m three\0four')
    end,
    want = 'one two [31m three four',
  },
  {
    'characters that turn the direction of writing are left out',
    got = function()
      return draw.plain('a\226\128\174b\226\129\166c\226\128\143d')
    end,
    want = 'abcd',
  },
  {
    'other letters of the world stay',
    got = function()
      return draw.plain('Grüße, 漢字 — “so” …')
    end,
    want = 'Grüße, 漢字 — “so” …',
  },
  {
    'what is too long is cut with an ellipsis, by columns',
    got = function()
      return { draw.fit('abcdef', 4), draw.fit('漢字漢字', 5), draw.fit('abcd', 4) }
    end,
    want = { 'abc…', '漢字…', 'abcd' },
  },
  {
    'paragraphs are broken at blanks',
    got = function()
      return draw.wrap('one two three\n\nfour', 8)
    end,
    want = { 'one two', 'three', '', 'four' },
  },
  {
    'a word longer than the line is cut',
    got = function()
      return draw.wrap('abcdefghij', 5)
    end,
    want = { 'abcd…' },
  },
  {
    'two parts that do not fit beside each other are not squeezed',
    got = function()
      return { draw.text(draw.apart({ { 'ab' } }, { { 'c' } }, 5)), draw.apart({ { 'ab' } }, { { 'c' } }, 3) or 'no' }
    end,
    want = { 'ab  c', 'no' },
  },
}
