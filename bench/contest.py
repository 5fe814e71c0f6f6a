"""A contest: ours and something simple that does the same, five times in turn, in one run; and the table of them.

A figure alone says little about a machine that others use too; a ratio of figures taken in turn says more. Not here:
what is measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 5

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Contest:
    """What is compared, in which unit, and how far ours may be from the other."""

    name: str
    beside: str
    """What the other is, in a few words."""
    unit: str
    bound: float | None
    """The ratio of ours to the other's, at most; at least, where `more_is_better`; None where it is only told."""
    more_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one contest."""

    contest: Contest
    ours: tuple[float, ...]
    others: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of ours by the median of the other's."""
        return statistics.median(self.ours) / statistics.median(self.others)

    @property
    def holds(self) -> bool:
        """Whether ours is within the bound, if there is one."""
        if self.contest.bound is None:
            return True
        if self.contest.more_is_better:
            return self.ratio >= self.contest.bound
        return self.ratio <= self.contest.bound


def hold(contest: Contest, ours: Measure, other: Measure) -> Outcome:
    """Measure both in turn; who begins changes from round to round."""
    mine: list[float] = []
    theirs: list[float] = []
    for turn in range(ROUNDS):
        if turn % 2:
            theirs.append(other())
            mine.append(ours())
        else:
            mine.append(ours())
            theirs.append(other())
    return Outcome(contest, tuple(mine), tuple(theirs))


def absolute(contest: Contest, ours: Measure, allowed: float) -> Outcome:
    """Measure ours alone against a fixed figure."""
    return Outcome(contest, tuple(ours() for _ in range(ROUNDS)), (allowed,) * ROUNDS)


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a Markdown table: medians, the ratio, and every figure."""
    lines = [
        "| What | Casework | Beside it | Ratio | Bound | Holds | All five: Casework; beside it |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for outcome in outcomes:
        contest = outcome.contest
        mine, theirs = statistics.median(outcome.ours), statistics.median(outcome.others)
        sign = "≥" if contest.more_is_better else "≤"
        cells = (
            contest.name,
            f"{_figure(mine)} {contest.unit}",
            f"{_figure(theirs)} {contest.unit} ({contest.beside})",
            f"{outcome.ratio:.2f}",
            "" if contest.bound is None else f"{sign} {contest.bound}",
            "" if contest.bound is None else "yes" if outcome.holds else "**no**",
            f"{_figures(outcome.ours)}; {_figures(outcome.others)}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _figures(values: Sequence[float]) -> str:
    return " ".join(_figure(value) for value in values)
