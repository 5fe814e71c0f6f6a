"""What an agent without hands of its own can have done in its run's worktree: four tools, each call one step.

An agent only says what it wants. Whether that may be done is weighed in the core before this port is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from casework.domain.frozen import Frozen
from casework.ports.sandbox import Box

Path = Annotated[str, Field(min_length=1, max_length=4000)]


class ReadCall(Frozen):
    """Give a file's lines, or what is in a folder."""

    tool: Literal["read"] = "read"
    path: Path
    start: int = Field(default=1, ge=1)
    """The first line, from 1."""
    lines: int = Field(default=400, ge=1, le=2000)


class SearchCall(Frozen):
    """Find lines by a regular expression of Python's."""

    tool: Literal["search"] = "search"
    pattern: str = Field(min_length=1, max_length=1000)
    path: Path = "."
    glob: str = Field(default="", max_length=200)
    """Of the files that are looked at, on their name or their path; empty for all."""


class EditCall(Frozen):
    """Replace `old`, which stands in the file exactly once; with an empty `old` make a new file."""

    tool: Literal["edit"] = "edit"
    path: Path
    old: str
    new: str


class ShellCall(Frozen):
    """Run a command line with `/bin/sh` at the top of the worktree."""

    tool: Literal["shell"] = "shell"
    command: str = Field(min_length=1, max_length=20_000)
    timeout_s: int = Field(default=120, ge=1, le=600)
    hosts: tuple[str, ...] = Field(default=(), max_length=20)
    """`host:port` that it wants to reach."""
    outside: tuple[str, ...] = Field(default=(), max_length=20)
    """What it wants to write although its box keeps that closed."""
    why: str = Field(default="", max_length=1000)


ToolCall = Annotated[ReadCall | SearchCall | EditCall | ShellCall, Field(discriminator="tool")]


class Outcome(Frozen):
    """What came of a call, for the model: text of a bounded length, fenced and labelled with where it comes from."""

    text: str
    is_error: bool = False
    changed: bool = False
    """Whether files may be other ones than before."""


class Workplace(Frozen):
    """Where the tools of one run work."""

    root: str
    """Top of the worktree, as the box shows it; where there is no box, as it is."""
    box: Box | None = None
    no_shell: str = ""
    """Why no command may be run, as a sentence; never empty without a box."""
    notes: bool = False
    """Whether the project's own notes are handed over with what is read near them: only where it is trusted."""
    again: bool = False
    """The run was interrupted, so what it left half written is cleared away."""


class Tools(Protocol):
    """The tools of one run."""

    async def do(self, call: ToolCall, *, wider: Box | None = None) -> Outcome:
        """Do it, within bounds of time and output; whatever goes wrong is an `Outcome` too, with a sentence.

        `wider`: the box of this one command, where the human allowed more than the run's own does. Cancelling ends what
        was started.
        """
        ...

    async def close(self) -> None:
        """End everything that was started here, within five seconds where a box can. Idempotent."""
        ...


class Toolboxes(Protocol):
    """Opens the tools of runs."""

    def open(self, place: Workplace) -> Tools:
        """Give the tools of a run; what they need is started at the first call."""
        ...


NOTES: Sequence[str] = ("AGENTS.md", "CLAUDE.md")
"""Files in which a project tells agents how it is worked on; the first one that is in a folder counts for it."""
