"""Holds every contest, or those whose names are given, and prints the table."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.contest import Outcome, table

CONTESTS: Final = (
    "attach",
    "cold_start",
    "events",
    "actions",
    "memory",
    "large",
    "ledger",
    "reviewing",
    "busy",
    "boxes",
    "builtin",
    "neovim",
)

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"
_TEXT: Final = """\
<!-- Written by `make bench WRITE=1`. -->
# Benchmarks

Figures say little about a machine that does other things too; ratios of figures taken in turn in one run say more. Each
row compares Casework with the simplest thing that does the same: five rounds, taken in turn, who begins changing from
round to round; the medians, their ratio, and all five figures of both. A row that says **no** is a bound that does not
hold; none is left out.

Repeat it with `make bench`, or one part with `make bench CONTESTS=attach`; the parts are {parts}. `make bench WRITE=1`
writes this page. The code is in `bench/`, a file for each part; what both sides do is below the table.

Taken on: {machine}.

{table}
## What is compared

Both sides of a row use the same interpreter, the same client (`bench/client.py`) and the same repository, made anew.

- **Attach** (`attach.py`): from starting the command until `initialize` is answered by a daemon that runs; a figure is
  the median of 15. *As clients start it* is what our clients and `casework editor-config` use: `python -I -S relay.py`.
  Beside it a bare interpreter (`-I -S`, `bench/echo.py`) that connects to a socket, passes the question on and gets a
  fixed answer from a thread. `casework lsp` is what people type; it starts a whole interpreter with its packages'
  paths and has no bound.
- **Cold start** (`cold_start.py`): no daemon runs, not even the last of one. From starting the same command until
  `initialize` is answered, and until the board of a repository with one waiting review is there, read from its journal;
  a figure is the median of 3. Beside it `bench/trivial.py`, a server on pygls started directly, which answers the same
  board from a file. Casework keeps between starts what attrs compiles for the protocol's records
  (`casework/lsp/kept_code.py`); the server beside it compiles them every time, as servers do.
- **Acknowledged events** (`events.py`): 1, 8 or 64 writers each wait until their event was decided, redacted, hashed
  into the chain, committed, folded into the board and told to a subscriber. Beside it SQLite alone, which makes the
  same rows by hand and commits as many at a time, in WAL mode with the same `synchronous`, from a loop that waits for
  nobody. Both take names and times from the same clock; a figure is the median of 5.
- **Code actions** (`actions.py`): 10,000 tasks and 100 waiting reviews, loaded by a daemon from its journal; 5,000
  requests, each at a line that a waiting review changes; p99. Beside it the server on pygls, which returns as many
  actions, made beforehand.
- **Memory** (`memory.py`): what is resident (RSS) once a process has rested for a second: the daemon with one editor
  that read its board, beside the server on pygls with one editor. *Each waiting review* is the difference between a
  daemon with 100 of them and one with none, by 100.
- **Large repository** (`large.py`): 50,000 files, 200 of them changed. *Review* against `update-index --stdin`,
  `write-tree`, `commit-tree` and `diff`, with `git status` before where the paths are not known and every file has to
  be looked at. *Known files* are named to `review working-tree --only`. A review is ready when the client has the
  answer, but for a run's: until its worktree is committed and read as a change.
  *Landing*, from the approval until the task is landed, against `update-index` and `git commit`, both with an index
  that knows no trees.
- **Ledger** (`ledger.py`): a change of 1,000 hunks in 50 files, all accepted; in the next one a hunk is another. From
  the parsed change until everything that is recorded of it is there: which hunks are the same, what changed in the one
  that is not, the blob and the events. *Moved base*: every file's base has a new line on top. Beside it
  `git diff-tree -p` of that change.
- **Reviewing** (`reviewing.py`): *a hunk accepted*, in a review of three: from sending it until a second editor was
  told of it, asked for the review and has it; the second one reads everything again, as editors do. A figure is the
  median of 20, one every 20 ms. Beside it the daemon's smallest answer over the same connection. *First diff*: from
  `:Casework review N` until both sides of the first hunk are drawn, in a Neovim without a screen that is attached.
  Beside it, in the same Neovim, both files opened from disk with `:diffsplit`.
- **Builtin agent** (`builtin.py`): a task of 20 calls, ten reads and ten edits, against a scripted model in the process
  that measures, in a repository of 5,000 files. Beside it `bench/bare_loop.py`: the same SDK's stream helper, two tools
  in its own process, each message a row of SQLite, a process for each task. A step is the median time between two
  requests. *Accepted to first request* is from sending the start of a task until the model is asked, worktree
  included, in a daemon whose worker is warm, beside starting the bare process. Tokens are a quarter of the characters
  of system, tools and messages. Memory is what is not shared (USS) of daemon, worker and tools.
- **Busy** (`busy.py`): the code actions of 100 waiting reviews, asked every 20 ms, while eight scripted agents write
  as fast as they are let, with a checkpoint every 25 steps, and 10,000 new files are written into the working tree;
  p99 of 500. Beside it the same daemon at rest.
- **Boxes** (`boxes.py`): `/bin/true` in a box, from the call until its whole tree is gone and its output is kept; a
  figure is the median of 40. Beside it `bwrap` started with the same mounts, and nothing else: no limits, no filter of
  calls, nobody who reads or watches.
- **Neovim** (`neovim.py`): *start* is a whole `nvim --headless -u NONE` that loads the plug-in and quits, beside one
  with the same files, all empty; a figure is the median of 25. *What its start reads* is the part of it that Neovim's
  own clock gives to the plug-in's files: one command, three autocommands, and no bound, because an empty file does
  nothing at all. *Judged until the next hunk is shown*: the key's function, until the next hunk, each time in another
  file, is drawn on both sides; in the same Neovim, a switch between two buffers in one window, drawn, and one
  question to the daemon; a figure is the median of 9.
"""


def main(arguments: Sequence[str]) -> int:
    """Hold contests; 1 when one is lost. `--write` puts the table of all of them into the documentation."""
    wanted = [name for name in arguments if name != "--write"]
    if unknown := set(wanted) - set(CONTESTS):
        sys.stderr.write(f"No such contest: {', '.join(sorted(unknown))}. There are {', '.join(CONTESTS)}.\n")
        return 2
    outcomes: list[Outcome] = []
    for name in wanted or CONTESTS:
        contests: Callable[[Path], Sequence[Outcome]] = import_module(f"bench.{name}").contests
        with tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as scratch:
            outcomes += contests(Path(scratch))
        sys.stderr.write(f"{name}: done\n")
    sys.stdout.write(table(outcomes))
    if "--write" in arguments and not wanted:
        PAGE.write_text(
            _TEXT.format(machine=_machine(), table=table(outcomes), parts=", ".join(f"`{name}`" for name in CONTESTS)),
            encoding="utf-8",
        )
    return 0 if all(outcome.holds for outcome in outcomes) else 1


def _machine() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True, timeout=10).stdout.split()[2]
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, git {git}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
