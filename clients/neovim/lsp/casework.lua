--- The language client's configuration; `plugin/casework.lua` enables it. All files of a git repository are its own,
--- of whatever type: what is reviewed is changes, not a language.

local notification = require('casework.wire').notification

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
  on_init = function(client)
    require('casework.client').on_init(client)
  end,
}
