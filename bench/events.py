"""How many events a second are acknowledged: recorded, folded, told. Beside it bare SQLite, as many rows a commit."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from uuid6 import uuid7

from bench.contest import Contest, Outcome, hold
from casework.core.recorder import Recorder
from casework.domain import events
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.ids import StreamId, TaskId
from casework.domain.redaction import redact
from casework.store.journal import open_journal

_EVENTS: Final = 4_096
_HUMAN: Final = Actor(kind="human", id="ada", via="bench", session="1")
_TABLE: Final = (
    "CREATE TABLE events(seq INTEGER PRIMARY KEY, id TEXT, stream TEXT, task TEXT, run TEXT, kind TEXT, kind_v "
    "INTEGER, at INTEGER, actor TEXT, origin TEXT, command TEXT, cause TEXT, epoch INTEGER, data TEXT, prev BLOB)"
)
_names = count()


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contest with 1, 8 and 64 writers."""
    return [
        hold(
            Contest(
                f"acknowledged events, {writers} at once",
                f"bare SQLite, {writers} a commit",
                "a second",
                bound=0.5,
                more_is_better=True,
            ),
            ours=partial(_ours, scratch, writers),
            other=partial(_bare, scratch, writers),
        )
        for writers in (1, 8, 64)
    ]


def _ours(scratch: Path, writers: int) -> float:
    return asyncio.run(_record_all(scratch / f"ours{next(_names)}.db", writers))


async def _record_all(path: Path, writers: int) -> float:
    journal = await open_journal(path, StreamId(str(uuid7())), clock=lambda: time.time_ns() // 1000)
    board = Board()
    recorder = Recorder(journal, board, redacted)
    told: list[Recorded] = []
    recorder.listen(told.extend)
    recorder.start()
    begin = time.perf_counter()
    await asyncio.gather(*(_write(recorder, _EVENTS // writers) for _ in range(writers)))
    took = time.perf_counter() - begin
    assert len(told) == len(board.tasks) == _EVENTS
    await recorder.close()
    return _EVENTS / took


async def _write(recorder: Recorder, times: int) -> None:
    for _ in range(times):
        await recorder.record(_add_task)


def _add_task(board: Board) -> Sequence[Draft]:
    added = events.TaskAdded(
        number=board.last_number + 1, task_kind="change", title="Refuse expired cards", status="backlog"
    )
    return [Draft(id=str(uuid7()), event=added, actor=_HUMAN, task=TaskId(str(uuid7())), at=time.time_ns() // 1000)]


def redacted(draft: Draft) -> Draft:
    """What the daemon does at the border: nothing secret gets into a row."""
    title = getattr(draft.event, "title", "")
    assert redact(title) == title
    return draft


def _bare(scratch: Path, rows_a_commit: int) -> float:
    event = (
        str(uuid7()), str(uuid7()), str(uuid7()), None, "task.added", 1, 1_700_000_000_000_000,
        '{"kind":"human","id":"ada","via":"bench","session":"1"}', "user", None, None, 1,
        '{"number":1,"task_kind":"change","title":"Refuse expired cards","status":"backlog"}', bytes(32),
    )  # fmt: skip
    marks = ",".join("?" * (len(event) + 1))
    with closing(sqlite3.connect(scratch / f"bare{next(_names)}.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE)
        begin = time.perf_counter()
        for first in range(0, _EVENTS, rows_a_commit):
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO events VALUES ({marks})",
                [(seq, *event) for seq in range(first + 1, first + rows_a_commit + 1)],
            )
            connection.execute("COMMIT")
        return _EVENTS / (time.perf_counter() - begin)
