"""The end of a run: what was handed in becomes a review with its comment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from casework.core.repository import Repository
from casework.core.reviews import review_opened
from casework.domain import events as e
from casework.domain.change import Change
from casework.domain.reading import in_reading_order
from casework.domain.survey_events import TaskSettled
from casework.domain.task import Task
from casework.ports.agent import Finished
from casework.ports.survey import SURVEY
from casework.ports.workspace import Standing


async def hand_in(repository: Repository, task: Task, report: Finished) -> Sequence[e.Event]:
    """Give the events that end the task's run and open its review; the last checkpoint is what is reviewed."""
    comment = await asyncio.to_thread(repository.keep, report.comment)
    finished = e.RunFinished(comment=comment)
    opened = await asyncio.to_thread(_opened, repository, task, report)
    if opened.files == 0 and task.agent == SURVEY:
        return (finished, TaskSettled(reason="The survey found nothing to propose; its table is its comment."))
    return (finished, opened)


def _opened(repository: Repository, task: Task, report: Finished) -> e.ReviewOpened:
    run = task.run
    assert run is not None, "a task that hands in has a run"
    assert run.head is not None, "a finished run has a checkpoint"
    base = task.review.base if task.review is not None else task.runs[0].base
    _, branch = repository.checkout(task.top).workspace.head()
    target = task.review.target if task.review is not None else branch
    change: Change = in_reading_order(repository.workspace.change(base, run.head))
    standing = Standing(
        kind="run",
        base=base,
        head=run.head,
        target=target,
        title=task.title,
        message=report.comment,
        range_text=f"{base[:12]}..{run.head[:12]}",
    )
    top = task.review.top if task.review is not None else task.top
    return review_opened(repository, standing, change, top=top, run=run.n)
