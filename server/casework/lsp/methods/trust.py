"""`casework/trust/...`."""

from __future__ import annotations

import asyncio

from casework.core.checking import plan_checks
from casework.core.repository import Repository
from casework.lsp.endpoint import endpoint
from casework.lsp.session import Session
from casework.wire import requests as r


@endpoint("casework/trust/show", r.Params, r.TrustView)
async def show_trust(session: Session, params: r.Params) -> r.TrustView:
    """Tell whether the user trusts the repository, and what that lets run."""
    return await _view(session, params)


@endpoint("casework/trust/grant", r.Deed, r.TrustView)
async def grant_trust(session: Session, params: r.Deed) -> r.TrustView:
    """Trust the repository."""
    opened = await session.repository(params.repository)
    await session.desk.trust(opened.repository.identity, session.actor, yes=True)
    return await _view(session, params)


@endpoint("casework/trust/revoke", r.Deed, r.TrustView)
async def revoke_trust(session: Session, params: r.Deed) -> r.TrustView:
    """Take the trust back."""
    opened = await session.repository(params.repository)
    await session.desk.trust(opened.repository.identity, session.actor, yes=False)
    return await _view(session, params)


async def _view(session: Session, params: r.Params) -> r.TrustView:
    opened = await session.repository(params.repository)
    repository = opened.repository
    top, identity = await session.top(params.repository), repository.identity
    trusted = session.desk.is_trusted(identity)
    sentence = (
        f"You trust {identity.top}: its tests, its checks and commands of agents may be run in a box, and its hooks "
        "and filters by a landing."
        if trusted
        else f"You do not trust {identity.top}: nothing of it is executed, and reviews and landings work all the same. "
        "To let its tests be run: `casework trust`."
    )
    return r.TrustView(trusted=trusted, sentence=sentence, runs=await asyncio.to_thread(_runs, repository, top))


def _runs(repository: Repository, top: str) -> list[str]:
    """Say what trust lets run; looked up without running anything."""
    plan = plan_checks(repository, None, top)
    checks = [f"{command}   ({where})" for command, where in zip(plan.commands, plan.found_in, strict=True)]
    facts = repository.checkout(top).workspace.facts()
    git = [f"git's {program}, outside of any box" for program in facts.programs]
    confined = repository.sandbox.facts()
    box = "in a box" if confined.confines else f"not on this machine: {confined.sentence}"
    return [
        *(f"checks of a change, {box}: {check}" for check in checks or ["whatever tests are found later"]),
        f"commands that an agent wants, {box}; beyond it each is asked about",
        *(git or ["no programs of git's: it has no filters and asks for no signing"]),
    ]
