"""The journal port over SQLite: one file, one writer, rows chained by hash.

Where the work runs. A commit in WAL mode with `synchronous=NORMAL` does no fsync: it is one write into the page cache.
Measured on 2 cores, such a commit of one row takes 12 to 19 us, a hop to a thread and back 70 us. So small commits run
where they are called, on the event loop. What may wait for the disk or for somebody else runs on the journal's own
thread: commits with `full_sync`, batches of more than `ON_LOOP` rows, the first commit behind a checkpoint (it starts
the WAL anew, which syncs its header), a commit that met another program's lock, checkpoints and reading. While a
commit is under way there, every later one queues behind it, so that the order is kept.

What a row looks like is rows.py, opening and taking is opening.py, damage is chain.py and recovery.py.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from casework.domain.envelope import Draft, Recorded
from casework.domain.errors import Trouble
from casework.domain.ids import StreamId, TaskId
from casework.ports.journal import Conflict, Fenced, JournalState
from casework.store.chain import SELECT, verify_chain
from casework.store.failures import is_busy, is_damage, journal_damaged, journal_trouble
from casework.store.opening import Opened, open_file, suspicion_of
from casework.store.readers import is_known
from casework.store.rows import Row, RowCoder, Written, data_of, kind_of
from casework.store.schema import INSERT, INSERT_UNLESS_FENCED

T = TypeVar("T")
log = logging.getLogger(__name__)

ON_LOOP: Final = 128
"""Rows that may be committed on the event loop at once: at some 6 us a row, less than a millisecond."""
WAIT_FOR_LOCK_MS: Final = 5000
CHECKPOINT_PAGES: Final = 2000
"""Pages of 4 KiB, roughly counted, behind which the WAL is brought into the file."""
_READ_PAGE: Final = 500


async def open_journal(path: Path, stream: StreamId, *, clock: Callable[[], int]) -> SqliteJournal:
    """Open the journal at `path`, or make it; older writers of it are fenced from here on.

    `clock` gives UTC microseconds; it only names what is kept aside. Look at `state.read_only` and `state.repaired`.

    Raises:
        Trouble: it can't be made, opened or recovered, or belongs to another stream.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
    try:
        opened = await asyncio.get_running_loop().run_in_executor(thread, open_file, path, stream, clock)
    except BaseException:
        thread.shutdown(wait=False)
        raise
    return SqliteJournal(path, stream, opened, thread)


class SqliteJournal:
    """One open journal; see the port for its promises."""

    def __init__(self, path: Path, stream: StreamId, opened: Opened, thread: ThreadPoolExecutor) -> None:
        self._path = path
        self._opened = opened
        self._thread = thread
        self._state = JournalState(stream, opened.last_seq, opened.epoch, opened.read_only, opened.repaired)
        self._coder = RowCoder(stream)
        self._writer_lent = 0
        self._pages = 0
        self._wal_begins_anew = False
        self._closed = False

    @property
    def state(self) -> JournalState:
        """What opening found; `last_seq` follows every append."""
        if self._state.last_seq != self._opened.last_seq:  # asked for far more often than it changes
            was = self._state
            self._state = JournalState(was.stream, self._opened.last_seq, was.epoch, was.read_only, was.repaired)
        return self._state

    async def append(self, drafts: Sequence[Draft], *, expected_seq: int, full_sync: bool = False) -> list[int]:
        """Write all of `drafts` in one transaction, or none; see the port."""
        if full_sync or not self.append_at_once(drafts, expected_seq=expected_seq):
            self._may_write()
            self._writer_lent += 1
            await self._run(self._commit_patiently, drafts, expected_seq, full_sync, then=self._writer_is_back)
        return list(range(expected_seq + 1, expected_seq + 1 + len(drafts)))

    def append_at_once(self, drafts: Sequence[Draft], *, expected_seq: int) -> bool:
        """Write them here, unless that might take long; see the port."""
        self._may_write()
        if self._writer_lent or self._wal_begins_anew or len(drafts) > ON_LOOP:
            return False
        try:
            self._commit(drafts, expected_seq)
        except sqlite3.Error as error:
            if is_busy(error):
                return False
            raise self._trouble(error) from error
        return True

    async def read(
        self, *, after: int = 0, task: TaskId | None = None, limit: int | None = None
    ) -> AsyncIterator[Recorded]:
        """Give the rows behind `after` that are there when the reading begins; see the port.

        In a journal from the future, rows of kinds this version does not know are left out.
        """
        until, left = self._opened.last_seq, limit
        while after < until and (left is None or left > 0) and not self._opened.unreadable:
            size = _READ_PAGE if left is None else min(left, _READ_PAGE)
            page, after = await self._run(self._page, after, until, task, size)
            for recorded in page:
                yield recorded
            if left is not None:
                left -= len(page)

    async def answered(self, command: str) -> list[Recorded]:
        """Give the rows once recorded under this idempotency key; see the port."""
        if self._opened.unreadable:
            return []
        if self._writer_lent or self._closed:
            return await self._run(self._by_command, self._opened.reader, command)
        try:
            return self._by_command(self._opened.writer, command)
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    async def verify(self) -> str:
        """Look at every row; see the port."""
        found = await asyncio.to_thread(verify_chain, self._path)
        if found.damage:
            return f"The journal {self._path} is damaged: {found.damage}."
        if found.breaks:
            places = ", ".join(map(str, found.breaks[:5]))
            return f"The journal {self._path} was changed by something else than Casework, at or before row {places}."
        return ""

    async def close(self) -> None:
        """Finish what was begun and close the file; closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, self._close))
        self._thread.shutdown(wait=False)

    def _may_write(self) -> None:
        if self._closed:
            raise Trouble(f"The journal {self._path} is closed; nothing was written.", code="journal_closed")
        if self._opened.read_only:
            raise Trouble(self._opened.read_only, code="read_only")

    async def _run(self, work: Callable[..., T], *arguments: object, then: Callable[[object], None] | None = None) -> T:
        """Do `work` on the journal's thread, behind everything asked for before; being cancelled does not stop it."""
        if self._closed:
            raise Trouble(f"The journal {self._path} is closed.", code="journal_closed")
        job = asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        if then is not None:
            job.add_done_callback(then)
        try:
            return await asyncio.shield(job)
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def _writer_is_back(self, _job: object) -> None:
        self._writer_lent -= 1

    def _commit(self, drafts: Sequence[Draft], expected_seq: int) -> None:
        """Write on the writer's connection; nobody else uses it meanwhile. A single row is its own transaction."""
        opened = self._opened
        if expected_seq != opened.last_seq:
            raise Conflict(
                f"The journal {self._path} ends at {opened.last_seq}, not at {expected_seq}; nothing was written. "
                "Try again."
            )
        if not drafts:
            return
        rows, last_digest = self._coder.rows(drafts, after=expected_seq, epoch=opened.epoch, prev=opened.last_digest)
        new_kinds = set(map(kind_of, rows)) - opened.kinds
        if len(rows) == 1 and not new_kinds:
            self._unless_fenced(opened.writer.execute(INSERT_UNLESS_FENCED, (*rows[0], opened.epoch)).rowcount == 1)
        else:
            self._commit_all(rows, new_kinds)
            opened.kinds |= new_kinds
        opened.last_seq, opened.last_digest = expected_seq + len(rows), last_digest
        self._count_pages(rows)

    def _commit_all(self, rows: list[Written], new_kinds: set[tuple[str, int]]) -> None:
        writer = self._opened.writer
        writer.execute("BEGIN IMMEDIATE")
        try:
            self._unless_fenced(writer.execute("SELECT epoch FROM fence").fetchone() == (self._opened.epoch,))
            writer.executemany(INSERT, rows)
            if new_kinds:
                writer.executemany("INSERT INTO kinds VALUES (?, ?)", new_kinds)
            writer.execute("COMMIT")
        except BaseException:
            if writer.in_transaction:
                with suppress(sqlite3.Error):
                    writer.execute("ROLLBACK")
            raise

    def _unless_fenced(self, written: bool) -> None:
        if not written:
            raise Fenced(
                f"Another Casework has taken over the journal {self._path}; nothing was written. "
                "Ask again: the new one answers."
            )

    def _commit_patiently(self, drafts: Sequence[Draft], expected_seq: int, full_sync: bool) -> None:
        """Write on the journal's thread: wait for locks and, if asked, for the disk."""
        writer = self._opened.writer
        if self._wal_begins_anew:
            self._checkpoint()  # the few pages written since; nobody writes now, so that the WAL really ends here
        writer.execute(f"PRAGMA busy_timeout={WAIT_FOR_LOCK_MS}")
        writer.execute(f"PRAGMA synchronous={'FULL' if full_sync else 'NORMAL'}")
        try:
            self._commit(drafts, expected_seq)
        finally:
            writer.execute("PRAGMA synchronous=NORMAL")
            writer.execute("PRAGMA busy_timeout=0")
        self._wal_begins_anew = False

    def _count_pages(self, rows: list[Written]) -> None:
        self._pages += 1 + len(rows) // 8 + sum(map(len, map(data_of, rows))) // 4096
        if self._pages >= CHECKPOINT_PAGES:
            self._pages = 0
            self._thread.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        """Bring the WAL into the file, beside any writer; the next commit begins it anew and waits for the disk."""
        try:
            self._opened.reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._wal_begins_anew = True
        except sqlite3.Error as error:
            log.warning("checkpoint of %s put off: %s", self._path, error)

    def _page(self, after: int, until: int, task: TaskId | None, size: int) -> tuple[list[Recorded], int]:
        """Read up to `size` rows; give them and the number behind which to go on."""
        of_task = "" if task is None else " AND task = ?"
        arguments = (after, until, *(() if task is None else (task,)), size)
        found = self._opened.reader.execute(
            f"{SELECT} WHERE seq > ? AND seq <= ?{of_task} ORDER BY seq LIMIT ?", arguments
        ).fetchall()
        return self._recorded(found), found[-1][0] if len(found) == size else until

    def _by_command(self, connection: sqlite3.Connection, command: str) -> list[Recorded]:
        return self._recorded(connection.execute(f"{SELECT} WHERE command = ? ORDER BY seq", (command,)).fetchall())

    def _recorded(self, found: list[tuple[object, ...]]) -> list[Recorded]:
        rows = [Row._make(values) for values in found]
        recorded = []
        for row in rows:
            try:
                if is_known(row.kind, row.kind_v):
                    recorded.append(self._coder.recorded(row))
            except ValueError as error:
                self._suspect()
                raise journal_damaged(self._path, f"row {row.seq} does not hold a {row.kind}") from error
        return recorded

    def _trouble(self, error: sqlite3.Error) -> Trouble:
        if is_damage(error):
            self._suspect()
        return journal_trouble(error, self._path)

    def _suspect(self) -> None:
        """Leave word for the next opening to look at the whole file."""
        with suppress(OSError):
            suspicion_of(self._path).touch(mode=0o600)

    def _close(self) -> None:
        self._opened.reader.close()
        self._opened.writer.close()
