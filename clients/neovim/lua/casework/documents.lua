--- Buffers of ours: their names, and how they are made. `casework://` names can be opened with `:edit`.
---
---     casework:///top/of/repository//12              review or task 12
---     casework:///top/of/repository//12/head/a.py    one side of a file of review 12
---     casework://12                                  the same in the repository of the current folder
---     casework://sidebar                             the sidebar

local M = {}

---@class (exact) casework.Name
---@field root? string
---@field number? integer
---@field rest string

--- Makes the name of a buffer about task `number`: the short one in the repository of the current folder.
---@param root string
---@param number integer
---@param rest? string
---@return string
function M.name(root, number, rest)
  local where = vim.fs.root(vim.uv.cwd() or '.', '.git') == root and '' or root .. '//'
  return ('casework://%s%d%s'):format(where, number, rest and '/' .. rest or '')
end

--- Takes a name apart; nil where it is none of ours.
---@param name string
---@return casework.Name?
function M.parse(name)
  local root, number, rest = name:match('^casework://(/.-)//(%d+)/?(.*)$')
  if not root then
    number, rest = name:match('^casework://(%d+)/?(.*)$')
  end
  if number then
    return { root = root, number = tonumber(number), rest = rest }
  end
  local word = name:match('^casework://(%l+)$')
  return word and { rest = word } or nil
end

--- Finds the buffer whose name is exactly `name`: names may hold anything, so no pattern is used.
---@param name string
---@return integer?
function M.find(name)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer) == name then
      return buffer
    end
  end
end

--- Makes, or finds, the unmodifiable buffer called `name` that shows something of the repository at `root`.
---@param name string
---@param root string
---@return integer
function M.buffer(name, root)
  local buffer = M.find(name) or -1
  if buffer ~= -1 and vim.b[buffer].casework_root ~= root then
    vim.api.nvim_buf_delete(buffer, { force = true }) -- of a repository that was current before a `:cd`
    buffer = -1
  end
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
  end
  M.own(buffer, root)
  return buffer
end

--- Gives `buffer` the options of all our buffers: nothing in it is executed, written or kept.
---@param buffer integer
---@param root string
function M.own(buffer, root)
  vim.b[buffer].casework_root = root
  local options = vim.bo[buffer]
  options.buftype, options.bufhidden, options.buflisted = 'nofile', 'wipe', false
  options.swapfile, options.undofile, options.modeline, options.modifiable = false, false, false, false
end

--- Fills a buffer whose name was given to `:edit`.
---@param buffer integer
---@param name string
function M.read(buffer, name)
  require('casework.start').once()
  local client = require('casework.client')
  local parsed = M.parse(name)
  local root = parsed and (parsed.root or client.repository())
  if not (parsed and root) then
    local sentence = '%s names nothing of ours; casework://12 is review or task 12.'
    return client.say(sentence:format(name), vim.log.levels.WARN)
  end
  M.own(buffer, root)
  if not parsed.number then
    return require('casework.sidebar').fill(buffer, root)
  end
  local side, path = parsed.rest:match('^(%l+)/(.+)$')
  if side == 'base' or side == 'head' or side == 'inline' then
    return M.read_side(buffer, root, parsed.number, side == 'base' and side or 'head', path)
  end
  require('casework.task').fill(buffer, root, parsed.number)
end

--- Fills `buffer` with one side of a reviewed file.
---@param buffer integer
---@param root string
---@param number integer
---@param side 'base'|'head'
---@param path string
function M.read_side(buffer, root, number, side, path)
  local client = require('casework.client')
  local method = require('casework.wire').method
  client.ask(root, method.review_content, { number = number, path = path, side = side }, function(content, problem)
    if not content then
      return client.say(problem or 'no content.', vim.log.levels.WARN)
    elseif vim.api.nvim_buf_is_valid(buffer) then
      local shown = require('casework.review.texts').side(content)
      M.set_lines(buffer, #shown.lines > 0 and shown.lines or { shown.note })
      M.set_filetype(buffer, path)
    end
  end)
end

--- Replaces the text of an unmodifiable buffer.
---@param buffer integer
---@param lines string[]
function M.set_lines(buffer, lines)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
end

--- Highlights `buffer` as the file at `path` would be; a type that fails leaves plain text.
---@param buffer integer
---@param path string
function M.set_filetype(buffer, path)
  local found, filetype = pcall(vim.filetype.match, { buf = buffer, filename = path })
  if found and filetype then
    pcall(function()
      vim.bo[buffer].filetype = filetype
    end)
  end
end

--- Goes to a window that shows a file, where the sidebar is in front: nothing is ever opened in that.
function M.leave_sidebar()
  if vim.wo.winfixwidth then
    vim.cmd.wincmd('p')
    if vim.wo.winfixwidth then
      vim.cmd('botright vnew')
      vim.bo.bufhidden = 'wipe'
    end
  end
end

return M
