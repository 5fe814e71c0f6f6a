"""Kill the daemon at random times of a landing, and count how it ended.

    python -m tests.kill.at_random --times 200 --write

Half of the times are drawn evenly over the measured span from the announcement to the confirmation. Then each segment
of that span gets the kills it still lacks, drawn evenly over the segment's own measured length, and so does the sweep
behind it. The kernel sends SIGKILL at the drawn time; in which segment it came is read from the trace afterwards. In
every second trial the user saves over the very line that was to land while no daemon lives, so that the landing can't
simply be repeated.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import pytest

from tests.conftest import _world
from tests.kill.keeper import ROOT, Keeper
from tests.kill.stories import CROWDED
from tests.kill.switch import Order, Passed
from tests.kill.trials import Trials

PAGE: Final = ROOT / "docs" / "explanation" / "killed-at-any-time.md"
RESULTS: Final = ROOT / "artefacts" / "kill" / "at_random.json"
LAST_FILE: Final = "the last file moved"

SEGMENTS: Final[Mapping[str, str]] = {
    "announced": "ENTER: take the lock",
    "index locked": "ENTER: look again",
    "looked again": "FILES",
    LAST_FILE: "STAT",
    "stamps refreshed": "REF",
    "branch moved": "INDEX",
    "lock released": "CONFIRMED",
    "confirmed": "sweep",
}
"""Where each segment begins, and its name in the order of a landing; the last one ends at `finished`."""

_IN_SPAN: Final = frozenset(SEGMENTS.values()) - {"sweep"}
_BEFORE: Final = "before the announcement"
_AFTER: Final = "after the end"
_MOST: Final = 6
"""How many kills, times those that are wanted, may miss before the drawing is given up."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and how it ended."""

    segment: str
    place: str
    """The last boundary that was passed."""
    anchor: str
    delay_us: int
    saved: bool
    """Whether the user saved over the line meanwhile."""
    landed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured and what came of it."""

    span_us: int
    """From announced to confirmed; median of undisturbed landings."""
    lengths_us: dict[str, int]
    """Of each segment."""
    kills: list[Kill]

    def of(self, segment: str) -> list[Kill]:
        """The kills in one segment."""
        return [kill for kill in self.kills if kill.segment == segment]


class Drawing:
    """Draws times and kills at them."""

    def __init__(self, trials: Trials, seed: int, tell: Callable[[str], object]) -> None:
        self._trials, self._chosen, self._tell = trials, random.Random(seed), tell
        files = [place for place in trials.boundaries if re.fullmatch(r"file \d+ moved", place)]
        self._last_file = files[-1]
        traces = [trials.run(Order()).trace for _ in range(3)]
        marks = [{passed.place: passed.at_ns for passed in trace if not passed.is_note} for trace in traces]
        begins = [self._real(name) for name in SEGMENTS]
        self._lengths = {
            begin: int(statistics.median(mark[end] - mark[begin] for mark in marks))
            for begin, end in zip(begins, [*begins[1:], "finished"], strict=True)
        }
        self._span = int(statistics.median(mark["after landing.confirmed"] - mark["announced"] for mark in marks))

    def draw(self, times: int, each: int) -> Figures:
        """Kill at least `times` times in the span, and at least `each` times in each segment. Raises `Damage`."""
        kills = [self._kill("announced", self._span, n) for n in range(times // 2)]
        for begin in self._lengths:
            segment = self._segment_of(begin)
            for _ in range(each * _MOST):
                had = sum(kill.segment == segment for kill in kills)
                if had >= each:
                    break
                kills.append(self._kill(begin, self._lengths[begin], had))
        while sum(kill.segment in _IN_SPAN for kill in kills) < times:
            kills.append(self._kill("announced", self._span, len(kills)))
        lengths = {self._segment_of(begin): length // 1000 for begin, length in self._lengths.items()}
        return Figures(self._span // 1000, lengths, kills)

    def _kill(self, anchor: str, length_ns: int, n: int) -> Kill:
        delay = int(self._chosen.random() * length_ns)
        trial = self._trials.run(Order(anchor=anchor, delay_ns=delay), save=n % 2 == 1)
        place = trial.places[-1]
        segment = self._segment(trial.trace)
        made = Kill(segment, place, anchor, delay // 1000, n % 2 == 1, trial.done, trial.end.reason)
        self._tell(f"{segment}, behind {place!r}: {'landed' if made.landed else 'handed back'}")
        return made

    def _real(self, begin: str) -> str:
        return self._last_file if begin == LAST_FILE else begin

    def _segment_of(self, begin: str) -> str:
        return SEGMENTS[LAST_FILE if begin == self._last_file else begin]

    def _segment(self, trace: Sequence[Passed]) -> str:
        """In which segment a trace ends."""
        found = _BEFORE
        for passed in trace:
            if passed.place in self._lengths:
                found = self._segment_of(passed.place)
            elif passed.place == "finished":
                found = _AFTER
        return found


def table(figures: Figures) -> str:
    """Give the table of outcomes, in Markdown."""
    lines = [
        "| segment | measured length | kills | landed | handed back | of these with a save: landed | handed back |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += _rows(figures)
    return "\n".join(lines) + "\n"


def _rows(figures: Figures) -> Iterator[str]:
    for segment in [*SEGMENTS.values(), _AFTER]:
        kills = figures.of(segment)
        if kills or segment != _AFTER:
            length = f"{figures.lengths_us[segment] / 1000:.2f} ms" if segment in figures.lengths_us else ""
            yield _row(segment, length, kills)
    yield _row("**all**", f"announced to confirmed {figures.span_us / 1000:.0f} ms", figures.kills)


def _row(name: str, length: str, kills: Sequence[Kill]) -> str:
    ends = Counter((kill.saved, kill.landed) for kill in kills)
    landed, back = ends[True, True] + ends[False, True], ends[True, False] + ends[False, False]
    return f"| {name} | {length} | {len(kills)} | {landed} | {back} | {ends[True, True]} | {ends[True, False]} |"


def _publish(found: str) -> None:
    page = PAGE.read_text()
    begin, end = "<!-- table of outcomes: begin -->\n", "<!-- table of outcomes: end -->"
    before, _, rest = page.partition(begin)
    PAGE.write_text(before + begin + found + end + rest.partition(end)[2])


def main(arguments: Sequence[str]) -> None:
    """Kill, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill.at_random", description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="at least so many kills in the span")
    parser.add_argument("--each", type=int, default=25, help="at least so many in each segment")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args(arguments)
    with pytest.MonkeyPatch.context() as patch, _world(patch) as world, Keeper(world / "switch") as keeper:
        drawing = Drawing(Trials(keeper, CROWDED, world / "trials"), given.seed, lambda told: _say(told, sys.stderr))
        figures = drawing.draw(given.times, given.each)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    _say(table(figures), sys.stdout)
    if given.write:
        _publish(table(figures))


def _say(text: str, stream: object) -> None:
    print(text, file=stream, flush=True)  # type: ignore[call-overload]


if __name__ == "__main__":
    main(sys.argv[1:])
