"""The walk of a survey: the suite on the head, then each hunk taken back alone.

Everything is measured in scratch trees; what came out is told mark by mark, so that a survey which is stopped keeps it.
Not here: what is done about unguarded hunks (`witness`, `proposing`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeVar

from casework.agents.survey.ground import Budget, Ground, Stopped, Tree
from casework.agents.survey.head import Head
from casework.agents.survey.nearness import Nearness, nearness
from casework.agents.survey.reading import Reading, Suspect, read_order, written_of
from casework.agents.survey.suite import Baseline, Outcome, Suite, patience_s
from casework.domain.ids import HunkId
from casework.domain.survey import Guard, HunkMark
from casework.ports.survey import SurveyOrder

T = TypeVar("T")
J = TypeVar("J")

_INSIDE: Final = Path(__file__).with_name("inside")
BASELINE_SHARE: Final = 0.5
"""Of what is left of the budget then, for the suite on the head; what was seen until then is worked with."""
MEASURE_SHARE: Final = 0.75
"""Of the budget, until which hunks are taken back once one stayed green; the rest is for witnesses."""
QUICK_S: Final = 2.0
"""What the first few tests for a hunk may take, the nearest and quickest of those that get into it."""
COPY_SHARE: Final = 0.1
"""Of what is left of the budget, for one more copy of the tree."""
MOST_FEW: Final = 40
"""Tests that are asked first, at most."""
MOST_TREES: Final = 4
"""Scratch trees, and so hunks that are taken back at once; never more than there are processors."""
_TICK_S: Final = 0.1


@dataclass(slots=True)
class Survey:
    """What a survey knows so far."""

    order: SurveyOrder
    reading: Reading
    baseline: Baseline = field(default_factory=Baseline)
    marks: dict[HunkId, HunkMark] = field(default_factory=dict)
    unguarded: list[Suspect] = field(default_factory=list)
    witnessed: dict[HunkId, str] = field(default_factory=dict)
    """What is added to the line of an unguarded hunk that has a witness."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the human: what was left out, and what was odd."""


@dataclass(slots=True)
class Engine:
    """Measures in as many trees as there are processors, at most `MOST_TREES`."""

    worktree: Path
    budget: Budget
    ground: Ground
    suite: Suite
    survey: Survey
    trees: list[Tree]
    watch: Callable[[], None]
    """Called ten times a second by whoever waits; it raises to end the survey."""
    tell: Callable[[list[HunkMark]], None]
    """Hears every mark as soon as it is known."""
    copying_s: float = 0.0
    """What one copy of the tree takes."""
    _red_first: dict[HunkId, str] = field(default_factory=dict)
    _any_green: bool = False
    _near: Nearness = field(default_factory=Nearness)

    def mark(self, *marks: HunkMark) -> None:
        """Note what is known of hunks, and tell it."""
        self.survey.marks.update({mark.hunk: mark for mark in marks})
        if marks:
            self.tell(list(marks))

    def measure(self) -> None:
        """Take every hunk back, the newest and most central first, as far as the budget goes.

        Raises:
            Refused: there is no Python or no pytest to run the tests with.
        """
        survey, reading = self.survey, self.survey.reading
        self.mark(*reading.left_out)
        known = {mark.hunk: mark for mark in survey.order.known if mark.final}
        self.mark(*(known[one.id] for one in reading.suspects if one.id in known))
        todo = [one for one in reading.suspects if one.id not in known]
        unguarded = [one for one in reading.suspects if one.id in known and known[one.id].guard == "unguarded"]
        if not todo and not unguarded:
            return
        self.suite.look(self.trees[0])
        self._run_on_head([*todo, *unguarded])
        todo = [one for one in todo if self._is_worth_it(one)]
        self._make_trees(len(todo))
        todo.sort(key=lambda one: (one.age, -len(one.reach), one.path, one.line))
        green = [one for one, stayed in self.each(todo, self._take_back) if stayed]
        green = [one for one, stayed in self.each(green, self._run_the_others) if stayed]
        whole = [one for one, stayed in self.each(green, self._run_the_rest) if stayed]
        for one in green:
            if one.id not in survey.marks:
                self._call_unguarded(one, whole=one in whole)
        for one in unguarded:  # what is known is not measured again, only a witness is looked for
            self._reach(one)
            survey.unguarded.append(one)
        self._ask_twice()
        self._pass_on()

    def _make_trees(self, wanted: int) -> None:
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        for n in range(1, min(processors, MOST_TREES, wanted)):
            self.watch()
            if self.copying_s > self.budget.left() * COPY_SHARE:
                return
            self.trees.append(Tree.copy(self.worktree, self.ground.folder / str(n), written_of(self.survey.order)))

    def _run_on_head(self, todo: list[Suspect]) -> None:
        survey, tree = self.survey, self.trees[0]
        self._near = nearness(survey.reading, tree, todo)
        wall = self.budget.left() * BASELINE_SHARE
        head = Head(self.suite, tree, survey.reading, todo, self._near)
        (survey.baseline,) = self.together([wall], head.run)
        survey.notes += _said_of(survey.baseline, wall)

    def _is_worth_it(self, one: Suspect) -> bool:
        """Find the tests that could see a hunk; mark it where that is hopeless."""
        base = self.survey.baseline
        if not base.tests:
            self._set(one, "not_looked_at", "no test could be run", final=False)
        elif base.imported.get(one.module.name) is False:
            self._set(one, "not_looked_at", "the tests import another copy of it, not this tree", final=False)
        else:
            self._reach(one)
            if one.reach or base.complete:
                return True
            self._set(one, "not_looked_at", "no test that was seen in time gets into it", final=False)
        return False

    def _reach(self, one: Suspect) -> None:
        base = self.survey.baseline
        one.everywhere = not one.spans or base.is_wide(one.path, one.spans)
        green = [name for name in base.tests if name not in base.red]
        one.reach = green if one.everywhere else base.reaching(one.path, one.spans)

    def _take_back(self, one: Suspect, tree: Tree) -> bool:
        """Run the nearest and quickest tests that reach it without it; tell whether they stay green."""
        few = self._few(one)
        return not few or self._try(one, tree, few)

    def _run_the_others(self, one: Suspect, tree: Tree) -> bool:
        """Run the other tests that reach it; tell whether all stay green."""
        few = set(self._few(one))
        others = [name for name in one.reach if name not in few]
        if others and not self._try(one, tree, others):
            return False
        self._any_green = True
        return True

    def _try(self, one: Suspect, tree: Tree, names: list[str]) -> bool:
        base, left = self.survey.baseline, self._left()
        if left < min(base.cost_s(names), 2 * base.bare_s):
            self._set(one, "not_looked_at", "the budget was spent", final=False)
            return False
        patience = patience_s(base.most_s(names))
        wall = min(patience, left)
        return self._judge(one, tree, self._check(tree, names, wall, self._near.near_to(one)), cut=wall < patience)

    def _few(self, one: Suspect) -> list[str]:
        """Choose tests that are asked first; all of them, where that takes little longer."""
        base = self.survey.baseline
        most = base.bare_s + QUICK_S
        if base.cost_s(one.reach) <= 2 * most:
            return one.reach
        near = {path: n for n, path in enumerate(self._near.near_to(one))}

        def order(name: str) -> tuple[int, float]:
            return near.get(name.partition("::")[0], len(near)), base.tests[name].took

        ranked = sorted(one.reach, key=order)
        few: list[str] = []
        for name in ranked[:MOST_FEW]:
            if few and base.cost_s([*few, name]) > most:
                break
            few.append(name)
        return few

    def _run_the_rest(self, one: Suspect, tree: Tree) -> bool:
        """Run the rest of the suite without it, where that fits; tell whether all of it stayed green."""
        base = self.survey.baseline
        rest = [name for name in base.tests if name not in base.red and name not in set(one.reach)]
        if not base.complete:
            return False
        if not rest:
            return True
        cost = base.cost_s(rest)
        if self._left() < cost:
            return False
        patience = patience_s(base.most_s(rest))
        wall = min(patience, self.budget.left())
        return self._judge(one, tree, self._check(tree, rest, wall), cut=wall < patience)

    def _left(self) -> float:
        is_for_witnesses = self._any_green and self.survey.baseline.complete
        return self.budget.left(MEASURE_SHARE if is_for_witnesses else 1.0)

    def _check(self, tree: Tree, only: Collection[str], wall_s: float, first: Sequence[str] = ()) -> Outcome:
        left_out, modules = self.survey.baseline.red, self.survey.reading.modules
        return self.suite.check(tree, only, wall_s=wall_s, left_out=left_out, modules=modules, first=first)

    def _judge(self, one: Suspect, tree: Tree, outcome: Outcome, *, cut: bool) -> bool:
        cut = cut or self.budget.left() <= _TICK_S  # then it was ended with everything else
        match outcome.verdict:
            case "green":
                return True
            case "red":
                self._red_first[one.id] = outcome.test
                self._set(one, "guarded", outcome.test)
            case "hang":
                why = "the budget was spent" if cut else "without it the tests hang"
                self._set(one, "not_looked_at", why, final=not cut)
            case "elsewhere":
                self._set(one, "not_looked_at", "the tests import another copy of it, not this tree", final=False)
            case "fewer":
                self._set(one, "not_looked_at", "without it some tests are not there", final=False)
            case "broken":
                self._look_at_import(one, tree, outcome)
        return False

    def _look_at_import(self, one: Suspect, tree: Tree, outcome: Outcome) -> None:
        command = (self.survey.order.interpreter, "-c", f"import {one.module.name}")
        environment = self.suite.environment(tree)
        done = self.ground.run(command, cwd=tree.top, wall_s=10.0, environment=environment)
        if done.code is None:
            self._set(one, "not_looked_at", "the budget was spent", final=False)
        elif done.code == 0:
            self._set(one, "guarded", outcome.uncollected.partition(": ")[0] or "the tests do not start without it")
        else:
            self._set(one, "not_looked_at", "without it its module can't be imported")

    def _call_unguarded(self, one: Suspect, *, whole: bool) -> None:
        base = self.survey.baseline
        if whole:
            self._set(one, "unguarded", f"none of {len(base.tests) - len(base.red)} tests turned red")
        elif base.complete and not one.everywhere:
            self._set(one, "unguarded", f"none of the {len(one.reach)} tests that get into it turned red")
        else:
            why = "the tests that were seen stay green, and the whole suite does not fit into the budget"
            self._set(one, "not_looked_at", why, final=False)
            return
        self.survey.unguarded.append(one)

    def _ask_twice(self) -> None:
        """Run the tests that turned red on the head once more: what is red there too says nothing."""
        doubtful = sorted({name for name in self._red_first.values() if name in self.survey.baseline.tests})
        cost = self.survey.baseline.cost_s(doubtful)
        if not doubtful or self.budget.left() < cost:
            return
        left_out: list[str] = []
        while doubtful:
            (outcome,) = self.together([doubtful], lambda names: self._check(self.trees[0], names, patience_s(cost)))
            if outcome.verdict != "red":
                break
            left_out.append(outcome.test)
            doubtful = [name for name in doubtful if name.partition("[")[0] != outcome.test.partition("[")[0]]
        for one in self.survey.reading.suspects:
            if self._red_first.get(one.id) in left_out:
                self._set(one, "not_looked_at", "the test that turned red is red now and then on the head too")

    def _set(self, one: Suspect, guard: Guard, why: str, *, final: bool = True) -> None:
        shown = why if len(why) <= 200 else f"{why[:199]}\N{HORIZONTAL ELLIPSIS}"
        self.survey.marks[one.id] = HunkMark(hunk=one.id, guard=guard, why=shown, final=final)
        self._untold.put(self.survey.marks[one.id])

    # ---- in all trees at once ---------------------------------------------------------------------------------------

    def each(self, suspects: list[Suspect], work: Callable[[Suspect, Tree], T]) -> list[tuple[Suspect, T]]:
        """Do one thing without each hunk, in all trees at once."""
        free: SimpleQueue[Tree] = SimpleQueue()
        for tree in self.trees:
            free.put(tree)

        def without(one: Suspect) -> T:
            tree = free.get()
            head = tree.read(one.path)
            assert head is not None, "it was read before"
            try:
                tree.write(one.path, one.code.reverted)
                return work(one, tree)
            finally:
                tree.write(one.path, head)
                free.put(tree)

        return list(zip(suspects, self.together(suspects, without), strict=True))

    def together(self, things: Collection[J], work: Callable[[J], T]) -> list[T]:
        """Do one thing for each, as many at once as there are trees; watch, and tell what becomes known meanwhile."""
        with ThreadPoolExecutor(len(self.trees)) as pool:
            futures: list[Future[T]] = [pool.submit(work, one) for one in things]
            try:
                waiting = set(futures)
                while waiting:
                    _, waiting = wait(waiting, timeout=_TICK_S, return_when=FIRST_COMPLETED)
                    self._pass_on()
                    self.watch()
            except BaseException:
                self.ground.stop()
                pool.shutdown(cancel_futures=True)
                raise
            return [future.result() for future in futures]

    def _pass_on(self) -> None:
        found = []
        while not self._untold.empty():
            found.append(self._untold.get())
        if found:
            self.tell(found)

    _untold: SimpleQueue[HunkMark] = field(default_factory=SimpleQueue)


@contextmanager
def opened(
    worktree: Path,
    order: SurveyOrder,
    environment: Mapping[str, str],
    *,
    watch: Callable[[], None],
    tell: Callable[[list[HunkMark]], None],
) -> Iterator[Engine]:
    """Set up the first scratch tree; everything that was started and copied is gone at the end.

    Raises:
        Refused: the worktree is too large to be copied.
    """
    budget = Budget(order.asked.budget_s, order.began_s)
    folder = Path(tempfile.mkdtemp(prefix="casework-survey-"))
    ground = Ground(folder, environment, budget)
    try:
        inside = folder / "inside"
        shutil.copytree(_INSIDE, inside, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
        tree = Tree.copy(worktree, folder / "0", written_of(order))
        copied = budget.spent
        survey = Survey(order, read_order(order, tree, budget))
        suite = Suite(ground, order.interpreter, inside, survey.reading.roots)
        yield Engine(worktree, budget, ground, suite, survey, [tree], watch, tell, copied)
    finally:
        ground.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _said_of(found: Baseline, wall_s: float) -> Iterator[str]:
    if not found.tests:
        lines = [line for line in reversed(found.output.splitlines()) if line.strip()]
        last = next((line for line in lines if "error:" in line.lower()), lines[0] if lines else "it said nothing")
        late = f"none had ended after {wall_s:.0f} s" if not found.complete and not found.output else last[:200]
        yield f"No test could be run on the head, so nothing could be taken back: {late}"
    elif not found.complete:
        yield (
            f"The suite takes longer than {wall_s:.0f} s, so {len(found.tests)} of its tests were seen, and a hunk "
            "that none of them notices is not called unguarded; a larger budget sees more."
        )
    for which, what in ((found.red, "red on the head"), (found.uncollected, "not collected on the head")):
        if which:
            names = ", ".join(sorted(which)[:3])
            yield f"Left out, since {what} ({len(which)}): {names}{' ...' if len(which) > 3 else ''}"


__all__ = ["Engine", "Stopped", "Survey", "opened"]
