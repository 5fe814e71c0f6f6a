"""What an agent may want to do that has an effect: a closed union, weighed before it happens.

An action says what is wanted, whole and literally; nothing in it says that it is allowed. Paths are relative to the
top of the run's worktree, or absolute as the agent sees them: in its box the worktree stands at the path of the
user's own work tree.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from casework.domain.frozen import Frozen


class ReadFile(Frozen):
    """Read one file."""

    kind: Literal["read_file"] = "read_file"
    path: str
    why: str = ""


class WriteFile(Frozen):
    """Make, change or delete one file."""

    kind: Literal["write_file"] = "write_file"
    path: str
    why: str = ""


class SearchFiles(Frozen):
    """List a folder, or look for a text in the files below it."""

    kind: Literal["search_files"] = "search_files"
    path: str = ""
    """Empty for the whole worktree."""
    why: str = ""


class RunCommand(Frozen):
    """Run a command line in the run's box."""

    kind: Literal["run_command"] = "run_command"
    command: str
    """As a POSIX shell reads it."""
    hosts: tuple[str, ...] = ()
    """What it wants to reach, each `host:port`; none for what runs without a network."""
    outside: tuple[str, ...] = ()
    """What it wants to write although its box keeps that closed: paths outside the worktree, or protected in it."""
    why: str = ""
    """The agent's own words, shown as such."""


class ReachHost(Frozen):
    """Fetch from one host without running a program."""

    kind: Literal["reach_host"] = "reach_host"
    host: str
    """`host:port`."""
    why: str = ""


Action = Annotated[ReadFile | WriteFile | SearchFiles | RunCommand | ReachHost, Field(discriminator="kind")]


class Grants(Frozen):
    """By what the box of this one action is wider than the run's own; nothing of it outlives the action."""

    hosts: tuple[str, ...] = ()
    """`host:port`, exact, for the allow-list of its proxy."""
    readable: tuple[str, ...] = ()
    """Absolute paths that are there, read-only."""
    writable: tuple[str, ...] = ()
    """Paths that are there and may be written: absolute ones outside the worktree, and protected ones in it, relative
    to its top."""


class Ruling(Frozen):
    """What was decided about one action."""

    allowed: bool
    why: str
    """A sentence; of a refusal it is told to the agent."""
    grants: Grants = Field(default_factory=Grants)
