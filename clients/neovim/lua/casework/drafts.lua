--- What is being written and not sent yet, as files: at most a second behind, whoever is killed. A file each, in the
--- state folder of Neovim, gone once the text is sent or thrown away.

local M = {}

--- Between a change and its file.
local DELAY_MS = 400

---@class (exact) casework.Draft
---@field root string
---@field place string  What it is written for: `12/comment/HUNK`, `12/request`, `12/question/ID`.
---@field text string
---@field cursor {[1]: integer, [2]: integer}

---@return string
local function folder()
  return vim.fs.joinpath(vim.fn.stdpath('state') --[[@as string]], 'casework', 'drafts')
end

---@param root string
---@param place string
---@return string
local function path_of(root, place)
  return vim.fs.joinpath(folder(), vim.fn.sha256(root .. '\n' .. place):sub(1, 32) .. '.json')
end

---@param path string
---@return casework.Draft?
local function read(path)
  local file = io.open(path, 'r')
  local text = file and file:read('*a')
  if file then
    file:close()
  end
  local is_json, draft = pcall(vim.json.decode, text or '')
  local is_whole = is_json and type(draft) == 'table' and type(draft.text) == 'string' and type(draft.place) == 'string'
  return is_whole and draft or nil
end

--- The draft for `place`, if there is one.
---@param root string
---@param place string
---@return casework.Draft?
function M.of(root, place)
  return read(path_of(root, place))
end

--- The drafts that belong to review or task `number`.
---@param root string
---@param number integer
---@return casework.Draft[]
function M.about(root, number)
  local found = {}
  for name in vim.fs.dir(folder()) do
    local draft = name:find('%.json$') and read(vim.fs.joinpath(folder(), name))
    if draft and draft.root == root and vim.startswith(draft.place, number .. '/') then
      found[#found + 1] = draft
    end
  end
  return found
end

--- Keeps `draft`: written whole under another name first, so that a kill leaves the last one.
---@param draft casework.Draft
---@return boolean
function M.keep(draft)
  local path = path_of(draft.root, draft.place)
  vim.fn.mkdir(folder(), 'p', '0700')
  local new = ('%s.%d'):format(path, vim.uv.os_getpid())
  local handle = vim.uv.fs_open(new, 'w', 384) -- 0600
  if not handle then
    return false
  end
  local written = vim.uv.fs_write(handle, vim.json.encode(draft))
  vim.uv.fs_close(handle)
  return written and vim.uv.fs_rename(new, path) or false
end

--- Forgets the draft for `place`.
---@param root string
---@param place string
function M.forget(root, place)
  vim.uv.fs_unlink(path_of(root, place))
end

--- Keeps what is written in `buffer` as the draft for `place` from now on, until `stop` is called.
---@param buffer integer
---@param root string
---@param place string
---@return fun() stop  Ends it; `keep` or `forget` say what becomes of the file.
function M.follow(buffer, root, place)
  local timer = assert(vim.uv.new_timer())
  local is_due = false
  local function write()
    is_due = false
    if not vim.api.nvim_buf_is_valid(buffer) then
      return
    end
    local window = vim.fn.bufwinid(buffer)
    local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
    local cursor = window ~= -1 and vim.api.nvim_win_get_cursor(window) or { 1, 0 }
    if vim.trim(text) == '' then
      return M.forget(root, place)
    end
    M.keep({ root = root, place = place, text = text, cursor = cursor })
  end
  local group = vim.api.nvim_create_augroup('casework.draft.' .. buffer, {})
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = buffer,
    callback = function()
      if not is_due then -- the first change counts, so that somebody who never pauses is not left behind
        is_due = true
        timer:start(DELAY_MS, 0, vim.schedule_wrap(function()
          if is_due then
            write()
          end
        end))
      end
    end,
  })
  vim.api.nvim_create_autocmd('VimLeavePre', { group = group, callback = function()
    if is_due then
      write()
    end
  end })
  return function()
    is_due = false
    timer:stop()
    if not timer:is_closing() then
      timer:close()
    end
    pcall(vim.api.nvim_del_augroup_by_id, group)
  end
end

return M
