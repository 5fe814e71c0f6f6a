--- What is left of a review as a quickfix list: `:cnext` and Enter go to the hunk, and what is judged leaves the list.

local client = require('casework.client')
local documents = require('casework.documents')
local draw = require('casework.draw')
local layout = require('casework.review.layout')
local ledger = require('casework.review.ledger')
local place_of = require('casework.review.place')
local texts = require('casework.review.texts')
local view_of = require('casework.review.view')

local M = {}

---@type table<string, integer>  Ids of the lists, by repository and review.
local lists = {}

---@param view casework.View
---@return string
local function key_of(view)
  return view.root .. '//' .. view.number
end

--- The line that a thing begins at: the first changed one where the text is known, else the first of its hunk.
---@param view casework.View
---@param place casework.Place
---@param thing casework.HunkView
---@return integer
local function line_of(view, place, thing)
  local sides = texts.of(view, place.file)
  local _, span = nil, nil
  if sides and thing.header ~= '' then
    _, span = place_of.spans(thing, sides.base.lines, sides.head.lines)
  end
  return span and span.first or math.max(1, thing.new_start)
end

--- Builds the entries: what has no decision, in reading order. Pure but for the names of buffers.
---@param view casework.View
---@param review casework.ReviewView
---@return vim.quickfix.entry[]
function M.entries(view, review)
  local entries = {}
  for _, place in ipairs(ledger.places(review)) do
    local file, thing = review.files[place.file], ledger.at(review, place)
    if thing.decision == 'none' then
      local section = draw.plain(thing.header:match('^@@.-@@%s*(.*)$') or '')
      local words = { ('+%d -%d'):format(thing.added, thing.removed), draw.plain(file.why_here), section }
      words = vim.tbl_filter(function(word)
        return word ~= ''
      end, words)
      entries[#entries + 1] = {
        filename = documents.name(view.root, view.number, 'head/' .. draw.plain(file.path)),
        module = draw.plain(file.shown_path or file.path), -- shown in place of the buffer's name
        lnum = line_of(view, place, thing),
        text = table.concat(words, ' · '),
        user_data = { casework = { root = view.root, number = view.number, hunk = thing.id } },
      }
    end
  end
  return entries
end

---@param view casework.View
---@param entries vim.quickfix.entry[]
---@return string
local function title(view, entries)
  return ('Casework review %d: %d left'):format(view.number, #entries)
end

--- Fills the quickfix list with what is left of the review in the current tab, and opens it.
function M.open()
  local view = view_of.current()
  if not view then
    return client.say('open the review first: `:Casework review show 12`.')
  end
  local entries = M.entries(view, view_of.review(view))
  if #entries == 0 then
    return client.say('nothing is left: every hunk has a decision.')
  end
  vim.fn.setqflist({}, ' ', { title = title(view, entries), items = entries })
  lists[key_of(view)] = vim.fn.getqflist({ id = 0 }).id
  vim.cmd('botright copen ' .. math.min(10, #entries + 1))
end

--- Takes what was judged out of the list that was made of `view`, where there is one.
---@param view casework.View
---@param is_closed? boolean  Its buffers are gone: the entries name them anew.
function M.update(view, is_closed)
  local id = lists[key_of(view)]
  local list = id and vim.fn.getqflist({ id = id, idx = 0, items = 0 })
  if not list or list.id == 0 then
    return
  end
  local entries = M.entries(view, view_of.review(view))
  if is_closed or #entries ~= #list.items then
    local idx = math.max(1, math.min(list.idx, #entries))
    vim.fn.setqflist({}, 'r', { id = id, title = title(view, entries), items = entries, idx = idx })
  end
end

--- The hunk of the entry that the user just went to, if it is one of ours and leads to `buffer`.
---@param view casework.View
---@param buffer integer
---@return string? hunk
local function chosen(view, buffer)
  local list = vim.fn.getqflist({ idx = 0, items = 0 })
  local entry = list.items[list.idx]
  local ours = entry and type(entry.user_data) == 'table' and entry.user_data.casework
  local is_meant = ours and ours.root == view.root and ours.number == view.number and entry.bufnr == buffer
  return is_meant and ours.hunk or nil
end

--- A text of a review came into a window by other means than ours (`:cnext`, Enter in the list, CTRL-O): the review is
--- shown whole again, at the hunk that was meant.
---@param window integer
function M.arrived(window)
  local view = view_of.current()
  if not (view and view.drawn and layout.is_whole(view.windows) and vim.api.nvim_win_is_valid(window)) then
    return
  end
  local is_ours = window == view.windows.base or window == view.windows.head
  local is_right = is_ours
  for side, buffer in pairs(view.drawn.buffers) do
    is_right = is_right and vim.api.nvim_win_get_buf(view.windows[side]) == buffer
  end
  local came = vim.api.nvim_win_get_buf(window)
  local hunk = chosen(view, came)
  if is_right or not (hunk or is_ours) then
    return
  end
  vim.bo[came].bufhidden = 'hide' -- or the list would lead nowhere the next time
  view.filled[came] = view.filled[came] or {}
  if not is_ours then
    vim.api.nvim_win_close(window, true) -- the quickfix window had none of an ordinary file to jump from
  end
  vim.api.nvim_set_current_win(view.windows.head)
  local found = view.place
  for _, place in ipairs(ledger.places(view.review)) do
    found = ledger.at(view.review, place).id == hunk and place or found
  end
  view_of.go(view, found, true)
end

vim.api.nvim_create_autocmd('BufWinEnter', {
  group = vim.api.nvim_create_augroup('casework.left', {}),
  pattern = 'casework://*',
  callback = function()
    local window = vim.api.nvim_get_current_win()
    vim.schedule(function()
      M.arrived(window)
    end)
  end,
})

return M
