"""Turns a save of a review file into a verdict, after one question.

What must all be true: this editor opened the file with exactly the text that Casework wrote; the save was the human's
(not an auto-save, where the client says which it was); what was saved is what the editor shows; the hash line is that
of the review as it stands; the verdict is a whole line; nothing in the file was misunderstood; the human says yes to
one question that says what will happen. Whoever else writes the file approves nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from casework.core import intake, reviews, verdicts
from casework.core.desk import OpenRepository
from casework.domain import events as e
from casework.domain.envelope import Actor
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import HunkId
from casework.domain.task import Decided, Task
from casework.domain.verdict import approve_label, selection, shown_hash
from casework.lsp.review_file.grammar import Answer, Mistake, parse
from casework.lsp.review_file.rendering import HASH_DIGITS
from casework.lsp.review_file.shelf import Written

logger = logging.getLogger(__name__)

Ask = Callable[[str, str], Awaitable[bool]]
"""Asks the human one question with one button; True when they pressed it."""


@dataclass(slots=True)
class OpenFile:
    """A review file open in one editor."""

    number: int
    as_written: bool
    """Whether it was opened with exactly the text we wrote."""
    by_hand: bool | None = None
    """Of the save under way: whether the human did it; None where the client does not say."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a save came to."""

    mistakes: tuple[Mistake, ...] = ()
    said: str = ""
    """A sentence for the human; empty when nothing was asked for."""
    done: bool = False


async def submit(
    opened: OpenRepository, file: OpenFile, text: str, written: Written | None, actor: Actor, ask: Ask
) -> Outcome:
    """Read a saved review file and do what it says; the outcome says what went wrong, no `CaseworkError` leaves."""
    answer = parse(text, written.text.splitlines() if written is not None else ())
    if answer.mistakes:
        return Outcome(tuple(answer.mistakes))
    if answer.verdict is None:
        return Outcome()
    try:
        task = _check(opened, file, answer, written)
        assert written is not None, "checked just before"
        if await asyncio.to_thread(_on_disk, written) != text:
            raise Refused("The file on disk is not what this editor shows, so nothing was submitted; save it again.")
        question, button = await asyncio.to_thread(_question, opened, task, answer, written)
        if not await ask(question, button):
            return Outcome(said=f"Review {file.number} waits as before; nothing was submitted.")
        said = await _do(opened, file.number, answer, written, actor)
    except CaseworkError as no:
        return Outcome((Mistake(answer.verdict_line, no.sentence),), no.sentence)
    except OSError as error:
        sentence = f"The file of review {file.number} can't be read back ({error.strerror}); nothing was submitted."
        return Outcome((Mistake(answer.verdict_line, sentence),), sentence)
    return Outcome(said=said, done=True)


def _on_disk(written: Written) -> str:
    return Path(written.path).read_bytes().decode("utf-8", "surrogateescape")


def _check(opened: OpenRepository, file: OpenFile, answer: Answer, written: Written | None) -> Task:
    task = opened.repository.board.number(file.number)
    review = verdicts.standing_review(task)
    if answer.number != file.number:
        raise Refused(f"This is the file of review {file.number}, but its title says another number; open it again.")
    if not file.as_written or written is None:
        raise Refused(
            f"This file was changed by something else before this editor opened it, so review {file.number} takes no "
            "verdict from it. Close it and open the review again; what you wrote stays in the file kept beside it."
        )
    if file.by_hand is False:
        raise Refused("An automatic save submits nothing; save by hand to give the verdict.")
    now = shown_hash(review)[:HASH_DIGITS]
    if answer.shown != now or written.shown[:HASH_DIGITS] != now:
        raise Refused(
            f"Review {file.number} changed since this file was written, so nothing was submitted. Open it again; "
            "what you wrote stays in the file kept beside it."
        )
    expected = set(range(1, len(written.hunks) + 1))
    if set(answer.decisions) != expected or not set(answer.comments) <= expected | {0}:
        raise Refused("A hunk's heading is missing from this file, so nothing was submitted; open the review again.")
    return task


def _question(opened: OpenRepository, task: Task, answer: Answer, written: Written) -> tuple[str, str]:
    """Say what will happen, with the decisions of the file taken into account."""
    review = task.review
    assert review is not None, "checked before"
    if answer.verdict == "read":
        return f"Close review {task.number} as read?", "Done reading"
    if answer.verdict == "request changes":
        comments = len(answer.comments)
        said = f" with {comments} comments" if comments != 1 else " with one comment"
        return f"Send review {task.number} ({task.title}) back{said}?", "Request changes"
    decisions = dict(review.decisions)
    for place, decision in answer.decisions.items():
        hunk = HunkId(written.hunks[place - 1])
        if decision == "none":
            decisions.pop(hunk, None)
        else:
            decisions[hunk] = Decided(decision)
    then = replace(review, decisions=decisions)
    label = approve_label(then, selection(then, opened.repository.change(review.manifest)))
    return f"Review {task.number}, {task.title}: {label}?", label


async def _do(opened: OpenRepository, number: int, answer: Answer, written: Written, actor: Actor) -> str:
    repository = opened.repository
    task = repository.board.number(number)
    review = verdicts.standing_review(task)
    if shown_hash(review) != written.shown:
        raise Refused(f"Review {number} changed while you were asked, so nothing was submitted. Open it again.")
    by_decision: dict[e.Decision, list[str]] = {}
    for place, decision in answer.decisions.items():
        hunk = written.hunks[place - 1]
        before = review.decisions.get(HunkId(hunk))
        if (before.decision if before is not None else "none") != decision:
            by_decision.setdefault(decision, []).append(hunk)
    for decision, hunks in by_decision.items():
        reason = answer.comments.get(written.hunks.index(hunks[0]) + 1, "") if len(hunks) == 1 else ""
        await reviews.decide_hunks(repository, number, hunks, decision, reason[:2000], actor)
    for place, words in answer.comments.items():
        await reviews.add_comment(repository, number, words, actor, hunk=written.hunks[place - 1] if place else None)
    shown = shown_hash(verdicts.standing_review(repository.board.number(number)))
    if answer.verdict == "approve":
        await verdicts.approve(repository, number, verdicts.Approval(shown), actor)
        return f"Review {number} is approved and is being landed."
    if answer.verdict == "read":
        await intake.move_task(repository, number, "finish_reading", e.ReviewRead(), actor)
        return f"Review {number} is closed as read."
    await verdicts.request_changes(repository, number, verdicts.Request(shown), actor)
    return f"Review {number} is sent back with what you wrote."
