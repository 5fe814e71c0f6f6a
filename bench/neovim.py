"""What the Neovim plug-in costs before its first use, and how long it takes from a judged hunk to the next one.

A real Neovim with a screen, on a daemon of its own. Beside it a plug-in of the same files, all empty; and beside the
next hunk the least that any client can do: another buffer, and one question to the daemon.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.contest import Contest, Outcome, hold
from bench.repository import begin, git, lines_of
from bench.world import CASEWORK, World, world
from tests.editors.neovim.driver import PLUGIN, Neovim
from tests.editors.provision.neovim import neovim

STARTS: Final = 25
HUNKS: Final = 10

_JUDGE: Final = """
local view_of, took = require('casework.review.view'), {}
for n = 1, ... do
  vim.wait(60) -- somebody looks
  local view = view_of.current()
  local place, began = view.place, vim.uv.hrtime()
  require('casework.review.judge').accept()
  assert(vim.wait(5000, function() return view.place ~= place and view.drawn ~= nil end, 1))
  vim.cmd.redraw()
  took[n] = (vim.uv.hrtime() - began) / 1e6
end
return took
"""
_SWITCH: Final = """
local client, took, buffers = vim.lsp.get_clients({ name = 'casework' })[1], {}, {}
vim.cmd.tabnew()
for _ = 1, 2 do
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.fn['repeat']({ 'a line of text' }, 100))
  buffers[#buffers + 1] = buffer
end
for n = 1, ... do
  vim.wait(60)
  local began = vim.uv.hrtime()
  vim.cmd.buffer(buffers[n % 2 + 1])
  vim.cmd.redraw()
  assert(client:request_sync('casework/daemon/status', { repository = client.root_dir }, 5000, 0).result)
  took[n] = (vim.uv.hrtime() - began) / 1e6
end
vim.cmd.tabclose()
return took
"""
_BACK: Final = """
local view_of, method = require('casework.review.view'), require('casework.wire').method
local view, ids, done = view_of.current(), {}, false
for _, file in ipairs(view.review.files) do
  ids[#ids + 1] = file.hunks[1].id
end
local params = { number = view.number, hunks = ids, decision = 'none', reason = '' }
require('casework.client').deed(view.root, method.review_decide, params, function(review)
  view_of.take(view, review)
  view_of.go(view, { file = 1, hunk = 1 })
  done = true
end)
return vim.wait(5000, function() return done and view.drawn ~= nil end, 1)
"""


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contests of the start, then that of the next hunk."""
    empty = scratch / "empty"
    shutil.copytree(PLUGIN, empty)
    for path in empty.rglob("*.lua"):
        path.write_text("")
    log = scratch / "times"
    whole = Contest("Neovim's start with the plug-in, before its first use", "the same files, all empty", "ms", 1.05)
    read = Contest("what its start reads of the plug-in", "the same files, all empty", "ms", None)
    return [
        hold(whole, ours=lambda: _start(PLUGIN), other=lambda: _start(empty)),
        hold(read, ours=lambda: _sourcing(PLUGIN, log), other=lambda: _sourcing(empty, log)),
        _next_hunk(scratch),
    ]


def _command(plugin: Path) -> list[str | Path]:
    return [neovim(), "--headless", "-u", "NONE", "--cmd", f"set rtp^={plugin}", "--cmd", "set loadplugins"]


def _start(plugin: Path) -> float:
    took = []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([*_command(plugin), "-c", "qa!"], capture_output=True, timeout=30, check=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def _sourcing(plugin: Path, log: Path) -> float:
    """By Neovim's own clock."""
    took = []
    for _ in range(STARTS):
        log.unlink(missing_ok=True)
        command = [*_command(plugin), "--startuptime", log, "-c", "qa!"]
        subprocess.run(command, capture_output=True, timeout=30, check=True)
        lines = re.findall(r"^\S+ +(\S+) +\S+: sourcing (\S+)$", log.read_text(), re.MULTILINE)
        took.append(sum(float(ms) for ms, name in lines if name.startswith(str(plugin))))
    return statistics.median(took)


def _next_hunk(scratch: Path) -> Outcome:
    repository = scratch / "ten"
    _ten(repository)
    contest = Contest("judged until the next hunk is shown, Neovim", "buffer switch and one round trip", "ms", 1.0)
    with world() as here, _reviewing(scratch, repository, here) as editor:

        def ours() -> float:
            took = _median(editor.lua(_JUDGE, HUNKS - 1))
            assert editor.lua(_BACK)
            return took

        return hold(contest, ours=ours, other=lambda: _median(editor.lua(_SWITCH, HUNKS - 1)))


def _median(took: Any) -> float:
    return statistics.median(float(one) for one in took)


def _reviewing(scratch: Path, repository: Path, here: World) -> Neovim:
    init = f"vim.g.casework = {{ command = [[{CASEWORK}]] }}"
    environment = dict(here.environment)
    editor = Neovim(scratch / "neovim", cwd=repository, init=init, env=environment)
    editor.keys(":Casework review branch ten<CR>")
    editor.sees("proposed", "Review 1", "hunk 1/1 · file 1/10", timeout_s=60)
    return editor


def _ten(folder: Path) -> None:
    """A branch that changes one place in each of ten files: every key that judges leads to another file."""
    begin(folder)
    for mark in range(2):
        for number in range(HUNKS):
            lines = lines_of(number, 0).splitlines(keepends=True)
            lines[30] = b"better\n" if mark else lines[30]
            (folder / f"{number}.txt").write_bytes(b"".join(lines))
        if mark:
            git(folder, "switch", "-q", "-c", "ten")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "Better" if mark else "Begin")
    git(folder, "switch", "-q", "main")
