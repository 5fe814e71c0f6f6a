"""The fold of what is known of each hunk and of the threads beside them, into the review and its task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.frozen import replace
from casework.domain.ids import HunkId
from casework.domain.task import Comment, Decided, Review, Stale, Stamp, Task

_REASON: Final = 2000
"""Characters of a reason."""


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
        case "hunk.split":
            return _parted(task, review, event, {part.hunk: (part.was,) for part in event.parts}, now)
        case "hunk.joined":
            return _parted(task, review, event, {event.hunk: event.parts}, now)
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


def _parted(
    task: Task,
    review: Review,
    event: e.HunkSplit | e.HunkJoined,
    stood: Mapping[HunkId, tuple[HunkId, ...]],
    now: Stamp,
) -> Task:
    """Hand what is known over to what stands there now; what is made of several has what all of those have."""
    gone = {was for olds in stood.values() for was in olds}
    decisions = {hunk: one for hunk, one in review.decisions.items() if hunk not in gone}
    stale = {hunk: one for hunk, one in review.stale.items() if hunk not in gone}
    back = {hunk: one for hunk, one in review.back.items() if hunk not in gone}
    seen = review.seen.difference(gone)
    for hunk, olds in stood.items():
        decided = [review.decisions[was] for was in olds if was in review.decisions]
        if len(decided) == len(olds) and len({one.decision for one in decided}) == 1:
            reasons = dict.fromkeys(one.reason for one in decided if one.reason)
            decisions[hunk] = Decided(decided[0].decision, " ".join(reasons)[:_REASON])
        known = [review.stale[was] for was in olds if was in review.stale]
        if review.seen.issuperset(olds):
            seen = seen.union([hunk])
        elif known:
            stale[hunk] = known[0] if len(set(known)) == 1 else Stale()
        again = [review.back[was] for was in olds if was in review.back]
        if again:
            back[hunk] = again[0]
    parted = replace(
        review,
        manifest=event.manifest,
        hunks=event.hunks,
        minutes=event.minutes,
        cuts=event.cuts,
        decisions=decisions,
        stale=stale,
        back=back,
        seen=seen,
    )
    return replace(task, changed=now, review=parted, comments=_on_parts(task, stood))


def _on_parts(task: Task, stood: Mapping[HunkId, tuple[HunkId, ...]]) -> tuple[Comment, ...]:
    """Comments on what stood there are on the first of what stands there now."""
    now: dict[HunkId, HunkId] = {}
    for hunk, olds in stood.items():
        for was in olds:
            now.setdefault(was, hunk)
    return tuple(
        replace(one, hunk=now[one.hunk]) if one.hunk is not None and one.hunk in now else one for one in task.comments
    )


def _placed(comment: Comment, place: e.ThreadPlace) -> Comment:
    anchor = comment.anchor
    if anchor is not None and place.line is not None:
        end = anchor.end_line + place.line - anchor.line if anchor.end_line is not None else None
        anchor = anchor.model_copy(update={"line": place.line, "end_line": end})
    return replace(comment, hunk=place.hunk, anchor=anchor, outdated=place.outdated)
