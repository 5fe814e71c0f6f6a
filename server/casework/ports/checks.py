"""Checks: one command of a project's own, run on one exact tree, and what was seen of it.

What is seen is a fact about that tree only where it is known that this tree was run: `Checked.loaded` and `elsewhere`
say which files were. Not here: whether anything may be run (the user's trust), and what a result means for a change
(`domain/evidence.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from casework.code.project.environment import Environment
from casework.domain.evidence import Seen
from casework.domain.frozen import Frozen


class WantedCheck(Frozen):
    """One command on one tree."""

    command: str
    """A line for `sh`, run in the top folder."""
    folder: str
    """Absolute, outside: a throw-away folder with exactly the tree's files; whatever the command writes is lost."""
    top: str
    """The user's work tree: the path at which `folder` stands in the box, where the sandbox can move places."""
    environment: Environment
    objects: str = ""
    """Where git keeps what the folder's own `.git` borrows; read-only in the box, so that git can be asked there."""
    only: tuple[str, ...] = ()
    """Of pytest: the test files to run, relative; everything where none is named."""
    wall_s: float = 600.0
    """After which it is ended, in seconds."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of it."""

    seen: Seen
    output: bytes
    """At most 1 MiB, the beginning and the end."""


class Checks(Protocol):
    """Runs checks, confined."""

    def refusal(self) -> str:
        """Say why nothing can be run on this machine, as a sentence; empty where something can. May block once."""
        ...

    async def run(self, wanted: WantedCheck, told: Callable[[bytes], None] | None = None) -> Checked:
        """Run one command to its end, within limits of time, memory, processes, output and disk; nothing survives it.

        Whatever goes wrong in the command is a result with a sentence, never an exception. Cancelling ends the whole
        tree of processes, and leaves `folder` as it is then: it is the caller's to remove.
        """
        ...
