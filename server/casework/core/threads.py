"""Threads beside a review: comments on the whole, on files, hunks and lines, their answers, and where they belong.

What was typed is never lost: a comment is recorded whatever became of the review meanwhile. Whether a thread is
outdated is found out when a review is opened anew, and recorded behind that.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from casework.core.repository import Repository, preview
from casework.domain import events as e
from casework.domain.anchor import Anchor
from casework.domain.board import Board
from casework.domain.change import Change
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import CommentId, CommitId, HunkId
from casework.domain.ledger import Pairing
from casework.domain.ledger_events import THREADS_PER_EVENT
from casework.domain.lines import Places, lines_of
from casework.domain.task import Comment, Task
from casework.ports.agent import MOST_ANSWERS, OpenThread, ThreadAnswer

logger = logging.getLogger(__name__)

_LARGEST: Final = 8 * 1024 * 1024
_SNIPPET: Final = 2000


async def add_comment(
    repository: Repository,
    number: int,
    text: str,
    actor: Actor,
    *,
    hunk: str | None = None,
    anchor: Anchor | None = None,
    path: str = "",
    thread: str | None = None,
    command: str | None = None,
) -> Task:
    """Add a comment to a review, whatever its status; with a `thread` it answers there.

    Raises:
        Refused: the task never had a review, or has no such thread.
    """
    if anchor is not None and thread is None:
        anchor = await asyncio.to_thread(anchored, repository, repository.board.number(number), anchor)
    blob = repository.keep(text)
    comment = CommentId(repository.clock.new_id())

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        if task.review is None:
            raise Refused(
                f"Task {number} has no review to comment on; it is {task.status.replace('_', ' ')}.", code="no_review"
            )
        begun = thread_of(task, thread) if thread is not None else None
        event = e.CommentAdded(
            id=comment,
            text=blob,
            preview=preview(text),
            hunk=HunkId(hunk) if hunk and begun is None else None,
            anchor=anchor if begun is None else None,
            path=path if begun is None else "",
            thread=begun.id if begun is not None else None,
        )
        return [repository.draft(event, actor, task=task.id)]

    await repository.recorder.record(decide, command=command)
    return repository.board.number(number)


def numbered(task: Task) -> Mapping[int, Comment]:
    """Give the comments that begin threads by their numbers, which stay: people and agents call them by these."""
    return dict(enumerate((one for one in task.comments if one.thread is None), 1))


def thread_of(task: Task, named: str) -> Comment:
    """Give the comment that began a thread, by its number or its id.

    Raises:
        Refused: there is none.
    """
    roots = numbered(task)
    found = roots.get(int(named)) if re.fullmatch("[0-9]{1,9}", named) else None
    found = found or next((one for one in roots.values() if one.id == named), None)
    if found is not None:
        return found
    known = f"it has {len(roots)}, numbered from 1" if roots else "it has none"
    raise Refused(
        f"Review {task.number} has no thread {named[:40]}: {known}; nothing was recorded. "
        f"`casework review show {task.number}` shows them.",
        code="unknown_thread",
    )


def open_threads(repository: Repository, task: Task) -> Iterator[OpenThread]:
    """Give what was said and is not settled, for whoever works on it next. Blocks: it reads texts."""
    change = repository.change(task.review.manifest) if task.review is not None else None
    files = change.files if change is not None else ()
    places = {hunk.id: f"{file.path}:{hunk.new_start + hunk.lead}" for file in files for hunk in file.hunks}
    for number, begun in numbered(task).items():
        if begun.resolved:
            continue
        said = [one for one in task.comments if begun.id in (one.id, one.thread)]
        if said[-1].by.kind == "agent":
            continue  # the agent had the last word: it is the human's turn
        yield OpenThread(
            number=number,
            place=_place_of(begun, places) + (" (the code there changed since)" if begun.outdated else ""),
            said=tuple((one.by.kind, repository.text(one.text)) for one in said),
        )


def _place_of(begun: Comment, places: Mapping[HunkId, str]) -> str:
    if begun.anchor is not None:
        return f"{begun.anchor.path}:{begun.anchor.line}"
    return begun.path or (places.get(begun.hunk, "") if begun.hunk is not None else "")


def answers_of(repository: Repository, task: Task, answers: Sequence[ThreadAnswer]) -> Iterator[e.CommentAdded]:
    """Give the events of an agent's answers. Blocks: it keeps texts. Answers to no thread are dropped."""
    roots = numbered(task)
    for answer in answers[:MOST_ANSWERS]:
        begun = roots.get(answer.thread)
        if begun is None or not answer.text.strip():
            logger.info("task %s: an answer to thread %s, which there is not", task.number, answer.thread)
            continue
        text = repository.keep(answer.text)
        yield e.CommentAdded(
            id=CommentId(repository.clock.new_id()), text=text, preview=preview(answer.text), thread=begun.id
        )


async def resolve_thread(
    repository: Repository, number: int, thread: str, actor: Actor, *, resolved: bool, command: str | None = None
) -> Task:
    """Settle a thread, or take it up again; nothing is recorded where it is so already.

    Raises:
        Refused: there is no such thread.
    """

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        begun = thread_of(task, thread)
        if begun.resolved == resolved:
            return []
        return [repository.draft(e.ThreadResolved(thread=begun.id, resolved=resolved), actor, task=task.id)]

    await repository.recorder.record(decide, command=command)
    return repository.board.number(number)


def carried_threads(repository: Repository, task: Task, pairing: Pairing, change: Change) -> Sequence[e.ThreadsCarried]:
    """Say where the threads belong in a change that is reviewed next. Blocks: it reads the files they are about."""
    roots = [one for one in task.comments if one.thread is None]
    head = task.review.head if task.review is not None else change.head
    moved = [place for place in _places(repository, roots, pairing, change, head) if place is not None]
    return [
        e.ThreadsCarried(places=tuple(moved[at : at + THREADS_PER_EVENT]))
        for at in range(0, len(moved), THREADS_PER_EVENT)
    ]


def _places(
    repository: Repository, roots: Sequence[Comment], pairing: Pairing, change: Change, head: CommitId
) -> Iterator[e.ThreadPlace | None]:
    now = {was: hunk for hunk, was in pairing.kept.items()}
    instead = {was: hunk for hunk, olds in pairing.changed.items() for was in olds}
    judged = frozenset(change.judged)
    lines = _Lines(repository, head, change.head, {one.anchor.path for one in roots if one.anchor is not None})
    files = frozenset(file.path for file in change.files)
    for one in roots:
        if one.hunk is not None:
            hunk = now.get(one.hunk) or instead.get(one.hunk) or (one.hunk if one.hunk in judged else None)
            outdated = one.outdated or one.hunk not in now
            yield _place(one, e.ThreadPlace(thread=one.id, hunk=hunk or one.hunk, outdated=outdated))
        elif one.anchor is not None:
            line = lines.of(one.anchor)
            yield _place(one, e.ThreadPlace(thread=one.id, line=line or one.anchor.line, outdated=line is None))
        elif one.path:
            yield _place(one, e.ThreadPlace(thread=one.id, outdated=one.path not in files))


def _place(one: Comment, place: e.ThreadPlace) -> e.ThreadPlace | None:
    """Give the place where it is another one than it was."""
    line = one.anchor.line if one.anchor is not None else None
    return place if (place.hunk, place.line, place.outdated) != (one.hunk, line, one.outdated) else None


class _Lines:
    """Where lines of one side stand in the next one."""

    def __init__(self, repository: Repository, head: CommitId, now: CommitId, paths: set[str]) -> None:
        self._before = _texts(repository, head, paths)
        self._after = _texts(repository, now, paths)

    def of(self, anchor: Anchor) -> int | None:
        """Give the line where a place begins now: what stands around it says so, else its own lines, if once there."""
        after = self._after.get(anchor.path)
        if after is None:
            return None
        before = self._before.get(anchor.path)
        if before is not None:
            found = Places(before, after).of(anchor.line - 1, anchor.end_line or anchor.line)
            if found is not None:
                return found + 1
        wanted = [line.strip() for line in anchor.snippet.splitlines()]
        lines = [line.decode("utf-8", "replace").strip() for line in after]
        there = [at for at in range(len(lines) - len(wanted) + 1) if lines[at : at + len(wanted)] == wanted]
        return there[0] + 1 if any(wanted) and len(there) == 1 else None


def _texts(repository: Repository, commit: CommitId, paths: set[str]) -> Mapping[str, list[bytes]]:
    if not paths:
        return {}
    try:
        found = repository.workspace.contents(commit, sorted(paths), largest=_LARGEST)
    except CaseworkError as gone:
        logger.warning("the places of comments are not known: %s", gone.sentence)
        return {}
    return {path: lines_of(text) for path, text in found.items()}


def anchored(repository: Repository, task: Task, anchor: Anchor) -> Anchor:
    """Give a place with the lines that stand there now, so that it is found again when they move. Blocks.

    What stands there is read from the change under review; a place that is not in it stays as it was given.
    """
    review = task.review
    if anchor.snippet or review is None:
        return anchor
    lines = _texts(repository, CommitId(review.shown_sides[1]), {anchor.path}).get(anchor.path, [])
    there = b"".join(lines[anchor.line - 1 : (anchor.end_line or anchor.line)]).decode("utf-8", "replace")
    if len(there) > _SNIPPET:
        there = there[:_SNIPPET].rpartition("\n")[0]
    return anchor.model_copy(update={"snippet": there})
