--- The connection: one session per repository, started on demand, found again after the daemon's restart.
---
--- What was asked and not answered when the daemon went is asked again: every deed carries a key, so that the daemon
--- does it once. No state of the work lives here; `board.lua` holds what the daemon last showed.

local find = require('casework.find')

local M = {}

---@class (exact) casework.Asked
---@field method string
---@field params table
---@field answered fun(result: any, problem: string?)
---@field sent boolean

---@class (exact) casework.Session
---@field root string  Top folder of the repository.
---@field client? integer  Id of the language client, while there is one.
---@field ready boolean
---@field asked casework.Asked[]  Everything without an answer yet, in order.
---@field buffers table<integer, true>  Buffers to attach again after a restart.
---@field tries integer  Starts in a row that led to no answer.
---@field said? string  The last words of the daemon.

---@type table<string, casework.Session>
local sessions = {}
---@type string[]?
local relay
local leaving = false

--- What the exit codes of the relay mean to us; 5, and any signal, is a daemon that ended and can be had again.
local EXIT = { usage = 2, refused = 3 }

local PAUSES_MS = { 20, 100, 300, 1000, 2000, 3000, 5000, 5000 }

--- Shows a sentence to the user.
M.say = require('casework.notice').say

---@param root string
---@return casework.Session
local function session_of(root)
  local session = sessions[root]
  if not session then
    session = { root = root, ready = false, asked = {}, buffers = {}, tries = 0 }
    sessions[root] = session
  end
  return session
end

--- Gives the sessions there are.
---@return table<string, casework.Session>
function M.sessions()
  return sessions
end

---@param session casework.Session
---@param sentence string
local function give_up(session, sentence)
  local unanswered = session.asked
  session.asked = {}
  for _, asked in ipairs(unanswered) do
    asked.answered(nil, sentence)
  end
  if #unanswered == 0 then
    M.say(sentence, vim.log.levels.WARN)
  end
end

--- Takes JSON's null out of an answer, all the way down: what is absent is nil.
---@generic T
---@param value T
---@return T?
function M.without_null(value)
  if value == vim.NIL then
    return nil
  elseif type(value) == 'table' then
    for key, inner in pairs(value) do
      value[key] = M.without_null(inner)
    end
  end
  return value
end

---@param session casework.Session
---@param asked casework.Asked
local function send(session, asked)
  local client = session.client and vim.lsp.get_client_by_id(session.client)
  if not (session.ready and client) then
    return
  end
  asked.sent = client:request(asked.method, asked.params, function(problem, result)
    for index, one in ipairs(session.asked) do
      if one == asked then
        table.remove(session.asked, index)
        session.tries = 0
        return asked.answered(M.without_null(result), problem and (problem.message or tostring(problem)))
      end
    end
  end)
end

--- Why the relay does not stay: it is started once more, with nothing to carry, and says so.
---@param session casework.Session
function M.explain(session)
  vim.system(relay --[[@as string[] ]], { text = true, stdin = '', timeout = 10000 }, vim.schedule_wrap(function(done)
    local sentence = vim.trim(done.stderr or '')
    give_up(session, sentence ~= '' and sentence or session.said or 'the daemon can not be reached.')
  end))
end

---@param session casework.Session
local function start(session)
  find.relay(function(command, sentence)
    if not command then
      return give_up(session, sentence --[[@as string]])
    end
    relay = command
    local configuration = vim.tbl_extend('force', vim.lsp.config.casework, { root_dir = session.root })
    session.client = vim.lsp.start(configuration, { attach = false })
    if not session.client then
      give_up(session, 'the relay could not be started; `:checkhealth casework` says more.')
    end
  end)
end

--- Starts `session` again after a pause that grows; after the last one it says why.
---@param session casework.Session
local function again(session)
  session.tries = session.tries + 1
  local pause = PAUSES_MS[session.tries]
  if not pause then
    return M.explain(session)
  end
  vim.defer_fn(function()
    if not session.client and not leaving then
      start(session)
    end
  end, pause)
end

--- Asks the daemon about the repository at `root`; `answered` gets the result, or nil and a sentence.
---@param root string
---@param method string
---@param params table
---@param answered fun(result: any, problem: string?)
function M.ask(root, method, params, answered)
  local session = session_of(root)
  params.repository = root
  local asked = { method = method, params = params, answered = answered, sent = false }
  session.asked[#session.asked + 1] = asked
  if session.ready then
    send(session, asked)
  elseif not session.client then
    session.tries = 0
    start(session)
  end
end

--- A key that no other deed has.
---@return string
local function deed_key()
  return 'nvim-' .. vim.uv.random(16):gsub('.', function(byte)
    return ('%02x'):format(byte:byte())
  end)
end

--- Asks for a deed that nobody waits for: a refusal is no news to the user.
---@param root string
---@param method string
---@param params table
---@param done fun(result: any)
function M.quietly(root, method, params, done)
  params.command = deed_key()
  M.ask(root, method, params, function(result)
    if result then
      done(result)
    end
  end)
end

--- Asks for a deed, under a key of its own; a refusal is shown to the user. `done` is called when it succeeded.
---@param root string
---@param method string
---@param params table
---@param done? fun(result: any)
---@param failed? fun(sentence: string)
function M.deed(root, method, params, done, failed)
  params.command = deed_key()
  M.ask(root, method, params, function(result, problem)
    if problem then
      M.say(problem, vim.log.levels.WARN)
      if failed then
        failed(problem)
      end
    elseif done then
      done(result)
    end
  end)
end

--- The top folder of the repository that `path` lies in.
---@param path string
---@return string?
local function top_of(path)
  return vim.fs.root(path, '.git')
end

--- The repository that is meant where the cursor is: that of a buffer of ours, of the file, of the current folder.
---@return string?
function M.here()
  local own = vim.b.casework_root
  if own then
    return own
  end
  local name = vim.api.nvim_buf_get_name(0)
  if vim.bo.buftype == '' and name ~= '' then
    local top = top_of(name)
    if top then
      return top
    end
  end
  return top_of(vim.uv.cwd() or '.') or next(sessions)
end

--- Like `here`, but tells the user when there is no repository.
---@return string?
function M.repository()
  local root = M.here()
  if not root then
    M.say('this is no git repository, so there is nothing to review here: open a file of one, or `:cd` into one.')
  end
  return root
end

--- Tells `on_dir` the root for `buffer` once the relay is known; a review's file attaches where its repository does.
---@param buffer integer
---@param on_dir fun(root: string)
function M.root_dir(buffer, on_dir)
  local root = top_of(vim.api.nvim_buf_get_name(buffer)) or M.document_root(buffer)
  if not root then
    return
  end
  find.relay(function(command)
    if command then
      relay = command
      session_of(root).buffers[buffer] = true
      on_dir(root)
    end
  end)
end

---@type table<string, string>
local documents = {}

--- Remembers that the file at `path` is the review document of a task in `root`.
---@param path string
---@param root string
function M.remember_document(path, root)
  documents[vim.fs.normalize(path)] = root
end

--- The repository of a review document that lies outside of it, if `buffer` shows one.
---@param buffer integer
---@return string?
function M.document_root(buffer)
  local path = vim.fs.normalize(vim.api.nvim_buf_get_name(buffer))
  return documents[path] or (path:find('/casework/.*%.md$') and next(sessions) or nil)
end

--- Called when the handshake is done.
---@param client vim.lsp.Client
function M.on_init(client)
  local session = session_of(client.root_dir or vim.uv.cwd())
  session.client, session.ready = client.id, true
  -- A review changes whole blocks: a sign at each is enough, underlining them is not read as anything.
  vim.diagnostic.config({ underline = false }, vim.lsp.diagnostic.get_namespace(client.id))
  for buffer in pairs(session.buffers) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      vim.lsp.buf_attach_client(buffer, client.id)
    end
  end
  require('casework.board').read(session.root)
  for _, asked in ipairs(vim.list_slice(session.asked)) do
    if not asked.sent then
      send(session, asked)
    end
  end
end

--- Starts the relay for Neovim's client. How it ended is dealt with here; Neovim would stop the user with a message.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param root string?
---@return vim.lsp.rpc.PublicClient
function M.start_relay(dispatchers, root)
  local on_exit = dispatchers.on_exit
  local session = session_of(root or vim.uv.cwd())
  dispatchers.on_exit = function(code, signal)
    on_exit(0, 0)
    vim.schedule(function()
      M.ended(session, code, signal)
    end)
  end
  return vim.lsp.rpc.start(assert(relay, find.not_found), dispatchers, { cwd = root })
end

--- Takes the last words of the daemon.
---@param words {sentence: string}
---@param id integer
function M.last_words(words, id)
  for _, session in pairs(sessions) do
    if session.client == id then
      session.said = words.sentence
    end
  end
end

--- Called when the relay of `session` has ended: unless it was asked to, it is started again and asked again.
---@param session casework.Session
---@param code integer
---@param signal integer
function M.ended(session, code, signal)
  session.client, session.ready = nil, false
  for _, asked in ipairs(session.asked) do
    asked.sent = false
  end
  require('casework.board').offline(session.root)
  if leaving or (code == 0 and signal == 0) then
    return
  elseif code == EXIT.usage or code == EXIT.refused then
    return M.explain(session)
  end
  again(session)
end

--- Ends the connection of every session and makes a new one.
function M.restart()
  for _, session in pairs(sessions) do
    local client = session.client and vim.lsp.get_client_by_id(session.client)
    session.client, session.ready, session.tries = nil, false, 0
    if client then
      client:stop(true)
    end
    start(session)
  end
end

--- Makes sure that the repository at `root` is connected.
---@param root string
function M.connect(root)
  local session = session_of(root)
  if not session.client then
    session.tries = 0
    start(session)
  end
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('casework.client', {}),
  callback = function()
    leaving = true
  end,
})

return M
