"""A program that writes a journal and is killed: at statement N of SQLite, or whenever the test likes.

    python writer.py statements FOLDER    one journal per N, in FOLDER/N.sqlite3; "N ack SEQ", and "N end COUNT" at last
    python writer.py forever PATH         "0 ack SEQ" until it is killed

What is acknowledged is said on standard output with one write per line, so that a kill can't cut it off.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from casework.domain.envelope import Actor, Draft
from casework.domain.events import StepBegun, StepDone, TaskAdded
from casework.domain.ids import StreamId, TaskId
from casework.store.journal import open_journal

STREAM = StreamId("20000000-0000-7000-8000-000000000001")
_ACTOR = Actor(kind="agent", id="scripted")


def batches() -> Iterator[tuple[list[Draft], bool]]:
    """Give batches of different sizes and kinds for ever, each with whether it is fully synced."""
    n = 0
    for turn in count():
        batch = []
        for _ in range((1, 3, 1, 8, 1, 2)[turn % 6]):
            n += 1
            event = (
                TaskAdded(number=n, task_kind="change", title=f"t{n}", status="backlog")
                if n % 4 == 1
                else StepBegun(n=n, what="write", summary="x" * (n % 300))
                if n % 4 < 3
                else StepDone(n=n)
            )
            batch.append(Draft(id=f"row-{n}", event=event, actor=_ACTOR, task=TaskId(f"task-{(n - 1) // 4}"), at=n))
        yield batch, turn % 5 == 4


async def write(path: Path, name: int, turns: int | None) -> None:
    """Open the journal, write `turns` batches (or for ever) behind what is there, and say what was acknowledged."""
    journal = await open_journal(path, STREAM, clock=lambda: 1)
    seq = begin = journal.state.last_seq
    behind = 0
    for turn, (batch, full_sync) in enumerate(batches()):
        if turns is not None and turn >= turns:
            break
        behind += len(batch)
        if behind <= begin:
            continue
        batch = batch[-(behind - begin) :] if behind - len(batch) < begin else batch
        seq = (await journal.append(batch, expected_seq=seq, full_sync=full_sync))[-1]
        _say(f"{name} ack {seq}")
    await journal.close()


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def _killed_at(path: Path, statement: int) -> bool:
    """Write in a process of its own that kills itself before SQLite runs that statement; say whether it was."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    seen = count(1)

    def trace(_sql: str) -> None:
        if next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(trace)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment] # it is called in one way only
    asyncio.run(write(path, statement, turns=6))
    _say(f"{statement} end {next(seen) - 1}")
    os._exit(0)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["statements", folder]:
            for statement in range(1, 500):
                if not _killed_at(Path(folder) / f"{statement}.sqlite3", statement):
                    break
        case ["forever", path]:
            asyncio.run(write(Path(path), 0, turns=None))
        case _:
            raise SystemExit(__doc__)
