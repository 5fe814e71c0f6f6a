"""What all sessions share for one repository: where things stand, what can be done there, the files we wrote."""

from __future__ import annotations

from dataclasses import dataclass

from casework.core.desk import OpenRepository
from casework.lsp.actions import Offers
from casework.lsp.following import Following
from casework.lsp.places import Places
from casework.lsp.review_file.shelf import Shelf
from casework.lsp.skeleton_files import SkeletonFiles
from casework.ports.watching import Watching


@dataclass(frozen=True, slots=True)
class OnDesktop:
    """One repository's."""

    places: Places
    offers: Offers
    shelf: Shelf
    skeletons: SkeletonFiles
    following: Following


class Desktop:
    """Made once per daemon."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._of: dict[str, OnDesktop] = {}

    def of(self, opened: OpenRepository) -> OnDesktop:
        """Give a repository's, made at the first call."""
        name = opened.repository.identity.id
        found = self._of.get(name)
        if found is None:
            shelf = Shelf(opened.repository)
            places = Places(opened, shelf.write_board)
            following = Following(opened, places, self._watching)
            found = OnDesktop(places, Offers(opened), shelf, SkeletonFiles(opened.repository), following)
            found.places.start()
            self._of[name] = found
        return found

    async def close(self) -> None:
        """Follow nothing any more."""
        for found in self._of.values():
            await found.following.close()
            await found.places.close()
