"""Where a stretch of lines of one text stands in a later one, said only where the texts leave no doubt.

A line that stands exactly once in both texts marks the same place in both; so do both ends. A stretch is placed when
everything between it and such a mark is the same on both sides, and the lines that touch it too. Whatever else moved,
came or went, it can't be another stretch that looks alike: that one is not at the same distance from the mark. Where
two marks say different things, nothing is said.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence


class Places:
    """Places of one text in another one; lines count from 0."""

    def __init__(self, before: Sequence[bytes], after: Sequence[bytes]) -> None:
        self._before = before
        self._after = after
        once, again = Counter(before), Counter(after)
        at = {line: n for n, line in enumerate(after) if again[line] == 1}
        marks = [(n, at[line]) for n, line in enumerate(before) if once[line] == 1 and line in at]
        self._marks = [(-1, -1), *marks, (len(before), len(after))]
        self._marked = [mark for mark, _ in self._marks]

    def of(self, start: int, end: int) -> int | None:
        """Give where the stretch begins in the later text; None where that is not certain.

        The lines that touch it (the one before, the one behind) have to be the same ones too.
        """
        found = set()
        for mark, there in self._nearest(start):
            shift = there - mark
            if self._equal(min(mark, start - 1), max(mark, end) + 1, shift):
                found.add(start + shift)
        return found.pop() if len(found) == 1 else None

    def about(self, start: int, end: int) -> tuple[int, int]:
        """Give all that may have become of a stretch, from the mark above to the one below: to pair what changed."""
        above, there = self._marks[bisect_left(self._marked, start) - 1]
        below, here = self._marks[bisect_left(self._marked, end)]
        first, last = there + start - above, here - (below - end)
        return min(first, last), max(first, last)

    def _nearest(self, start: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """The nearest mark above the stretch, and the nearest one in it or below.

        Any other one whose way to the stretch is the same on both sides has one of these on that way.
        """
        below = bisect_left(self._marked, start)
        return self._marks[below - 1], self._marks[below]

    def _equal(self, first: int, end: int, shift: int) -> bool:
        """Tell whether lines first to end are the same ones there; both ends of a text count as lines of it."""
        ours, theirs = len(self._before), len(self._after)
        if (first < 0 and shift != 0) or (end > ours and shift != theirs - ours):
            return False
        low, high = max(first, 0), min(end, ours)
        if low + shift < 0 or high + shift > theirs:
            return False
        return self._before[low:high] == self._after[low + shift : high + shift]


def lines_of(text: bytes) -> list[bytes]:
    """Give the lines of a text as git counts them, each with its end."""
    lines = text.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])
