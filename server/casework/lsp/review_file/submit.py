"""Turns a save of a review file into a verdict, after one question.

What must all be true: the file is this editor's alone (opened.py); the save was the human's (not an auto-save, where
the client says which it was); the hash line is that of the review as it stands; the verdict is a whole line; nothing in
the file was misunderstood; the human says yes to one question that says what will happen, and the file is still the
same then. Whoever else writes the file approves nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from casework.core import intake, reviews, threads, verdicts
from casework.core.desk import OpenRepository
from casework.domain import events as e
from casework.domain.envelope import Actor
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import HunkId
from casework.domain.judging import decision_on
from casework.domain.task import Decided, Task
from casework.domain.verdict import approve_label, shown_hash
from casework.lsp.review_file.grammar import Answer, Mistake, parse
from casework.lsp.review_file.opened import OpenFile
from casework.lsp.review_file.rendering import HASH_DIGITS
from casework.lsp.review_file.shelf import Written

logger = logging.getLogger(__name__)

_UNKNOWN: Final = (
    "Casework was started anew since it wrote this file, so nothing in it is submitted. Open review {number} again; "
    "what you wrote stays in a file beside it."
)

Ask = Callable[[str, str], Awaitable[bool]]
"""Asks the human one question with one button; True when they pressed it.

Raises:
    Refused: this editor can't ask.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a save came to."""

    mistakes: tuple[Mistake, ...] = ()
    said: str = ""
    """A sentence for the human; empty when nothing was asked for."""
    done: bool = False


async def submit(
    opened: OpenRepository, file: OpenFile, text: str, written: Written | None, actor: Actor, ask: Ask
) -> Outcome | None:
    """Read a saved review file and do what it says; the outcome says what went wrong, no `CaseworkError` leaves.

    None when it was saved again meanwhile: what is to be said then, that save says.
    """
    why_not = file.saved(text, asyncio.get_running_loop().time())
    save = file.saves
    answer = await asyncio.to_thread(parse, text, written.text if written is not None else "")
    if file.saves != save:
        return None
    if written is None:
        return Outcome((Mistake(answer.verdict_line, _UNKNOWN.format(number=file.number)),))
    if answer.mistakes:
        return Outcome(tuple(answer.mistakes))
    if answer.verdict is None:
        return Outcome()
    try:
        if why_not:
            raise Refused(why_not)
        task = _check(opened, file, answer, written)
        question, button = await asyncio.to_thread(_question, opened, task, answer, written)
        if not await ask(question, button):
            return Outcome(said=f"Review {file.number} waits as before; nothing was submitted.")
        if file.saves != save:
            return None
        if not file.still(text):
            raise Refused("This file was changed while you were asked, so nothing was submitted; save it again.")
        said = await _do(opened, file.number, answer, written, actor)
    except CaseworkError as no:
        return Outcome((Mistake(answer.verdict_line, no.sentence),), no.sentence)
    return Outcome(said=said, done=True)


def _check(opened: OpenRepository, file: OpenFile, answer: Answer, written: Written) -> Task:
    task = opened.repository.board.number(file.number)
    review = verdicts.standing_review(task)
    if answer.number != file.number:
        raise Refused(f"This is the file of review {file.number}, but its title says another number; open it again.")
    now = shown_hash(task)[:HASH_DIGITS]
    if answer.shown != now or written.shown[:HASH_DIGITS] != now:
        raise Refused(
            f"Review {file.number} changed since this file was written, so nothing was submitted. Open it again; "
            "what you wrote stays in the file kept beside it."
        )
    if answer.verdict == "approve" and review.change_kind == "range":
        raise Refused(f"Review {file.number} reads history, so there is nothing to approve; write `read`.")
    for number in (*answer.replies, *answer.resolved):
        threads.thread_of(task, str(number))
    return task


def _question(opened: OpenRepository, task: Task, answer: Answer, written: Written) -> tuple[str, str]:
    """Say what will happen, with the decisions of the file taken into account."""
    review = task.review
    assert review is not None, "checked before"
    if answer.verdict == "read":
        return f"Close review {task.number} as read?", "Done reading"
    if answer.verdict == "request changes":
        comments = len(answer.comments) + len(answer.replies)
        said = f" with {comments} comments" if comments != 1 else " with one comment"
        return f"Send review {task.number} ({task.title}) back{said}?", "Request changes"
    decisions = dict(review.decisions)
    for place, decision in answer.decisions.items():
        for hunk in written.hunks[place - 1]:
            decisions.pop(HunkId(hunk), None)
            if decision != "none":
                decisions[HunkId(hunk)] = Decided(decision)
    then = replace(task, review=replace(review, decisions=decisions))
    label = approve_label(then, opened.repository.change(review.manifest))
    return f"Review {task.number}, {task.title}: {label}?", label


async def _do(opened: OpenRepository, number: int, answer: Answer, written: Written, actor: Actor) -> str:
    if _shown(opened, number) != written.shown:
        raise Refused(f"Review {number} changed while you were asked, so nothing was submitted. Open it again.")
    kept = await _keep(opened, number, answer, written, actor)
    shown = _shown(opened, number)
    try:
        return await _answer(opened, number, answer, shown, actor)
    except Refused as no:
        if not kept:
            raise
        raise Refused(
            f"{no.sentence} What you decided and wrote is kept; open the review again to go on.", code=no.code
        ) from no


def _shown(opened: OpenRepository, number: int) -> str:
    task = opened.repository.board.number(number)
    verdicts.standing_review(task)
    return shown_hash(task)


async def _keep(opened: OpenRepository, number: int, answer: Answer, written: Written, actor: Actor) -> bool:
    """Record decisions and comments; tell whether there were any."""
    repository = opened.repository
    review = verdicts.standing_review(repository.board.number(number))
    by_decision: dict[tuple[e.Decision, str], list[str]] = {}
    for place, decision in answer.decisions.items():
        changed = [hunk for hunk in written.hunks[place - 1] if decision_on(review.decisions, HunkId(hunk)) != decision]
        if changed:
            reason = answer.comments.get(place, "")[:2000] if decision == "rejected" else ""
            by_decision.setdefault((decision, reason), []).extend(changed)
    for (decision, reason), hunks in by_decision.items():
        await reviews.decide_hunks(repository, number, hunks, decision, reason, actor)
    for place, words in answer.comments.items():
        hunk = written.hunks[place - 1][0] if place else None
        await threads.add_comment(repository, number, words, actor, hunk=hunk)
    for number_of, words in answer.replies.items():
        await threads.add_comment(repository, number, words, actor, thread=str(number_of))
    for number_of in answer.resolved:
        await threads.resolve_thread(repository, number, str(number_of), actor, resolved=True)
    return bool(by_decision or answer.comments or answer.replies or answer.resolved)


async def _answer(opened: OpenRepository, number: int, answer: Answer, shown: str, actor: Actor) -> str:
    repository = opened.repository
    if answer.verdict == "approve":
        await verdicts.approve(repository, number, verdicts.Approval(shown), actor)
        return f"Review {number} is approved and is being landed."
    if answer.verdict == "read":
        if verdicts.standing_review(repository.board.number(number)).change_kind != "range":
            raise Refused(f"Review {number} has not landed, so it can't be closed as read: approve it or send it back.")
        await intake.move_task(repository, number, "finish_reading", e.ReviewRead(), actor)
        return f"Review {number} is closed as read."
    await verdicts.request_changes(repository, number, verdicts.Request(shown), actor)
    return f"Review {number} is sent back with what you wrote."
