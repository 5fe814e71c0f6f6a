"""Scratch trees, and processes with a bounded time: a survey never changes the run's own worktree while it measures."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework.domain.errors import Refused

END_SHARE: Final = 0.08
"""Of the stated budget, for writing the files and the table, and for the daemon to take them."""
LONGEST_START_S: Final = 30.0
"""That an agent's own start may have taken of the budget."""
_TAIL: Final = 16 * 1024
"""Bytes of a program's output that are kept, from its end."""
MOST_FILES: Final = 50_000
MOST_BYTES: Final = 1024 * 1024 * 1024
_LEFT_ALONE: Final = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox"})


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a process; all of its group is gone."""

    code: int | None
    """None where its time was up, or the survey was stopped."""
    output: str
    seconds: float


class Stopped(Exception):
    """Nobody waits for the survey any more."""


class Budget:
    """The stated time of a survey, less what handing in takes."""

    def __init__(self, stated_s: float, began_s: float | None = None) -> None:
        """`began_s` is when somebody else began to count, on the same clock; it is believed where it can be true."""
        now = time.monotonic()
        self._began = now if began_s is None or not 0 <= now - began_s <= LONGEST_START_S else began_s
        self.seconds = stated_s * (1 - END_SHARE)

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def left(self, share: float = 1.0) -> float:
        """Seconds until this share of it is spent."""
        return self.seconds * share - self.spent


class Ground:
    """Where a survey measures. No process in it outlives the budget."""

    def __init__(self, folder: Path, environment: Mapping[str, str], budget: Budget) -> None:
        self.folder = folder
        self.budget = budget
        self._environment = dict(environment)
        self._living: set[int] = set()
        self._stopped = False

    def stop(self) -> None:
        """End every process at once, and let none begin."""
        self._stopped = True
        for group in list(self._living):
            _end(group)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        wall_s: float,
        environment: Mapping[str, str] | None = None,
        given_up: Callable[[], bool] = lambda: False,
    ) -> Done:
        """Run a program of the project for at most `wall_s` seconds, and never longer than the budget lasts.

        Its output is read whole and mostly forgotten.

        Raises:
            Stopped: the survey is over.
        """
        began = time.monotonic()
        if self._stopped:
            raise Stopped
        wall_s = min(wall_s, self.budget.left())
        if wall_s <= 0:
            return Done(None, "", 0.0)
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=self._environment | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Done(127, error.strerror or "it could not be started", 0.0)
        self._living.add(process.pid)
        try:
            output = _read(process, began + wall_s, given_up)
        finally:
            _end(process.pid)
            process.wait()
            self._living.discard(process.pid)
            if process.stdout is not None:
                process.stdout.close()
        if self._stopped:
            raise Stopped
        ended = output is not None
        text = (output or b"").decode("utf-8", "replace")
        return Done(process.returncode if ended else None, text, time.monotonic() - began)


def _read(process: subprocess.Popen[bytes], end: float, given_up: Callable[[], bool]) -> bytes | None:
    """Read to the end of the process itself, whoever else holds its output; None where its time is up."""
    assert process.stdout is not None, "it was asked for"
    tail = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = end - time.monotonic()
            if left <= 0 or given_up():
                return None
            if waiting.select(min(left, 0.1)):
                chunk = os.read(process.stdout.fileno(), 65536)
                tail = (tail + chunk)[-_TAIL:]
                if not chunk:
                    try:
                        process.wait(max(end - time.monotonic(), 0))
                    except subprocess.TimeoutExpired:
                        return None
                    return tail
            elif process.poll() is not None:
                return tail


def _end(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it is gone, and so is everything in it
        os.killpg(group, signal.SIGKILL)


class Tree:
    """A copy of the worktree in which one file at a time may be another one."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self._stamp = time.time()

    @classmethod
    def copy(cls, worktree: Path, folder: Path, written: Mapping[str, bytes]) -> Tree:
        """Copy what git would track, links as links; `written` is put where a folder is and no such file.

        Raises:
            Refused: it is too large to be copied.
        """
        _measure(worktree)
        top = folder / worktree.name
        shutil.copytree(worktree, top, symlinks=True, ignore=lambda _, names: _LEFT_ALONE.intersection(names))
        for path, content in written.items():
            place = top / path
            is_ours = place.parent.is_dir() and place.parent.resolve().is_relative_to(top.resolve())
            if is_ours and not os.path.lexists(place):
                place.write_bytes(content)
        return cls(top)

    def read(self, path: str) -> bytes | None:
        """Give a file's bytes; None where no file is, or a link."""
        place = self.top / path
        try:
            return None if place.is_symlink() else place.read_bytes()
        except OSError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Put a file there, with a time of its own: compiled files are told apart by time and size alone."""
        place = self.top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(content)
        self._stamp += 2
        os.utime(place, (self._stamp, self._stamp))

    def remove(self, path: str) -> None:
        """Take a file away."""
        (self.top / path).unlink(missing_ok=True)


def _measure(worktree: Path) -> None:
    files, size = 0, 0
    for folder, folders, names in os.walk(worktree):
        folders[:] = [name for name in folders if name not in _LEFT_ALONE]
        files += len(names)
        size += sum(os.lstat(Path(folder) / name).st_size for name in names)
        if files > MOST_FILES or size > MOST_BYTES:
            raise Refused(
                "The repository is too large for a survey, which copies it twice: more than "
                f"{MOST_FILES:,} files or {MOST_BYTES >> 30} GiB. Nothing was run.",
                code="too_large",
            )
