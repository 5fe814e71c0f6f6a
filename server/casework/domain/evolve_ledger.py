"""The fold of what is known of each hunk and of the threads beside them, into the review and its task."""

from __future__ import annotations

from typing import assert_never

from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.frozen import replace
from casework.domain.ids import HunkId
from casework.domain.task import Comment, Decided, Review, Stale, Stamp, Task


def opened_anew(review: Review, before: Review) -> Review:
    """Give a review that was opened anew where nothing was carried over: what was known stands under the same ids."""
    return replace(review, decisions=before.decisions, seen=before.seen)


def decided(review: Review, event: e.HunkDecided) -> Review:
    """Give the review with a decision; whoever decides on a hunk has read it as it is."""
    found = dict(review.decisions)
    for hunk in event.hunks:
        if event.decision == "none":
            found.pop(hunk, None)
        else:
            found[hunk] = Decided(event.decision, event.reason)
    return replace(_read(review, event.hunks), decisions=found)


def _read(review: Review, hunks: tuple[HunkId, ...]) -> Review:
    stale = review.stale
    if stale and any(hunk in stale for hunk in hunks):
        stale = {hunk: was for hunk, was in stale.items() if hunk not in hunks}
    return replace(review, seen=review.seen.union(hunks), stale=stale)


def ledger_event(task: Task, event: e.LedgerEvent, row: Recorded) -> Task:
    """Fold one event about hunks or threads."""
    now = Stamp(row.seq, row.draft.at, row.draft.actor)
    if event.kind == "thread.resolved":
        found = tuple(replace(one, resolved=event.resolved) if one.id == event.thread else one for one in task.comments)
        return replace(task, changed=now, comments=found)
    if event.kind == "threads.carried":
        places = {place.thread: place for place in event.places}
        moved = tuple(_placed(one, places[one.id]) if one.id in places else one for one in task.comments)
        return replace(task, changed=now, comments=moved)
    review = task.review
    if review is None:
        raise ValueError(f"row {row.seq}: {event.kind} without a review")
    match event.kind:
        case "hunks.seen":
            read = _read(review, event.hunks) if event.seen else _unread(review, event)
            return replace(task, changed=now, review=read)
        case "hunks.carried":
            return replace(task, changed=now, review=_carried(review, event))
        case _:
            assert_never(event)


def _unread(review: Review, event: e.HunksSeen) -> Review:
    return replace(review, seen=review.seen.difference(event.hunks))


def _carried(review: Review, event: e.HunksCarried) -> Review:
    hunks = event.hunks
    decisions, stale, back = review.decisions, review.stale, review.back
    if event.decision != "none":
        decisions = {**decisions, **dict.fromkeys(hunks, Decided(event.decision, event.reason))}
    if event.stale:
        stale = {**stale, **dict.fromkeys(hunks, Stale(event.was, event.was_reason))}
    if event.back:
        back = {**back, **dict.fromkeys(hunks, event.back_reason)}
    seen = review.seen.union(hunks) if event.seen else review.seen
    return replace(review, decisions=decisions, stale=stale, back=back, seen=seen)


def _placed(comment: Comment, place: e.ThreadPlace) -> Comment:
    anchor = comment.anchor
    if anchor is not None and place.line is not None:
        end = anchor.end_line + place.line - anchor.line if anchor.end_line is not None else None
        anchor = anchor.model_copy(update={"line": place.line, "end_line": end})
    return replace(comment, hunk=place.hunk, anchor=anchor, outdated=place.outdated)
