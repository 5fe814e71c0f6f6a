"""Which repositories are open, or have work under way: what a new daemon opens without being asked."""

from __future__ import annotations

from typing import Protocol


class Unfinished(Protocol):
    """Marks that outlive the daemon. A hint: the journal has the truth, and a mark too many costs one opening."""

    def mark(self, repository: str, *, unfinished: bool) -> None:
        """Set or clear the mark of a repository; quick, and nothing when it is so already."""
        ...

    def names(self) -> list[str]:
        """Give the marked repositories' ids."""
        ...
