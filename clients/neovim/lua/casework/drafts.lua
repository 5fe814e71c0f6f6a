--- What is being written and not sent yet: kept as files, at most a second behind, whoever is killed, and told to the
--- daemon, so that it is there in every other editor too. A file each, in the state folder of Neovim, gone once the text
--- is sent or thrown away, here or elsewhere.

local client = require('casework.client')
local method = require('casework.wire').method

local M = {}

--- Between a change and its file.
local DELAY_MS = 400

---@class (exact) casework.Draft
---@field root string
---@field place string  What it is written for: `12/comment/HUNK`, `12/request`, `12/question/ID`.
---@field text string
---@field cursor {[1]: integer, [2]: integer}
---@field told? boolean  The daemon has it as it stands here.

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

---@param place string
---@return {number: integer, place: string}
local function at(place)
  local number, rest = place:match('^(%d+)/(.*)$')
  return { number = tonumber(number), place = rest }
end

--- Tells the daemon; the file then says that it knows.
---@param draft casework.Draft
local function tell(draft)
  local params = vim.tbl_extend('error', at(draft.place), {
    text = draft.text,
    line = draft.cursor[1],
    column = draft.cursor[2],
  })
  client.ask(draft.root, method.draft_keep, params, function(answer)
    local now = answer and M.of(draft.root, draft.place)
    if now and now.text == draft.text and not now.told then
      now.told = true
      M.keep(now)
    end
  end)
end

--- Forgets the draft for `place`, here and in every editor.
---@param root string
---@param place string
function M.forget(root, place)
  vim.uv.fs_unlink(path_of(root, place))
  client.ask(root, method.draft_forget, at(place), function() end)
end

--- Two texts for one place as one, with nothing of either lost. Pure.
---@param first string
---@param second string
---@return string
function M.joined(first, second)
  if vim.startswith(first, second) then
    return first
  elseif vim.startswith(second, first) then
    return second
  end
  return first .. '\n\n' .. second
end

--- What becomes of a place: `mine` lies here, `other` is what the daemon has. Pure.
---@param mine casework.Draft?
---@param other casework.Draft?
---@return casework.Draft? draft  What is to lie here, with whether the daemon knows; nil for nothing.
function M.settled(mine, other)
  if not (mine and other) then
    return other or (mine and not mine.told and mine or nil) -- what was told and is gone was sent or thrown away
  elseif mine.told or mine.text == other.text then
    return other
  end
  local text = M.joined(other.text, mine.text)
  local cursor = text == mine.text and mine.cursor or other.cursor
  return { root = mine.root, place = mine.place, text = text, cursor = cursor, told = text == other.text }
end

---@type table<string, integer>
local written = {} -- the files of what is being written in this Neovim now, with the buffer

--- Gets the drafts of review or task `number` from the daemon, and tells it what it does not know. A place that is
--- written at here and now is left alone.
---@param root string
---@param number integer
---@param done? fun(others: table<string, casework.Draft>)  Called with what the daemon has, by place.
function M.sync(root, number, done)
  client.ask(root, method.draft_list, { number = number }, function(answer)
    if not answer then
      return
    end
    local mine, others, places = {}, {}, {}
    for _, one in ipairs(answer.drafts) do
      local place = ('%d/%s'):format(one.number, one.place)
      others[place] = { root = root, place = place, text = one.text, cursor = { one.line, one.column }, told = true }
      places[place] = true
    end
    for _, one in ipairs(M.about(root, number)) do
      mine[one.place], places[one.place] = one, true
    end
    for place in pairs(places) do
      local draft = M.settled(mine[place], others[place])
      local buffer = written[path_of(root, place)]
      local is_free = not (buffer and vim.api.nvim_buf_is_valid(buffer)) -- `:q!` leaves the place, and its draft
      if is_free and not draft then
        vim.uv.fs_unlink(path_of(root, place))
      elseif is_free and draft then
        M.keep(draft)
        if not draft.told then
          tell(draft)
        end
      end
    end
    if done then
      done(others)
    end
  end)
end

--- Keeps what is written in `buffer` as the draft for `place` from now on, until `stop` is called.
---@param buffer integer
---@param root string
---@param place string
---@return fun() stop  Ends it; `keep` or `forget` say what becomes of the file.
function M.follow(buffer, root, place)
  local timer = assert(vim.uv.new_timer())
  local is_due = false
  local path = path_of(root, place)
  written[path] = buffer
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
    local draft = { root = root, place = place, text = text, cursor = cursor }
    M.keep(draft)
    tell(draft)
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
    if written[path] == buffer then
      written[path] = nil
    end
    pcall(vim.api.nvim_del_augroup_by_id, group)
  end
end

return M
