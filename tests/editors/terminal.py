"""An editor in a terminal, as a human has it: keys go in, and what stands on the screen comes back. tmux is it.

Here is also the stage for such an editor: a repository with a branch to review. What is typed is the tests' business.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.editors.provision.debian import CannotProvide
from tests.repositories import Repository, numbered
from tests.waiting import wait_until

PROGRAM: Final = Path(sys.executable).with_name("casework")
PATIENCE_S: Final = 30.0
SIZE: Final = ("-x", "120", "-y", "50")


@dataclass(frozen=True, slots=True)
class Terminal:
    """One terminal with one program in it."""

    tmux: tuple[str, ...]

    def screen(self) -> str:
        """What stands there."""
        return self._run("capture-pane", "-p")

    def keys(self, *names: str) -> None:
        """Press keys, by tmux' names for them."""
        self._run("send-keys", *names)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._run("send-keys", "-l", text)

    def until(self, text: str) -> str:
        """Wait until a text stands on the screen."""
        try:
            wait_until(lambda: text in self.screen(), description=f"{text!r} is shown", timeout_s=PATIENCE_S)
        except AssertionError as late:
            raise AssertionError(f"{late}; there is\n{self.screen()}") from None
        return self.screen()

    def _run(self, *command: str) -> str:
        return subprocess.run([*self.tmux, *command], capture_output=True, text=True, timeout=20, check=True).stdout


@contextmanager
def terminal(folder: Path, command: list[str]) -> Iterator[Terminal]:
    """Start a program in a folder, in a terminal of its own."""
    program = shutil.which("tmux")
    if program is None:
        raise CannotProvide("There is no tmux on PATH to run an editor in: install tmux.")
    tmux = (program, "-S", str(folder.parent / "tmux"), "-f", os.devnull)
    shell = f"exec env TERM=xterm-256color {shlex.join(command)}"
    subprocess.run([*tmux, "new-session", "-d", *SIZE, "-c", str(folder), shell], timeout=20, check=True)
    try:
        yield Terminal(tmux)
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True, timeout=20, check=False)


def set_up(editor: str) -> str:
    """Give what `casework editor-config` prints, to be used as it is."""
    return _casework("editor-config", editor)


@contextmanager
def reviewed(folder: Path) -> Iterator[Repository]:
    """Make a repository whose branch `new` waits for review, changes two places of a.py; the daemon ends behind it."""
    made = Repository.new(folder)
    made.commit("First", {"a.py": numbered(40)})
    made.git("checkout", "-q", "-b", "new")
    made.commit("Say new", {"a.py": numbered(40, but={5: "new five", 30: "new thirty"})})
    made.git("checkout", "-q", "main")
    _casework("review", "branch", "new", cwd=folder)
    try:
        yield made
    finally:
        _casework("daemon", "stop", "--force")


def landed(repository: Repository) -> str:
    """Wait until something lands on main; give a.py as it is there then."""
    first = repository.text("rev-list", "--max-parents=0", "main")
    wait_until(lambda: repository.id("main") != first, description="the review lands", timeout_s=PATIENCE_S)
    return repository.text("show", "main:a.py")


def _casework(*arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run([PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout
