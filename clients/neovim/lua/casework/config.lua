--- The settings, each with its default and what it does. Set what differs in `vim.g.casework` before the first use.
---
--- Nothing else here: who needs a setting asks for it when it needs it.

local M = {}

---@class (exact) casework.Keys
---@field next string|false  The key that goes to the next thing that needs you, from anywhere. Set only where unmapped.
---@field previous string|false  The same, backwards.

---@class (exact) casework.Icons
---@field review string  A review waits for your verdict.
---@field question string  An agent asks.
---@field trouble string  A run failed or was stopped.
---@field running string  An agent works, or is about to.
---@field proposed string  A follow-up that waits to be accepted or dismissed.
---@field backlog string  A task that nobody has started.
---@field done string  Landed, read or dropped.
---@field accepted string  In the sign column of a review: this hunk lands.
---@field rejected string  This hunk goes back.
---@field undecided string  This hunk has no decision yet.
---@field unread string  Nor was it read.
---@field stale string  It changed since it was read.

---@class (exact) casework.Config
---@field command string|false  Path of the `casework` program; false finds it on PATH, then where uv and pipx put it.
---@field enable boolean  Start with the first file of a git repository; false waits for the first `:Casework`.
---@field guard_ms integer  For so long single letters do nothing in a buffer of ours that came up by itself.
---@field inline boolean  Show a review as one text, inline, instead of side by side; `i` changes it.
---@field sidebar_width integer  Columns of the sidebar.
---@field panel_height integer  Most lines of the panel that says why, below a diff.
---@field keys casework.Keys
---@field icons casework.Icons

---@type casework.Config
M.defaults = {
  command = false,
  enable = true,
  guard_ms = 400,
  inline = false,
  sidebar_width = 46,
  panel_height = 12,
  keys = { next = ']v', previous = '[v' },
  icons = {
    review = '●',
    question = '?',
    trouble = '✗',
    running = '◌',
    proposed = '⚑',
    backlog = '◇',
    done = '✓',
    accepted = '✓',
    rejected = '✗',
    undecided = '•',
    unread = '○',
    stale = '↻',
  },
}

--- Says what is wrong with `given`, one sentence each; an empty list when all is well.
---@param given table
---@param known? table
---@param prefix? string
---@return string[]
function M.problems(given, known, prefix)
  local found = {}
  known, prefix = known or M.defaults, prefix or ''
  for name, value in vim.spairs(given) do
    local default = known[name]
    local path = prefix .. tostring(name)
    if default == nil then
      found[#found + 1] = ('vim.g.casework has no setting `%s`.'):format(path)
    elseif type(default) == 'table' and type(value) == 'table' then
      vim.list_extend(found, M.problems(value, default, path .. '.'))
    elseif type(value) ~= type(default) and not (value == false or (default == false and type(value) == 'string')) then
      found[#found + 1] = ('`%s` in vim.g.casework must be a %s, not a %s.'):format(path, type(default), type(value))
    end
  end
  return found
end

--- Gives the settings in force: the user's over the defaults. What can't be right is left out; health says so.
---@return casework.Config
function M.get()
  local given = vim.g.casework
  if type(given) ~= 'table' or #M.problems(given) > 0 then
    return M.defaults
  end
  return vim.tbl_deep_extend('force', M.defaults, given)
end

return M
