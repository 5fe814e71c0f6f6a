"""What can have happened in a survey: part of the union in events.py."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from casework.domain.frozen import Frozen
from casework.domain.survey import MARKS_PER_EVENT, HunkMark


class HunksSurveyed(Frozen):
    """A survey found out about hunks whether anything would notice losing them."""

    kind: Literal["hunks.surveyed"] = "hunks.surveyed"
    marks: tuple[HunkMark, ...] = Field(max_length=MARKS_PER_EVENT)


class TaskSettled(Frozen):
    """Its run ended well and left nothing to judge; what it found stands in its comment."""

    kind: Literal["task.settled"] = "task.settled"
    reason: Annotated[str, Field(max_length=2000)] = ""


SurveyEvent = HunksSurveyed | TaskSettled
