"""What happens to a review's hunks and threads beside the human's decisions: read, carried over, answered, resolved."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from casework.domain.frozen import Frozen
from casework.domain.ids import BlobHash, CommentId, HunkId

Decision = Literal["none", "accepted", "rejected"]
Reason = Annotated[str, Field(max_length=2000)]

HUNKS_PER_EVENT: Final = 200
THREADS_PER_EVENT: Final = 40
PARTS_PER_EVENT: Final = 100


class HunksSeen(Frozen):
    """The human read hunks; or takes that back."""

    kind: Literal["hunks.seen"] = "hunks.seen"
    hunks: tuple[HunkId, ...] = Field(max_length=HUNKS_PER_EVENT)
    seen: bool = True


class HunksCarried(Frozen):
    """What stands of hunks of a review that was opened anew: comes behind its `review.opened`, all of one state."""

    kind: Literal["hunks.carried"] = "hunks.carried"
    hunks: tuple[HunkId, ...] = Field(max_length=HUNKS_PER_EVENT)
    """Their ids in the review that was opened."""
    seen: bool = False
    decision: Decision = "none"
    reason: Reason = ""
    stale: bool = False
    """They changed since they were read."""
    was: Decision = "none"
    """Of stale ones: what was decided on what was read."""
    was_reason: Reason = ""
    back: bool = False
    """They bring back what was rejected."""
    back_reason: Reason = ""


class PartOfHunk(Frozen):
    """One hunk that a cut made."""

    hunk: HunkId
    was: HunkId
    """What stood there before."""


class HunkSplit(Frozen):
    """A human cut a hunk into parts; each keeps what was known of what stood there before."""

    kind: Literal["hunk.split"] = "hunk.split"
    hunk: HunkId
    """As git gives it."""
    parts: tuple[PartOfHunk, ...] = Field(max_length=PARTS_PER_EVENT)
    """Those that are new."""
    manifest: BlobHash
    """The same change with the parts in it."""
    hunks: int
    minutes: int
    cuts: str = ""
    """A name of all cuts there are then (`Change.cuts`); empty for none."""


class HunkJoined(Frozen):
    """A human put the parts of a hunk together again: it is read, and decided, where all of them were, and alike."""

    kind: Literal["hunk.joined"] = "hunk.joined"
    hunk: HunkId
    parts: tuple[HunkId, ...] = Field(max_length=PARTS_PER_EVENT)
    manifest: BlobHash
    """The same change with the hunk in the place of its parts."""
    hunks: int
    minutes: int
    cuts: str = ""
    """A name of all cuts there are then (`Change.cuts`); empty for none."""


class ThreadResolved(Frozen):
    """A thread was settled, or taken up again."""

    kind: Literal["thread.resolved"] = "thread.resolved"
    thread: CommentId
    """The comment that began it."""
    resolved: bool = True


class ThreadPlace(Frozen):
    """Where a thread belongs in the review that was opened anew."""

    thread: CommentId
    hunk: HunkId | None = None
    line: int | None = None
    """Of a thread on lines: where they begin now."""
    outdated: bool = False
    """What it is about is not there as it was."""


class ThreadsCarried(Frozen):
    """Where threads belong in a review that was opened anew: those whose place is another one now."""

    kind: Literal["threads.carried"] = "threads.carried"
    places: tuple[ThreadPlace, ...] = Field(max_length=THREADS_PER_EVENT)


LedgerEvent = HunksSeen | HunksCarried | HunkSplit | HunkJoined | ThreadResolved | ThreadsCarried
