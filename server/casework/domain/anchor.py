"""A place in the code, kept so that it can be found again when the lines around it move."""

from __future__ import annotations

from pydantic import Field

from casework.domain.frozen import Frozen


class Anchor(Frozen):
    """A line range of a file with the text that stood there; lines are 1-based."""

    path: str
    line: int = Field(default=1, ge=1)
    end_line: int | None = None
    snippet: str = Field(default="", max_length=2000)
    """The anchored lines, redacted; used to find the place again."""


def find_again(anchor: Anchor, lines: list[str]) -> int | None:
    """Give the 1-based line where the anchor's snippet now begins: the nearest match, None when it is gone.

    An anchor without a snippet stays where it was as long as the file is that long.
    """
    wanted = [line.strip() for line in anchor.snippet.splitlines()]
    if not any(wanted):
        return anchor.line if anchor.line <= max(1, len(lines)) else None
    stripped = [line.strip() for line in lines]
    size = len(wanted)
    places = [start for start in range(len(stripped) - size + 1) if stripped[start : start + size] == wanted]
    if not places:
        return None
    return min(places, key=lambda start: abs(start + 1 - anchor.line)) + 1
