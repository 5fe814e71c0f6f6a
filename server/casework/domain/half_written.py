"""What a human is writing about a task and has not sent: no fact of the board, and never thrown away for them.

A place says what it is written for: `request` (what should change), `comment/HUNK` (and `comment/` for the whole
review), `file/PATH`, `reply/THREAD`, `question/ID`. One place of a task holds one draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PLACE: Final = r"^(?:request|comment/|(?:comment|file|reply|question)/[^\x00]+)$"
"""What a place looks like."""
LONGEST_PLACE: Final = 4200
"""Characters: a path of 4096 and its kind."""


@dataclass(frozen=True, slots=True)
class HalfWritten:
    """One draft as it was last kept."""

    number: int
    """Of the task."""
    place: str
    text: str
    line: int
    """Of the cursor, from 1."""
    column: int
    """Of the cursor, from 0, as the client counts that kept it."""
    at_us: int
    """When it was kept, in microseconds; information only."""
    via: str
    """The client that kept it."""
