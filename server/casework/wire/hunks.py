"""What is shown of a hunk, and of what is said about it."""

from __future__ import annotations

from pydantic import Field

from casework.domain.anchor import Anchor
from casework.domain.envelope import ActorKind
from casework.domain.events import Decision
from casework.domain.survey import Guard
from casework.wire.reading_views import MarkView
from casework.wire.view import View


class CommentView(View):
    """One comment: what begins a thread, or an answer in one. Those of a thread follow each other, oldest first."""

    id: str
    text: str
    by: str
    hunk: str | None = None
    anchor: Anchor | None = None
    path: str = ""
    """Of a comment on a file as a whole."""
    by_kind: ActorKind = "human"
    thread: str = ""
    """The id of the comment that began the thread: of that one, its own."""
    number: int = 0
    """The thread's number, which people call it by; it stays the same."""
    resolved: bool = False
    """The thread is settled."""
    outdated: bool = False
    """What the thread is about is not there as it was."""


class HunkView(View):
    """One thing that carries a decision: a hunk with lines, or a whole file."""

    id: str
    header: str
    """`@@ -1,2 +3,4 @@ section`; empty for a whole file."""
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    added: int
    removed: int
    decision: Decision
    reason: str = ""
    comments: list[CommentView] = Field(default_factory=list)
    seen: bool = False
    """It was read as it is."""
    stale: bool = False
    """It changed since it was read, and was not read again; what was decided then does not count any more."""
    was: Decision = "none"
    """Of a stale one: what was decided on what was read."""
    was_reason: str = ""
    since: str = ""
    """Of a stale one: what changed since it was read, in lines that begin with a blank, `-` or `+`."""
    brings_back: str = ""
    """A sentence, where somebody brings back what was rejected, with the reason of then."""
    threads: int = 0
    """Threads on it that are not resolved."""
    guard: Guard | None = None
    """What a survey found out about it: whether a test turns red without it. None where none has, or without trust."""
    guard_why: str = ""
    """Which test, how many were run, or why it was not looked at."""
    fold: str | None = None
    """The fold it belongs to."""
    marks: list[MarkView] = Field(default_factory=list)
    """What in its lines is not seen as what it is; the first few."""
    more_marks: int = 0
    """How many more of these there are."""
    part_of: str | None = None
    """Of a part of a hunk that was split: that hunk, as git gives it."""
