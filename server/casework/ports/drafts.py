"""Drafts: what humans are writing and have not sent, so that it outlives every process and is there in every editor."""

from __future__ import annotations

from typing import Protocol

from casework.domain.half_written import HalfWritten


class Drafts(Protocol):
    """Synchronous and quick: a draft is kept at every pause in typing."""

    def keep(self, draft: HalfWritten) -> None:
        """Keep it in place of what its place held; when this returns it survives a kill, and perhaps not a loss of
        power. A kill meanwhile leaves the one before, or this one, whole.

        Raises:
            Refused: there are too many of them (`code` is `too_many_drafts`).
            Trouble: the disk is full or read-only; what was kept before stands.
        """
        ...

    def forget(self, number: int, place: str) -> None:
        """Forget the draft of a place; nothing where there is none.

        Raises:
            Trouble: the disk is read-only.
        """
        ...

    def at(self, number: int, place: str) -> HalfWritten | None:
        """Give the draft of a place, None where there is none that can be read; costs nothing for other places."""
        ...

    def all(self) -> list[HalfWritten]:
        """Give every draft, by number and place; a file that can't be read is left where it is, and out.

        Raises:
            Trouble: the folder can't be read.
        """
        ...
