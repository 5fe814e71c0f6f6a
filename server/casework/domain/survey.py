"""What a survey found out about one hunk: whether anything would notice losing it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from casework.domain.frozen import Frozen
from casework.domain.ids import HunkId

SURVEY: Final = "survey"
"""The agent's name."""
Guard = Literal["guarded", "unguarded", "not_looked_at"]
MARKS_PER_EVENT: Final = 20
"""An event holds at most 8 KiB."""


class HunkMark(Frozen):
    """One hunk as a survey saw it."""

    hunk: HunkId
    guard: Guard
    """`guarded`: taken back alone, it turns a test red. `unguarded`: it turns none red that could see it."""
    why: Annotated[str, Field(max_length=200)] = ""
    """Which test, how many were run, or why it was not looked at."""
    final: bool = True
    """Whether another survey of the same commit would say the same; not so where time ran out."""
