"""What an agent leaves for later: a proposed task of its own, once, with its place."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from casework.core.intake import one_line
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft
from casework.domain.ids import TaskId
from casework.domain.status import check_move
from casework.domain.task import Task
from casework.ports.agent import FollowedUp

logger = logging.getLogger(__name__)


def follow_up_drafts(
    repository: Repository, board: Board, found_in: Task, report: FollowedUp, actor: Actor
) -> Sequence[Draft]:
    """Give the draft of a proposed task; none when it is known already or the run has proposed enough."""
    fingerprint = follow_up_fingerprint(report)
    if board.with_fingerprint(fingerprint):
        return []
    proposed = len(board.found_in(found_in.number))
    if proposed >= repository.limits().follow_ups_per_run * max(1, len(found_in.runs)):
        logger.warning("task %s proposed more than %s follow-ups; the rest is left out", found_in.number, proposed)
        return []
    check_move("propose", None, number=None, actor=actor.kind)
    event = e.TaskAdded(
        number=board.last_number + 1,
        task_kind=report.task_kind,
        title=one_line(report.title),
        status="proposed",
        anchor=report.anchor,
        found_in=found_in.number,
        why=report.why[:2000],
        severity=report.severity,
        fingerprint=fingerprint,
    )
    return [repository.draft(event, actor, task=TaskId(repository.clock.new_id()), origin=found_in.origin)]


def follow_up_fingerprint(report: FollowedUp) -> str:
    """Hash what makes a follow-up the same one: kind, place and the text there; its wording may differ.

    Without a place the title counts, letters and digits only.
    """
    place = report.anchor
    if place is not None:
        parts = [report.task_kind, place.path, "".join(place.snippet.split()) or str(place.line)]
    else:
        parts = [report.task_kind, "".join(letter for letter in report.title.lower() if letter.isalnum())]
    return "follow-up:" + hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
