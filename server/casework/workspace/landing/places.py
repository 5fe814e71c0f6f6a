"""Places in the work tree, reached through handles of their folders, opened one by one without following a link.

What a place holds is its bytes and its lstat, never git's opinion of it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from casework.domain.errors import Trouble
from casework.domain.repopath import quote
from casework.ports.landing import FileState

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Kind = Literal["absent", "file", "link", "folder", "odd"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What stood at a place when it was looked at."""

    kind: Kind
    mode: int = 0
    data: bytes = b""
    inode: tuple[int, int] = (0, 0)

    @property
    def sha256(self) -> str:
        """Of its bytes; empty where there are none to hash."""
        return hashlib.sha256(self.data).hexdigest() if self.kind in ("file", "link") else ""

    def is_state(self, state: FileState) -> bool:
        """Whether this is exactly what a plan says: kind, permission bits and bytes."""
        if self.kind != state.kind:
            return False
        return self.kind == "absent" or (
            (self.kind == "link" or self.mode == state.mode) and self.sha256 == state.sha256
        )

    def has_bytes(self, state: FileState) -> bool:
        """Whether the bytes are those of a plan, whatever the permission bits are."""
        return self.kind == state.kind and self.sha256 == state.sha256


ABSENT: Final = Seen("absent")


class Blocked(Trouble):
    """A part of the path is a link, or not a folder."""

    def __init__(self, path: bytes) -> None:
        super().__init__(f"{quote(path)} is reached through a link or through something that is not a folder.")
        self.path = path


class Nested(Trouble):
    """A part of the path is a repository of its own."""


@contextlib.contextmanager
def folder_of(top: bytes, path: bytes, *, inside: bool = True) -> Iterator[tuple[int, bytes]]:
    """Open the folder that `path` lies in; gives its handle and the last name.

    Raises:
        FileNotFoundError: a folder on the way is not there.
        Blocked: something on the way is a link or no folder.
        Nested: something on the way holds a `.git`, unless `inside` is False.
    """
    *above, name = path.split(b"/")
    handle = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in above:
            try:
                inner = os.open(part, FOLDER, dir_fd=handle)
            except OSError as error:
                if error.errno in (errno.ENOTDIR, errno.ELOOP):
                    raise Blocked(path) from error
                raise
            os.close(handle)
            handle = inner
            if inside and exists(handle, b".git"):
                raise Nested(quote(path))
        yield handle, name
    finally:
        os.close(handle)


def exists(folder: int, name: bytes) -> bool:
    """Tell whether anything has this name, a dangling link included."""
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def look(folder: int, name: bytes) -> Seen:
    """Look at one name below a handle."""
    try:
        found = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return ABSENT
    inode = (found.st_dev, found.st_ino)
    if stat.S_ISLNK(found.st_mode):
        return Seen("link", 0, os.readlink(name, dir_fd=folder), inode)
    if stat.S_ISDIR(found.st_mode):
        return Seen("folder", stat.S_IMODE(found.st_mode), b"", inode)
    if not stat.S_ISREG(found.st_mode):
        return Seen("odd", stat.S_IMODE(found.st_mode), b"", inode)
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return ABSENT
    with open(handle, "rb") as stream:
        opened = os.fstat(handle)
        if not stat.S_ISREG(opened.st_mode):
            return Seen("odd")
        return Seen("file", stat.S_IMODE(opened.st_mode), stream.read(), (opened.st_dev, opened.st_ino))


def look_at(top: bytes, path: bytes) -> Seen:
    """Look at a path of the work tree; a missing folder on the way means that nothing is there.

    Raises:
        Blocked, Nested: see `folder_of`.
    """
    try:
        with folder_of(top, path) as (folder, name):
            return look(folder, name)
    except FileNotFoundError:
        return ABSENT


def missing_folders(top: bytes, paths: Sequence[bytes], leaving: frozenset[bytes]) -> list[bytes]:
    """Give the folders that have to be made for `paths`, outer ones first; what is in `leaving` makes room for one."""
    found: dict[bytes, None] = {}
    for path in paths:
        parts = path.split(b"/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = b"/".join(parts[:depth])
            if folder in found:
                continue
            if folder in leaving or not _is_folder(top, folder):
                found[folder] = None
    return list(found)


def _is_folder(top: bytes, path: bytes) -> bool:
    try:
        with folder_of(top, path, inside=False) as (folder, name):
            return stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode)
    except (FileNotFoundError, Blocked):
        return False


def make_folder(top: bytes, path: bytes) -> None:
    """Make one folder; its being there already is no error."""
    with folder_of(top, path) as (folder, name), contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o777, dir_fd=folder)


def remove_folder(top: bytes, path: bytes) -> bool:
    """Remove one folder if it is empty; tells whether it is gone."""
    try:
        with folder_of(top, path) as (folder, name):
            os.rmdir(name, dir_fd=folder)
    except (FileNotFoundError, Blocked, Nested):
        return True
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EBUSY, errno.EACCES, errno.EPERM):
            return False
        raise
    return True


def write_new(folder: int, name: bytes, data: bytes, mode: int | None) -> None:
    """Write a file that is not there yet; `mode` None leaves the permission bits to the umask."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(name, flags, 0o666 if mode is None else 0o600, dir_fd=folder)
    with open(handle, "wb") as stream:
        stream.write(data)
        if mode is not None:
            os.fchmod(handle, mode)


def write_whole(home: int, folder: int, name: bytes, data: bytes, mode: int) -> None:
    """Write a file that is not there yet, so that a kill leaves all of it or none, where the system can do that.

    It is made in the folder `home`, where it is to live in the end, and gets its name in `folder`: so it lies on the
    disk beside its neighbours, and inherits what that folder has its files inherit.
    """
    try:
        handle = os.open(b".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=home)
        with open(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(handle, mode)
            os.link(b"/proc/self/fd/%d" % handle, name, dst_dir_fd=folder, follow_symlinks=True)
    except FileExistsError:
        raise
    except (AttributeError, OSError):  # another system, a disk without it, or another mount
        write_new(folder, name, data, mode)
