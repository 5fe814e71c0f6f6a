"""What can have happened to a landing. Part of the one union of events in events.py, whose rules hold here too."""

from __future__ import annotations

from typing import Literal

from casework.domain.check_events import Sentence, Short
from casework.domain.frozen import Frozen
from casework.domain.ids import BlobHash, CommitId, LandingId


class LandingAnnounced(Frozen):
    """A landing is about to touch the repository; `plan` says everything that recovery needs to look."""

    kind: Literal["landing.announced"] = "landing.announced"
    landing: LandingId
    plan: BlobHash
    commit: CommitId
    branch: str | None = None
    undo_of: LandingId | None = None


class LandingConfirmed(Frozen):
    """It is done: seen, not assumed."""

    kind: Literal["landing.confirmed"] = "landing.confirmed"
    landing: LandingId
    commit: CommitId
    how_seen: Short = ""
    note: Sentence = ""


class LandingUndone(Frozen):
    """Nothing landed; whatever had been touched is as it was."""

    kind: Literal["landing.undone"] = "landing.undone"
    landing: LandingId | None
    reason: Sentence
    kept_aside: tuple[Short, ...] = ()


class LandingTakenBack(Frozen):
    """A landed change was undone by the human."""

    kind: Literal["landing.taken_back"] = "landing.taken_back"
    landing: LandingId
    undo: LandingId
    commit: CommitId | None = None
    """The revert that took it back; None where the branch was set back."""
