"""Reading a file's rows with suspicion: the hash chain, the tail that opening looks at, the whole for `doctor`.

Nothing here writes. What is done about damage is recovery.py.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework.store.failures import is_damage, journal_trouble
from casework.store.rows import COLUMNS, GENESIS, Row, digest
from casework.store.schema import connect

TAIL: Final = 200
"""Rows at the end whose chain is checked at every opening."""
QUICK_CHECK_LIMIT: Final = 8 * 1024 * 1024
"""Files up to this many bytes get SQLite's own check at every opening (some 3 ms a MiB); larger ones when suspected."""
SELECT: Final = f"SELECT {', '.join(COLUMNS)} FROM events"
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at a whole chain found."""

    rows: int
    breaks: tuple[int, ...]
    """Numbers of rows that do not follow from the row before them: a gap, or a changed row just before."""
    damage: str = ""
    """What SQLite says about the file; empty when it is sound."""

    @property
    def sound(self) -> bool:
        """Whether every row follows from the one before it."""
        return not self.breaks and not self.damage


def verify_chain(path: Path) -> Verified:
    """Check a journal's file from its first row to its last; takes some 5 s per million rows. Blocking.

    It may be open elsewhere: the check sees the rows that were there when it began.

    Raises:
        Trouble: the file can't be opened at all.
    """
    rows, breaks = 0, []
    try:
        connection = connect(path, mode="ro")
        try:
            damage = sqlite_complaint(connection)
            connection.execute("BEGIN")
            last: Row | None = None
            for row in walk(connection):
                rows += 1
                if not follows(row, last):
                    breaks.append(row.seq)
                last = row
        finally:
            connection.close()
    except sqlite3.Error as error:
        if not is_damage(error):
            raise journal_trouble(error, path) from error
        return Verified(rows, tuple(breaks), str(error))
    return Verified(rows, tuple(breaks), damage)


def walk(connection: sqlite3.Connection, after: int = 0) -> Iterator[Row]:
    """Give every row behind number `after`, a page at a time."""
    while True:
        page = connection.execute(f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (after, _PAGE)).fetchall()
        yield from map(Row._make, page)
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def follows(row: Row, before: Row | None) -> bool:
    """Say whether `row` is the one that was written right behind `before`."""
    if before is None:
        return row.seq == 1 and row.prev == GENESIS
    return row.seq == before.seq + 1 and row.prev == digest(before)


def tail_is_sound(connection: sqlite3.Connection) -> bool:
    """Check the chain of the last `TAIL` rows; at a fixed cost, whatever the length of the journal."""
    last_seq = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
    begin = max(0, last_seq - TAIL)
    before: Row | None = None
    for row in walk(connection, begin):
        if (before is not None or begin == 0) and not follows(row, before):
            return False
        before = row
    return before is not None or last_seq == 0


def sqlite_complaint(connection: sqlite3.Connection) -> str:
    """Give the first thing SQLite finds wrong with the file; empty when it finds nothing."""
    said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if said == "ok" else said
