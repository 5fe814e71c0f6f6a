"""Protected paths of a box: mounted over themselves and read-only, so that nothing can be put in their place.

A path that is not there yet gets an empty folder to stand on: git sees no empty folders, so no checkpoint picks it up,
and it goes when the last box that needs it has ended. A folder on the way is mounted over itself as well, writable,
because a folder that only holds a mount could be moved away with it. Everything is opened step by step without
following links, and bubblewrap is given the open handles, since a process of another box may rename things meanwhile.

What can't be held: a link that stands at such a name already, and other names that some file system takes for the same
(`core/protected.py` finds both when the work is handed in).
"""

from __future__ import annotations

import os
import stat
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from casework.ports.sandbox import Box, Place

_STEP: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_needed: Counter[str] = Counter()
_counting: Final = threading.Lock()


@dataclass(slots=True)
class Guard:
    """What bubblewrap is told, and what has to be taken back afterwards."""

    arguments: list[str] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    """Empty folders that we made, outermost first."""

    @property
    def files(self) -> tuple[int, ...]:
        """The open handles that the arguments name."""
        return tuple(self.handles)

    def close(self) -> None:
        """Close the handles, when the box has been started or never will be."""
        for handle in self.handles:
            os.close(handle)
        self.handles.clear()

    def clear(self) -> None:
        """Remove the empty folders that no other box needs."""
        with _counting:
            for path in reversed(self.placeholders):
                _needed[path] -= 1
                if _needed[path] <= 0:
                    del _needed[path]
                    with suppress(OSError):
                        os.rmdir(path)
            self.placeholders.clear()

    def hold(self, parent: int, name: str, at: PurePosixPath, *, writable: bool) -> None:
        """Mount what stands there over itself."""
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        self.handles.append(handle)
        self.arguments += ["--bind-fd" if writable else "--ro-bind-fd", str(handle), str(at)]


def guard(box: Box) -> Guard:
    """Make ready the places of `box` and what it protects; raises `OSError` where a writable place can't be opened."""
    made = Guard()
    held: set[PurePosixPath] = set()
    try:
        for n, one in enumerate(box.places):
            at = PurePosixPath(one.at or one.path)
            below = _place_of(at, box.places[:n])
            if below is not None and not (below.writable or one.writable or below.at or one.at):
                continue  # it is there already, and a link among what is there may lead to what comes later
            if below is not None and below.writable and not _walk(made, held, below, at, hold_last=False):
                continue  # a link stands there, which would lead the mount away
            made.arguments += ["--bind-try" if one.writable else "--ro-bind-try", one.path, str(at)]
        for wanted in _outermost(box.protected):
            place = _place_of(wanted, box.places)
            if place is not None and place.writable:
                _walk(made, held, place, wanted, hold_last=True)
    except BaseException:
        made.close()
        made.clear()
        raise
    return made


def _outermost(paths: Iterable[str]) -> list[PurePosixPath]:
    """Leave out what lies in a folder that is protected as a whole."""
    given = {PurePosixPath(path) for path in paths}
    return sorted((path for path in given if given.isdisjoint(path.parents)), key=lambda path: path.parts)


def _place_of(path: PurePosixPath, places: Iterable[Place]) -> Place | None:
    found = None
    for one in places:
        if path.is_relative_to(one.at or one.path) and os.path.isdir(one.path):
            found = one
    return found


def _walk(made: Guard, held: set[PurePosixPath], place: Place, wanted: PurePosixPath, *, hold_last: bool) -> bool:
    """Hold the folders on the way and, if told so, the end, read-only; tells whether no link stands anywhere."""
    at, outside = PurePosixPath(place.at or place.path), place.path
    names = wanted.relative_to(at).parts
    if ".." in names:
        return False
    here = os.open(place.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for n, name in enumerate(names, 1):
            at, outside = at / name, os.path.join(outside, name)
            kind, is_last = _kind(made, here, name, outside), n == len(names)
            if kind == stat.S_IFLNK:
                return False
            is_folder = kind == stat.S_IFDIR
            if at not in held and (hold_last or not is_last):
                held.add(at)
                # What stands where a folder should is held as it is, or a folder could take its place.
                made.hold(here, name, at, writable=is_folder and not is_last)
            if is_last or not is_folder:
                return is_last
            inner = os.open(name, _STEP, dir_fd=here)
            os.close(here)
            here = inner
        return True
    finally:
        os.close(here)


def _kind(made: Guard, parent: int, name: str, outside: str) -> int:
    """Tell what stands there; an empty folder of ours where nothing does."""
    with _counting:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
            _needed[outside] += 0
        if outside in _needed:
            _needed[outside] += 1
            made.placeholders.append(outside)
    return stat.S_IFMT(os.lstat(name, dir_fd=parent).st_mode)
