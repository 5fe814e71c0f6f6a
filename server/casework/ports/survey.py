"""What the core tells the survey agent: an order, as the JSON of its briefing's script."""

from __future__ import annotations

from casework.domain.frozen import Frozen
from casework.domain.ids import CommitId, HunkId
from casework.domain.survey import SURVEY as SURVEY
from casework.domain.survey import HunkMark


class HunkPlace(Frozen):
    """One hunk of a file, as git gives it."""

    id: HunkId
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int


class FileBefore(Frozen):
    """One changed file, with what stood there before; what stands there now is in the worktree."""

    path: str
    """In the form of `repopath.quote`."""
    status: str
    old: str | None = None
    """Base64; None where it was not read: nothing was there, it is no source, or too large."""
    hunks: tuple[HunkPlace, ...]
    age: int = 0
    """How many commits of the range came after the newest one that touched it."""
    messages: tuple[str, ...] = ()
    """Of the commits that touched it, newest first."""


class SurveyAsked(Frozen):
    """Which commits a survey is about: what is kept with its task."""

    base: CommitId
    head: CommitId
    range_text: str = ""
    budget_s: float


class SurveyOrder(Frozen):
    """Everything a survey is told."""

    asked: SurveyAsked
    files: tuple[FileBefore, ...]
    interpreter: str
    """Absolute; the project's own Python, or the one of the system."""
    environment: str
    """What was found, as a sentence."""
    places: tuple[str, ...] = ()
    """Absolute; what the interpreter does not start without, read-only in the run's box."""
    known: tuple[HunkMark, ...] = ()
    """What was measured on the same commit before."""
    written: tuple[tuple[str, str], ...] = ()
    """What a build wrote beside the sources, such as a version: path, and its bytes in Base64. Put where no file is."""
    began_s: float | None = None
    """When the budget began to count, on this machine's monotonic clock; None counts from the agent's own start."""
