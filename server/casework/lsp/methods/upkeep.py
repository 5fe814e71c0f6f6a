"""`casework/repository/describe`: what a doctor says about a repository, its journal and what lies about of ours."""

from __future__ import annotations

import asyncio

from casework.core.purge import purge
from casework.lsp.endpoint import endpoint
from casework.lsp.present.findings import (
    agent_findings,
    journal_findings,
    leftover_findings,
    repository_findings,
    sandbox_finding,
)
from casework.lsp.session import Session
from casework.wire.requests import Params
from casework.wire.views import RepositoryDescription


@endpoint("casework/repository/describe", Params, RepositoryDescription)
async def describe_repository(session: Session, params: Params) -> RepositoryDescription:
    """Look the repository over; reads the whole journal."""
    opened = await session.repository(params.repository)
    top = await session.top(params.repository)
    repository = opened.repository
    facts = await asyncio.to_thread(lambda: repository.checkout(top).workspace.facts())
    found = await asyncio.to_thread(purge, repository, apply=False, unlanded=())
    agents = await asyncio.to_thread(lambda: {name: one.describe() for name, one in repository.agents.items()})
    landing = sum(1 for _ in repository.board.in_status("landing"))
    return RepositoryDescription(
        repository=repository.identity.id,
        top=top,
        findings=[
            *repository_findings(top, facts, trusted=session.desk.is_trusted(repository.identity)),
            sandbox_finding(await asyncio.to_thread(repository.sandbox.facts)),
            *journal_findings(repository.recorder.journal.state, await repository.recorder.journal.verify()),
            *agent_findings(agents),
            *leftover_findings(found, stages=facts.stages, landing=landing),
        ],
    )
