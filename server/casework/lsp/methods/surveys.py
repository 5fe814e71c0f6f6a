"""`casework/survey/...`: what did the last changes do that nothing guards?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from casework.core import surveys
from casework.core.desk import OpenRepository
from casework.domain.envelope import Recorded
from casework.domain.task import Task
from casework.lsp.endpoint import endpoint
from casework.lsp.present.surveys import survey_view
from casework.lsp.session import Session
from casework.wire import requests as r
from casework.wire.views import SurveyView


async def _show(opened: OpenRepository, task: Task) -> SurveyView:
    return await asyncio.to_thread(survey_view, opened.repository, task)


@endpoint("casework/survey/start", r.StartSurvey, SurveyView)
async def start_survey(session: Session, params: r.StartSurvey) -> SurveyView:
    """Begin a survey, or go on with one."""
    opened = await session.repository(params.repository)
    top = await session.top(params.repository)
    task = await surveys.start_survey(
        opened.repository, params.range, session.actor, top=top, budget_s=params.budget_s, command=params.command
    )
    return await _show(opened, task)


@endpoint("casework/survey/show", r.TaskParams, SurveyView)
async def show_survey(session: Session, params: r.TaskParams) -> SurveyView:
    """Show a survey."""
    opened = await session.repository(params.repository)
    return await _show(opened, opened.repository.board.number(params.number))


@endpoint("casework/survey/wait", r.WaitForSurvey, SurveyView)
async def wait_for_survey(session: Session, params: r.WaitForSurvey) -> SurveyView:
    """Wait for more."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    name = repository.board.number(params.number).id
    arrived = asyncio.Event()

    def heard(_: Sequence[Recorded]) -> None:
        if repository.board.tasks[name].changed_seq > params.after:
            arrived.set()

    stop_listening = repository.recorder.listen(heard)
    try:
        heard(())
        with suppress(TimeoutError):
            async with asyncio.timeout(params.timeout_s):
                await arrived.wait()
    finally:
        stop_listening()
    return await _show(opened, repository.board.tasks[name])
