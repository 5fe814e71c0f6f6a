"""What was shown, and what an approval of it would land."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.change import Change
from casework.domain.errors import Refused
from casework.domain.events import Rest
from casework.domain.ids import HunkId
from casework.domain.survey import SURVEY
from casework.domain.task import Decided, Review, Task


@dataclass(frozen=True, slots=True)
class Choice:
    """How a human approves a review in part."""

    rest: Rest = "drop"
    """What becomes of what does not land."""
    only_accepted: bool = False
    """Land what was accepted and nothing else; what nobody decided on is of the rest."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which hunks land, and which stay behind."""

    lands: tuple[HunkId, ...]
    stays: tuple[HunkId, ...]
    rejected: tuple[HunkId, ...]


def rests(task: Task) -> tuple[Rest, ...]:
    """Give what can become of the rest of a task's review, the usual first.

    A run's goes back to it. What nobody here made has nobody to go back to; a survey asks the same question again, so
    no more can come of that. Of a working tree it stays where it is.
    """
    match task.review.change_kind if task.review is not None else "range":
        case "run" if task.agent != SURVEY:
            return ("back", "follow_up", "drop")
        case "run" | "branch":
            return ("drop", "follow_up")
        case _:
            return ("drop",)


def usual_choice(task: Task) -> Choice:
    """Give how a review is approved by whoever says no more than yes."""
    return Choice(rests(task)[0])


def choices(task: Task, review: Review, change: Change) -> list[Choice]:
    """Give every way to approve that would come to something else, the usual one first; none for history."""
    if review.change_kind == "range":
        return []
    usual = usual_choice(task)
    found = [usual]
    everything = selection(review, change, usual)
    if everything.stays:
        found += [Choice(rest) for rest in rests(task)[1:]]
    accepted = selection(review, change, Choice(usual.rest, only_accepted=True))
    if accepted.lands and accepted.lands != everything.lands:
        found += [Choice(rest, only_accepted=True) for rest in rests(task)]
    return found


def shown_hash(task: Task, choice: Choice | None = None) -> str:
    """Hash everything a human judges by: the change, where it would land, the decisions, how hunks are split, and a
    result that is shown again.

    Two faces of one review that show the same thing have the same hash; whatever changes what an approval would do
    changes it, so each choice has one of its own. Without one it is that of the usual choice.
    """
    review, choice = task.review, choice or usual_choice(task)
    assert review is not None, "what is shown is a review"
    digest = hashlib.sha256()
    where = [review.top, review.target or ""]
    parts = [review.change_kind, *where, review.base, review.head, review.diff_hash, str(review.run or 0)]
    for hunk, decided in sorted(review.decisions.items()):
        parts.append(f"{hunk}={decided.decision}")
    if review.reshown is not None:
        parts += [review.reshown.onto, review.reshown.result_tree]
    if review.cuts:
        parts.append(f"cuts={review.cuts}")
    if choice != Choice():
        parts.append(f"rest={choice.rest} only_accepted={choice.only_accepted}")
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()


def selection(review: Review, change: Change, choice: Choice | None = None) -> Selection:
    """Say what an approval lands.

    What is rejected never lands. Of a working tree, once something is accepted, only what is accepted is committed: the
    rest stays in the working tree as it is. Everywhere else an approval takes what was not rejected, unless the human
    chose to land only what was accepted.
    """
    decisions = review.decisions
    rejected = tuple(hunk for hunk in change.judged if _is(decisions, hunk, "rejected"))
    only_accepted = choice is not None and choice.only_accepted
    if review.change_kind == "working_tree":
        only_accepted = only_accepted or any(_is(decisions, hunk, "accepted") for hunk in change.judged)
    lands = tuple(
        hunk
        for hunk in change.judged
        if (_is(decisions, hunk, "accepted") if only_accepted else not _is(decisions, hunk, "rejected"))
    )
    chosen = set(lands)
    return Selection(lands, tuple(hunk for hunk in change.judged if hunk not in chosen), rejected)


def part_name(chosen: Selection) -> str:
    """Name the part of a change that would land, so that what was seen of one part is not taken for another."""
    return hashlib.sha256("\n".join(chosen.lands).encode()).hexdigest()[:16]


def _is(decisions: Mapping[HunkId, Decided], hunk: HunkId, decision: str) -> bool:
    found = decisions.get(hunk)
    return found is not None and found.decision == decision


def approve_label(task: Task, change: Change, choice: Choice | None = None) -> str:
    """Say in a few words what approving will do; buttons carry this text."""
    review, choice = task.review, choice or usual_choice(task)
    assert review is not None, "what is approved is a review"
    chosen = selection(review, change, choice)
    lands, stays = len(chosen.lands), len(chosen.stays)
    where = short_branch(review.target)
    match review.change_kind:
        case "range":
            return "Done reading"
        case "working_tree":
            rest = f", leave {stays} uncommitted" if stays else ""
            return f"Commit {lands}{rest}"
        case _ if not stays:
            return f"Land {lands} on {where}"
        case "branch" | "run":
            match choice.rest:
                case "back":
                    return f"Land {lands}, send {stays} back (on {where})"
                case "follow_up":
                    return f"Land {lands}, make a task of {stays} (on {where})"
                case "drop":
                    return f"Land {lands}, leave {stays} out on {where}"


def request_label(task: Task, change: Change) -> str:
    """Say in a few words what requesting changes will do, and what goes along; buttons carry this text."""
    review = task.review
    assert review is not None, "what is sent back is a review"
    rejected = len(selection(review, change).rejected)
    said = sum(one.thread is None and not one.resolved and one.by.kind == "human" for one in task.comments)
    parts = [_counted(rejected, "hunk"), _counted(said, "comment")]
    along = " and ".join(part for part in parts if part)
    return f"Request changes, send {along} back" if along else "Request changes"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


def short_branch(name: str | None) -> str:
    """Give a branch's name as people say it."""
    return (name or "a detached HEAD").removeprefix("refs/heads/")


def check_shown(task: Task, shown: str, choice: Choice | None = None) -> None:
    """Let a verdict pass that is about what stands now; `shown` may be cut to its first 12 digits or more.

    Raises:
        Refused: what was shown is not what would be judged.
    """
    now = shown_hash(task, choice)
    if len(shown) >= 12 and now.startswith(shown.lower()):
        return
    if (
        choice is not None
        and len(shown) >= 12
        and any(
            shown_hash(task, Choice(rest, only)).startswith(shown.lower())
            for rest in rests(task)
            for only in (False, True)
        )
    ):
        raise Refused(
            f"What you were shown of review {task.number} says something else about what does not land, and nothing "
            f"was done: for what you ask now the hash is {now[:12]}.",
            code="stale_review",
        )
    raise Refused(
        f"Review {task.number} is not what you were shown any more: it changed in between, and nothing was done. "
        f"Look at it again; it now has the hash {now[:12]}.",
        code="stale_review",
    )
