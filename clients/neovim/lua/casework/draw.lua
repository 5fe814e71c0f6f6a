--- Lines as data: what is shown is built as chunks of text with a highlight group, then put into a buffer at once.
---
--- Building is pure and tested by tables; `put` is the only function here that touches a buffer.

local M = {}

---@class casework.Chunk
---@field [1] string  Text without line breaks.
---@field [2] string?  Highlight group.

---@class (exact) casework.Line
---@field chunks casework.Chunk[]
---@field task? integer  The number of the task that this line is about.
---@field act? 'new'  What Enter does on a line that is about no task.

M.namespace = vim.api.nvim_create_namespace('casework')

--- Standard groups that ours are linked to, so that any colour scheme suits.
M.groups = {
  CaseworkGroup = 'Title',
  CaseworkCount = 'Comment',
  CaseworkTitle = 'Normal',
  CaseworkDetail = 'Comment',
  CaseworkNumber = 'Number',
  CaseworkReview = 'DiagnosticInfo',
  CaseworkQuestion = 'DiagnosticWarn',
  CaseworkTrouble = 'DiagnosticError',
  CaseworkRunning = 'DiagnosticHint',
  CaseworkProposed = 'DiagnosticWarn',
  CaseworkDone = 'DiagnosticOk',
  CaseworkAccepted = 'DiagnosticOk',
  CaseworkRejected = 'DiagnosticError',
  CaseworkUndecided = 'DiagnosticHint',
  CaseworkStale = 'DiagnosticWarn',
  CaseworkKey = 'Special',
  CaseworkAction = 'Bold',
  CaseworkComment = 'DiagnosticVirtualTextInfo',
  CaseworkAdded = 'DiffAdd',
  CaseworkAddedText = 'DiffText',
  CaseworkRemovedText = 'DiffText',
  CaseworkOffline = 'WarningMsg',
}

--- Defines the highlight groups, each as a link that a colour scheme or the user may override.
function M.highlights()
  for group, target in pairs(M.groups) do
    vim.api.nvim_set_hl(0, group, { link = target, default = true })
  end
  -- Neovim shows lines that only the old side has as added there; red says what they are.
  local deleted = vim.api.nvim_get_hl(0, { name = 'DiffDelete', link = false })
  local red = vim.o.background == 'dark' and 'NvimDarkRed' or 'NvimLightRed'
  local removed = deleted.bg and { link = 'DiffDelete', default = true } or { bg = red, default = true }
  vim.api.nvim_set_hl(0, 'CaseworkRemoved', removed)
end

--- Makes text from outside fit for one line: no control characters, none that turn the direction of writing.
---@param text string
---@return string
function M.plain(text)
  local shown = text:gsub('[%z\1-\31\127]+', ' ')
  shown = shown:gsub('\226\128[\142\143\168-\174]', ''):gsub('\226\129[\166-\169]', '')
  return (shown:gsub('\194[\128-\159]', ' '))
end

--- Cuts `text` to `width` columns, with an ellipsis where something is left out.
---@param text string
---@param width integer
---@return string
function M.fit(text, width)
  if vim.api.nvim_strwidth(text) <= width then
    return text
  end
  local kept, used = {}, 0
  for _, letter in ipairs(vim.fn.split(text, '\\zs')) do
    used = used + vim.api.nvim_strwidth(letter)
    if used > width - 1 then
      break
    end
    kept[#kept + 1] = letter
  end
  return table.concat(kept) .. '…'
end

--- Breaks `text` into lines of at most `width` columns, at blanks; paragraphs stay apart.
---@param text string
---@param width integer
---@return string[]
function M.wrap(text, width)
  local lines = {}
  for paragraph in vim.gsplit(vim.trim(text), '\n', { plain = true }) do
    local line = ''
    for word in M.plain(paragraph):gmatch('%S+') do
      local longer = line == '' and word or line .. ' ' .. word
      if line ~= '' and vim.api.nvim_strwidth(longer) > width then
        lines[#lines + 1] = line
        longer = word
      end
      line = longer
    end
    lines[#lines + 1] = M.fit(line, width)
  end
  return lines
end

---@param chunks casework.Chunk[]
---@return integer
function M.width(chunks)
  local width = 0
  for _, chunk in ipairs(chunks) do
    width = width + vim.api.nvim_strwidth(chunk[1])
  end
  return width
end

--- Puts `right` at the right edge of `width` columns behind `left`; nil when both do not fit.
---@param left casework.Chunk[]
---@param right casework.Chunk[]
---@param width integer
---@return casework.Chunk[]?
function M.apart(left, right, width)
  local gap = width - M.width(left) - M.width(right)
  if gap < 1 then
    return nil
  end
  local chunks = vim.list_extend({}, left)
  chunks[#chunks + 1] = { (' '):rep(gap) }
  return vim.list_extend(chunks, right)
end

--- The text of `chunks`.
---@param chunks casework.Chunk[]
---@return string
function M.text(chunks)
  return table.concat(vim.tbl_map(function(chunk)
    return chunk[1]
  end, chunks))
end

---@param buffer integer
---@param row integer
---@param chunks casework.Chunk[]
local function colour(buffer, row, chunks)
  local column = 0
  for _, chunk in ipairs(chunks) do
    local stop = column + #chunk[1]
    if chunk[2] and stop > column then
      vim.api.nvim_buf_set_extmark(buffer, M.namespace, row, column, { end_col = stop, hl_group = chunk[2] })
    end
    column = stop
  end
end

--- Shows `lines` in `buffer`, which stays unmodifiable for everyone else.
---@param buffer integer
---@param lines casework.Line[]
function M.put(buffer, lines)
  local text = vim.tbl_map(function(line)
    return M.text(line.chunks)
  end, lines)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, text)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
  vim.api.nvim_buf_clear_namespace(buffer, M.namespace, 0, -1)
  for row, line in ipairs(lines) do
    colour(buffer, row - 1, line.chunks)
  end
end

return M
