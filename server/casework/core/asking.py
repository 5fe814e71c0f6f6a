"""One question to the human about one action: asked once, waited for as long as it takes, answered with yes or no.

The question stands in the journal before anybody waits for it, so a restart only means that somebody else waits. Not
here: whether there has to be one (`gate.py`), and how an answer comes in (`answering.py`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from casework.core.answering import ALWAYS, NO, ONCE, meant
from casework.core.repository import DAEMON, Repository
from casework.domain import events as e
from casework.domain.actions import Grants, Ruling
from casework.domain.board import Board
from casework.domain.envelope import Draft, Recorded
from casework.domain.ids import QuestionId, RunId, TaskId
from casework.domain.rules import Wanted, rule_text
from casework.domain.task import Question
from casework.ports.permissions import Beyond

_QUESTIONS: Final = uuid.UUID("0f4d6d0e-51f7-5a52-9a0b-3d6a3f0d1c55")
_MOST_BYTES: Final = 7 * 1024
"""Of a question in the journal, whose rows hold 8 KiB."""
_LONGEST_RULE: Final = 400
"""Characters of a rule that is offered: it has to be read whole before it is chosen."""
_DO_WITHOUT: Final = "Do without it, or say in your comment what is missing."


@dataclass(frozen=True, slots=True)
class Matter:
    """Who wants what."""

    repository: Repository
    task: TaskId
    run: RunId
    digest: str
    """Of the action."""

    def is_over(self) -> bool:
        """Tell whether the run ended."""
        return not any(
            one.id == self.run and one.state == "running" for one in self.repository.board.tasks[self.task].runs
        )

    def question(self) -> Question | None:
        """Give the question that still speaks for this action: it is open, or was answered and not used up."""
        mine = [
            question
            for question in self.repository.board.tasks[self.task].questions
            if question.run == self.run and question.wanted is not None and question.wanted.digest == self.digest
        ]
        return mine[-1] if mine and not mine[-1].used else None


async def ruled(
    matter: Matter,
    what: str,
    *,
    allowed: bool,
    by: Literal["rule", "human", "default"],
    reason: str,
    rule: str = "",
    question: QuestionId | None = None,
    grants: Grants | None = None,
) -> Ruling:
    """Record what was decided, and give it; nothing is allowed that is not recorded."""
    repository = matter.repository
    event = e.ActionRuled(
        what=what[:500],
        digest=matter.digest,
        allowed=allowed,
        by=by,
        reason=reason[:2000],
        rule=rule,
        question=question,
        grants=grants if grants is not None and allowed else Grants(),
    )

    def decide(_: Board) -> Sequence[Draft]:
        if matter.is_over():
            return []
        return [repository.draft(event, DAEMON, task=matter.task, run=matter.run)]

    if not await repository.recorder.record(decide):
        return _over()
    told = reason if allowed else f"Not done: {reason} {_DO_WITHOUT}"
    return Ruling(allowed=allowed, why=told, grants=event.grants)


async def ask(matter: Matter, beyond: Beyond, why: str) -> Ruling:
    """Ask the human, unless that question stands already; give the answer, whenever it comes."""
    event = _question(matter, beyond, why)
    if event is None:
        reason = "What it wants is too long to be shown whole, so nobody can be asked about it."
        return await ruled(matter, beyond.what, allowed=False, by="default", reason=reason)

    def decide(_: Board) -> Sequence[Draft]:
        if matter.is_over() or matter.question() is not None:
            return []
        return [matter.repository.draft(event, DAEMON, task=matter.task, run=matter.run)]

    await matter.repository.recorder.record(decide)
    question = await _answered(matter)
    if question is None:
        return _over()
    kind, words = meant(question)
    if kind == "no":
        reason = (
            f"The user said no: {words}{'' if words.endswith(('.', '!', '?')) else '.'}"
            if words
            else "The user said no."
        )
        return await ruled(matter, beyond.what, allowed=False, by="human", reason=reason, question=question.id)
    reason = "The user said yes, once." if kind == "once" else f"The user said yes, always: {words}"
    return await ruled(
        matter, beyond.what, allowed=True, by="human", reason=reason, question=question.id, grants=beyond.grants
    )


async def _answered(matter: Matter) -> Question | None:
    """Wait for the answer; None when the run ended instead."""
    heard = asyncio.Event()

    def listen(_: Sequence[Recorded]) -> None:
        heard.set()

    stop_listening = matter.repository.recorder.listen(listen)
    try:
        while True:
            question = matter.question()
            if question is None or matter.is_over():
                return None
            if question.answer is not None:
                return question
            heard.clear()
            await heard.wait()
    finally:
        stop_listening()


def _question(matter: Matter, beyond: Beyond, why: str) -> e.QuestionAsked | None:
    """Give the question, in words of ours; None where it can't be shown whole."""
    shapes = tuple(shape for shape in beyond.shapes if len(rule_text(shape)) <= _LONGEST_RULE)
    task = matter.repository.board.tasks[matter.task]
    before = sum(1 for question in task.questions if question.run == matter.run)
    name = uuid.uuid5(_QUESTIONS, f"{matter.run}/{matter.digest}/{before}")
    text = f"May it {beyond.what}? It wants {beyond.wants}." + (f" {beyond.no_rule}" if not shapes else "")
    event = e.QuestionAsked(
        id=QuestionId(str(name)),
        text=text.strip()[:2000],
        why=why[:1000],
        choices=(ONCE, *(f"{ALWAYS}: {rule_text(shape)}" for shape in shapes), NO),
        wanted=Wanted(digest=matter.digest, grants=beyond.grants, shapes=shapes),
    )
    too_long = len(text) > 2000 or len(event.model_dump_json().encode("utf-8", "surrogatepass")) > _MOST_BYTES
    return None if too_long else event


def _over() -> Ruling:
    return Ruling(allowed=False, why="Not done: the run ended before it was decided.")
