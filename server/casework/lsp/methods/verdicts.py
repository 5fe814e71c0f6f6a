"""`casework/review/answer`, `read` and `undo`."""

from __future__ import annotations

from casework.core import intake, verdicts
from casework.core.drafting import forget_sent
from casework.domain import events as e
from casework.domain.errors import Refused
from casework.lsp.endpoint import endpoint
from casework.lsp.methods.tasks import show
from casework.lsp.session import Session
from casework.wire import requests as r
from casework.wire.views import TaskView


@endpoint("casework/review/answer", r.AnswerReview, TaskView)
async def answer_review(session: Session, params: r.AnswerReview) -> TaskView:
    """Approve, or request changes."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    if params.verdict == "approve":
        approval = verdicts.Approval(
            params.shown, params.mode, params.branch, params.message, params.rest, params.only_accepted
        )
        task = await verdicts.approve(repository, params.number, approval, session.actor, command=params.command)
    else:
        request = verdicts.Request(params.shown, params.message, params.agent, params.script)
        task = await verdicts.request_changes(repository, params.number, request, session.actor, command=params.command)
        forget_sent(repository, params.number, "request", params.message)
    return await show(opened, task)


@endpoint("casework/review/read", r.TaskDeed, TaskView)
async def finish_reading(session: Session, params: r.TaskDeed) -> TaskView:
    """Close a review of history as read."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    review = repository.board.number(params.number).standing_review()
    if review.change_kind != "range":
        raise Refused(
            f"Review {params.number} has not landed, so it can't be closed as read: "
            "approve it, request changes or drop it.",
            code="not_history",
        )
    task = await intake.move_task(
        repository, params.number, "finish_reading", e.ReviewRead(), session.actor, command=params.command
    )
    return await show(opened, task)


@endpoint("casework/review/undo", r.UndoReview, TaskView)
async def undo_review(session: Session, params: r.UndoReview) -> TaskView:
    """Take a landed approval back."""
    opened = await session.repository(params.repository)
    return await show(opened, await opened.landings.undo(params.number, session.actor, revert=params.revert))
