"""`casework/draft/...`."""

from __future__ import annotations

from casework.core.drafting import keep_draft
from casework.core.repository import Repository
from casework.lsp.endpoint import endpoint
from casework.lsp.session import Session
from casework.wire import draft_requests as asked


@endpoint("casework/draft/list", asked.ListDrafts, asked.DraftList)
async def list_drafts(session: Session, params: asked.ListDrafts) -> asked.DraftList:
    """List what is half-written."""
    opened = await session.repository(params.repository)
    return _view(opened.repository, params.number)


@endpoint("casework/draft/keep", asked.KeepDraft, asked.DraftList)
async def keep(session: Session, params: asked.KeepDraft) -> asked.DraftList:
    """Keep one; in the order in which it is asked, so on the loop."""
    opened = await session.repository(params.repository)
    where = (opened.repository, params.number, params.place)
    keep_draft(*where, params.text, session.actor, line=params.line, column=params.column)
    return asked.DraftList()


@endpoint("casework/draft/forget", asked.ForgetDraft, asked.DraftList)
async def forget(session: Session, params: asked.ForgetDraft) -> asked.DraftList:
    """Forget one."""
    opened = await session.repository(params.repository)
    opened.repository.drafts.forget(params.number, params.place)
    return _view(opened.repository, params.number)


def _view(repository: Repository, number: int | None) -> asked.DraftList:
    return asked.DraftList(
        drafts=[
            asked.DraftView(
                number=one.number,
                place=one.place,
                text=one.text,
                line=one.line,
                column=one.column,
                via=one.via,
                at=one.at_us,
            )
            for one in repository.drafts.all()
            if number in (None, one.number)
        ]
    )
