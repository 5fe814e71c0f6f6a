"""Reviews: opening one of a change that stands, reading hunks, deciding on them. Threads are in threads.py."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from casework.core.carrying import CarriedOver, carry_over
from casework.core.detecting import found_drafts, look_over
from casework.core.intake import done_before, one_line
from casework.core.reading import read_change
from casework.core.repository import DAEMON, Repository
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.change import Change
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import Refused
from casework.domain.ids import HunkId, TaskId
from casework.domain.ledger_events import HUNKS_PER_EVENT
from casework.domain.status import check_move
from casework.domain.task import Review, Task
from casework.ports.workspace import Standing


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which standing change to review."""

    kind: Literal["working_tree", "branch", "range"]
    name: str = ""
    into: str | None = None
    untracked: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    """Of a working tree: the tracked files to look at; all of them, where it names none."""
    top: str = ""
    """The work tree it is asked for in."""


async def open_review(repository: Repository, wanted: Wanted, actor: Actor, *, command: str | None = None) -> Task:
    """Open a review of a change that stands already, or bring the one that waits for it up to date.

    Decisions on hunks that did not change are kept. Nothing of the repository is executed.

    Raises:
        Refused: there is nothing to review, or the repository is in no state for it.
    """
    if (before := await done_before(repository, command)) is not None:
        return before
    fingerprint = f"review:{wanted.kind}:{wanted.name}:{wanted.into or ''}:{wanted.top}"
    if wanted.only:  # of any number of files: another choice is another review
        fingerprint += f":{hashlib.sha256(repr(sorted(wanted.only)).encode()).hexdigest()[:16]}"
    waiting = _waiting(repository.board, fingerprint) or await _woken(repository, fingerprint, actor)
    name = waiting.id if waiting is not None else TaskId(repository.clock.new_id())
    standing = await asyncio.to_thread(_standing, repository, name, wanted)
    change = await asyncio.to_thread(read_change, repository.workspace, standing.base, standing.head)
    if not change.files:
        raise Refused(
            f"There is nothing to review: {standing.range_text or wanted.name or 'it'} changes no file.",
            code="nothing_to_review",
        )
    while not await _record_opened(repository, name, wanted, standing, change, fingerprint, actor, command):
        pass  # somebody read or decided something meanwhile, and that is to be carried over too
    if wanted.kind != "range":  # history is there already; what it lacks the survey finds out
        await _note_findings(repository, name, change, wanted.top)
    return repository.board.tasks[name]


async def _record_opened(
    repository: Repository,
    name: TaskId,
    wanted: Wanted,
    standing: Standing,
    change: Change,
    fingerprint: str,
    actor: Actor,
    command: str | None,
) -> bool:
    """Record that the review is open; tell whether what was carried over was still all that was known then."""
    before = repository.board.tasks.get(name)
    opened, *carried = await asyncio.to_thread(
        review_opened, repository, standing, change, top=wanted.top, before=before
    )
    overtaken = False

    def decide(board: Board) -> Sequence[Draft]:
        nonlocal overtaken
        now = board.tasks.get(name)
        if now is None:
            check_move("review", None, number=None, actor=actor.kind)
            added = e.TaskAdded(
                number=board.last_number + 1,
                task_kind="review",
                title=one_line(standing.title),
                status="in_review",
                fingerprint=fingerprint,
            )
            return [repository.draft(event, actor, task=name) for event in (added, opened)]
        review = now.standing_review()
        was = (review.base, review.diff_hash, review.target, review.diverged)
        if was == (opened.base, opened.diff_hash, opened.target, opened.diverged):
            return []
        overtaken = before is None or now.review is not before.review or now.comments is not before.comments
        if overtaken:
            return []
        told = (repository.draft(event, DAEMON, task=name) for event in carried)
        return [repository.draft(opened, actor, task=name), *told]

    await repository.recorder.record(decide, command=command)
    return not overtaken


async def _note_findings(repository: Repository, name: TaskId, change: Change, top: str) -> None:
    """Propose what the detectors find in it; what they found before is known by its fingerprint."""
    looked = await asyncio.to_thread(look_over, repository, None, change, top=top)
    if looked.proposals:
        await repository.recorder.record(lambda board: found_drafts(repository, board, board.tasks[name], looked))


async def _woken(repository: Repository, fingerprint: str, actor: Actor) -> Task | None:
    """Bring a snoozed review of the same thing back: whoever opens it wants to see it."""

    def snoozed(board: Board) -> Task | None:
        found = (task for task in board.with_fingerprint(fingerprint) if task.before == "in_review" and not task.runs)
        return next((task for task in found if task.status == "snoozed"), None)

    def decide(board: Board) -> Sequence[Draft]:
        task = snoozed(board)
        return [repository.draft(e.TaskWoken(), actor, task=task.id)] if task is not None else []

    if snoozed(repository.board) is not None:
        await repository.recorder.record(decide)
    return _waiting(repository.board, fingerprint)


def _waiting(board: Board, fingerprint: str) -> Task | None:
    found = (task for task in board.with_fingerprint(fingerprint) if task.status == "in_review" and not task.runs)
    return next(found, None)


def _standing(repository: Repository, name: TaskId, wanted: Wanted) -> Standing:
    workspace = repository.checkout(wanted.top).workspace
    if wanted.kind == "working_tree":
        return workspace.standing_working_tree(name, untracked=wanted.untracked, only=wanted.only)
    if wanted.kind == "branch":
        return workspace.standing_branch(name, wanted.name, into=wanted.into)
    return workspace.standing_range(name, wanted.name)


def review_opened(
    repository: Repository, standing: Standing, change: Change, *, top: str, before: Task | None, run: int | None = None
) -> tuple[e.ReviewOpened, *tuple[e.Event, ...]]:
    """Keep what a review shows, and give the event that opens it, with those that say what stands of the one before.

    Blocks: called in a thread.
    """
    carried = CarriedOver(change)
    if before is not None and before.review is not None:
        carried = carry_over(repository, before, before.review, change, standing.kind, run)
        change = carried.change
    opened = e.ReviewOpened(
        change_kind=standing.kind,
        base=change.base,
        head=change.head,
        diff_hash=change.diff_hash,
        manifest=repository.keep_change(change),
        comment=repository.keep(standing.message),
        target=standing.target,
        files=len(change.files),
        hunks=len(change.judged),
        minutes=change.minutes(),
        run=run,
        range_text=standing.range_text[:500],
        authors=repository.keep("\n".join(standing.authors)) if standing.authors else None,
        top=top,
        diverged=standing.diverged,
        carried=True,
        ledger=carried.ledger,
        cuts=change.cuts,
    )
    return (opened, *carried.events)


async def see_hunks(
    repository: Repository,
    number: int,
    hunks: Sequence[str],
    actor: Actor,
    *,
    seen: bool = True,
    command: str | None = None,
) -> Task:
    """Keep that the human read hunks of a waiting review, or take that back. What is so already is not recorded again.

    Raises:
        Refused: a hunk is not part of what is shown any more, or it is not a human who read; nothing was recorded.
    """
    if actor.kind != "human":
        raise Refused("Only a human reads a review; nothing was recorded.", code="not_human")
    review = repository.board.number(number).standing_review()
    await _check_known(repository, number, review, hunks, shown=True)

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        now = task.standing_review()
        if now.shown_manifest != review.shown_manifest:
            raise Refused(
                f"Review {number} changed in between; nothing was recorded. Look at it again.", code="stale_review"
            )
        news = [hunk for hunk in dict.fromkeys(_ids(hunks)) if (hunk in now.seen) != seen]
        return [
            repository.draft(e.HunksSeen(hunks=tuple(news[at : at + HUNKS_PER_EVENT]), seen=seen), actor, task=task.id)
            for at in range(0, len(news), HUNKS_PER_EVENT)
        ]

    await repository.recorder.record(decide, command=command)
    return repository.board.number(number)


async def _check_known(
    repository: Repository, number: int, review: Review, hunks: Sequence[str], *, shown: bool = False
) -> None:
    known = set((await asyncio.to_thread(repository.change, review.manifest)).judged)
    if shown and review.reshown is not None:
        known |= set((await asyncio.to_thread(repository.change, review.shown_manifest)).judged)
    unknown = [hunk for hunk in hunks if hunk not in known]
    if unknown and review.reshown is not None:
        raise shows_a_merge(number, "decided")
    if unknown:
        raise has_no_hunk(number, unknown[0], "decided")


def shows_a_merge(number: int, what: str) -> Refused:
    """Say why no single hunk can be judged now, and that nothing was `what`."""
    return Refused(
        f"Review {number} shows the result of a merge, which is approved as it is or sent back as a whole; nothing "
        f"was {what}. To decide hunk by hunk again, take one decision on the change itself back: "
        f"`casework review reset {number} HUNK`.",
        code="merged",
    )


def has_no_hunk(number: int, hunk: str, what: str) -> Refused:
    """Say that a hunk is not there, and that nothing was `what`."""
    return Refused(
        f"Review {number} has no hunk {hunk}, perhaps because it changed; nothing was {what}. "
        f"Look at it again: `casework review show {number}`.",
        code="unknown_hunk",
    )


async def decide_hunks(
    repository: Repository,
    number: int,
    hunks: Sequence[str],
    decision: e.Decision,
    reason: str,
    actor: Actor,
    *,
    command: str | None = None,
) -> Task:
    """Accept or reject hunks of a waiting review, or take that back.

    Raises:
        Refused: a hunk is not part of the review any more; nothing was decided.
    """
    review = repository.board.number(number).standing_review()
    await _check_known(repository, number, review, hunks)

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        if task.standing_review().manifest != review.manifest:
            raise Refused(
                f"Review {number} changed in between; nothing was decided. Look at it again.", code="stale_review"
            )
        return [
            repository.draft(
                e.HunkDecided(hunks=_ids(hunks[at : at + HUNKS_PER_EVENT]), decision=decision, reason=reason),
                actor,
                task=task.id,
            )
            for at in range(0, len(hunks), HUNKS_PER_EVENT)
        ]

    await repository.recorder.record(decide, command=command)
    return repository.board.number(number)


def _ids(hunks: Sequence[str]) -> tuple[HunkId, ...]:
    return tuple(HunkId(hunk) for hunk in hunks)
