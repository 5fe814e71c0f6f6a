--- Runs the specs named on the command line in this Neovim: `nvim -l spec/run.lua spec/ledger_spec.lua ...`
---
--- A spec gives a list of cases: a sentence, what is done, and what comes out of it. Nothing is imitated.

local here = vim.fs.dirname(vim.fs.dirname(vim.fn.fnamemodify(arg[0], ':p')))
vim.opt.runtimepath:prepend(here)

local failed, count = 0, 0
for _, path in ipairs(arg) do
  for _, case in ipairs(dofile(path)) do
    count = count + 1
    local ran, got = xpcall(case.got, debug.traceback)
    if not ran or not vim.deep_equal(got, case.want) then
      failed = failed + 1
      io.stdout:write(('%s: %s\n  got  %s\n  want %s\n'):format(path, case[1], vim.inspect(got), vim.inspect(case.want)))
    end
  end
end
io.stdout:write(('%d cases, %d failed\n'):format(count, failed))
os.exit(failed == 0 and count > 0 and 0 or 1)
