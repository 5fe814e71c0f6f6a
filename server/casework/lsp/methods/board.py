"""`casework/board/...`, `casework/repository/list` and `casework/journal/read`."""

from __future__ import annotations

from pathlib import Path

from casework.core.desk import OpenRepository
from casework.domain.board import Board as Tasks
from casework.domain.envelope import Recorded
from casework.lsp.documents import uri_of
from casework.lsp.endpoint import endpoint
from casework.lsp.present.cards import board_view
from casework.lsp.present.reviews import who
from casework.lsp.session import Session
from casework.wire.requests import (
    Document,
    JournalRows,
    NextThing,
    Params,
    ReadJournal,
    Repositories,
)
from casework.wire.views import Board, JournalRow, RepositoryView


@endpoint("casework/board/read", Params, Board)
async def read_board(session: Session, params: Params) -> Board:
    """Give the whole board."""
    opened = await session.repository(params.repository)
    return board_view(opened)


@endpoint("casework/board/next", Params, NextThing)
async def next_thing(session: Session, params: Params) -> NextThing:
    """Give the first card that needs the human."""
    opened = await session.repository(params.repository)
    waiting = board_view(opened).needs_you
    return NextThing(card=waiting[0] if waiting else None, left=len(waiting))


@endpoint("casework/repository/list", Params, Repositories)
async def list_repositories(session: Session, params: Params) -> Repositories:
    """Give what this session has open."""
    if params.repository is not None:
        await session.repository(params.repository)
    else:
        for root in session.roots:
            await session.try_join(root)
    return Repositories(repositories=[repository_view(session, opened) for opened in session.repositories.values()])


def repository_view(session: Session, opened: OpenRepository) -> RepositoryView:
    """Give one repository."""
    identity = opened.repository.identity
    return RepositoryView(
        id=identity.id,
        top=identity.top,
        name=Path(identity.top).name,
        trusted=session.desk.is_trusted(identity),
        warning=opened.warning,
    )


@endpoint("casework/journal/read", ReadJournal, JournalRows)
async def read_journal(session: Session, params: ReadJournal) -> JournalRows:
    """Give rows of the journal in order."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    task = repository.board.number(params.number).id if params.number is not None else None
    rows = repository.recorder.journal.read(after=params.after, task=task, limit=params.limit)
    return JournalRows(rows=[row_view(repository.board, row) async for row in rows])


def row_view(tasks: Tasks, row: Recorded) -> JournalRow:
    """Give one row as people may read it."""
    task = tasks.tasks.get(row.task) if row.task is not None else None
    return JournalRow(
        seq=row.seq,
        at=row.draft.at,
        kind=row.event.kind,
        task=task.number if task is not None else None,
        actor=f"{row.draft.actor.kind}:{who(row.draft.actor)}",
        origin=row.draft.origin,
        data=row.event.model_dump_json(exclude={"kind"}),
    )


@endpoint("casework/board/document", Params, Document)
async def board_document(session: Session, params: Params) -> Document:
    """Write the board as a file."""
    opened = await session.repository(params.repository)
    path = await session.desktop.of(opened).places.write_board()
    return Document(path=path, uri=uri_of(path))
