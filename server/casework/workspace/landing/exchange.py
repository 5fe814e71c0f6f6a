"""Moving files so that nothing is ever overwritten: the two calls that POSIX lacks, with what stands in for them.

Linux has renameat2(2) with RENAME_EXCHANGE and RENAME_NOREPLACE, macOS has renameatx_np(2) with RENAME_SWAP and
RENAME_EXCL. Where the disk knows neither (some network disks), a swap is three steps, and a program that replaces the
file between the first and the second, within about a millisecond, loses what it wrote.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

ASIDE: Final = b".aside"
"""Behind the name of a staged file: where a swap in three steps puts what it displaces, for an instant."""

Rename = Callable[[int, bytes, int, bytes, int], None]
_UNKNOWN: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def _native() -> tuple[Rename | None, int, int]:
    """The system's call, and its flags for a swap and for not replacing."""
    name, swap, exclusive = ("renameatx_np", 2, 4) if sys.platform == "darwin" else ("renameat2", 2, 1)
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError):
        return None, swap, exclusive
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    function.restype = ctypes.c_int

    def rename(from_folder: int, from_name: bytes, to_folder: int, to_name: bytes, flags: int) -> None:
        if function(from_folder, from_name, to_folder, to_name, flags) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), os.fsdecode(from_name), None, os.fsdecode(to_name))

    return rename, swap, exclusive


class Moves:
    """Renames below directory handles. `native=False` is for disks, and tests, without the system's calls."""

    def __init__(self, *, native: bool = True) -> None:
        rename, self._swap, self._exclusive = _native()
        self._rename = rename if native else None

    def place(self, from_folder: int, from_name: bytes, to_folder: int, to_name: bytes) -> None:
        """Move a file to a name that nothing has.

        Raises:
            FileExistsError: something has it; nothing was moved.
        """
        if self._try(from_folder, from_name, to_folder, to_name, self._exclusive):
            return
        os.link(from_name, to_name, src_dir_fd=from_folder, dst_dir_fd=to_folder, follow_symlinks=False)
        os.unlink(from_name, dir_fd=from_folder)

    def swap(self, staged_folder: int, staged: bytes, folder: int, name: bytes) -> None:
        """Let a staged file and the file `name` change places: what was displaced has the staged name afterwards."""
        if self._try(staged_folder, staged, folder, name, self._swap):
            return
        aside = staged + ASIDE
        os.link(name, aside, src_dir_fd=folder, dst_dir_fd=staged_folder, follow_symlinks=False)
        os.rename(staged, name, src_dir_fd=staged_folder, dst_dir_fd=folder)
        os.rename(aside, staged, src_dir_fd=staged_folder, dst_dir_fd=staged_folder)

    def _try(self, from_folder: int, from_name: bytes, to_folder: int, to_name: bytes, flags: int) -> bool:
        if self._rename is None:
            return False
        try:
            self._rename(from_folder, from_name, to_folder, to_name, flags)
        except OSError as error:
            if error.errno in _UNKNOWN:
                return False
            raise
        return True


def nudge(folder: int, name: bytes) -> None:
    """Set a swapped file's times to what they are: watchers that miss a swap (VS Code's) notice that."""
    with suppress(OSError):
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        os.utime(name, ns=(seen.st_atime_ns, seen.st_mtime_ns), dir_fd=folder, follow_symlinks=False)


def settle(folder: int, staged: bytes) -> None:
    """Bring a swap in three steps that was interrupted to one of its two ends: all of it happened, or none."""
    aside = staged + ASIDE
    try:
        os.lstat(aside, dir_fd=folder)
    except FileNotFoundError:
        return
    try:
        os.lstat(staged, dir_fd=folder)
    except FileNotFoundError:
        os.rename(aside, staged, src_dir_fd=folder, dst_dir_fd=folder)
        return
    os.unlink(aside, dir_fd=folder)
