"""Where lines went: between two texts of one file, most of which are the same.

What is equal at the beginning and at the end is cut off first, so that an edit costs what it touches. Lines count
from 0.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 4_000
"""Lines between the equal ends beyond which they are not compared one by one."""


@dataclass(frozen=True, slots=True)
class Drift:
    """From the lines of one text to those of another."""

    blocks: tuple[tuple[int, int, int], ...]
    """Runs of equal lines: where they begin before, where now, and how many."""

    def __call__(self, line: int) -> int:
        """Give where a line went: with its run, or, when it is gone, to the end of the run before it."""
        where = 0
        for before, now, size in self.blocks:
            if line < before:
                break
            where = now + min(line - before, size - 1)
        return where

    def back(self) -> Drift:
        """Give the way back."""
        return Drift(tuple((now, before, size) for before, now, size in self.blocks))


def drift(before: Sequence[bytes] | Sequence[str], now: Sequence[bytes] | Sequence[str]) -> Drift:
    """Find out where each line of `before` is in `now`. Costs what lies between the first and the last difference."""
    shorter = min(len(before), len(now))
    head = next((at for at in range(shorter) if before[at] != now[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if before[-1 - at] != now[-1 - at]), rest)
    a, b = before[head : len(before) - tail], now[head : len(now) - tail]
    found = [(0, 0, head)]
    if len(a) + len(b) <= _LONGEST:
        matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
        found += [(head + one.a, head + one.b, one.size) for one in matcher.get_matching_blocks()]
    found.append((len(before) - tail, len(now) - tail, tail))
    return Drift(tuple(one for one in found if one[2]))
