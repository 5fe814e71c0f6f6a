"""Files as they lie in a work tree: their bytes and modes, read without following a link, a part of the path included.

An agent or the user may be writing at the same moment. What is read is what one open file held; whether it is the last
word is for the caller to decide.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from casework.domain.errors import Refused
from casework.domain.repopath import quote

LARGE: Final = 16 * 1024 * 1024
"""Bytes from which on a file is not read into memory: git reads it through an open descriptor."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Found:
    """One file or link on disk."""

    mode: bytes
    """As a tree writes it: 100644, 100755 or 120000."""
    data: bytes | None
    """The contents, or where a link leads; None when the file is large and `descriptor` must be read."""
    descriptor: int = -1
    """An open descriptor of a large file; whoever asked closes it."""


class Disk:
    """A work tree, read below the handle of its top folder; used as a context, and by one thread."""

    def __init__(self, top: bytes) -> None:
        self._top = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open: list[tuple[bytes, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            os.close(self._open.pop()[1])
        os.close(self._top)

    def find(self, path: bytes) -> Found | None:
        """Give what lies at `path`; None when nothing is there, a folder stands there, or a part of the path is a link.

        Raises:
            Refused: `odd_file`, it is a device, a pipe or a socket; `unreadable`, you may not read it.
        """
        folder, name = os.path.split(path)
        with _as_sentence(path):
            above = self._folder(folder)
            return None if above is None else _find(above, name, path)

    def _folder(self, folder: bytes) -> int | None:
        """The handle of a folder; those above the last one asked for stay open, as neighbours are asked for next."""
        names = folder.split(b"/") if folder else []
        kept = 0
        while kept < len(names) and kept < len(self._open) and self._open[kept][0] == names[kept]:
            kept += 1
        while len(self._open) > kept:
            os.close(self._open.pop()[1])
        for name in names[kept:]:
            above = self._open[-1][1] if self._open else self._top
            try:
                self._open.append((name, os.open(name, _FOLDER, dir_fd=above)))
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                if error.errno == errno.ELOOP:
                    return None
                raise
        return self._open[-1][1] if self._open else self._top


def _find(above: int, name: bytes, path: bytes) -> Found | None:
    try:
        seen = os.lstat(name, dir_fd=above)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(seen.st_mode):
        return Found(b"120000", os.readlink(name, dir_fd=above))
    if stat.S_ISDIR(seen.st_mode):
        return None
    if not stat.S_ISREG(seen.st_mode):
        raise Refused(
            f"{quote(path)} is neither a file nor a link (a pipe, a socket or a device), so it can't be part of a "
            "review. Move it away, or have git ignore it.",
            code="odd_file",
        )
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=above)
    opened = os.fstat(file)
    mode = b"100755" if opened.st_mode & stat.S_IXUSR else b"100644"
    if opened.st_size >= LARGE:
        return Found(mode, None, file)
    with open(file, "rb") as stream:
        return Found(mode, stream.read())


@contextlib.contextmanager
def _as_sentence(path: bytes) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(
            f"{quote(path)} can't be read ({error.strerror}), so it can't be part of a review. "
            "Give yourself permission to read it, then try again.",
            code="unreadable",
        ) from error
