"""`casework/trust/...`."""

from __future__ import annotations

from casework.lsp.endpoint import endpoint
from casework.lsp.session import Session
from casework.ports.workspace import Identity
from casework.wire import requests as r


@endpoint("casework/trust/show", r.Params, r.TrustView)
async def show_trust(session: Session, params: r.Params) -> r.TrustView:
    """Tell whether the user trusts the repository."""
    opened = await session.repository(params.repository)
    return _view(session, opened.repository.identity)


@endpoint("casework/trust/grant", r.Deed, r.TrustView)
async def grant_trust(session: Session, params: r.Deed) -> r.TrustView:
    """Trust the repository."""
    opened = await session.repository(params.repository)
    await session.desk.trust(opened.repository.identity, session.actor, yes=True)
    return _view(session, opened.repository.identity)


@endpoint("casework/trust/revoke", r.Deed, r.TrustView)
async def revoke_trust(session: Session, params: r.Deed) -> r.TrustView:
    """Take the trust back."""
    opened = await session.repository(params.repository)
    await session.desk.trust(opened.repository.identity, session.actor, yes=False)
    return _view(session, opened.repository.identity)


def _view(session: Session, identity: Identity) -> r.TrustView:
    trusted = session.desk.is_trusted(identity)
    sentence = (
        f"You trust {identity.top}: its tests, its checks and commands of agents may be run in a box, and its hooks "
        "and filters by a landing."
        if trusted
        else f"You do not trust {identity.top}: nothing of it is executed, and reviews and landings work all the same. "
        "To let its tests be run: `casework trust`."
    )
    return r.TrustView(trusted=trusted, sentence=sentence)
