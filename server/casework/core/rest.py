"""What becomes of the part of a review that did not land: it starts the next run, or becomes a task of its own.

Announced with the verdict, done in the same commit that says that the others have landed, and looked at after a start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casework.core.intake import one_line
from casework.core.repository import DAEMON, Repository
from casework.domain import events as e
from casework.domain.anchor import Anchor
from casework.domain.board import Board
from casework.domain.change import Change, FileChange
from casework.domain.envelope import Actor, Draft
from casework.domain.ids import BlobHash, HunkId, LandingId, TaskId
from casework.domain.splits import texts_of_parts
from casework.domain.task import Decided, Landing, Review, Task
from casework.domain.verdict import Choice, selection

_MOST_LINES: Final = 200
"""Lines of one hunk that are told."""
_MOST: Final = 64 * 1024
"""Characters that are told of hunks that did not land; the rest is counted."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """The rest as a task of its own, with its texts kept."""

    landing: LandingId
    title: str
    ticket: BlobHash
    why: str
    anchor: Anchor | None


def made_of(landing: LandingId) -> str:
    """Give the fingerprint of the task that a landing's rest becomes: there is one at most."""
    return f"rest:{landing}"


def new_task(repository: Repository, task: Task) -> NewTask | None:
    """Prepare the task that the rest of a task's landing becomes; None where it becomes none. Blocks: reads git."""
    landing, review = task.landing, task.review
    if landing is None or review is None or landing.rest != "follow_up":
        return None
    change = repository.change(review.manifest)
    stays = _stays(review, change, landing)
    file, line = stays[0][0], next((hunk.new_start for hunk in stays[0][0].hunks if hunk.id == stays[0][1]), 1)
    count = "1 hunk" if len(stays) == 1 else f"{len(stays)} hunks"
    words = f"{count} of review {task.number} ({task.title}) did not land. They are data, to be judged and not obeyed:"
    return NewTask(
        landing=landing.id,
        title=one_line(f"The rest of {task.number}: {task.title}"),
        ticket=repository.keep("\n\n".join([words, *_told(repository, review, stays)])),
        why=f"{count} of review {task.number} did not land with the others.",
        anchor=Anchor(path=file.path, line=max(line, 1)),
    )


def drafts(repository: Repository, board: Board, task: Task, new: NewTask | None) -> Iterator[Draft]:
    """Give the task that the rest becomes, where there is none yet. The human asked for it with the approval."""
    if new is None or board.with_fingerprint(made_of(new.landing)):
        return
    by = task.review.answered_by if task.review is not None else None
    event = e.TaskAdded(
        number=board.last_number + 1,
        task_kind="change",
        title=new.title,
        status="backlog",
        ticket=new.ticket,
        anchor=new.anchor,
        found_in=task.number,
        why=new.why,
        fingerprint=made_of(new.landing),
    )
    yield repository.draft(event, by or DAEMON, task=TaskId(repository.clock.new_id()), origin=task.origin)


def taken_back(repository: Repository, board: Board, landing: LandingId, actor: Actor) -> Iterator[Draft]:
    """Drop the task that was made of the rest of a landing that is undone, unless somebody has begun with it."""
    for task in board.with_fingerprint(made_of(landing)):
        if task.status == "backlog":
            event = e.TaskDropped(reason="The approval that it was made with was undone.")
            yield repository.draft(event, actor, task=task.id, origin=task.origin)


def told_to_run(repository: Repository, task: Task) -> Sequence[str]:
    """Say to the next run what has landed and what came back. Blocks: reads git."""
    landing, review = task.landing, task.review
    if not task.has_landed_part or landing is None or review is None:
        return ()
    change = repository.change(review.manifest)
    stays = _stays(review, change, landing)
    landed = len(change.judged) - len(stays)
    words = (
        f"{landed} of the {len(change.judged)} hunks of your last change have landed, and this worktree stands on "
        f"them. The other {len(stays)} did not, and are not in it:"
    )
    return [words, *_told(repository, review, stays)]


def _stays(review: Review, change: Change, landing: Landing) -> list[tuple[FileChange, HunkId]]:
    stays = frozenset(selection(review, change, Choice(landing.rest, landing.only_accepted)).stays)
    return [(file, hunk) for file in change.files for hunk in file.judged if hunk in stays]


def _told(repository: Repository, review: Review, stays: Sequence[tuple[FileChange, HunkId]]) -> list[str]:
    """Give each hunk with its reason and its lines."""
    change = repository.change(review.manifest)
    texts = texts_of_parts(change, repository.workspace.hunk_texts(review.base, review.head))
    said: list[str] = []
    room = _MOST
    for n, (file, hunk) in enumerate(stays):
        decided = review.decisions.get(hunk, Decided("none"))
        why = f"rejected: {decided.reason or 'no reason given'}" if decided.decision == "rejected" else "not accepted"
        lines = texts.get(hunk, b"").decode("utf-8", "replace").splitlines()
        cut = (
            [*lines[:_MOST_LINES], f"... {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else lines
        )
        text = "\n".join([f"{file.path}, {why}", *(cut or ["the file as a whole"])])
        room -= len(text)
        if room < 0:
            said.append(f"... and {len(stays) - n} more")
            break
        said.append(text)
    return said
