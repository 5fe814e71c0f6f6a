"""What clients ask about reading hunks and about threads: one model per method."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from casework.domain.anchor import Anchor
from casework.wire.requests import Line, TaskDeed


class SeeHunks(TaskDeed):
    """Say that hunks were read as they are shown."""

    hunks: list[str] = Field(min_length=1, max_length=10_000)
    seen: bool = True
    """False takes it back."""


class SplitHunk(TaskDeed):
    """Cut a hunk into parts, each of which is read, decided on and landed by itself."""

    hunk: Line
    at: list[Annotated[int, Field(ge=1, le=2**31)]] = Field(default_factory=list, max_length=100)
    """The lines, from 1, that parts begin with; without any it is cut where unchanged lines stand inside it."""
    side: Literal["base", "head"] = "head"
    """Whose lines these are."""


class JoinHunk(TaskDeed):
    """Put the parts of a hunk together again."""

    hunk: Line
    """Any of its parts."""


class AddComment(TaskDeed):
    """Comment on a hunk, a place, a file, or the whole review."""

    text: Annotated[str, Field(min_length=1, max_length=200_000)]
    hunk: str | None = None
    anchor: Anchor | None = None
    path: Annotated[str, Field(max_length=4096)] = ""
    """A file of the review, for a comment on it as a whole."""


class ReplyToThread(TaskDeed):
    """Answer in a thread."""

    thread: Line
    """Its number, or the id of the comment that began it."""
    text: Annotated[str, Field(min_length=1, max_length=200_000)]


class ResolveThread(TaskDeed):
    """Settle a thread."""

    thread: Line
    """Its number, or the id of the comment that began it."""
    resolved: bool = True
    """False takes it up again."""
