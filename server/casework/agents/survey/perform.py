"""The survey agent, as its worker sees it: an order comes in, marks and at most five tests go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from casework.agents.survey.engine import opened
from casework.agents.survey.proposing import propose
from casework.agents.survey.table import table
from casework.domain.survey import HunkMark
from casework.ports.survey import SurveyOrder


def survey(
    worktree: Path,
    order: SurveyOrder,
    environment: Mapping[str, str],
    *,
    watch: Callable[[], None],
    tell: Callable[[list[HunkMark]], None],
    say: Callable[[str], None],
) -> str:
    """Survey a worktree, write what is proposed into it, and give the comment."""
    with opened(worktree, order, environment, watch=watch, tell=tell) as engine:
        engine.measure()
        proposals, files = propose(engine)
        for path, content in files.items():
            (worktree / path).write_bytes(content)
        return table(engine.survey, [one.sentence for one in proposals], engine.budget.spent)
