"""What was shown, and what an approval of it would land."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.change import Change
from casework.domain.errors import Refused
from casework.domain.ids import HunkId
from casework.domain.task import Decided, Review, Task


@dataclass(frozen=True, slots=True)
class Selection:
    """Which hunks land, and which stay behind."""

    lands: tuple[HunkId, ...]
    stays: tuple[HunkId, ...]
    rejected: tuple[HunkId, ...]


def shown_hash(review: Review) -> str:
    """Hash everything a human judges by: the change, where it would land, the decisions, and a result shown again.

    Two faces of one review that show the same thing have the same hash; whatever changes what an approval would do
    changes it.
    """
    digest = hashlib.sha256()
    where = [review.top, review.target or ""]
    parts = [review.change_kind, *where, review.base, review.head, review.diff_hash, str(review.run or 0)]
    for hunk, decided in sorted(review.decisions.items()):
        parts.append(f"{hunk}={decided.decision}")
    if review.reshown is not None:
        parts += [review.reshown.onto, review.reshown.result_tree]
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()


def selection(review: Review, change: Change) -> Selection:
    """Say what an approval lands.

    What is rejected never lands. Of a working tree, once something is accepted, only what is accepted is committed: the
    rest stays in the working tree as it is. Everywhere else an approval takes what was not rejected.
    """
    decisions = review.decisions
    rejected = tuple(hunk for hunk in change.judged if _is(decisions, hunk, "rejected"))
    only_accepted = review.change_kind == "working_tree" and any(
        _is(decisions, hunk, "accepted") for hunk in change.judged
    )
    lands = tuple(
        hunk
        for hunk in change.judged
        if (_is(decisions, hunk, "accepted") if only_accepted else not _is(decisions, hunk, "rejected"))
    )
    chosen = set(lands)
    return Selection(lands, tuple(hunk for hunk in change.judged if hunk not in chosen), rejected)


def _is(decisions: Mapping[HunkId, Decided], hunk: HunkId, decision: str) -> bool:
    found = decisions.get(hunk)
    return found is not None and found.decision == decision


def approve_label(review: Review, chosen: Selection) -> str:
    """Say in a few words what approving will do; buttons carry this text."""
    lands, stays = len(chosen.lands), len(chosen.stays)
    match review.change_kind:
        case "range":
            return "Done reading"
        case "working_tree":
            rest = f", leave {stays} uncommitted" if stays else ""
            return f"Commit {lands}{rest}"
        case "branch" | "run":
            rest = f", leave {stays} out" if stays else ""
            return f"Land {lands}{rest} on {short_branch(review.target)}"


def short_branch(name: str | None) -> str:
    """Give a branch's name as people say it."""
    return (name or "a detached HEAD").removeprefix("refs/heads/")


def check_shown(task: Task, review: Review, shown: str) -> None:
    """Let a verdict pass that is about what stands now; `shown` may be cut to its first 12 digits or more.

    Raises:
        Refused: what was shown is not what would be judged.
    """
    now = shown_hash(review)
    if len(shown) >= 12 and now.startswith(shown.lower()):
        return
    raise Refused(
        f"Review {task.number} is not what you were shown any more: it changed in between, and nothing was done. "
        f"Look at it again; it now has the hash {now[:12]}.",
        code="stale_review",
    )
