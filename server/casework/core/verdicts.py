"""The verdict: approve, or request changes. Only a human's deed reaches this file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from casework.core.intake import done_before
from casework.core.landing_plans import landing_request, plan_in, reshown, was_shown
from casework.core.repository import Repository, preview
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.change import Change
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import BlobHash, CommentId, LandingId
from casework.domain.redaction import redact
from casework.domain.repopath import unquote
from casework.domain.status import check_move
from casework.domain.task import Review, Task
from casework.domain.verdict import Choice, check_shown, rests, selection, shown_hash, usual_choice
from casework.ports.landing import LandingPlan, LandingRefused, LandingRequest


@dataclass(frozen=True, slots=True)
class Approval:
    """What a human says yes to."""

    shown: str
    mode: e.LandingMode | None = None
    branch: str = ""
    message: str = ""
    rest: e.Rest | None = None
    """What becomes of what does not land; None for the usual."""
    only_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a human wants changed; agent and script matter only where no run made the change."""

    shown: str
    message: str = ""
    agent: str = ""
    script: str = ""


def modes_for(review: Review, *, whole: bool) -> tuple[e.LandingMode, ...]:
    """Give the ways this review can land, the default one first; `whole`: with every hunk."""
    match review.change_kind:
        case "working_tree":
            return ("working_tree",)
        case "branch":
            forward = whole and not review.diverged
            return ("fast_forward", "commit", "branch", "files") if forward else ("commit", "branch", "files")
        case "run":
            return ("commit", "branch", "files")
        case "range":
            return ()


def standing_review(task: Task) -> Review:
    """Give the review that waits for a verdict.

    Raises:
        Refused: none does; where somebody was faster, the sentence says who and when.
    """
    review = task.review
    if review is not None and review.verdict is not None and review.answered_by is not None:
        by = review.answered_by
        at = datetime.fromtimestamp(review.answered_at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        did = "approved" if review.verdict == "approve" else "sent back"
        way = f" ({by.via})" if by.via else ""
        raise Refused(
            f"Review {task.number} was already {did} by {by.id or by.kind}{way} at {at}; "
            "nothing was done a second time.",
            code="already_answered",
        )
    return task.standing_review()


async def approve(
    repository: Repository, number: int, approval: Approval, actor: Actor, *, command: str | None = None
) -> Task:
    """Approve exactly what was shown; the landing follows by itself.

    The result is computed first. Where it is not what was shown, it is shown again under a hash of its own and nothing
    is approved.

    Raises:
        Refused: somebody was faster, the review changed, a buffer is unsaved, or it can't land; the sentence says what
            to do.
    """
    if (before := await done_before(repository, command)) is not None:
        return before
    task = repository.board.number(number)
    review = standing_review(task)
    check_move("approve", task.status, number=number, actor=actor.kind)
    choice = _choice(task, review, approval)
    check_shown(task, approval.shown, choice)
    change = await asyncio.to_thread(repository.change, review.manifest)
    mode = _mode(task, review, change, approval, choice)
    _check_saved(repository, task, review, change, mode)
    landing = LandingId(repository.clock.new_id())
    message = redact(approval.message)
    request = await asyncio.to_thread(
        landing_request, repository, task, review, landing, mode, approval.branch, message, choice
    )
    plan = await _planned(repository, task, review, change, request)
    if plan.differs and not was_shown(review, plan):
        await show_again(repository, number, review, plan, actor)
    kept = repository.keep(message) if message else None
    left = len(selection(review, change, choice).stays)

    def decide(board: Board) -> Sequence[Draft]:
        now = board.number(number)
        standing_review(now)
        check_move("approve", now.status, number=number, actor=actor.kind)
        check_shown(now, approval.shown, choice)
        event = e.ReviewAnswered(
            verdict="approve",
            shown=shown_hash(now, choice),
            mode=mode,
            message=kept,
            landing=landing,
            left=left,
            branch=approval.branch,
            rest=choice.rest if left else "drop",
            only_accepted=choice.only_accepted,
        )
        return [repository.draft(event, actor, task=now.id)]

    repository.planned[task.id] = plan
    try:
        await repository.recorder.record(decide, command=command, full_sync=True)
    except CaseworkError:
        repository.planned.pop(task.id, None)
        raise
    return repository.board.number(number)


def _choice(task: Task, review: Review, approval: Approval) -> Choice:
    rest = approval.rest or usual_choice(task).rest
    if rest not in rests(task) and review.change_kind != "range":
        why = (
            "no run made it, so there is nobody to send a part of it back to"
            if rest == "back"
            else "what is not committed of a working tree stays in it"
        )
        named = ", ".join(one.replace("_", "-") for one in rests(task))
        raise Refused(
            f"Review {task.number} can't be approved like that: {why}. What can become of its rest: {named}. "
            "Nothing was approved.",
            code="rest",
        )
    return Choice(rest, approval.only_accepted)


def _mode(task: Task, review: Review, change: Change, approval: Approval, choice: Choice) -> e.LandingMode:
    chosen = selection(review, change, choice)
    possible = modes_for(review, whole=not chosen.stays)
    if not possible:
        raise Refused(
            f"Review {task.number} reads history ({review.range_text}), which has landed already, so there is "
            "nothing to approve; "
            f"close it with `casework review read {task.number}`.",
            code="history",
        )
    if not chosen.lands:
        what = "nothing is accepted" if choice.only_accepted else "every hunk is rejected"
        raise Refused(
            f"Approving review {task.number} would land nothing: {what}. Accept one, or request changes.",
            code="nothing_to_land",
        )
    mode = approval.mode or possible[0]
    if mode not in possible:
        raise Refused(
            f"Review {task.number} can't land in mode {mode}; it can in: {', '.join(possible)}. Nothing was approved.",
            code="mode",
        )
    return mode


def _check_saved(repository: Repository, task: Task, review: Review, change: Change, mode: e.LandingMode) -> None:
    if mode == "branch":
        return
    top = Path(review.top or repository.identity.top)
    touched = [str(top / unquote(file.path).decode("utf-8", "surrogateescape")) for file in change.files]
    unsaved = repository.documents.unsaved(touched)
    if unsaved:
        names = ", ".join(str(Path(path).relative_to(top)) for path in unsaved[:3])
        more = f" and {len(unsaved) - 3} more" if len(unsaved) > 3 else ""
        raise Refused(
            f"Review {task.number} touches {names}{more}, which an editor holds with unsaved changes, "
            "so nothing was approved: save first, then approve.",
            code="unsaved",
        )


async def _planned(
    repository: Repository, task: Task, review: Review, change: Change, request: LandingRequest
) -> LandingPlan:
    try:
        return await asyncio.to_thread(plan_in, repository, review.top, request)
    except LandingRefused as no:
        raise _whole_offered(task, change, no) from no


def _whole_offered(task: Task, change: Change, no: LandingRefused) -> LandingRefused:
    """Give a refusal that names the way out where parts of a hunk clash with what stands in the work tree or index."""
    files = [file for file in change.files if file.path in no.paths]
    parts = [hunk for file in files for hunk in file.hunks if hunk.part_of is not None]
    if no.code != "conflict" or not parts:
        return no
    sentence = (
        f"{no.sentence} Its hunk {parts[0].part_of} is split; accepted or rejected as a whole it may fit: "
        f"`casework review join {task.number} {parts[0].id}`."
    )
    return LandingRefused(sentence, code=no.code, offered=no.offered, paths=no.paths)


async def show_again(repository: Repository, number: int, review: Review, plan: LandingPlan, actor: Actor) -> None:
    """Record that the result differs from what was shown.

    Raises:
        Refused: always; the sentence says what differs and what to do.
    """
    again = await asyncio.to_thread(reshown, repository, review.top, plan)

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        standing_review(task)
        return [repository.draft(again, actor, task=task.id)]

    await repository.recorder.record(decide)
    raise Refused(
        f"{again.why} Nothing was approved: `casework review show {number}` has the new hash.",
        code="shown_again",
    )


async def request_changes(
    repository: Repository, number: int, request: Request, actor: Actor, *, command: str | None = None
) -> Task:
    """Send a review back: the message, the comments and the rejected hunks go into the next run's briefing.

    Raises:
        Refused: nobody could work on it; the message is kept as a comment all the same.
    """
    if (before := await done_before(repository, command)) is not None:
        return before
    task = repository.board.number(number)
    standing_review(task)
    check_shown(task, request.shown)
    agent = request.agent or task.agent
    message = repository.keep(request.message) if request.message else None
    script = repository.blobs.put(request.script.encode()) if request.script else task.script

    def decide(board: Board) -> Sequence[Draft]:
        now = board.number(number)
        standing_review(now)
        check_move("request_changes", now.status, number=number, actor=actor.kind)
        check_shown(now, request.shown)
        drafts: list[e.Event] = []
        is_refused = agent not in repository.agents
        if message is not None and not (is_refused and _is_said(now, message)):
            comment = CommentId(repository.clock.new_id())
            drafts.append(e.CommentAdded(id=comment, text=message, preview=preview(request.message)))
        if is_refused:
            return [repository.draft(event, actor, task=now.id) for event in drafts]
        drafts.append(e.ReviewAnswered(verdict="request_changes", shown=shown_hash(now), message=message))
        drafts.append(e.TaskQueued(agent=agent, script=script))
        return [repository.draft(event, actor, task=now.id) for event in drafts]

    await repository.recorder.record(decide, command=command, full_sync=True)
    if agent not in repository.agents:
        known = ", ".join(sorted(repository.agents)) or "none"
        kept = " Your words are kept as a comment." if message is not None else ""
        raise Refused(
            f"Review {number} was not made by an agent's run, so there is nobody to send it back to.{kept} "
            f"Name an agent (here: {known}) with --agent, or tell its author.",
            code="no_agent",
        )
    return repository.board.number(number)


def _is_said(task: Task, message: BlobHash) -> bool:
    """Tell whether these words stand there already: whoever was refused and sends them again says them once."""
    return any(one.text == message and one.hunk is None and one.anchor is None for one in task.comments)
