"""`casework/checks/...`, and checking a review."""

from __future__ import annotations

import asyncio

from casework.code.project.commands import find_commands
from casework.core.checking import check_review, plan_checks
from casework.core.desk import OpenRepository
from casework.core.repository import ChosenChecks
from casework.lsp.endpoint import endpoint
from casework.lsp.methods.reviews import show
from casework.lsp.session import Session
from casework.wire import requests as r
from casework.wire.views import CheckCommandView, ChecksView, ReviewView


@endpoint("casework/review/check", r.TaskDeed, ReviewView)
async def check(session: Session, params: r.TaskDeed) -> ReviewView:
    """Run the checks on a review's tree."""
    opened = await session.repository(params.repository)
    return await show(opened, await check_review(opened.repository, params.number))


@endpoint("casework/checks/show", r.Params, ChecksView)
async def show_checks(session: Session, params: r.Params) -> ChecksView:
    """Tell what checks a repository."""
    opened = await session.repository(params.repository)
    return await asyncio.to_thread(_view, opened, await session.top(params.repository))


@endpoint("casework/checks/choose", r.ChooseChecks, ChecksView)
async def choose_checks(session: Session, params: r.ChooseChecks) -> ChecksView:
    """Choose what checks a repository."""
    opened = await session.repository(params.repository)
    chosen = ChosenChecks(tuple(command for command in params.commands if command.strip()), params.environment)
    await session.desk.choose_checks(opened.repository.identity, chosen, session.actor)
    return await asyncio.to_thread(_view, opened, await session.top(params.repository))


def _view(opened: OpenRepository, top: str) -> ChecksView:
    repository = opened.repository
    plan = plan_checks(repository, None, top)
    run = dict(zip(plan.commands, plan.found_in, strict=True))
    found = find_commands(top)
    purposes = {one.command: one.purpose for one in found.commands}
    commands = [
        CheckCommandView(command=command, found_in=where, purpose=purposes.get(command, ""), is_run=True)
        for command, where in run.items()
    ]
    commands += [
        CheckCommandView(command=one.command, found_in=one.found_in, purpose=one.purpose)
        for one in found.commands
        if one.command not in run
    ]
    return ChecksView(
        trusted=repository.is_trusted(),
        commands=commands,
        environment=plan.environment.sentence,
        chosen_environment=repository.chosen_checks().environment,
        sentence=plan.why_not or f"Run for a change: {', '.join(run)}.",
        unread=list(found.unread),
    )
