"""What can have happened to checks: part of the union in events.py, where everything else is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from casework.domain.evidence import Colour
from casework.domain.frozen import Frozen
from casework.domain.ids import BlobHash, CommitId

Short = Annotated[str, Field(max_length=500)]
Sentence = Annotated[str, Field(max_length=2000)]


class ChecksBegun(Frozen):
    """Checks of a tree were announced; they change nothing but the copy they run on, so they may be run again."""

    kind: Literal["checks.begun"] = "checks.begun"
    head: CommitId
    """The commit whose tree is checked."""
    commands: tuple[Short, ...] = Field(default=(), max_length=10)
    part: Short = ""
    """Of a part of a review, the one that would land: its name."""


class EvidenceCaptured(Frozen):
    """The daemon saw one command run on one tree."""

    kind: Literal["evidence.captured"] = "evidence.captured"
    head: CommitId
    command: Short
    colour: Colour
    sentence: Sentence
    result: BlobHash
    """The whole `Evidence`."""
    output: BlobHash | None = None
    milliseconds: int = 0


class ChecksEnded(Frozen):
    """The checks of a tree ended, or could not be run; the sentence says which."""

    kind: Literal["checks.ended"] = "checks.ended"
    head: CommitId
    colour: Colour
    sentence: Sentence = ""


class RunSentBack(Frozen):
    """A check is red, so the work goes back to the agent before a human is asked to look at it."""

    kind: Literal["run.sent_back"] = "run.sent_back"
    said: BlobHash
    """What the agent is told."""
    sentence: Sentence = ""


CheckEvent = ChecksBegun | EvidenceCaptured | ChecksEnded | RunSentBack
