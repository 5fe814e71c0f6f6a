--- The language client's configuration; `plugin/casework.lua` enables it. All files of a git repository are its own,
--- of whatever type: what is reviewed is changes, not a language.

local notification = require('casework.wire').notification

---@type vim.lsp.Config
return {
  cmd = function(dispatchers, config)
    return vim.lsp.rpc.start(require('casework.client').command(), dispatchers, { cwd = config and config.root_dir })
  end,
  root_dir = function(buffer, on_dir)
    require('casework.client').root_dir(buffer, on_dir)
  end,
  handlers = {
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
  on_exit = function(code, signal, id)
    require('casework.client').on_exit(code, signal, id)
  end,
}
