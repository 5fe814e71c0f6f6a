--- The order in which a review is judged: which thing comes next, what is left, what stands where. Pure.
---
--- A review is a list of files in reading order; each file has hunks, or is judged as a whole. Both are called things
--- here, and each has a place: the index of its file, and its index within the file.

local M = {}

---@class (exact) casework.Place
---@field file integer
---@field hunk integer

---@class (exact) casework.Pending
---@field decision casework.Decision
---@field reason string

--- The things of one file that carry a decision.
---@param file casework.FileView
---@return casework.HunkView[]
function M.things(file)
  if #file.hunks > 0 then
    return file.hunks
  end
  return file.whole and { file.whole } or {}
end

--- The thing at `place`, if there is one.
---@param review casework.ReviewView
---@param place casework.Place
---@return casework.HunkView?
function M.at(review, place)
  local file = review.files[place.file]
  return file and M.things(file)[place.hunk]
end

--- Whether two states of one review have the same hunks: where one was split, or put together, they have not.
---@param before casework.ReviewView
---@param after casework.ReviewView
---@return boolean
function M.same_things(before, after)
  local function ids(review)
    local found = {}
    for _, file in ipairs(review.files) do
      for _, thing in ipairs(M.things(file)) do
        found[#found + 1] = thing.id
      end
    end
    return found
  end
  return vim.deep_equal(ids(before), ids(after))
end

--- Where one stays in a file whose hunks are others now: at the same hunk, else at a part of it, else at its whole.
---@param review casework.ReviewView
---@param place casework.Place
---@param thing casework.HunkView?
---@return casework.Place
function M.stays(review, place, thing)
  local things = M.things(review.files[place.file] or { hunks = {} })
  for _, is_it in ipairs({
    function(one) return thing and one.id == thing.id end,
    function(one) return thing and one.part_of == thing.id end,
    function(one) return thing and thing.part_of == one.id end,
    function(one) return thing and thing.part_of and one.part_of == thing.part_of end,
  }) do
    for index, one in ipairs(things) do
      if is_it(one) then
        return { file = place.file, hunk = index }
      end
    end
  end
  return { file = place.file, hunk = math.max(1, math.min(place.hunk, #things)) }
end

--- The fold that `thing` belongs to, if its hunks are one decision.
---@param review casework.ReviewView
---@param thing casework.HunkView
---@return casework.FoldView?
function M.fold_of(review, thing)
  for _, fold in ipairs(thing.fold and review.folds or {}) do
    if fold.id == thing.fold then
      return fold
    end
  end
end

--- Ids of everything that one decision on `thing` decides.
---@param review casework.ReviewView
---@param thing casework.HunkView
---@return string[]
function M.together(review, thing)
  local fold = M.fold_of(review, thing)
  return fold and vim.list_slice(fold.hunks) or { thing.id }
end

--- The review with the folds in `apart` left out: their hunks are decided one by one.
---@param review casework.ReviewView
---@param apart table<string, true>
---@return casework.ReviewView
function M.taken_apart(review, apart)
  if next(apart) == nil then
    return review
  end
  local folds = vim.tbl_filter(function(fold)
    return not apart[fold.id]
  end, review.folds)
  return vim.tbl_extend('force', review, { folds = folds })
end

--- Every place of a review in reading order: what is folded comes behind everything else, fold by fold.
---@param review casework.ReviewView
---@return casework.Place[]
function M.places(review)
  local places, folded, standing = {}, {}, {}
  for _, fold in ipairs(review.folds or {}) do
    for _, id in ipairs(fold.hunks) do
      folded[id] = true
    end
  end
  for number, file in ipairs(review.files) do
    for index, thing in ipairs(M.things(file)) do
      local place = { file = number, hunk = index }
      standing[thing.id] = place
      if not folded[thing.id] then
        places[#places + 1] = place
      end
    end
  end
  for _, fold in ipairs(review.folds or {}) do
    for _, id in ipairs(fold.hunks) do
      places[#places + 1] = standing[id]
    end
  end
  return places
end

--- Where `place` stands in the reading order, from 1.
---@param places casework.Place[]
---@param place casework.Place
---@return integer?
function M.position(places, place)
  for index, one in ipairs(places) do
    if one.file == place.file and one.hunk == place.hunk then
      return index
    end
  end
end

--- The place `step` further in reading order; nil behind the last and before the first.
---@param review casework.ReviewView
---@param place casework.Place
---@param step integer
---@return casework.Place?
function M.beside(review, place, step)
  local places = M.places(review)
  local position = M.position(places, place)
  return position and places[position + step]
end

--- The next place without a decision behind `place`, over files and around the end; nil when all are judged.
---@param review casework.ReviewView
---@param place? casework.Place  Nil: from the start.
---@return casework.Place?
function M.next_undecided(review, place)
  local places = M.places(review)
  local start = place and M.position(places, place) or 0
  for step = 1, #places do
    local candidate = places[(start + step - 1) % #places + 1]
    if M.at(review, candidate).decision == 'none' then
      return candidate
    end
  end
end

--- The first place of the file `step` further; nil where there is none.
---@param review casework.ReviewView
---@param place casework.Place
---@param step integer
---@return casework.Place?
function M.file_beside(review, place, step)
  return review.files[place.file + step] and { file = place.file + step, hunk = 1 } or nil
end

--- Ids of the things in the file of `place` that have no decision yet.
---@param review casework.ReviewView
---@param place casework.Place
---@return string[]
function M.undecided_in_file(review, place)
  local ids = {}
  for _, thing in ipairs(M.things(review.files[place.file])) do
    if thing.decision == 'none' then
      ids[#ids + 1] = thing.id
    end
  end
  return ids
end

--- Whoever decides on a hunk has read it as it is.
---@param thing casework.HunkView
---@param pending casework.Pending?
---@return casework.HunkView
local function overlaid(thing, pending)
  local read = pending and pending.decision ~= 'none' and { seen = true, stale = false } or {}
  return pending and vim.tbl_extend('force', thing, read, pending) or thing
end

--- The review as it will be when what was sent and not answered yet is done; counts included. What an approval would do
--- is the daemon's to say, so its label waits for the answer.
---@param review casework.ReviewView
---@param pending table<string, casework.Pending>
---@return casework.ReviewView
function M.with_pending(review, pending)
  if next(pending) == nil then
    return review
  end
  local counts = { none = 0, accepted = 0, rejected = 0, unseen = 0, stale = 0 }
  local files = {}
  for number, file in ipairs(review.files) do
    local hunks = vim.tbl_map(function(hunk)
      return overlaid(hunk, pending[hunk.id])
    end, file.hunks)
    local whole = file.whole and overlaid(file.whole, pending[file.whole.id])
    files[number] = vim.tbl_extend('force', file, { hunks = hunks, whole = whole })
    for _, thing in ipairs(M.things(files[number])) do
      counts[thing.decision] = counts[thing.decision] + 1
      counts.unseen = counts.unseen + (thing.seen == false and 1 or 0)
      counts.stale = counts.stale + (thing.stale and 1 or 0)
    end
  end
  return vim.tbl_extend('force', review, {
    files = files,
    accepted = counts.accepted,
    rejected = counts.rejected,
    undecided = counts.none,
    unseen = counts.unseen,
    stale = counts.stale,
    approve_label = '…',
  })
end

--- The review as it is to land in `mode`: approving says what that does.
---@param review casework.ReviewView
---@param mode casework.LandingMode?
---@return casework.ReviewView
function M.with_mode(review, mode)
  for _, one in ipairs(review.modes) do
    if one.mode == mode then
      return vim.tbl_extend('force', review, { approve_label = one.label })
    end
  end
  return review
end

--- The review as it is to be approved: what becomes of what does not land, and the hash that goes with that.
---@param review casework.ReviewView
---@param chosen casework.ApprovalView?  One that was offered; another state of the review may offer it no more.
---@return casework.ReviewView
function M.with_approval(review, chosen)
  for _, one in ipairs(chosen and review.approvals or {}) do
    if one.rest == chosen.rest and one.only_accepted == chosen.only_accepted then
      return vim.tbl_extend('force', review, { approve_label = one.label, shown = one.shown, approval = one })
    end
  end
  return review
end

--- What is worth saying about the way from one state of a review to the next. Pure.
---@param before casework.ReviewView
---@param after casework.ReviewView
---@return string?
function M.news(before, after)
  if after.status == 'landed' and before.status ~= 'landed' then
    return ('review %d has landed; U takes it back.'):format(after.number)
  elseif after.status == 'in_review' and after.run ~= before.run then
    return ('review %d: this is run %d.'):format(after.number, after.run or 1)
  elseif after.status == 'in_review' and after.head ~= before.head then
    return ('review %d shows something new: look again.'):format(after.number)
  end
end

return M
