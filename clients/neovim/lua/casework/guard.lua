--- The rule of the first moment: who is typing when a buffer of ours comes up must not judge by accident.
---
--- For `guard_ms` after one of our buffers got the focus by anything but the user's own key, single letters do
--- nothing there.

local config = require('casework.config')

local M = {}

---@type table<integer, number>
local closed_until = {}

---@return number
local function now_ms()
  return vim.uv.hrtime() / 1e6
end

--- Starts the moment for `buffer`: it came up by itself.
---@param buffer integer
function M.close(buffer)
  closed_until[buffer] = now_ms() + config.get().guard_ms
end

--- Ends the moment for `buffer`: the user's own key brought it up.
---@param buffer integer
function M.open(buffer)
  closed_until[buffer] = nil
end

--- Says whether a letter counts in `buffer` now.
---@param buffer integer
---@return boolean
function M.is_open(buffer)
  local limit = closed_until[buffer]
  if limit and now_ms() < limit then
    return false
  end
  closed_until[buffer] = nil
  return true
end

--- Maps `key` in `buffer` to `act`, behind the guard.
---@param buffer integer
---@param key string
---@param act fun()
---@param what string
function M.map(buffer, key, act, what)
  vim.keymap.set('n', key, function()
    if M.is_open(buffer) then
      act()
    end
  end, { buffer = buffer, nowait = true, silent = true, desc = 'Casework: ' .. what })
end

return M
