"""The end of a run: what was handed in is checked, goes back to its agent while it is red, and becomes a review.

The human gets one thing to decide: the review opens when the checks are over, or when nothing could be run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from casework.core.checking import check_change, evidence_of, told_to_agent
from casework.core.reading import read_change
from casework.core.repository import Repository
from casework.core.reviews import review_opened
from casework.core.threads import answers_of
from casework.domain import events as e
from casework.domain.change import Change
from casework.domain.evidence import in_short
from casework.domain.ids import BlobHash
from casework.domain.survey_events import TaskSettled
from casework.domain.task import Task
from casework.domain.words import AgentWords, WordsOnPlace
from casework.ports.agent import Finished
from casework.ports.survey import SURVEY
from casework.ports.workspace import Standing


async def hand_in(repository: Repository, task: Task, report: Finished) -> Sequence[e.Event]:
    """Give the events that end the task's run: its review, or that it goes back to its agent.

    The last checkpoint is what is checked and reviewed. May take as long as the checks; cancelling ends them.
    """
    change = await asyncio.to_thread(_change, repository, task)
    if task.agent == SURVEY:
        return await asyncio.to_thread(_surveyed, repository, task, change, report)
    if repository.limits().check_runs and repository.is_trusted() and change.files:
        named = [proof.test for proof in report.proofs]
        await check_change(repository, task.id, change, top=_top(task), named=named)
    comment = await asyncio.to_thread(repository.keep, report.comment)
    words = await asyncio.to_thread(_words, repository, report)
    finished = e.RunFinished(
        comment=comment,
        words=words,
        claims=tuple(claim[:500] for claim in report.claims[:20]),
        proofs=report.proofs[:20],
    )
    now = repository.board.tasks[task.id]
    answers = tuple(await asyncio.to_thread(lambda: list(answers_of(repository, now, report.answers))))
    back = await asyncio.to_thread(_sent_back, repository, now)
    if back is not None:
        return (finished, *answers, back)
    return (finished, *answers, *await asyncio.to_thread(_opened, repository, now, change, report))


def _surveyed(repository: Repository, task: Task, change: Change, report: Finished) -> Sequence[e.Event]:
    """A survey has run what it proposes itself, within its budget; without a test there is nothing to judge."""
    finished = e.RunFinished(comment=repository.keep(report.comment))
    if not change.files:
        return (finished, TaskSettled(reason="The survey has nothing to propose; its table is its comment."))
    return (finished, *_opened(repository, task, change, report))


def _change(repository: Repository, task: Task) -> Change:
    run = task.run
    assert run is not None, "a task that hands in has a run"
    assert run.head is not None, "a finished run has a checkpoint"
    base = task.review.base if task.review is not None else task.runs[0].base
    if task.ground is not None:
        base = task.ground.shown_from
    return read_change(repository.workspace, base, run.head)


def _top(task: Task) -> str:
    return task.review.top if task.review is not None else task.top


def _sent_back(repository: Repository, task: Task) -> e.RunSentBack | None:
    """Send the work back where something is red that was not red before, as often as the user lets it."""
    run, checked = task.run, task.checked
    if run is None or checked is None or checked.head != run.head or not checked.ended:
        return None
    evidence = evidence_of(repository, task)
    if in_short([found for found in evidence if not found.already_red]) != "red":
        return None
    most = repository.limits().checks_sent_back
    if len(task.sent_back) >= most:
        return None
    red = next(found.command for found in evidence if found.colour == "red")
    return e.RunSentBack(
        said=repository.keep(told_to_agent(evidence)),
        sentence=f"`{red}` is red, so the work goes back to its agent ({len(task.sent_back) + 1} of {most}).",
    )


def _words(repository: Repository, report: Finished) -> BlobHash | None:
    if not report.notes and not report.left:
        return None
    notes = tuple(
        WordsOnPlace(path=note.anchor.path, line=note.anchor.line, text=note.text) for note in report.notes[:50]
    )
    return repository.keep(AgentWords(notes=notes, left=report.left[:20]).model_dump_json())


def _opened(repository: Repository, task: Task, change: Change, report: Finished) -> Sequence[e.Event]:
    run = task.run
    assert run is not None, "a task that hands in has a run"
    _, branch = repository.checkout(task.top).workspace.head()
    standing = Standing(
        kind="run",
        base=change.base,
        head=change.head,
        target=task.review.target if task.review is not None else branch,
        title=task.title,
        message=report.comment,
        range_text=f"{change.base[:12]}..{change.head[:12]}",
    )
    return review_opened(repository, standing, change, top=_top(task), before=task, run=run.n)
