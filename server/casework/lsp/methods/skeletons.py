"""`casework/skeleton/...`: opening a skeleton, and taking it into the work tree."""

from __future__ import annotations

import asyncio
from pathlib import Path

from casework.core.skeletons import check_may_take, kept_skeleton, record_taken
from casework.domain.errors import Refused
from casework.lsp.documents import uri_of
from casework.lsp.endpoint import endpoint
from casework.lsp.present.reviews import absolute
from casework.lsp.session import Session
from casework.wire import requests as r


@endpoint("casework/skeleton/document", r.TaskParams, r.Document)
async def skeleton_document(session: Session, params: r.TaskParams) -> r.Document:
    """Write it as a file; one that was taken is where it was put."""
    opened = await session.repository(params.repository)
    task = opened.repository.board.number(params.number)
    skeleton = kept_skeleton(task)
    if skeleton.taken:
        place = absolute(await session.top(params.repository), skeleton.path)
        if await asyncio.to_thread(Path(place).is_file):
            return r.Document(path=place, uri=uri_of(place), line=skeleton.line)
    return await asyncio.to_thread(session.desktop.of(opened).skeletons.write, task)


@endpoint("casework/skeleton/take", r.TaskDeed, r.Document)
async def take_skeleton(session: Session, params: r.TaskDeed) -> r.Document:
    """Put it into the work tree: a new file, never over another one, and only because a human asked for it."""
    opened = await session.repository(params.repository)
    repository, files = opened.repository, session.desktop.of(opened).skeletons
    top = await session.top(params.repository)
    task = repository.board.number(params.number)
    skeleton = kept_skeleton(task)
    place = absolute(top, skeleton.path)
    given = r.Document(path=place, uri=uri_of(place), line=skeleton.line)
    if params.command is not None and await repository.recorder.journal.answered(params.command):
        return given
    check_may_take(task)
    if repository.documents.unsaved([files.path_of(task)]):
        raise Refused(
            f"The skeleton of task {task.number} has unsaved changes in an editor, so it was not taken; save it first.",
            code="unsaved",
        )
    data = await asyncio.to_thread(files.bytes_of, task)
    checkout = await asyncio.to_thread(repository.checkout, top)
    await asyncio.to_thread(checkout.lander.add_file, skeleton.path, data)
    await record_taken(repository, params.number, skeleton.path, session.actor, command=params.command)
    return given
