"""How many events a second are acknowledged: recorded, folded, told.

Beside it bare SQLite: the same rows (an id, a time, two small JSON texts), as many of them a commit, nothing else. One
run takes a tenth of a second, which is short beside what else a machine does; so a figure is the median of five.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from bench.contest import Contest, Outcome, hold
from casework.app import SystemClock
from casework.core.recorder import Recorder
from casework.domain import events
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.ids import StreamId, TaskId
from casework.domain.redaction import redact_event
from casework.store.journal import open_journal

_EVENTS: Final = 4_096
_RUNS: Final = 5
_HUMAN: Final = Actor(kind="human", id="ada", via="bench", session="1")
_TABLE: Final = (
    "CREATE TABLE events(seq INTEGER PRIMARY KEY, id TEXT, stream TEXT, task TEXT, run TEXT, kind TEXT, kind_v "
    "INTEGER, at INTEGER, actor TEXT, origin TEXT, command TEXT, cause TEXT, epoch INTEGER, data TEXT, prev BLOB)"
)
_CLOCK: Final = SystemClock()
"""Where the daemon takes the time and new names from."""
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
            ours=partial(_median_of, partial(_ours, scratch, writers)),
            other=partial(_median_of, partial(_bare, scratch, writers)),
        )
        for writers in (1, 8, 64)
    ]


def _median_of(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(_RUNS))


def redacted(draft: Draft) -> Draft:
    """What the daemon does at the border."""
    event = redact_event(draft.event)
    return draft if event is draft.event else replace(draft, event=event)


def _ours(scratch: Path, writers: int) -> float:
    return asyncio.run(_record_all(scratch / f"ours{next(_names)}.db", writers))


async def _record_all(path: Path, writers: int) -> float:
    """Each writer puts its task out of sight and brings it back, over and over."""
    journal = await open_journal(path, StreamId(_CLOCK.new_id()), clock=_CLOCK.now_us)
    recorder = Recorder(journal, Board(), redacted)
    recorder.start()
    tasks = [TaskId(_CLOCK.new_id()) for _ in range(writers)]
    for number, task in enumerate(tasks, start=1):
        added = events.TaskAdded(number=number, task_kind="change", title="Refuse expired cards", status="backlog")
        await recorder.record(_one(added, task))
    told = 0

    def tell(rows: Sequence[Recorded]) -> None:
        nonlocal told
        told += len(rows)

    recorder.listen(tell)
    begin = time.perf_counter()
    await asyncio.gather(*(_write(recorder, task, _EVENTS // writers) for task in tasks))
    took = time.perf_counter() - begin
    assert told == _EVENTS
    assert recorder.board.last_seq == _EVENTS + writers
    await recorder.close()
    return _EVENTS / took


async def _write(recorder: Recorder, task: TaskId, times: int) -> None:
    for _ in range(times // 2):
        await recorder.record(_one(events.TaskSnoozed(until=_CLOCK.now_us() + 1), task))
        await recorder.record(_one(events.TaskWoken(), task))


def _one(event: events.Event, task: TaskId) -> Callable[[Board], Sequence[Draft]]:
    return lambda _board: [Draft(id=_CLOCK.new_id(), event=event, actor=_HUMAN, task=task, at=_CLOCK.now_us())]


def _now() -> int:
    return time.time_ns() // 1000


def _bare(scratch: Path, rows_a_commit: int) -> float:
    """Make the same rows by hand and write as many of them at a time."""
    stream, task = _CLOCK.new_id(), _CLOCK.new_id()
    marks = ",".join("?" * 15)
    with closing(sqlite3.connect(scratch / f"bare{next(_names)}.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE)
        begin = time.perf_counter()
        for first in range(0, _EVENTS, rows_a_commit):
            rows = []
            for seq in range(first + 1, first + rows_a_commit + 1):
                actor = json.dumps({"kind": "human", "id": "ada", "via": "bench", "session": "1"})
                data = json.dumps({"until": _now() + 1})
                who = (actor, "user", None, None, 1, data, bytes(32))
                rows.append((seq, _CLOCK.new_id(), stream, task, None, "task.snoozed", 1, _now(), *who))
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO events VALUES ({marks})", rows)
            connection.execute("COMMIT")
        return _EVENTS / (time.perf_counter() - begin)
