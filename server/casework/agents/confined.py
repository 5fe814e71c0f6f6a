"""Files below one folder and nowhere else, whatever the names say.

Every path is walked component by component from the folder's handle without following links, so neither `..` nor a
link that an agent or its repository planted leads out. Git's own files are out of reach in every spelling that some
file system takes for `.git` (git's verify_path, is_hfs_dotgit and is_ntfs_dotgit). Names and contents are bytes.
Not here: confinement of a whole process, which is the sandbox's.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from casework.domain.errors import Refused
from casework.domain.repopath import quote

READ_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a file that is read as a whole."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_IGNORED_BY_HFS: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT_ON_NTFS: Final = re.compile(r"(\.git|git~\d+)[. ]*(:.*)?", re.IGNORECASE | re.DOTALL)


def check_path(path: bytes) -> None:
    """Refuse a path that can't be one of a file in a worktree.

    Raises:
        Refused: it is empty, absolute or not plain (`..`, doubled slashes), too long, or git's own.
    """
    shown = quote(path[:200])
    if not path or b"\0" in path:
        raise Refused("a path is empty or holds a NUL byte")
    if len(path) > 4000:
        raise Refused(f"the path {shown}... is longer than 4,000 bytes")
    for part in path.split(b"/"):
        if part in (b"", b".", b".."):
            raise Refused(f"{shown} is not a plain path inside the worktree")
        if len(part) > 255:
            raise Refused(f"the path {shown}... has a name longer than 255 bytes")
    if any(_is_git(part) for part in re.split(rb"[/\\]", path)):
        raise Refused(f"{shown} belongs to git, and no agent writes there")


def _is_git(name: bytes) -> bool:
    text = name.decode("utf-8", "surrogateescape")
    return bool(_IGNORED_BY_HFS.sub("", text).casefold() == ".git" or _GIT_ON_NTFS.fullmatch(text))


class Worktree:
    """The files of one worktree, held open until `close`.

    Every method raises `Refused` where a rule forbids it and `OSError` where the disk does. A file is replaced whole
    or not at all: what it was linked to elsewhere stays as it is.
    """

    def __init__(self, root: str) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._root)

    def read(self, path: bytes) -> bytes:
        """Give a regular file's bytes."""
        with self._parent(path) as (folder, name), os.fdopen(self._open_file(name, folder, path), "rb") as file:
            content = file.read(READ_LIMIT + 1)
        if len(content) > READ_LIMIT:
            raise Refused(f"{quote(path)} is larger than {READ_LIMIT} bytes")
        return content

    def names(self, path: bytes) -> list[tuple[bytes, bool]]:
        """Give what is in a folder (empty for the top), each with whether it is a folder itself; without git's own."""
        with self._folder(path) as handle, os.scandir(handle) as entries:
            return sorted(
                (name, entry.is_dir(follow_symlinks=False))
                for entry in entries
                if not _is_git(name := os.fsencode(entry.name))
            )

    def is_folder(self, path: bytes) -> bool:
        """Tell whether a path is a folder, and no link to one; the empty one is the top."""
        if not path:
            return True
        with self._parent(path) as (folder, name):
            return stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode)

    def write(self, path: bytes, content: bytes, *, spare: bytes) -> None:
        """Make or replace a regular file, its mode kept; folders on the way are made.

        `spare` names the file beside it that is written first and then takes its place; after a crash it may be left,
        and `clear` removes it.
        """
        with self._parent(path, create=True) as (folder, name):
            mode = self._mode_of_file(folder, name, path)
            handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    if mode is not None:
                        os.fchmod(handle, mode)
                os.rename(spare, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(spare, dir_fd=folder)
                raise

    def clear(self, path: bytes, *, spare: bytes) -> None:
        """Remove what an interrupted `write` of `path` may have left beside it."""
        with suppress(OSError, Refused), self._parent(path) as (folder, _):
            os.unlink(spare, dir_fd=folder)

    def delete(self, path: bytes) -> None:
        """Remove a file or a link; a link's target stays."""
        with self._parent(path) as (folder, name):
            if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
                raise Refused(f"{quote(path)} is a folder, files are deleted one by one")
            os.unlink(name, dir_fd=folder)

    def rename(self, path: bytes, to: bytes) -> None:
        """Move a file, link or folder; nothing is replaced, but the case of a name may change."""
        with self._parent(path) as (folder, name), self._parent(to, create=True) as (target, new):
            mine = os.lstat(name, dir_fd=folder)
            with suppress(FileNotFoundError):
                there = os.lstat(new, dir_fd=target)
                if not os.path.samestat(mine, there) or (stat.S_ISREG(mine.st_mode) and mine.st_nlink > 1):
                    raise Refused(f"{quote(to)} exists already")
            os.rename(name, new, src_dir_fd=folder, dst_dir_fd=target)

    def chmod(self, path: bytes, mode: int) -> None:
        """Set the permission bits of a regular file."""
        with self._parent(path) as (folder, name):
            handle = self._open_file(name, folder, path)
            try:
                os.fchmod(handle, mode & 0o777)
            finally:
                os.close(handle)

    def symlink(self, path: bytes, target: bytes) -> None:
        """Make a link; its target may be anything, since nothing here ever follows it."""
        with self._parent(path, create=True) as (folder, name):
            os.symlink(target, name, dir_fd=folder)

    @contextmanager
    def _folder(self, path: bytes) -> Iterator[int]:
        if not path:
            yield self._root
            return
        with self._parent(path) as (parent, name):
            handle = self._open_folder(name, parent, path)
            try:
                yield handle
            finally:
                os.close(handle)

    @contextmanager
    def _parent(self, path: bytes, *, create: bool = False) -> Iterator[tuple[int, bytes]]:
        check_path(path)
        *folders, name = path.split(b"/")
        handle = os.dup(self._root)
        try:
            for folder in folders:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(folder, dir_fd=handle)
                inner = self._open_folder(folder, handle, path)
                os.close(handle)
                handle = inner
            yield handle, name
        finally:
            os.close(handle)

    @staticmethod
    def _open_folder(name: bytes, parent: int, path: bytes) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=parent)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise Refused(f"{quote(path)} leads through a link or a file") from None
            raise

    @staticmethod
    def _open_file(name: bytes, parent: int, path: bytes) -> int:
        try:
            # Without O_NONBLOCK a named pipe would keep us for ever.
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                raise Refused(f"{quote(path)} is a link or a device, not a file") from None
            raise
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Refused(f"{quote(path)} is a folder or a device, not a file")
        return handle

    @staticmethod
    def _mode_of_file(folder: int, name: bytes, path: bytes) -> int | None:
        try:
            found = os.lstat(name, dir_fd=folder)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{quote(path)} is a link, a folder or a device, and not replaced")
        return stat.S_IMODE(found.st_mode) & 0o777
