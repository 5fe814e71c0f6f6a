"""`casework/review/...`: opening, showing, deciding and commenting; verdicts are in verdicts.py."""

from __future__ import annotations

import asyncio
import base64
from typing import Final

from casework.core import reviews, splitting, threads
from casework.core.desk import OpenRepository
from casework.core.drafting import forget_sent
from casework.domain.change import FileChange
from casework.domain.errors import Refused
from casework.domain.hunk_lines import Side
from casework.domain.ids import CommitId
from casework.domain.task import Review, Task
from casework.lsp.endpoint import endpoint
from casework.lsp.present.cards import card
from casework.lsp.present.next import next_to_judge
from casework.lsp.present.reviews import label, review_of, review_view
from casework.lsp.session import Session
from casework.wire import ledger_requests as asked
from casework.wire import requests as r
from casework.wire.views import ReviewView

_SIDES: Final[dict[str, Side]] = {"base": "old", "head": "new"}


async def show(opened: OpenRepository, task: Task) -> ReviewView:
    """Give the view of a review."""
    return await asyncio.to_thread(review_view, opened.repository, task)


@endpoint("casework/review/open", r.OpenReview, ReviewView)
async def open_review(session: Session, params: r.OpenReview) -> ReviewView:
    """Open a review of a change that stands already."""
    opened = await session.repository(params.repository)
    top = await session.top(params.repository)
    untracked, only = tuple(params.untracked), tuple(params.only)
    wanted = reviews.Wanted(params.kind, params.name, params.into, untracked, only, top)
    task = await reviews.open_review(opened.repository, wanted, session.actor, command=params.command)
    return await show(opened, task)


@endpoint("casework/review/recent", r.RecentReview, ReviewView)
async def open_recent(session: Session, params: r.RecentReview) -> ReviewView:
    """Open a review of recent history."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    top = await session.top(params.repository)
    workspace = (await asyncio.to_thread(repository.checkout, top)).workspace
    revisions = await asyncio.to_thread(workspace.recent_range, since=params.since)
    wanted = reviews.Wanted("range", revisions, top=top)
    task = await reviews.open_review(repository, wanted, session.actor, command=params.command)
    return await show(opened, task)


@endpoint("casework/review/list", r.Params, r.TaskList)
async def list_reviews(session: Session, params: r.Params) -> r.TaskList:
    """List the reviews that wait."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    now_us = repository.clock.now_us()
    waiting = sorted(repository.board.in_status("in_review"), key=lambda task: task.number)
    return r.TaskList(tasks=[card(task, now_us=now_us, approve_label=label(repository, task)) for task in waiting])


@endpoint("casework/review/show", r.TaskParams, ReviewView)
async def show_review(session: Session, params: r.TaskParams) -> ReviewView:
    """Show a review."""
    opened = await session.repository(params.repository)
    return await show(opened, opened.repository.board.number(params.number))


@endpoint("casework/review/diff", r.ReviewDiff, r.Patch)
async def diff_review(session: Session, params: r.ReviewDiff) -> r.Patch:
    """Give the patch."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    review = review_of(repository.board.number(params.number))
    if params.path is not None:
        await asyncio.to_thread(_file, opened, review, params.number, params.path)
    patch = await asyncio.to_thread(repository.workspace.patch, *sides(review), path=params.path)
    text = patch.decode("utf-8", "replace")
    exact = text.encode() == patch
    return r.Patch(text=text, base64=None if exact else base64.b64encode(patch).decode())


@endpoint("casework/review/content", r.ReviewContent, r.Content)
async def content_of_review(session: Session, params: r.ReviewContent) -> r.Content:
    """Give one side of one file."""
    opened = await session.repository(params.repository)
    review = review_of(opened.repository.board.number(params.number))
    return await asyncio.to_thread(_content, opened, review, params)


def sides(review: Review) -> tuple[CommitId, CommitId]:
    """Give what the human sees the difference of; git takes trees where it takes commits."""
    before, after = review.shown_sides
    return CommitId(before), CommitId(after)


def _content(opened: OpenRepository, review: Review, params: r.ReviewContent) -> r.Content:
    file = _file(opened, review, params.number, params.path)
    base = params.side == "base"
    path = (file.old_path or file.path) if base else file.path
    found = opened.repository.workspace.content(sides(review)[0 if base else 1], path)
    if found is None:
        return r.Content(text=None, missing=True)
    if file.binary or b"\0" in found[:8000]:
        return r.Content(text=None, binary=True)
    return r.Content(text=found.decode("utf-8", "replace"))


def _file(opened: OpenRepository, review: Review, number: int, path: str) -> FileChange:
    change = opened.repository.change(review.shown_manifest)
    found = next((file for file in change.files if file.path == path), None)
    if found is None:
        raise Refused(f"Review {number} does not change {path}.", code="unknown_path")
    return found


@endpoint("casework/review/next", r.FromHere, r.NextToJudge)
async def next_of_review(session: Session, params: r.FromHere) -> r.NextToJudge:
    """Give the next thing to judge."""
    opened = await session.repository(params.repository)
    return await asyncio.to_thread(next_to_judge, opened.repository, params.number, params.hunk)


@endpoint("casework/review/decide", r.DecideHunks, ReviewView)
async def decide_hunks(session: Session, params: r.DecideHunks) -> ReviewView:
    """Accept or reject hunks, or take that back."""
    opened = await session.repository(params.repository)
    if params.lines is not None:
        return await show(opened, await _decide_lines(session, opened, params, params.lines))
    task = await reviews.decide_hunks(
        opened.repository,
        params.number,
        params.hunks,
        params.decision,
        params.reason,
        session.actor,
        command=params.command,
    )
    return await show(opened, task)


async def _decide_lines(session: Session, opened: OpenRepository, params: r.DecideHunks, lines: r.LineRange) -> Task:
    if len(params.hunks) != 1:
        raise Refused("Lines are those of one hunk, and several were named; nothing was decided.", code="no_lines")
    return await splitting.decide_lines(
        opened.repository,
        params.number,
        params.hunks[0],
        splitting.LineRange(_SIDES[lines.side], lines.first, lines.last),
        params.decision,
        params.reason,
        session.actor,
        command=params.command,
    )


@endpoint("casework/review/split", asked.SplitHunk, ReviewView)
async def split_hunk(session: Session, params: asked.SplitHunk) -> ReviewView:
    """Cut a hunk into parts."""
    opened = await session.repository(params.repository)
    task = await splitting.split_hunk(
        opened.repository,
        params.number,
        params.hunk,
        session.actor,
        side=_SIDES[params.side],
        at=params.at,
        command=params.command,
    )
    return await show(opened, task)


@endpoint("casework/review/join", asked.JoinHunk, ReviewView)
async def join_hunk(session: Session, params: asked.JoinHunk) -> ReviewView:
    """Put the parts of a hunk together again."""
    opened = await session.repository(params.repository)
    task = await splitting.join_hunk(
        opened.repository, params.number, params.hunk, session.actor, command=params.command
    )
    return await show(opened, task)


@endpoint("casework/review/seen", asked.SeeHunks, ReviewView)
async def see_hunks(session: Session, params: asked.SeeHunks) -> ReviewView:
    """Say that hunks were read."""
    opened = await session.repository(params.repository)
    task = await reviews.see_hunks(
        opened.repository, params.number, params.hunks, session.actor, seen=params.seen, command=params.command
    )
    return await show(opened, task)


@endpoint("casework/review/comment", asked.AddComment, ReviewView)
async def comment_review(session: Session, params: asked.AddComment) -> ReviewView:
    """Comment on a review."""
    opened = await session.repository(params.repository)
    task = await threads.add_comment(
        opened.repository,
        params.number,
        params.text,
        session.actor,
        hunk=params.hunk,
        anchor=params.anchor,
        path=params.path,
        command=params.command,
    )
    place = f"file/{params.path}" if params.path else f"comment/{params.hunk or ''}"
    forget_sent(opened.repository, params.number, place, params.text)
    return await show(opened, task)


@endpoint("casework/review/reply", asked.ReplyToThread, ReviewView)
async def reply_to_thread(session: Session, params: asked.ReplyToThread) -> ReviewView:
    """Answer in a thread."""
    opened = await session.repository(params.repository)
    task = await threads.add_comment(
        opened.repository, params.number, params.text, session.actor, thread=params.thread, command=params.command
    )
    forget_sent(opened.repository, params.number, f"reply/{params.thread}", params.text)
    return await show(opened, task)


@endpoint("casework/review/resolve", asked.ResolveThread, ReviewView)
async def resolve_thread(session: Session, params: asked.ResolveThread) -> ReviewView:
    """Settle a thread, or take it up again."""
    opened = await session.repository(params.repository)
    task = await threads.resolve_thread(
        opened.repository, params.number, params.thread, session.actor, resolved=params.resolved, command=params.command
    )
    return await show(opened, task)


@endpoint("casework/review/document", r.TaskParams, r.Document)
async def review_document(session: Session, params: r.TaskParams) -> r.Document:
    """Write the review as a file."""
    opened = await session.repository(params.repository)
    task = opened.repository.board.number(params.number)
    written = await asyncio.to_thread(session.desktop.of(opened).shelf.write, task)
    return r.Document(path=written.path, uri=written.uri)
