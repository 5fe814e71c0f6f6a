"""The tables of a journal's file, its format, and how a connection to it is made.

`format` counts up when a table changes; `min_reader` is the oldest format whose code may still read the file. Columns
are only ever added. `kinds` lists which kinds of event the file holds, so that opening it need not look at every row.
There is no index by task: it would double the cost of a row at 64 rows a commit, and the rows of one task are read
on demand only, in a thread, at some 0.3 ms per 1,000 rows passed over.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from casework.domain.ids import StreamId

FORMAT: Final = 1
MIN_READER: Final = 1

_EVENTS: Final = (
    "CREATE TABLE events(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, stream TEXT NOT NULL, task TEXT, run TEXT, "
    "kind TEXT NOT NULL, kind_v INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, origin TEXT NOT NULL, "
    "command TEXT, cause TEXT, epoch INTEGER NOT NULL, data TEXT NOT NULL, prev BLOB NOT NULL) STRICT"
)
_TABLES: Final = (
    _EVENTS,
    "CREATE INDEX events_by_command ON events(command) WHERE command IS NOT NULL",
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE kinds(kind TEXT, kind_v INTEGER, PRIMARY KEY (kind, kind_v)) STRICT, WITHOUT ROWID",
    "CREATE TABLE fence(epoch INTEGER NOT NULL) STRICT",
)

_MARKS: Final = ",".join("?" * 15)
INSERT: Final = f"INSERT INTO events VALUES ({_MARKS})"
INSERT_UNLESS_FENCED: Final = f"INSERT INTO events SELECT {_MARKS} FROM fence WHERE epoch = ?"
"""Writes a row only while the epoch behind it is the fence's: a fenced writer changes no row, in one statement."""


def connect(path: Path, *, timeout_s: float = 5.0, mode: str = "rw") -> sqlite3.Connection:
    """Open the file in autocommit mode; `mode` is one of https://www.sqlite.org/uri.html, or one of two more.

    `immutable` trusts that nobody writes the file; `exclusive` locks out others and needs no file beside the WAL.

    Foreign schemas can't run functions (`trusted_schema`), and a page that does not fit its table is an error.
    """
    query = {"immutable": "mode=ro&immutable=1", "exclusive": "mode=rw"}.get(mode, f"mode={mode}")
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?{query}",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "synchronous=NORMAL", "wal_autocheckpoint=0"):
            connection.execute(f"PRAGMA {pragma}")
        if mode == "exclusive":
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return connection


def touch(path: Path) -> None:
    """Make an empty file that only its owner may read; SQLite gives its companions the same rights."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def build(connection: sqlite3.Connection, stream: StreamId) -> None:
    """Make the tables in an empty file; does nothing in one that has them. One transaction, so never half of them."""
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            for table in _TABLES:
                connection.execute(table)
            values = [("format", str(FORMAT)), ("min_reader", str(MIN_READER)), ("stream", stream)]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", values)
            connection.execute("INSERT INTO fence VALUES (0)")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Give everything the file says about itself."""
    return dict(connection.execute("SELECT name, value FROM meta"))


def sync_folder(folder: Path) -> None:
    """Make names that were created in, renamed in or removed from `folder` survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
