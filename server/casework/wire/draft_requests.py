"""What clients ask about drafts: what a human is writing and has not sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from casework.domain.half_written import LONGEST_PLACE, PLACE
from casework.wire.requests import Answer, Number, Params, TaskParams, Text
from casework.wire.view import View

Place = Annotated[str, Field(pattern=PLACE, max_length=LONGEST_PLACE)]


class ListDrafts(Params):
    """Which drafts to list: all, or those of one task."""

    number: Number | None = None


class KeepDraft(TaskParams):
    """Keep what is being written at a place, in place of what was kept there; blanks alone are forgotten."""

    place: Place
    """`request` (what should change), `comment/HUNK` (`comment/` for the whole review), `file/PATH`, `reply/THREAD` or
    `question/ID`."""
    text: Text
    line: Annotated[int, Field(ge=1, le=2**31)] = 1
    """Of the cursor, from 1."""
    column: Annotated[int, Field(ge=0, le=2**31)] = 0
    """Of the cursor, from 0, as this client counts."""


class ForgetDraft(TaskParams):
    """Forget the draft of a place: it was sent or thrown away."""

    place: Place


class DraftView(View):
    """What somebody is writing and has not sent."""

    number: int
    """Of the task."""
    place: str
    """What it is written for, as it was kept."""
    text: str
    line: int
    column: int
    via: str = ""
    """The client that kept it last; how a column counts is that client's."""
    at: int = 0
    """When, in microseconds since 1970."""


class DraftList(Answer):
    """Drafts by task and place."""

    drafts: list[DraftView] = Field(default_factory=list)
