"""Time and identity, from outside."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """What time it is, and new names for things."""

    def now_us(self) -> int:
        """Give UTC microseconds: information for people, never an order."""
        ...

    def new_id(self) -> str:
        """Give a new uuid7 as text."""
        ...
