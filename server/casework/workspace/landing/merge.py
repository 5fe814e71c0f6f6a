"""Three-way merges, of entries and of bytes; git merges the lines. A merge is clean or a conflict, never a guess."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from casework.workspace.git import Git
from casework.workspace.objects import Place

FILES: Final = frozenset({b"100644", b"100755"})


class Conflict(Exception):
    """Both sides changed the same thing."""


class Merger:
    """Merges bytes in a folder of our own; the folder is made when the first real merge needs it."""

    def __init__(self, git: Git, room: Callable[[], bytes]) -> None:
        self._git = git
        self._room = room

    def bytes(self, base: bytes, ours: bytes, theirs: bytes) -> bytes:
        """Merge two edits of `base`.

        Raises:
            Conflict: they touch each other, or the bytes are not lines of text.
        """
        if theirs in (base, ours):
            return ours
        if ours == base:
            return theirs
        room = self._room()
        for name, data in ((b"base", base), (b"ours", ours), (b"theirs", theirs)):
            with open(os.path.join(room, name), "wb") as stream:
                stream.write(data)
        found = self._git.ask("merge-file", "-q", "-p", "ours", "base", "theirs", cwd=room)
        if found.returncode != 0:
            raise Conflict
        return found.stdout


def merge_mode(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """Merge the modes of two files."""
    return theirs if ours == base else ours


def merge_place(
    base: Place | None, ours: Place | None, theirs: Place | None, merge_blobs: Callable[[bytes, bytes, bytes], bytes]
) -> Place | None:
    """Merge two changes of one entry; `merge_blobs` takes and gives the names of blobs.

    Raises:
        Conflict: they can't both be had.
    """
    if theirs in (base, ours):
        return ours
    if ours == base:
        return theirs
    if base is None or ours is None or theirs is None:
        raise Conflict
    if not FILES.issuperset((base.mode, ours.mode, theirs.mode)):
        raise Conflict
    return Place(merge_mode(base.mode, ours.mode, theirs.mode), merge_blobs(base.id, ours.id, theirs.id))
