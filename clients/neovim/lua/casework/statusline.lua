--- The statusline's part: how many things need the user, and how many agents work. Empty where nothing does.

local board = require('casework.board')
local config = require('casework.config')

local M = {}

--- Builds the text. Pure.
---@param shown casework.Shown?
---@param icons casework.Icons
---@return string
function M.text(shown, icons)
  if not shown then
    return ''
  elseif not shown.online then
    return 'casework away'
  end
  local counts = { review = 0, question = 0, trouble = 0, running = 0 }
  for _, card in ipairs(board.cards(shown, 'needs_you')) do
    local kind = card.icon == 'question' and 'question' or card.icon == 'failed' and 'trouble' or 'review'
    counts[kind] = counts[kind] + 1
  end
  counts.running = #board.cards(shown, 'running')
  local parts = {}
  for _, kind in ipairs({ 'review', 'question', 'trouble', 'running' }) do
    if counts[kind] > 0 then
      parts[#parts + 1] = icons[kind] .. ' ' .. counts[kind]
    end
  end
  return table.concat(parts, '  ')
end

--- The text for the repository of the current buffer; costs no request.
---@return string
function M.component()
  local shown = board.of(require('casework.client').here())
  return (M.text(shown, config.get().icons):gsub('%%', '%%%%'))
end

return M
