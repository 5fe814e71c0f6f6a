"""Writes the golden journal of the version that is being made: `python -m tests.journals.write`.

A folder of a version that was released never changes again: `rows.jsonl` holds its rows as they stand in the file,
`tasks.json` what they folded into, `journal.sqlite3` the file itself.
"""

# ruff: noqa: ASYNC240 - a program that does one thing

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from casework import __version__
from casework.domain.board import Board
from casework.domain.ids import StreamId
from casework.store.journal import open_journal
from casework.store.rows import COLUMNS
from tests.journals.story import story

STREAM: Final = StreamId("00000000-0000-7000-8000-0000000000aa")
HERE: Final = Path(__file__).parent


async def write(folder: Path) -> None:
    """Write the three files into `folder`."""
    folder.mkdir(exist_ok=True)
    path = folder / "journal.sqlite3"
    path.unlink(missing_ok=True)
    journal = await open_journal(path, STREAM, clock=lambda: 0)
    drafts = story()
    await journal.append(drafts[:20], expected_seq=0)
    for seq, draft in enumerate(drafts[20:], 20):
        await journal.append([draft], expected_seq=seq, full_sync=True)
    await journal.close()
    (folder / "rows.jsonl").write_text(exported(path), encoding="utf-8")
    tasks = json.dumps(await folded(path), indent=1, ensure_ascii=False)
    (folder / "tasks.json").write_text(tasks + "\n", encoding="utf-8")


def exported(path: Path) -> str:
    """Give the rows as they stand in the file, one JSON object a line; nothing of the store is asked."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM events ORDER BY seq").fetchall()
    return "".join(json.dumps(_as_object(row), ensure_ascii=False) + "\n" for row in rows)


def _as_object(row: tuple[Any, ...]) -> dict[str, Any]:
    return {**dict(zip(COLUMNS, row, strict=True)), "prev": row[-1].hex()}


async def folded(path: Path) -> dict[str, dict[str, Any]]:
    """Read the journal with today's code and give what every task came to."""
    board = Board()
    journal = await open_journal(path, STREAM, clock=lambda: 0)
    assert (journal.state.read_only, journal.state.repaired) == ("", "")
    async for row in journal.read():
        board.apply(row)
    await journal.close()
    return {
        str(task.number): {
            "kind": task.kind,
            "title": task.title,
            "status": task.status,
            "origin": task.origin,
            "runs": [run.state for run in task.runs],
            "decisions": {hunk: one.decision for hunk, one in task.review.decisions.items()} if task.review else {},
            "seen": sorted(task.review.seen) if task.review else [],
            "stale": {hunk: one.was for hunk, one in task.review.stale.items()} if task.review else {},
            "back": dict(task.review.back) if task.review else {},
            "comments": len(task.comments),
            "threads": {
                one.id: ["resolved"] * one.resolved + ["outdated"] * one.outdated
                for one in task.comments
                if one.thread is None
            },
            "landing": task.landing.state if task.landing else None,
            "reason": task.reason,
            "changed_seq": task.changed_seq,
        }
        for task in board.tasks.values()
    }


if __name__ == "__main__":
    asyncio.run(write(HERE / __version__))
