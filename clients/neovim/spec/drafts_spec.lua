local drafts = require('casework.drafts')

---@param text string
---@param told? boolean
local function draft(text, told)
  return { root = '/r', place = '1/request', text = text, cursor = { 1, #text }, told = told }
end

---@param mine casework.Draft?
---@param other casework.Draft?
local function settled(mine, other)
  local one = drafts.settled(mine, other)
  return one and { one.text, one.cursor[2], one.told or false } or 'nothing'
end

return {
  {
    'what was begun elsewhere is taken',
    got = function()
      return settled(nil, draft('theirs', true))
    end,
    want = { 'theirs', 6, true },
  },
  {
    'what the daemon does not know yet stays, what it knew and has no more was sent or thrown away',
    got = function()
      return { settled(draft('mine'), nil), settled(draft('mine', true), nil), settled(nil, nil) }
    end,
    want = { { 'mine', 4, false }, 'nothing', 'nothing' },
  },
  {
    'what was gone on with elsewhere is taken, also where it became shorter',
    got = function()
      return { settled(draft('half a', true), draft('half a thought', true)), settled(draft('long', true), draft('s', true)) }
    end,
    want = { { 'half a thought', 14, true }, { 's', 1, true } },
  },
  {
    'of two that were written apart nothing is lost',
    got = function()
      return {
        settled(draft('half a thought'), draft('half a', true)),
        settled(draft('half'), draft('half a thought', true)),
        settled(draft('mine'), draft('theirs', true)),
      }
    end,
    want = { { 'half a thought', 14, false }, { 'half a thought', 14, true }, { 'theirs\n\nmine', 6, false } },
  },
}
