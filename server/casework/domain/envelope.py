"""The envelope of a journal row: what is known about every event, whatever its kind.

The columns are fixed; they are only ever added to. `seq` is the order. `at` is information and never an order or
a time-out. The hash chain (`prev`) belongs to the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from casework.domain.events import Event
from casework.domain.frozen import Frozen
from casework.domain.ids import RunId, StreamId, TaskId

ActorKind = Literal["human", "agent", "daemon", "detector", "tracker"]
Origin = Literal["user", "member", "outside"]
"""Trust of the text that caused an event; a child takes the least of its parents."""

ORIGINS: tuple[Origin, ...] = ("user", "member", "outside")
DATA_LIMIT = 8 * 1024
"""Bytes of JSON one row may carry; anything longer is a blob."""


class Actor(Frozen):
    """Who did it: `id` names them (an agent's name, a user's login), `via` the way in, `session` the connection."""

    kind: ActorKind
    id: str = ""
    via: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is recorded: everything of the envelope except what the journal gives."""

    id: str
    event: Event
    actor: Actor
    task: TaskId | None = None
    run: RunId | None = None
    origin: Origin = "user"
    command: str | None = None
    cause: str | None = None
    at: int = 0
    """UTC microseconds."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is in the journal for good."""

    seq: int
    stream: StreamId
    epoch: int
    draft: Draft

    @property
    def event(self) -> Event:
        """The event itself."""
        return self.draft.event

    @property
    def task(self) -> TaskId | None:
        """The task it is about, if any."""
        return self.draft.task
