"""The human's answer to a question of an agent, or to one about what an agent wants to do.

About an action the answer is one of four: once, always (by a rule that was shown), no, or no and why. A rule is written
down before the answer: killed between the two, the question is still open and the rule only saves asking it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import Refused
from casework.domain.ids import QuestionId
from casework.domain.rules import RuleShape, rule_text
from casework.domain.task import Question, Task

ONCE: Final = "yes, once"
ALWAYS: Final = "always"
NO: Final = "no"
_SHORT: Final = {"y": ONCE, "yes": ONCE, "once": ONCE, "a": ALWAYS, "n": NO}

Meaning = Literal["once", "always", "no"]


async def answer_question(
    repository: Repository,
    number: int,
    question: str,
    text: str,
    actor: Actor,
    *,
    everywhere: bool = False,
    command: str | None = None,
) -> Task:
    """Answer a question; `everywhere`: an always holds in every repository.

    Raises:
        Refused: there is no such question, it was answered, the task waits no more, or about an action the answer is
            none of those that are possible.
    """
    if actor.kind != "human":
        raise Refused(f"Questions are for the human: the {actor.kind} can't answer one.", code="not_yours")
    answer, made = text, None
    asked = _asked(repository.board, number, question, command)
    if asked is not None and asked.wanted is not None:
        answer, shape = _chosen(asked, text)
        if shape is not None:
            made = await repository.rules.add_new(shape, None if everywhere else repository.identity, actor)

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        found = _asked(board, number, question, None)
        assert found is not None, "without a command there is no second time"
        event = e.QuestionAnswered(id=QuestionId(question), answer=answer)
        return [repository.draft(event, actor, task=task.id, run=found.run)]

    try:
        await repository.recorder.record(decide, command=command)
    except Refused:
        if made is not None:  # somebody else answered meanwhile
            await repository.rules.remove(made.id, actor)
        raise
    return repository.board.number(number)


def _asked(board: Board, number: int, question: str, command: str | None) -> Question | None:
    """Give the question where it is open; None where it is not and the same command may have answered it."""
    task = board.number(number)
    found = next((one for one in task.questions if one.id == question), None)
    if found is None:
        raise Refused(f"Task {number} asked no such question; nothing was answered.", code="unknown_question")
    if found.answer is not None:
        if command is not None:
            return None  # sent twice is answered twice: the recorder knows whether it was this command
        raise Refused(
            f"The question of task {number} was already answered: {found.answer[:80]!r}.", code="already_answered"
        )
    if task.status != "waiting":
        raise Refused(
            f"Task {number} does not wait for an answer any more: it is {task.status.replace('_', ' ')}.",
            code="wrong_status",
        )
    return found


def _chosen(question: Question, text: str) -> tuple[str, RuleShape | None]:
    """Read an answer about an action: what is written down, and the rule it makes.

    Raises:
        Refused (`not_an_answer`): it is none of the possible ones; nothing is guessed.
    """
    said = text.strip()
    word, colon, rest = said.partition(":")
    word = _SHORT.get(word.strip().lower(), word.strip().lower())
    rest = rest.strip()
    shapes = question.wanted.shapes if question.wanted is not None else ()
    if word == ONCE and not colon:
        return ONCE, None
    if word == NO:
        return (f"{NO}: {rest}" if rest else NO), None
    if word == ALWAYS and (shape := _shape(shapes, rest)) is not None:
        return f"{ALWAYS}: {rule_text(shape)}", shape
    possible = ", ".join(f"`{choice}`" for choice in question.choices)
    raise Refused(
        f"{said[:80]!r} is no answer to this question, so nothing was answered; it can be {possible}, or `no: WHY`.",
        code="not_an_answer",
    )


def _shape(shapes: tuple[RuleShape, ...], wanted: str) -> RuleShape | None:
    """Give the rule that was shown with these words; the narrowest one where none are given."""
    return next((shape for shape in shapes if wanted in ("", rule_text(shape))), None)


def meant(question: Question) -> tuple[Meaning, str]:
    """Read an answer about an action back: what it means, and the reason or the rule in words."""
    word, _, rest = (question.answer or "").partition(": ")
    if word == ONCE and not rest:
        return "once", ""
    return ("always" if word == ALWAYS else "no"), rest
