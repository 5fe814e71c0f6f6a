"""Looking at journals with eyes of their own: nothing here uses the store's code to check the store."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import count
from pathlib import Path
from typing import Any

from casework.domain.envelope import Draft, Recorded
from casework.domain.ids import StreamId
from casework.store.journal import SqliteJournal, open_journal

STREAM = StreamId("20000000-0000-7000-8000-000000000001")
_COLUMNS = "seq, id, stream, task, run, kind, kind_v, at, actor, origin, command, cause, epoch, data, prev"


def raw_rows(path: Path) -> list[tuple[Any, ...]]:
    """Give the rows as they stand in the file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {_COLUMNS} FROM events ORDER BY seq").fetchall()


def assert_sound(path: Path) -> int:
    """Check numbers and chain as rows.py documents them; give the number of rows."""
    prev = bytes(32)
    rows = raw_rows(path)
    for seq, row in enumerate(rows, 1):
        assert (row[0], row[-1]) == (seq, prev), f"row {row[0]} does not follow from row {seq - 1}"
        header = json.dumps(row[:-2], ensure_ascii=False, separators=(",", ":")).encode()
        prev = hashlib.sha256(row[-1] + header + b"\n" + row[-2].encode()).digest()
    return len(rows)


@asynccontextmanager
async def opened(path: Path, *, now: int = 1) -> AsyncIterator[SqliteJournal]:
    """Open the journal for a while; its clock begins at `now`."""
    times = count(now)
    journal = await open_journal(path, STREAM, clock=lambda: next(times))
    try:
        yield journal
    finally:
        await journal.close()


async def everything(journal: SqliteJournal) -> list[Recorded]:
    """Read it all."""
    return [row async for row in journal.read()]


async def written(path: Path, drafts: list[Draft]) -> None:
    """Make a journal that holds these."""
    async with opened(path) as journal:
        await journal.append(drafts, expected_seq=journal.state.last_seq)
