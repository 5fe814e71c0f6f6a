"""Where a hunk can be cut, and what its lines are then; from its text, the `@@` line first.

A cut stands before a line of each side. Between two runs of changed lines it is any of the unchanged ones, so it is
kept as the place where the later run begins. Inside a run, where old lines are replaced by new ones, lines are paired
from the top: the first old line with the first new one, and so on; what is left over on one side goes with what is cut
off below. Offsets count from the hunk's first changed line on both sides, so context around it does not move them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["old", "new"]
Edge = Literal["first", "last"]
"""Of a range of lines: whether a cut stands before its first line or behind its last one. Lines that only the other
side has, and that stand exactly there, are outside the range."""
Cut = tuple[int, int]
"""Lines of the old and of the new side that are in front of it."""

_BARE: Final = b"\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Run:
    """Lines that change, with none between them that does not: where they begin on both sides, and how many."""

    old: int
    old_lines: int
    new: int
    new_lines: int

    def side(self, side: Side) -> tuple[int, int]:
        """Give where it begins on a side, and how many lines it has there."""
        return (self.old, self.old_lines) if side == "old" else (self.new, self.new_lines)

    def has_inside(self, cut: Cut) -> bool:
        """Tell whether a cut parts it."""
        old, new = cut[0] - self.old, cut[1] - self.new
        within = 0 <= old <= self.old_lines and 0 <= new <= self.new_lines
        return within and 0 < old + new < self.old_lines + self.new_lines


class HunkLines:
    """The lines of one hunk from the first that changes to the last."""

    def __init__(self, text: bytes) -> None:
        _, _, body = text.partition(b"\n")
        lines = [(line[:1], line[1:] + b"\n") for line in body.removesuffix(b"\n").split(b"\n")]
        changed = [at for at, (mark, _) in enumerate(lines) if mark in b"+-" and mark]
        first, last = changed[0], changed[-1]
        self.before = [line for mark, line in lines[:first] if mark == b" "]
        """Unchanged lines in front of it."""
        self.behind = list(_bare(lines[last + 1 :], b" "))
        core = lines[first : last + 1]
        core += [line for line in lines[last + 1 : last + 2] if line[0] == b"\\"]
        self.old = list(_bare(core, b" -"))
        self.new = list(_bare(core, b" +"))
        self.runs = tuple(_runs(core))

    @property
    def end(self) -> Cut:
        """Where it ends, as a cut would."""
        return len(self.old), len(self.new)

    def gaps(self) -> list[Cut]:
        """Give the cuts between its runs."""
        return [(run.old, run.new) for run in self.runs[1:]]

    def cut_at(self, side: Side, at: int, edge: Edge) -> Cut:
        """Give the cut before the line `at` of a side; `(0, 0)` or `end` where nothing changes on one side of it."""
        for run in self.runs:
            start, count = run.side(side)
            if start < at < start + count:
                below = at - start
                if side == "old":
                    return run.old + below, run.new + min(below, run.new_lines)
                return run.old + min(below, run.old_lines), run.new + below
            if start > at or (start == at and (count > 0 or edge == "last")):
                return run.old, run.new
        return self.end

    def can_cut(self, cut: Cut) -> bool:
        """Tell whether it can be parted there: between runs or inside one, and each part can stand without the other.

        It can't where the last line of the file has no newline and the other side's lines would follow it.
        """
        if cut not in self.gaps() and not any(run.has_inside(cut) for run in self.runs):
            return False
        ends_old = cut[0] == len(self.old) and bool(self.old) and not self.old[-1].endswith(b"\n")
        ends_new = cut[1] == len(self.new) and bool(self.new) and not self.new[-1].endswith(b"\n")
        return not ends_old and not ends_new

    def core_of(self, start: Cut, end: Cut) -> bytes:
        """Give the lines between two cuts as a patch has them, from the first that changes to the last."""
        pieces = [piece for run in self.runs if (piece := _piece(run, start, end)) is not None]
        said: list[bytes] = []
        at = pieces[0].old
        for piece in pieces:
            said += [b" " + line for line in self.old[at : piece.old]]
            said += [b"-" + _ended(line) for line in self.old[piece.old : piece.old + piece.old_lines]]
            said += [b"+" + _ended(line) for line in self.new[piece.new : piece.new + piece.new_lines]]
            at = piece.old + piece.old_lines
        return b"".join(said)

    def span(self, start: Cut, end: Cut) -> Run:
        """Give what lies between two cuts, without the unchanged lines at its ends."""
        pieces = [piece for run in self.runs if (piece := _piece(run, start, end)) is not None]
        first, last = pieces[0], pieces[-1]
        old_end, new_end = last.old + last.old_lines, last.new + last.new_lines
        return Run(first.old, old_end - first.old, first.new, new_end - first.new)

    def counts(self, start: Cut, end: Cut) -> tuple[int, int]:
        """Give how many lines come and how many go between two cuts."""
        pieces = [piece for run in self.runs if (piece := _piece(run, start, end)) is not None]
        return sum(piece.new_lines for piece in pieces), sum(piece.old_lines for piece in pieces)

    def around(self, span: Run, lead: int, trail: int) -> tuple[bytes, bytes]:
        """Give so many unchanged lines in front of a stretch and behind it, as a patch has them."""
        old, at = [*self.before, *self.old, *self.behind], len(self.before) + span.old
        before, behind = old[at - lead : at], old[at + span.old_lines : at + span.old_lines + trail]
        return b"".join(b" " + line for line in before), b"".join(b" " + _ended(line) for line in behind)


def _piece(run: Run, start: Cut, end: Cut) -> Run | None:
    """Give the part of a run between two cuts; None where there is none."""
    old, old_end = max(run.old, start[0]), min(run.old + run.old_lines, end[0])
    new, new_end = max(run.new, start[1]), min(run.new + run.new_lines, end[1])
    if old_end < old or new_end < new or (old_end == old and new_end == new):
        return None
    return Run(old, old_end - old, new, new_end - new)


def _runs(lines: Sequence[tuple[bytes, bytes]]) -> Iterator[Run]:
    old = new = 0
    start: Cut | None = None
    for mark, _ in [*lines, (b" ", b"")]:
        if mark == b" " and start is not None:
            yield Run(start[0], old - start[0], start[1], new - start[1])
            start = None
        elif mark in (b"-", b"+") and start is None:
            start = (old, new)
        old += mark in (b" ", b"-")
        new += mark in (b" ", b"+")


def _bare(lines: Sequence[tuple[bytes, bytes]], marks: bytes) -> Iterator[bytes]:
    """Give the lines with one of these marks; the last line of a file may have no newline."""
    for at, (mark, line) in enumerate(lines):
        if mark and mark in marks:
            is_bare = at + 1 < len(lines) and lines[at + 1][0] == b"\\"
            yield line[:-1] if is_bare else line


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n" + _BARE
