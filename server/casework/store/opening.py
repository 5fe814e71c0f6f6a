"""Opening a journal's file: made if new, looked over, recovered if damaged, and its epoch taken. Blocking.

What happens to it while it is open is journal.py.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from casework.domain.errors import Trouble
from casework.domain.ids import StreamId
from casework.store.chain import QUICK_CHECK_LIMIT, SELECT, sqlite_complaint, tail_is_sound
from casework.store.failures import file_trouble, is_damage, journal_trouble, no_right, primary_code
from casework.store.readers import is_known
from casework.store.recovery import finish_exchange, recover
from casework.store.rows import GENESIS, Row, digest
from casework.store.schema import FORMAT, build, connect, meta, sync_folder, touch


@dataclass(slots=True)
class Opened:
    """One open file: a connection that writes, one that reads, and what is known about its end."""

    writer: sqlite3.Connection
    reader: sqlite3.Connection
    epoch: int
    last_seq: int
    last_digest: bytes
    kinds: set[tuple[str, int]] = field(default_factory=set)
    read_only: str = ""
    unreadable: bool = False
    """Even reading asks for a newer Casework."""
    repaired: str = ""


class _Damaged(Exception):
    """The file must be recovered."""


def open_file(path: Path, stream: StreamId, clock: Callable[[], int]) -> Opened:
    """Open or make the journal at `path`.

    Raises:
        Trouble: it can't be made or opened, or it is the journal of another stream.
    """
    repaired = ""
    try:
        finish_exchange(path)
        emptied = _emptied(path)
        _make(path)
        try:
            opened = _open(path, stream)
            opened.repaired = emptied
            return opened
        except _Damaged:
            repaired = recover(path, stream, clock())
            suspicion_of(path).unlink(missing_ok=True)
            opened = _open(path, stream)
            opened.repaired = repaired
            return opened
    except sqlite3.Error as error:
        raise journal_trouble(error, path) from error
    except OSError as error:
        raise file_trouble(error, path) from error
    except _Damaged as error:
        raise Trouble(f"{repaired} The new file is damaged as well: look at the disk.", code="disk_failed") from error


def suspicion_of(path: Path) -> Path:
    """Give the file whose being there says: damage was met while the journal was open; look at all of it."""
    return path.with_name(f"{path.name}.suspect")


def _emptied(path: Path) -> str:
    """Say that a journal lost everything; empty where there is nothing to say.

    A new one is an empty file too, for an instant, and may be left so by a kill; but it has no texts beside it.
    """
    texts = path.parent / "blobs"
    if not (path.exists() and path.stat().st_size == 0 and texts.is_dir() and any(texts.iterdir())):
        return ""
    return (
        f"The journal {path} was emptied by something, so the tasks in it are not known any more, and a new one was "
        f"begun; their texts are still in {texts}. Stop the daemon and bring the file back from a backup, if you can."
    )


def _make(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise no_right(path)
    touch(path)
    sync_folder(path.parent)


def _open(path: Path, stream: StreamId) -> Opened:
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)):
        return _open_to_read(path, str(no_right(path)))
    _unlock_companions(path)
    with _damage_seen():
        connection = connect(path)
    try:
        with _damage_seen():
            return _look_and_take(connection, path, stream)
    except BaseException:
        connection.close()
        raise


def _unlock_companions(path: Path) -> None:
    """Make the files beside the journal writable again: SQLite gave them its rights when it could only be read."""
    for companion in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if companion.exists() and not os.access(companion, os.W_OK):
            companion.chmod(0o600)


def _look_and_take(connection: sqlite3.Connection, path: Path, stream: StreamId) -> Opened:
    build(connection, stream)
    about = _about(connection, path, stream)
    why = _future(connection, about, path)
    if why:
        connection.close()
        return _open_to_read(path, why, unreadable=int(about["min_reader"]) > FORMAT)
    if _is_damaged(connection, path):
        raise _Damaged
    try:
        return _take(connection, connect(path))
    except sqlite3.OperationalError as error:
        if primary_code(error) != sqlite3.SQLITE_FULL:
            raise
    connection.close()
    return _open_to_read(
        path,
        f"The disk is full, so the journal {path} can only be read and nothing can be changed. "
        "Make room on that disk, run `casework daemon stop`, and go on.",
    )


@contextmanager
def _damage_seen() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise _Damaged from error
        raise


def _about(connection: sqlite3.Connection, path: Path, stream: StreamId) -> dict[str, str]:
    """Read what the file says about itself.

    Raises:
        _Damaged: it says nothing that makes sense.
        Trouble: it belongs to another stream.
    """
    try:
        about = meta(connection)
        int(about["format"]), int(about["min_reader"])
    except (KeyError, ValueError) as error:
        raise _Damaged from error
    except sqlite3.OperationalError as error:
        if primary_code(error) == sqlite3.SQLITE_ERROR:  # no such table
            raise _Damaged from error
        raise
    if about.get("stream") != stream:
        raise Trouble(
            f"The journal {path} belongs to {about.get('stream')}, not to {stream}, so its tasks are not shown. "
            "Move the file back to where it came from.",
            code="other_stream",
        )
    return about


def _future(connection: sqlite3.Connection, about: dict[str, str], path: Path) -> str:
    """Say why this code may not write the file because a newer Casework did; empty when it may."""
    newer = f"The journal {path} was written by a newer Casework"
    rest = "nothing is changed by this version. Install the newer one again to go on."
    if int(about["min_reader"]) > FORMAT:
        return f"{newer} in a form this version can't read: its tasks are not shown, and {rest}"
    if int(about["format"]) > FORMAT:
        return f"{newer}: its tasks can be read here, but {rest}"
    strange = sorted(kind for kind, kind_v in connection.execute("SELECT * FROM kinds") if not is_known(kind, kind_v))
    if strange:
        return f"{newer} and holds events this version does not know ({', '.join(strange[:3])}): {rest}"
    return ""


def _is_damaged(connection: sqlite3.Connection, path: Path) -> bool:
    suspected = suspicion_of(path).exists()
    if (suspected or path.stat().st_size <= QUICK_CHECK_LIMIT) and sqlite_complaint(connection):
        return True
    return suspected or not tail_is_sound(connection)


def _take(writer: sqlite3.Connection, reader: sqlite3.Connection) -> Opened:
    """Take the journal: from here on older writers are fenced."""
    try:
        writer.execute("PRAGMA synchronous=FULL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE fence SET epoch = epoch + 1")
        opened = _at_its_end(writer, reader)
        writer.execute("COMMIT")
        writer.execute("PRAGMA synchronous=NORMAL")
        writer.execute("PRAGMA busy_timeout=0")
    except BaseException:
        reader.close()
        raise
    return opened


def _at_its_end(writer: sqlite3.Connection, reader: sqlite3.Connection) -> Opened:
    epoch = writer.execute("SELECT epoch FROM fence").fetchone()[0]
    found = writer.execute(f"{SELECT} ORDER BY seq DESC LIMIT 1").fetchone()
    kinds = set(writer.execute("SELECT kind, kind_v FROM kinds"))
    if found is None:
        return Opened(writer, reader, epoch, 0, GENESIS, kinds)
    last = Row._make(found)
    return Opened(writer, reader, epoch, last.seq, digest(last), kinds)


def _open_to_read(path: Path, why: str, *, unreadable: bool = False) -> Opened:
    """Open the file without taking it: nothing is written, not even the epoch."""
    connection = _connect_to_read(path, why)
    opened = Opened(connection, connection, 0, 0, GENESIS) if unreadable else _at_its_end(connection, connection)
    opened.read_only, opened.unreadable = why, unreadable
    return opened


def _connect_to_read(path: Path, why: str) -> sqlite3.Connection:
    """Connect in the first way that works here.

    A WAL is read with an index in shared memory, which is a file; where that can't be made, the index is kept in
    memory, for which the file is locked. Without a WAL the file is all there is.
    """
    wal = Path(f"{path}-wal")
    modes = ("ro", "exclusive") if wal.exists() and wal.stat().st_size else ("ro", "immutable")
    for mode in modes:
        with suppress(sqlite3.OperationalError):
            connection = connect(path, mode=mode)
            try:
                connection.execute("SELECT count(*) FROM meta").fetchone()
            except BaseException:
                connection.close()
                raise
            return connection
    raise Trouble(why, code="read_only")
