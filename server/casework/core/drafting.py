"""Half-written texts: kept as they are typed, for whichever editor comes next. They move nothing and decide nothing."""

from __future__ import annotations

import logging

from casework.core.repository import Repository
from casework.domain.envelope import Actor
from casework.domain.errors import Refused, Trouble
from casework.domain.half_written import HalfWritten

logger = logging.getLogger(__name__)


def keep_draft(
    repository: Repository, number: int, place: str, text: str, actor: Actor, *, line: int = 1, column: int = 0
) -> None:
    """Keep what a human is writing at a place; a text of blanks alone is forgotten.

    Returns once it outlives a kill. Blocks as long as one small file takes.

    Raises:
        Refused: there is no such task, it is no human who writes, or there are too many drafts.
        Trouble: it can't be written.
    """
    repository.board.number(number)
    if actor.kind != "human":
        raise Refused("Only a human has drafts, so nothing was kept.", code="not_human")
    if not text.strip():
        return repository.drafts.forget(number, place)
    at_us = repository.clock.now_us()
    return repository.drafts.keep(HalfWritten(number, place, text, line, column, at_us, actor.via))


def forget_sent(repository: Repository, number: int, place: str, text: str) -> None:
    """Forget the draft of a place when its text was sent as it stands: a client may die before it says so itself.

    Raises nothing: what was sent is sent, and a draft too many does no harm.
    """
    try:
        kept = repository.drafts.at(number, place)
        if kept is not None and kept.text.strip() == text.strip():
            repository.drafts.forget(number, place)
    except Trouble:
        logger.exception("the draft of what was sent about task %d could not be forgotten", number)
