"""What is left to judge of a review, and what comes next from where one is."""

from __future__ import annotations

from collections.abc import Mapping

from casework.domain.change import Change, Entry
from casework.domain.events import Decision
from casework.domain.ids import HunkId
from casework.domain.task import Decided, Review


def entries(change: Change, review: Review) -> list[Entry]:
    """Give the decisions to make, in reading order; a fold that was decided only in part is no longer one of them."""
    decided = review.decisions
    apart = {fold.id for fold in change.folds if len({decision_on(decided, hunk) for hunk in fold.hunks}) > 1}
    return change.entries(apart)


def left_to_judge(change: Change, review: Review) -> list[Entry]:
    """Give the entries that carry no decision yet, in reading order; of history, those that were not read.

    What is shown again is judged as a whole.
    """
    if review.reshown is not None:
        return []
    if review.change_kind == "range":
        return [entry for entry in entries(change, review) if not review.seen.issuperset(entry.hunks)]
    return [entry for entry in entries(change, review) if decision_on(review.decisions, entry.hunks[0]) == "none"]


def next_entry(change: Change, review: Review, after: str | None) -> Entry | None:
    """Give the next entry that is left behind a hunk; behind the last one it goes on at the first."""
    left = left_to_judge(change, review)
    places = {hunk: at for at, entry in enumerate(entries(change, review)) for hunk in entry.hunks}
    here = places.get(HunkId(after or ""), -1)
    behind = next((entry for entry in left if places[entry.hunks[0]] > here), None)
    return behind or (left[0] if left else None)


def decision_on(decisions: Mapping[HunkId, Decided], hunk: HunkId) -> Decision:
    """Give the decision on a hunk; `none` for none."""
    found = decisions.get(hunk)
    return found.decision if found is not None else "none"
