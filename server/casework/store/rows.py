"""One row of a journal: its columns, its canonical bytes, and the way from a draft to it and back.

The canonical bytes of a row, over which the hash chain runs, are

    prev (32 raw bytes) + HEADER + LF + DATA

HEADER is the JSON array of the other columns in the order of `COLUMNS` (without `data` and `prev`): UTF-8, without
white space, non-ASCII letters as themselves, control characters escaped as RFC 8259 asks (short forms, else
lower-case `\\u00xx`), NULL as null. DATA is the column as it stands, UTF-8. `prev` of a row is the SHA-256 of the
canonical bytes of the row before it, and `GENESIS` of the first one. So every row vouches for all rows before it.

How rows get to the disk is schema.py and journal.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from pydantic_core import to_json

from casework.domain.envelope import DATA_LIMIT, Actor, Draft, Origin, Recorded
from casework.domain.ids import RunId, StreamId, TaskId
from casework.store.readers import event_of, version_of

GENESIS: Final = bytes(32)
"""`prev` of the first row."""


class Row(NamedTuple):
    """The columns, in the order of the table."""

    seq: int
    id: str
    stream: StreamId
    task: TaskId | None
    run: RunId | None
    kind: str
    kind_v: int
    at: int
    actor: str
    origin: Origin
    command: str | None
    cause: str | None
    epoch: int
    data: str
    prev: bytes


Written = tuple[object, ...]
"""The same columns on their way to the disk: sqlite3 binds a bare tuple in much less time than a named one."""

COLUMNS: Final = Row._fields
kind_of: Final = itemgetter(COLUMNS.index("kind"), COLUMNS.index("kind_v"))
data_of: Final = itemgetter(COLUMNS.index("data"))
_KEPT_ACTORS: Final = 256


def digest(row: Sequence[object]) -> bytes:
    """Give the SHA-256 of the row's canonical bytes: what the next row carries as `prev`."""
    data, prev = row[13], row[14]
    assert isinstance(data, str)
    assert isinstance(prev, bytes)
    return hashlib.sha256(b"%b%b\n%b" % (prev, to_json(row[:13]), data.encode())).digest()


class RowCoder:
    """Turns drafts into rows and rows into events. It remembers actors, who are few and come again and again."""

    def __init__(self, stream: StreamId) -> None:
        self._stream = stream
        self._texts: dict[Actor, str] = {}
        self._actors: dict[str, Actor] = {}

    def rows(self, drafts: Sequence[Draft], *, after: int, epoch: int, prev: bytes) -> tuple[list[Written], bytes]:
        """Give the rows behind number `after`, and the digest of the last of them.

        Raises:
            ValueError: an event is longer than `DATA_LIMIT`.
        """
        rows: list[Written] = []
        seq = after
        stream = self._stream
        actor: Actor | None = None
        said = ""
        for draft in drafts:
            seq += 1
            if draft.actor is not actor:  # hashing one takes as long as half a row
                actor = draft.actor
                said = self._texts.get(actor) or self._text_of(actor)
            event = draft.event
            data = event.__pydantic_serializer__.to_json(event)
            if len(data) > DATA_LIMIT:
                raise ValueError(f"an event {event.kind} of {len(data)} bytes; a row takes {DATA_LIMIT}")
            kind = event.kind
            header = (
                seq,
                draft.id,
                stream,
                draft.task,
                draft.run,
                kind,
                version_of(kind),
                draft.at,
                said,
                draft.origin,
                draft.command,
                draft.cause,
                epoch,
            )
            rows.append((*header, data.decode(), prev))
            prev = hashlib.sha256(b"%b%b\n%b" % (prev, to_json(header), data)).digest()
        return rows, prev

    def recorded(self, row: Row) -> Recorded:
        """Give what was recorded, lifted to today's shape.

        Raises:
            ValueError: the row does not hold what its kind asks for.
        """
        draft = Draft(
            id=row.id,
            event=event_of(row.kind, row.kind_v, row.data),
            actor=self._actors.get(row.actor) or self._actor_of(row.actor),
            task=row.task,
            run=row.run,
            origin=row.origin,
            command=row.command,
            cause=row.cause,
            at=row.at,
        )
        return Recorded(seq=row.seq, stream=row.stream, epoch=row.epoch, draft=draft)

    def _text_of(self, actor: Actor) -> str:
        if len(self._texts) >= _KEPT_ACTORS:
            self._texts.clear()
        return self._texts.setdefault(actor, actor.model_dump_json())

    def _actor_of(self, text: str) -> Actor:
        if len(self._actors) >= _KEPT_ACTORS:
            self._actors.clear()
        return self._actors.setdefault(text, Actor.model_validate_json(text))
