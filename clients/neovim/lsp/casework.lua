--- The language client's configuration; `plugin/casework.lua` enables it. All files of a git repository are its own,
--- of whatever type: what is reviewed is changes, not a language.

local wire = require('casework.wire')
local notification = wire.notification

---@type vim.lsp.Config
return {
  cmd = function(dispatchers, config)
    return require('casework.client').start_relay(dispatchers, config and config.root_dir)
  end,
  root_dir = function(buffer, on_dir)
    require('casework.client').root_dir(buffer, on_dir)
  end,
  handlers = {
    ['$/casework/ended'] = function(_, words, context)
      require('casework.client').last_words(words, context.client_id)
    end,
    [notification.board_changed] = function(_, params)
      require('casework.board').changed(params)
    end,
    [notification.review_changed] = function(_, params)
      require('casework.board').review_changed(params)
    end,
  },
  -- Code actions and lenses of the daemon that this client does better itself: side by side instead of in a file.
  commands = {
    [wire.command.review_document] = function(command)
      require('casework.actions').open(command.arguments[1])
    end,
    [wire.command.review_answer] = function(command)
      require('casework.actions').answer(command.arguments[1])
    end,
  },
  on_init = function(client)
    require('casework.client').on_init(client)
  end,
}
