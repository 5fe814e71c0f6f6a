--- Places in the code as the daemon knows them: a path from the repository's top, in git's writing, and lines. Pure.

local M = {}

---@type table<string, string>
local NAMED = {
  ['\a'] = '\\a', ['\b'] = '\\b', ['\t'] = '\\t', ['\n'] = '\\n', ['\v'] = '\\v', ['\f'] = '\\f', ['\r'] = '\\r',
  ['"'] = '\\"', ['\\'] = '\\\\',
}

--- Says whether `text` is UTF-8 throughout (RFC 3629: no surrogates, nothing overlong).
---@param text string
---@return boolean
local function is_utf8(text)
  local index = 1
  while index <= #text do
    local size = vim.str_utf_end(text, index) + 1
    if size == 1 and text:byte(index) >= 128 then
      return false
    end
    index = index + size
  end
  return not (text:find('[\192\193\245-\255]') or text:find('\237[\160-\191]') or text:find('\224[\128-\159]'))
end

--- Writes `path` as git does: as it is, or quoted where it is not plain UTF-8.
---@param path string
---@return string
function M.quote(path)
  if path ~= '' and not path:find('[%z\1-\31\127"\\]') and is_utf8(path) then
    return path
  end
  local quoted = path:gsub('.', function(byte)
    if NAMED[byte] then
      return NAMED[byte]
    end
    local code = byte:byte()
    return (code < 32 or code > 126) and ('\\%03o'):format(code) or byte
  end)
  return '"' .. quoted .. '"'
end

--- Gives the path of `file` below `root`, or nil when it lies elsewhere.
---@param root string
---@param file string
---@return string?
function M.below(root, file)
  local prefix = root:sub(-1) == '/' and root or root .. '/'
  return vim.startswith(file, prefix) and file:sub(#prefix + 1) or nil
end

--- Makes the anchor of lines `first` to `last` of `lines`.
---@param path string
---@param lines string[]
---@param first integer
---@param last integer
---@return casework.Anchor
function M.of(path, lines, first, last)
  local snippet = table.concat(vim.list_slice(lines, first, last), '\n')
  return { path = M.quote(path), line = first, end_line = last, snippet = vim.fn.strcharpart(snippet, 0, 2000) }
end

return M
