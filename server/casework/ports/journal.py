"""The journal: an append-only log of events with one writer at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from casework.domain.envelope import Draft, Recorded
from casework.domain.errors import Trouble
from casework.domain.ids import StreamId, TaskId


class Conflict(Trouble):
    """Another writer was faster: the journal's last number is not the expected one."""


class Fenced(Trouble):
    """A newer writer has taken the journal; this one may not write any more."""


@dataclass(frozen=True, slots=True)
class JournalState:
    """What opening a journal found."""

    stream: StreamId
    last_seq: int
    epoch: int
    read_only: str = ""
    """Why nothing may be written, as a sentence; empty when writing is allowed (a journal from the future)."""
    repaired: str = ""
    """What was damaged, where it was kept aside and what was recovered, as a sentence; empty when all was well."""


class Journal(Protocol):
    """One open journal. Every method may be called from the event loop only; the work happens elsewhere."""

    @property
    def state(self) -> JournalState:
        """What opening found; `last_seq` follows every append."""
        ...

    async def append(self, drafts: Sequence[Draft], *, expected_seq: int, full_sync: bool = False) -> list[int]:
        """Write all of `drafts` in one transaction, or none; give their numbers, which are gapless.

        Returned means committed: a kill of this process right after loses nothing; with `full_sync` a loss of power
        does not either.
        A draft whose `data` is longer than `envelope.DATA_LIMIT` is a bug of the caller (ValueError, nothing written).
        Cancelling does not take the write back.

        Raises:
            Conflict: `expected_seq` is not the last number.
            Fenced: a writer with a higher epoch has opened this journal.
            Trouble: the disk is full, the file is damaged or read-only; nothing was written.
        """
        ...

    def append_at_once(self, drafts: Sequence[Draft], *, expected_seq: int) -> bool:
        """Do what `append` does before returning, if nothing has to be waited for; False: nothing was written, append.

        Nobody else on the event loop runs meanwhile, so nobody can see what the caller has made ready for it.

        Raises:
            Conflict, Fenced, Trouble: as `append`; nothing was written.
        """
        ...

    def read(self, *, after: int = 0, task: TaskId | None = None, limit: int | None = None) -> AsyncIterator[Recorded]:
        """Give the rows behind number `after` in order, old shapes lifted to today's; of one task if asked."""
        ...

    async def answered(self, command: str) -> list[Recorded]:
        """Give the rows once recorded under this idempotency key; empty when it was never used."""
        ...

    async def verify(self) -> str:
        """Look at every row from the first to the last; give what is wrong with them as a sentence, empty when nothing.

        Takes some 5 s per million rows, beside everything else; nothing is changed or mended.

        Raises:
            Trouble: the rows can't be read at all.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        ...
