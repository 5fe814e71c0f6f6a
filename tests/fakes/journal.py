"""A journal in memory that keeps the port's promises, the disk's excepted.

A `Shelf` is what outlives a process: every journal opened on it sees the same rows, and fences those opened before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from casework.domain.envelope import DATA_LIMIT, Draft, Recorded
from casework.domain.errors import Trouble
from casework.domain.ids import StreamId, TaskId
from casework.ports.journal import Conflict, Fenced, JournalState


@dataclass(slots=True)
class Shelf:
    """Where journals in memory lie."""

    rows: list[Recorded] = field(default_factory=list)
    epoch: int = 0
    trouble: Trouble | None = None
    """Set it, and the next append fails with it."""


class MemoryJournal:
    """One open journal on a shelf."""

    def __init__(self, stream: StreamId, shelf: Shelf | None = None, *, read_only: str = "") -> None:
        self.shelf = shelf or Shelf()
        self.shelf.epoch += 0 if read_only else 1
        self._epoch = self.shelf.epoch
        self._stream = stream
        self._read_only = read_only
        self._closed = False
        self.disk: asyncio.Event | None = None
        """Give one, and nothing is appended at once: an append is kept, and ends when the event is set."""
        self.synced: set[int] = set()
        """The numbers that were written with `full_sync`."""

    @property
    def state(self) -> JournalState:
        """What opening found."""
        return JournalState(self._stream, len(self.shelf.rows), self._epoch, self._read_only)

    async def append(self, drafts: Sequence[Draft], *, expected_seq: int, full_sync: bool = False) -> list[int]:
        """Keep the drafts, or say why not."""
        seqs = self._keep(drafts, expected_seq)
        if full_sync:
            self.synced |= set(seqs)
        if self.disk is not None:
            await self.disk.wait()
        return seqs

    def append_at_once(self, drafts: Sequence[Draft], *, expected_seq: int) -> bool:
        """Keep the drafts, unless there is a disk to wait for."""
        if self.disk is not None:
            return False
        self._keep(drafts, expected_seq)
        return True

    async def read(
        self, *, after: int = 0, task: TaskId | None = None, limit: int | None = None
    ) -> AsyncIterator[Recorded]:
        """Give the rows that are there when the reading begins."""
        found = [row for row in self.shelf.rows[after:] if task is None or row.task == task]
        for row in found[:limit]:
            yield row

    async def answered(self, command: str) -> list[Recorded]:
        """Give the rows of a command."""
        return [row for row in self.shelf.rows if row.draft.command == command]

    async def verify(self) -> str:
        """Look whether a row is missing."""
        seqs = [row.seq for row in self.shelf.rows]
        return "" if seqs == list(range(1, len(seqs) + 1)) else "Rows of the journal are missing."

    async def close(self) -> None:
        """Write nothing any more."""
        self._closed = True

    def _keep(self, drafts: Sequence[Draft], expected_seq: int) -> list[int]:
        self._may_write()
        rows = self.shelf.rows
        if expected_seq != len(rows):
            raise Conflict(f"The journal ends at {len(rows)}, not at {expected_seq}; nothing was written.")
        if any(len(draft.event.model_dump_json().encode()) > DATA_LIMIT for draft in drafts):
            raise ValueError(f"an event of more than {DATA_LIMIT} bytes")
        seqs = list(range(expected_seq + 1, expected_seq + 1 + len(drafts)))
        rows += [
            Recorded(seq=seq, stream=self._stream, epoch=self._epoch, draft=draft)
            for seq, draft in zip(seqs, drafts, strict=True)
        ]
        return seqs

    def _may_write(self) -> None:
        if self._closed:
            raise Trouble("The journal is closed; nothing was written.", code="journal_closed")
        if self._read_only:
            raise Trouble(self._read_only, code="read_only")
        if self.shelf.epoch != self._epoch:
            raise Fenced("Another Casework has taken over the journal; nothing was written.")
        if self.shelf.trouble is not None:
            trouble, self.shelf.trouble = self.shelf.trouble, None
            raise trouble
