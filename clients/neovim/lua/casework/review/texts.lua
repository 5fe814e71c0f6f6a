--- Both sides of a reviewed file as lines, asked for once and kept as long as the view that shows them.

local client = require('casework.client')
local draw = require('casework.draw')
local method = require('casework.wire').method

local M = {}

---@class (exact) casework.Side
---@field lines string[]
---@field note string  Said beside the text: why there is none, or what can't be seen in it. Empty where all is plain.
---@field dos boolean  Lines end in CR LF; the CR is not in `lines`.

---@class (exact) casework.Sides
---@field base casework.Side
---@field head casework.Side

--- Makes lines of what the daemon gave for one side.
---@param content casework.Content
---@return casework.Side
function M.side(content)
  if content.missing then
    return { lines = {}, note = 'not there', dos = false }
  elseif content.binary or not content.text then
    return { lines = {}, note = 'binary, judged as a whole', dos = false }
  end
  local lines = vim.split(content.text, '\n', { plain = true })
  local note = ''
  if lines[#lines] == '' then
    lines[#lines] = nil
  else
    note = 'no line break at the end'
  end
  return { lines = lines, note = note, dos = false }
end

---@param side casework.Side
---@return boolean
local function ends_in_cr(side)
  for _, line in ipairs(side.lines) do
    if line:sub(-1) ~= '\r' then
      return false
    end
  end
  return #side.lines > 0
end

--- Takes the CR off the lines where all lines of both sides have one; else each stays visible.
---@param sides casework.Sides
---@return casework.Sides
function M.without_cr(sides)
  local both = { sides.base, sides.head }
  for _, side in ipairs(both) do
    if #side.lines > 0 and not ends_in_cr(side) then
      return sides
    end
  end
  for _, side in ipairs(both) do
    side.dos = #side.lines > 0
    side.lines = vim.tbl_map(function(line)
      return line:sub(1, -2)
    end, side.lines)
  end
  return sides
end

--- The file's name as shown, with the old one where it was renamed.
---@param file casework.FileView
---@param side 'base'|'head'
---@return string
function M.path(file, side)
  return draw.plain(side == 'base' and file.old_path or file.path)
end

--- Asks for both sides of `file`.
---@param root string
---@param number integer
---@param file casework.FileView
---@param ready fun(sides: casework.Sides?, problem: string?)
function M.ask(root, number, file, ready)
  ---@type table<string, casework.Side>
  local got = {}
  local failed = false
  for _, side in ipairs({ 'base', 'head' }) do
    local params = { number = number, path = file.path, side = side }
    client.ask(root, method.review_content, params, function(content, problem)
      if failed then
        return
      elseif not content then
        failed = true
        return ready(nil, problem)
      end
      got[side] = M.side(content)
      if got.base and got.head then
        ready(M.without_cr({ base = got.base, head = got.head }))
      end
    end)
  end
end

--- The texts of file `number`, if they are known already, and the key they are kept under.
---@param view casework.View
---@param number integer
---@return casework.Sides?, string key
function M.of(view, number)
  local file = view.review.files[number]
  local key = view.review.head .. ':' .. file.path
  return view.texts[key], key
end

--- Asks for the texts of file `number`, so that they are there when it is gone to.
---@param view casework.View
---@param number integer
---@param got fun(view: casework.View, number: integer, sides: casework.Sides)
function M.prefetch(view, number, got)
  local file = view.review.files[number]
  if not file then
    return
  end
  local known, key = M.of(view, number)
  if not known then
    M.ask(view.root, view.number, file, function(sides)
      view.texts[key] = sides
      local is_there = view.review.files[number] ~= nil and select(2, M.of(view, number)) == key
      if sides and is_there then
        got(view, number, sides)
      end
    end)
  end
end

return M
