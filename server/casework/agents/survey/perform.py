"""The survey agent, as its worker sees it: an order comes in, marks and at most five tests go out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from casework.agents.line import Line
from casework.agents.survey.engine import opened
from casework.agents.survey.proposing import propose
from casework.agents.survey.table import table
from casework.domain.errors import CaseworkError
from casework.domain.survey import MARKS_PER_EVENT, HunkMark
from casework.ports.agent import Failed, Finished, StepBegun, StepDone, Surveyed, TurnEnded
from casework.ports.survey import SurveyOrder


def perform(line: Line) -> None:
    """Work on one run."""
    order = SurveyOrder.model_validate_json(line.briefing.script)
    steps = itertools.count(line.briefing.resume_after + 1)

    def tell(marks: list[HunkMark]) -> None:
        for at in range(0, len(marks), MARKS_PER_EVENT):
            line.report(Surveyed(marks=tuple(marks[at : at + MARKS_PER_EVENT])))

    def step(what: str) -> Callable[[str], None]:
        n = next(steps)
        line.report(StepBegun(n=n, what=what, summary=what))
        return lambda outcome: line.report(StepDone(n=n, outcome=outcome))

    try:
        comment = survey(Path(line.briefing.worktree), order, dict(os.environ), watch=line.check, tell=tell, step=step)
    except CaseworkError as no:
        line.report(Failed(sentence=no.sentence))
        return
    line.report(TurnEnded())
    line.report(Finished(comment=comment))


def survey(
    worktree: Path,
    order: SurveyOrder,
    environment: Mapping[str, str],
    *,
    watch: Callable[[], None],
    tell: Callable[[list[HunkMark]], None],
    step: Callable[[str], Callable[[str], None]],
) -> str:
    """Survey a worktree, write what is proposed into it, and give the comment; `step` announces what has an effect.

    Raises:
        Refused: the tests can't be run at all.
    """
    done = step("copy the tree and read the change")
    with opened(worktree, order, environment, watch=watch, tell=tell) as engine:
        done(f"{len(engine.survey.reading.suspects)} hunks of code, {len(engine.survey.reading.left_out)} left out")
        done = step("run the suite, then take each hunk back alone")
        engine.measure()
        done(f"{len(engine.survey.unguarded)} unguarded")
        done = step("look for inputs that show a difference")
        proposals, files = propose(engine)
        done(f"{len(proposals)} tests")
        for path, content in files.items():
            done = step(f"write {path}")
            (worktree / path).write_bytes(content)
            done("written")
        return table(engine.survey, [one.sentence for one in proposals], engine.budget.spent)
