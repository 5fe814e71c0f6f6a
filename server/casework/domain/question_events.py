"""What can have happened between an agent that wants to know or to do something and the human: part of the union in
events.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casework.domain.actions import Grants
from casework.domain.check_events import Sentence, Short
from casework.domain.frozen import Frozen
from casework.domain.ids import QuestionId
from casework.domain.rules import Wanted


class QuestionAsked(Frozen):
    """The agent asked the human and waits."""

    kind: Literal["question.asked"] = "question.asked"
    id: QuestionId
    text: Sentence
    why: Sentence = ""
    choices: tuple[Short, ...] = ()
    wanted: Wanted | None = None
    """Of a question about an action: asked by the gate, in words of ours; only `why` is the agent's."""


class QuestionAnswered(Frozen):
    """The human answered."""

    kind: Literal["question.answered"] = "question.answered"
    id: QuestionId
    answer: Sentence


class ActionRuled(Frozen):
    """It was decided about an action that wants more than its box has; what the box allows passes silently."""

    kind: Literal["action.ruled"] = "action.ruled"
    what: Short
    digest: str
    allowed: bool
    by: Literal["rule", "human", "default"]
    """`default`: no answer could have allowed it."""
    reason: Sentence
    rule: str = ""
    """The id of the user's rule."""
    question: QuestionId | None = None
    grants: Grants = Field(default_factory=Grants)
    """By what the box of this one action is wider."""
