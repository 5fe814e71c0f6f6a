--- Files of a review that lie open here, untouched, while the disk moved on: a rebase or another program wrote them.
--- The daemon sees text that is not on the disk, and can't tell it from what somebody typed; nothing typed is read over.

local documents = require('casework.documents')

local M = {}

---@param buffer integer
---@return boolean
local function may_be_read(buffer)
  local own = vim.bo[buffer].autoread
  local is_wished = own == nil and vim.go.autoread or own or false
  return is_wished and not vim.bo[buffer].modified and vim.bo[buffer].buftype == ''
end

--- Reads such files anew, where the user lets Neovim do that by itself ('autoread'); whether any was read.
---@param review casework.ReviewView
---@return boolean
function M.read_anew(review)
  local is_new = false
  for _, path in ipairs(review.unsaved) do
    local buffer = documents.find(path)
    if buffer and may_be_read(buffer) then
      local before = vim.api.nvim_buf_get_changedtick(buffer)
      vim.cmd.checktime(buffer)
      is_new = is_new or vim.api.nvim_buf_get_changedtick(buffer) ~= before
    end
  end
  return is_new
end

return M
