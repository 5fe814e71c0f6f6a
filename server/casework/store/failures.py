"""What SQLite and the disk say when they fail, as sentences that name the file and the next step."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Final

from casework.domain.errors import Trouble

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_RIGHT: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def primary_code(error: sqlite3.Error) -> int:
    """Give SQLite's primary result code (https://www.sqlite.org/rescode.html); 0 when Python raised it by itself."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether the file itself is wrong, and not its surroundings."""
    return primary_code(error) in _DAMAGED


def is_busy(error: sqlite3.Error) -> bool:
    """Say whether somebody else holds the journal at this moment."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def journal_trouble(error: sqlite3.Error, path: Path) -> Trouble:
    """Give the sentence for what went wrong with the journal at `path`."""
    code = primary_code(error)
    if code == sqlite3.SQLITE_FULL:
        return disk_full(path)
    if code in _NO_RIGHT:
        return no_right(path)
    if code in _DAMAGED:
        return journal_damaged(path, str(error))
    if is_busy(error):
        return Trouble(
            f"Another program holds the journal {path}; nothing was written. Close it and try again.",
            code="journal_busy",
        )
    return Trouble(
        f"The disk did not take what the journal {path} was given ({error}); nothing was written. "
        "Look at the disk and at its free space, then try again.",
        code="disk_failed",
    )


def journal_damaged(path: Path, why: str) -> Trouble:
    """Give the sentence for damage that is met while the journal is open."""
    return Trouble(
        f"The journal {path} is damaged ({why}); nothing was written. "
        "Run `casework daemon stop` and try again: what can be read is recovered when it is opened next.",
        code="journal_damaged",
    )


def file_trouble(error: OSError, path: Path) -> Trouble:
    """Give the sentence for a file of the state directory that could not be read or written."""
    if error.errno in _FULL:
        return disk_full(path)
    if error.errno in _FORBIDDEN:
        return no_right(path)
    said = (error.strerror or str(error)).lower()
    return Trouble(
        f"Casework could not use {path}: {said}. Nothing was kept; put that right and try again.", code="disk_failed"
    )


def disk_full(path: Path) -> Trouble:
    """Give the sentence for a full disk."""
    return Trouble(
        f"The disk is full: nothing could be written to {path}. What was acknowledged before is safe; "
        "make room on that disk and try again.",
        code="disk_full",
    )


def no_right(path: Path) -> Trouble:
    """Give the sentence for a place that may not be written."""
    return Trouble(
        f"Casework may not write {path}, so it can keep no tasks there. "
        "Give yourself the right to write it, or name another state directory in XDG_STATE_HOME.",
        code="read_only",
    )
