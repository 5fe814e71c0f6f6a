"""How long a reviewer waits: for the first diff of a large review, and until another editor shows what was accepted.

Beside the first, in the same Neovim, the same two files opened by hand and compared; beside the second the barest
question over the same connection.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from bench.client import Client
from bench.contest import ROUNDS, Contest, Outcome, hold
from bench.ledger import commit_of
from bench.repository import begin, git, lines_of
from bench.world import ATTACH, CASEWORK, World, world
from tests.editors.provision.debian import CannotProvide
from tests.editors.provision.neovim import neovim

_CLIENT: Final = Path(__file__).parents[1] / "clients" / "neovim"
SMALL: Final = "small.py"
_TIMES: Final = 20
_PACE_S: Final = 0.02
"""Nobody judges faster; what comes faster is told together."""
_LUA: Final = """
local told = vim.json.decode([==[%s]==])
vim.g.casework = { command = told.command }
vim.opt.runtimepath:prepend(told.client)
vim.cmd.runtime('plugin/casework.lua')
vim.cmd.edit(told.first)

local function timed(act)
  local begin = vim.uv.hrtime()
  act()
  vim.cmd.redraw()
  local took = (vim.uv.hrtime() - begin) / 1e6
  vim.cmd.tabclose()
  return took
end

local function by_review()
  vim.cmd('Casework review ' .. told.number)
  local shown = vim.wait(60000, function()
    local view = require('casework.review.view').current()
    return view ~= nil and view.drawn ~= nil
  end, 1)
  assert(shown, 'the review was shown within a minute')
end

local function by_hand()
  vim.cmd.tabedit(told.before)
  vim.cmd('vertical diffsplit ' .. told.first)
end

local function forget()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer) == told.before then
      vim.cmd.bwipeout(buffer)
    end
  end
end

timed(by_review) -- the client is attached from here on
local ours, other = {}, {}
for _ = 1, told.rounds do
  table.insert(ours, timed(by_review))
  table.insert(other, timed(by_hand))
  forget()
end
io.stdout:write(vim.json.encode({ ours, other }))
vim.cmd.qall({ bang = true })
"""


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold both, the first diff on a branch of 1,000 hunks, where there is a Neovim."""
    repository = _make(scratch / "repository")
    with world() as here, Client(ATTACH, folder=repository, environment=here.environment) as client:
        client.initialize()
        large, small = (
            client.request("casework/review/open", {"kind": "branch", "name": name}) for name in ("large", "small")
        )
        with Client(ATTACH, folder=repository, environment=here.environment) as other:
            other.initialize()
            outcomes = [_accepted(client, other, small)]
        try:
            outcomes.append(_first_diff(scratch, repository, here, large["number"]))
        except CannotProvide as no:
            sys.stderr.write(f"reviewing: the first diff is left out, {no}\n")
        return outcomes


def _make(folder: Path) -> Path:
    """Branches that change 1,000 hunks and, in one of the files, three."""
    begin(folder)
    (folder / SMALL).write_bytes(lines_of(0, 0))
    commit_of(folder, "base", top="", better="")
    git(folder, "checkout", "-q", "-b", "small")
    (folder / SMALL).write_bytes(lines_of(0, 1))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "small")
    git(folder, "checkout", "-q", "-b", "large", "main")
    commit_of(folder, "large", top="", better="better")
    git(folder, "checkout", "-q", "main")
    return folder


def _accepted(client: Client, other: Client, review: dict[str, Any]) -> Outcome:
    """Judge hunks in one editor; the other one is told, and reads the review again."""
    number = review["number"]
    hunks = cycle(hunk["id"] for file in review["files"] for hunk in file["hunks"])
    other.request("casework/board/read", {})
    states = cycle(("accepted", "rejected"))

    def accept() -> float:
        time.sleep(_PACE_S)
        hunk, decision = next(hunks), next(states)
        begin = time.perf_counter()
        client.request("casework/review/decide", {"number": number, "hunks": [hunk], "decision": decision})
        other.until("casework/review/changed")
        seen = other.request("casework/review/show", {"number": number})
        took = time.perf_counter() - begin
        assert decision in [each["decision"] for file in seen["files"] for each in file["hunks"] if each["id"] == hunk]
        return took * 1000

    def trip() -> float:
        return client.timed("casework/daemon/status", {}) * 1000

    contest = Contest("a hunk accepted, until another editor has read it", "a bare question", "ms", bound=25.0)
    return hold(
        contest,
        ours=lambda: statistics.median(accept() for _ in range(_TIMES)),
        other=lambda: statistics.median(trip() for _ in range(_TIMES)),
    )


def _first_diff(scratch: Path, repository: Path, here: World, number: int) -> Outcome:
    before = scratch / "before.py"
    before.write_bytes(git(repository, "show", "large:file00.py"))
    told = {
        "command": CASEWORK,
        "client": str(_CLIENT),
        "first": str(repository / "file00.py"),
        "before": str(before),
        "number": number,
        "rounds": ROUNDS,
    }
    script = scratch / "first_diff.lua"
    script.write_text(_LUA % json.dumps(told), encoding="utf-8")
    ran = subprocess.run(
        [neovim(), "--clean", "--headless", "-l", script],
        cwd=repository,
        env=here.environment,
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    ours, other = json.loads(ran.stdout)
    contest = Contest("first diff of a review of 1,000 hunks, Neovim", "both files opened by hand", "ms", bound=10.0)
    return Outcome(contest, tuple(ours), tuple(other))
