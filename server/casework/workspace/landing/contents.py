"""Blobs by their names, read in batches and kept in memory while one landing is planned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from casework.domain.errors import Trouble
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects, Place, name_of

_BLOBS: Final = frozenset({b"100644", b"100755", b"120000"})


class Contents:
    """A reading and writing view of git's blobs; what is put exists for git once `new` is written."""

    def __init__(self, git: Git, new: NewObjects) -> None:
        self._git = git
        self._new = new
        self._known: dict[bytes, bytes] = {}

    def load(self, places: Iterable[Place | None]) -> None:
        """Read many at once."""
        wanted = {place.id for place in places if place is not None and place.mode in _BLOBS} - self._known.keys()
        ids = sorted(wanted)
        for name, found in zip(ids, self._git.objects(ids), strict=True):
            if found is None or found.kind != b"blob":
                raise Trouble(
                    f"The object {name.decode()[:12]} is not on this machine (a partial clone, or a damaged one), so "
                    "nothing was landed. Fetch what is missing, then approve again.",
                    code="objects_missing",
                )
            self._known[name] = found.data

    def get(self, place: Place) -> bytes:
        """Give the bytes of one blob."""
        self.load([place])
        return self._known[place.id]

    def put(self, data: bytes) -> bytes:
        """Take bytes and give the blob's name."""
        name = name_of(self._git, b"blob", data)
        if name not in self._known:
            self._new.blob(data)
            self._known[name] = data
        return name

    def of(self, name: bytes) -> bytes:
        """Give the bytes of a blob by its name."""
        return self.get(Place(b"100644", name))

    def flush(self) -> None:
        """Let git have what was put."""
        self._new.write()
