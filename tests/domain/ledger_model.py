"""The model of `test_ledger_histories.py`: a change as deeds on lines that have names, so that no text is compared.

It knows git's hunks as deeds that are close together, and a human's cuts by counting lines in runs of deeds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

FILES: Final = ("a.py", "b.py")
Deed = tuple[str, int]
"""What is done to a line (`replace`, `delete`, `insert` behind it), and in which version."""
Point = tuple[int, int]
"""A place where the model cuts: a run of changed lines, and how many of each kind of its lines are above."""


@dataclass(slots=True)
class Model:
    """The base, line by line, each with a number that no other one has; and what the change does to some of them."""

    base: dict[str, list[int]] = field(default_factory=lambda: {name: list(range(1, 31)) for name in FILES})
    deeds: dict[str, dict[int, Deed]] = field(default_factory=lambda: {name: {} for name in FILES})
    next_line: int = 31
    next_version: int = 1

    def texts(self, name: str) -> tuple[bytes, bytes]:
        base, head = [], []
        for line in self.base[name]:
            what, version = self.deeds[name].get(line, ("", 0))
            base.append(f"line {line}\n")
            head += [f"line {line}\n"] if what in ("", "insert") else []
            head += [f"deed {version} on {line}\n"] if what in ("replace", "insert") else []
        return "".join(base).encode(), "".join(head).encode()

    def groups(self, name: str) -> list[Group]:
        """What git makes one hunk of: deeds with at most six lines between them."""
        found: list[Group] = []
        base = self.base[name]
        for at, line in enumerate(base):
            if line not in self.deeds[name]:
                continue
            what, version = self.deeds[name][line]
            start, end = (at + 1, at + 1) if what == "insert" else (at, at + 1)
            if found and start - found[-1].end <= 6:
                found[-1] = replace(found[-1], end=end, deeds=(*found[-1].deeds, (line, what, version)))
            else:
                found.append(Group(start, end, ((line, what, version),), ()))
        around = [None, *base, None]
        return [replace(one, lines=tuple(around[one.start : one.end + 2])) for one in found]

    def new_version(self) -> int:
        self.next_version += 1
        return self.next_version


@dataclass(frozen=True, slots=True)
class Group:
    """One hunk of the model."""

    start: int
    end: int
    deeds: tuple[tuple[int, str, int], ...]
    lines: tuple[int | None, ...]
    """The names of the lines it stands on and of those that touch it."""

    def runs(self) -> list[list[str]]:
        """The runs of changed lines that git's patch of it would have, each with its marked lines in order."""
        found: list[list[str]] = []
        behind: int | None = None
        at = {line: place for place, line in enumerate(self.lines) if line is not None}
        for line, what, version in self.deeds:
            place = at[line]
            if behind is None or (place + 1 if what == "insert" else place) != behind:
                found.append([])
            behind = place + 1
            found[-1] += [f"-line {line}"] if what != "insert" else []
            found[-1] += [f"+deed {version} on {line}"] if what != "delete" else []
        return found

    def marked(self) -> list[tuple[Point, str]]:
        """Every changed line: which run it is in, the how-many-th of its kind there, and what it says."""
        return [
            ((at, sum(1 for one in run[:n] if one[0] == line[0])), line)
            for at, run in enumerate(self.runs())
            for n, line in enumerate(run)
        ]


@dataclass(slots=True)
class State:
    """What is known of one hunk of the model, or of a part of one."""

    seen: bool = False
    decision: str = "none"
    read: bool = False
    """Whether this one, or what stood here before, was ever read."""


@dataclass(slots=True)
class Known:
    """One hunk of the model, with where it is cut, and what is known of each part."""

    group: Group
    cuts: list[Point] = field(default_factory=list)
    parts: list[State] = field(default_factory=lambda: [State()])

    def lines(self) -> list[list[str]]:
        """The changed lines of each part, sorted."""
        bounds = [(-1, 0), *self.cuts, (1_000_000, 0)]
        marked = self.group.marked()
        return [sorted(line for at, line in marked if lo <= at < hi) for lo, hi in pairwise(bounds)]

    def cut(self, point: Point) -> bool:
        """Cut it; both sides of the cut know what was known. Whether anything is on both sides."""
        bounds = [(-1, 0), *self.cuts, (1_000_000, 0)]
        if point in self.cuts or not any(at >= point for at, _ in self.group.marked()) or point <= (0, 0):
            return False
        part = next(n for n, end in enumerate(bounds[1:]) if point < end)
        self.cuts.insert(part, point)
        self.parts.insert(part, replace(self.parts[part]))
        return True

    def join(self) -> None:
        """Make it whole: what all parts have, it has. What was read in part alone is to be read."""
        decisions = {one.decision for one in self.parts}
        self.parts = [
            State(
                all(one.seen for one in self.parts),
                decisions.pop() if len(decisions) == 1 else "none",
                all(one.seen for one in self.parts) or any(one.read and not one.seen for one in self.parts),
            )
        ]
        self.cuts = []


def is_same(one: Group, other: Group) -> bool:
    return one.deeds == other.deeds and one.lines == other.lines


def work(model: Model, name: str, at: int, what: int) -> None:
    """Somebody edits: a person, a run, or a formatter that touches some lines anew."""
    line = model.base[name][at % len(model.base[name])]
    deeds = model.deeds[name]
    match what % 6:
        case 0 | 1 | 2:
            kind = ("replace", "delete", "insert")[what % 3]
            deeds[line] = (kind, model.new_version() if kind != "delete" else 0)
        case 3:
            deeds.pop(line, None)
        case 4:
            for done in list(deeds)[what % 2 :: 2]:
                if deeds[done][0] != "delete":
                    deeds[done] = (deeds[done][0], model.new_version())
        case _:
            deeds.clear()


def move(model: Model, name: str, at: int, what: int) -> None:
    """The base moves: lines come, go, or are others now. What was done to a line that is gone is gone with it."""
    base = model.base[name]
    at %= len(base)
    if what % 3 == 0 or len(base) < 12:
        base[at:at] = range(model.next_line, model.next_line + 1 + what % 4)
        model.next_line += 1 + what % 4
        return
    model.deeds[name].pop(base[at], None)
    if what % 3 == 1:
        del base[at]
    else:
        base[at] = model.next_line
        model.next_line += 1
