"""What lives in a box and what it has used up, as proc(5) tells it from outside.

Everything in a box descends from its first process, since that one inherits what is orphaned. Figures are sums over
what lives now. Not here: what is too much (`running`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Used:
    """What a tree of processes holds."""

    pids: tuple[int, ...]
    threads: int
    anonymous: int
    """Bytes of memory; what two processes share since a fork counts twice here."""
    written: int
    """Bytes written to disks, by the dead too."""


def used(first: int, most: int) -> Used:
    """Look at the tree below `first`; costs some 100 us a process. What dies meanwhile is left out.

    Ends at the first process beyond `most` threads: a tree that grows while it is looked at has to be ended, not known.
    """
    pids: list[int] = []
    threads = 0
    for pid, count in _tree(first):
        pids.append(pid)
        threads += count
        if threads > most:
            return Used(tuple(pids), threads, 0, 0)
    anonymous, written = 0, 0
    for pid in pids:
        anonymous += _field(pid, "status", b"RssAnon:") * 1024
        written += max(0, _field(pid, "io", b"write_bytes:") - _field(pid, "io", b"cancelled_write_bytes:"))
    return Used(tuple(pids), threads, anonymous, written)


def proportional(pids: tuple[int, ...]) -> int:
    """Give the bytes of memory, what is shared counted once; dear, so only asked when it matters."""
    return sum(_field(pid, "smaps_rollup", b"Pss_Anon:") * 1024 for pid in pids)


def held_open(pids: tuple[int, ...]) -> int:
    """Give the bytes of files on disks that have no name any more and are held open."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        with suppress(OSError), os.scandir(_PROC / str(pid) / "fd") as entries:
            for entry in entries:
                with suppress(OSError):
                    seen = entry.stat()
                    if stat.S_ISREG(seen.st_mode) and seen.st_nlink == 0:
                        found[seen.st_dev, seen.st_ino] = seen.st_blocks * 512
    return sum(found.values())


def grown(folder: str, since: float) -> int:
    """Give the bytes of what was changed below `folder` since then (seconds of the epoch); reads every folder there."""
    total, left = 0, [folder]
    while left:
        with suppress(OSError), os.scandir(left.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    seen = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(seen.st_mode):
                        left.append(entry.path)
                    if seen.st_ctime >= since:
                        total += seen.st_blocks * 512
    return total


def free(folder: str) -> int:
    """Give the bytes that are free on the disk of `folder`."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _tree(first: int) -> Iterator[tuple[int, int]]:
    left = [first]
    while left:
        pid = left.pop()
        try:
            threads = os.listdir(_PROC / str(pid) / "task")
        except OSError:
            continue
        yield pid, len(threads)
        for thread in threads:
            with suppress(OSError):
                left += map(int, (_PROC / str(pid) / "task" / thread / "children").read_bytes().split())


def _field(pid: int, file: str, name: bytes) -> int:
    """Give a number of a file of proc(5); 0 where it is not told."""
    with suppress(OSError, ValueError, IndexError):
        for line in (_PROC / str(pid) / file).read_bytes().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
