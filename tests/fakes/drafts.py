"""Drafts in memory."""

from __future__ import annotations

from casework.domain.errors import Refused
from casework.domain.half_written import HalfWritten
from casework.store.drafts import MOST_DRAFTS


class MemoryDrafts:
    """A dict of drafts by their place."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], HalfWritten] = {}

    def keep(self, draft: HalfWritten) -> None:
        """Keep it."""
        name = (draft.number, draft.place)
        if name not in self._kept and len(self._kept) >= MOST_DRAFTS:
            raise Refused("There are too many drafts.", code="too_many_drafts")
        self._kept[name] = draft

    def forget(self, number: int, place: str) -> None:
        """Forget it."""
        self._kept.pop((number, place), None)

    def at(self, number: int, place: str) -> HalfWritten | None:
        """Give one."""
        return self._kept.get((number, place))

    def all(self) -> list[HalfWritten]:
        """Give all."""
        return [self._kept[name] for name in sorted(self._kept)]
