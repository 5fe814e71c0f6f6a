"""A damaged journal: everything readable goes into a new file, the damaged one is kept aside, and it is said aloud.

The order survives a kill at any point. The new file is written whole and synced under the name `NAME.recovered-TIME`;
then the damaged file and its companions get names of their own, then the new one takes its place. Opening first
finishes an exchange that was begun.

Which rows are kept: a row is good when the row behind it vouches for it (rows.py). Where no sound row stands behind
it, it is good when it follows from the one before. The good ones are folded, and those that make no sense without a
lost one (say, of a task whose beginning is gone) are left out as well. Kept rows get new numbers and a new chain.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework.domain.evolve import evolve
from casework.domain.ids import StreamId, TaskId
from casework.domain.task import Task
from casework.store.chain import SELECT, follows
from casework.store.failures import file_trouble
from casework.store.readers import is_known
from casework.store.rows import GENESIS, Row, RowCoder, digest
from casework.store.schema import build, connect, sync_folder, touch

_HEADER: Final = 100
"""Bytes of SQLite's file header, https://www.sqlite.org/fileformat2.html#the_database_header."""
_PAGE_SIZE: Final = 4096
_LEAST_ROW: Final = 200
"""No row takes fewer bytes; bounds the numbers that are worth asking for in a file that can't say its last one."""
_COMPANIONS: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class _Rescued:
    rows: list[Row]
    last_seq: int
    """The highest number that was seen at all."""


def recover(path: Path, stream: StreamId, now: int) -> str:
    """Put a sound file in the place of the damaged one at `path`; give the sentence that says what became of it.

    Raises:
        Trouble: the disk does not take the new file; the damaged one still stands where it was.
    """
    aside = f"{path.name}.damaged-{now}"
    fresh = path.with_name(f"{path.name}.being-recovered")
    try:
        rescued = _rescue(path, stream)
        said = _sentence(path, path.with_name(aside), rescued)
        _write(fresh, stream, rescued.rows, said, now)
        fresh.rename(path.with_name(f"{path.name}.recovered-{now}"))
        sync_folder(path.parent)
        finish_exchange(path)
    except OSError as error:
        raise file_trouble(error, path) from error
    return said


def finish_exchange(path: Path) -> None:
    """Finish what a kill interrupted: the file `NAME.recovered-TIME` is whole and wants to stand at `path`."""
    for ready in sorted(path.parent.glob(f"{path.name}.recovered-*")):
        aside = path.with_name(ready.name.replace(".recovered-", ".damaged-"))
        for companion in ("", *_COMPANIONS):
            old, kept = Path(f"{path}{companion}"), Path(f"{aside}{companion}")
            if old.exists() and not kept.exists():
                old.rename(kept)
        ready.rename(path)
        sync_folder(path.parent)


def _rescue(path: Path, stream: StreamId) -> _Rescued:
    """Read what can be read: as it stands, else with the first page of a sound file grafted on a copy."""
    rescued = _good_rows(list(_readable(path)), stream)
    if rescued.rows:
        return rescued
    copy = path.with_name(f"{path.name}.being-read")
    try:
        _graft(path, copy, stream)
        grafted = _good_rows(list(_readable(copy)), stream)
    finally:
        for companion in ("", *_COMPANIONS):
            Path(f"{copy}{companion}").unlink(missing_ok=True)
    return grafted if grafted.rows else rescued


def _graft(path: Path, copy: Path, stream: StreamId) -> None:
    """Copy the file with a first page as `build` makes it: header and table of tables are always the same."""
    touch(copy)
    copy.write_bytes(b"")
    with closing(connect(copy)) as connection:
        build(connection, stream)
    first = copy.read_bytes()[:_PAGE_SIZE]
    with suppress(FileNotFoundError):
        shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    shutil.copyfile(path, copy)
    pages = max(1, copy.stat().st_size // _PAGE_SIZE)
    with copy.open("r+b") as file:
        counter = first[24:28]  # offset 92 must repeat the change counter, or the size at offset 28 is not believed
        file.write(first[:28] + pages.to_bytes(4, "big") + first[32:92] + counter + first[96:])


def _readable(path: Path) -> Iterator[Row]:
    """Give every row that SQLite can still hand out, in order, stepping over what it can't."""
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA cell_size_check=OFF")
            highest = _highest(connection, path)
            seq = 0
            while seq < highest:
                try:
                    for found in connection.execute(f"{SELECT} WHERE seq > ? ORDER BY seq", (seq,)):
                        if found[0] <= seq:
                            break
                        seq = found[0]
                        yield Row._make(found)
                    else:
                        return
                except (sqlite3.DatabaseError, UnicodeDecodeError):
                    pass
                seq = yield from _next_readable(connection, seq + 1, highest)
    except sqlite3.DatabaseError:
        return


def _next_readable(connection: sqlite3.Connection, seq: int, highest: int) -> Generator[Row, None, int]:
    """Ask for the numbers from `seq` on, one by one; give the first row that can be read and return its number."""
    while seq <= highest:
        with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
            found = connection.execute(f"{SELECT} WHERE seq = ?", (seq,)).fetchone()
            if found is not None and found[0] == seq:
                yield Row._make(found)
                return seq
        seq += 1
    return seq


def _highest(connection: sqlite3.Connection, path: Path) -> int:
    bound = sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists()) // _LEAST_ROW + 1
    with suppress(sqlite3.DatabaseError):
        return min(bound, connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0] or bound)
    return bound


def _good_rows(rows: list[Row], stream: StreamId) -> _Rescued:
    """Keep the rows the chain does not speak against and the fold understands."""
    coder = RowCoder(stream)
    tasks: dict[TaskId, Task] = {}
    kept = []
    for at, row in enumerate(rows):
        behind = rows[at + 1] if at + 1 < len(rows) else None
        disowned = behind is not None and behind.seq == row.seq + 1 and not _vouches(behind, row)
        if not disowned and _folds(row, coder, tasks):
            kept.append(row)
    return _Rescued(kept, rows[-1].seq if rows else 0)


def _vouches(behind: Row, row: Row) -> bool:
    try:
        return follows(behind, row)
    except (AssertionError, ValueError):  # a column is not even of its type
        return False


def _folds(row: Row, coder: RowCoder, tasks: dict[TaskId, Task]) -> bool:
    """Fold the row into `tasks`; say no where it does not parse or makes no sense behind what was kept so far.

    Rows that only a newer Casework understands are kept as they are.
    """
    try:
        if not is_known(row.kind, row.kind_v):
            return isinstance(row.data, str)
        recorded = coder.recorded(row)
        if recorded.task is not None:
            tasks[recorded.task] = evolve(tasks.get(recorded.task), recorded)
    except (AssertionError, TypeError, ValueError):
        return False
    return True


def _write(path: Path, stream: StreamId, rows: list[Row], said: str, now: int) -> None:
    """Write a whole new journal to `path`: new numbers, new chain, and what happened to it."""
    for companion in ("", *_COMPANIONS):
        Path(f"{path}{companion}").unlink(missing_ok=True)
    touch(path)
    with closing(connect(path)) as connection:
        build(connection, stream)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        prev = GENESIS
        for seq, row in enumerate(rows, 1):
            sound = row._replace(seq=seq, stream=stream, prev=prev)
            connection.execute(f"INSERT INTO events VALUES ({','.join('?' * len(sound))})", sound)
            prev = digest(sound)
        kinds = {(row.kind, row.kind_v) for row in rows}
        connection.executemany("INSERT INTO kinds VALUES (?, ?)", sorted(kinds))
        connection.execute("UPDATE fence SET epoch = ?", (max((row.epoch for row in rows), default=0),))
        connection.execute("INSERT INTO meta VALUES (?, ?)", (f"recovered {now}", said))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sentence(path: Path, aside: Path, rescued: _Rescued) -> str:
    kept = len(rescued.rows)
    lost = rescued.last_seq - kept
    if not kept:
        what = "nothing in it could be read, so it begins anew"
    elif lost:
        what = f"{kept} of {rescued.last_seq} events were recovered and {lost} are lost"
    else:
        what = f"all {kept} events that were found in it were recovered"
    return (
        f"The journal {path} was damaged: {what}. The damaged file is kept as {aside}; "
        "look at the tasks you worked on last before you go on."
    )
