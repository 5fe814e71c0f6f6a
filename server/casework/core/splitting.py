"""Hunks cut into parts by a human, whole again, and decisions on lines inside a hunk, which cut around those first.

What a part is stands in `domain/splits.py`. The lines of the hunk are read from git; nothing of it is written there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casework.core.intake import done_before
from casework.core.landing_plans import plan_in, request_for
from casework.core.repository import Repository
from casework.core.reviews import has_no_hunk, shows_a_merge
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.change import Change, FileChange, Hunk
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import Refused
from casework.domain.hunk_lines import Cut, HunkLines, Side
from casework.domain.ids import HunkId, LandingId
from casework.domain.ledger_events import THREADS_PER_EVENT
from casework.domain.splits import MOST_PARTS, Parted, cut, cuts_of, joined, split_of, whole_of
from casework.domain.task import Review, Task
from casework.ports.landing import LandingRefused

_MOST_TRIED: Final = 20
"""Parts that are tried against the index of a working tree when a hunk is cut; an approval looks at all of them."""


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines of one side of a file, from 1; both ends belong to it."""

    side: Side
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A hunk as it stands, with what can be done to it."""

    change: Change
    file: FileChange
    whole: Hunk
    text: bytes
    lines: HunkLines
    now: tuple[Cut, ...]
    """Where it is cut already."""

    def of(self, side: Side) -> tuple[int, int]:
        """Give its first line on a side, and how many it has there."""
        whole = self.whole
        return (whole.old_start, whole.old_lines) if side == "old" else (whole.new_start, whole.new_lines)

    def offset(self, side: Side, line: int) -> int:
        """Give a line of the file as lines behind the hunk's first changed one."""
        start, count = self.of(side)
        return line - 1 - (start + self.whole.lead - (1 if count else 0))

    def says(self, side: Side) -> str:
        """Say which lines it has on a side."""
        start, count = self.of(side)
        where = "of the base" if side == "old" else "of the new file"
        return f"lines {start} to {start + count - 1} {where}" if count else f"no line {where}"


async def split_hunk(
    repository: Repository,
    number: int,
    hunk: str,
    actor: Actor,
    *,
    side: Side = "new",
    at: Sequence[int] = (),
    command: str | None = None,
) -> Task:
    """Cut a hunk: in front of each line in `at`; without any, wherever unchanged lines stand between changed ones.

    Raises:
        Refused: it can't be cut there; nothing was recorded.
    """
    if (before := await done_before(repository, command)) is not None:
        return before
    review = _standing(repository, number, actor)

    def cuts(found: _Found) -> Collection[Cut]:
        if not at:
            return _gaps(found, number, hunk)
        wanted = {found.lines.cut_at(side, found.offset(side, line), "first") for line in at}
        for line in at:
            _check_inside(found, number, hunk, LineRange(side, line, line))
        return wanted

    found = await asyncio.to_thread(_find, repository, number, review, hunk)
    wanted = set(cuts(found)).difference([(0, 0), found.lines.end], found.now)
    if not wanted:
        raise Refused(
            f"Hunk {hunk} of review {number} is cut there already, or has nothing to cut off there; nothing was done.",
            code="not_cut",
        )
    parted = await asyncio.to_thread(_cut, repository, number, review, found, wanted)
    await _record(repository, number, review, _split(repository, number, found, parted), actor, command)
    return repository.board.number(number)


async def join_hunk(
    repository: Repository, number: int, hunk: str, actor: Actor, *, command: str | None = None
) -> Task:
    """Put all parts of a hunk together again, named by any of them.

    Raises:
        Refused: it is no part; nothing was recorded.
    """
    if (before := await done_before(repository, command)) is not None:
        return before
    review = _standing(repository, number, actor)
    change = await asyncio.to_thread(repository.change, review.manifest)
    split = split_of(change, HunkId(hunk))
    if split is None:
        raise Refused(
            f"{hunk} is no part of a hunk of review {number} that was split; nothing was done. "
            f"`casework review show {number}` shows them.",
            code="not_split",
        )
    whole = joined(change, split.whole)
    event = e.HunkJoined(
        hunk=split.whole.id,
        parts=split.parts,
        manifest=repository.keep_change(whole),
        hunks=len(whole.judged),
        minutes=whole.minutes(),
        cuts=whole.cuts,
    )
    await _record(repository, number, review, [event], actor, command)
    return repository.board.number(number)


async def decide_lines(
    repository: Repository,
    number: int,
    hunk: str,
    lines: LineRange,
    decision: e.Decision,
    reason: str,
    actor: Actor,
    *,
    command: str | None = None,
) -> Task:
    """Accept or reject some lines of a hunk: it is cut around them where it is not, and what is between is decided.

    Raises:
        Refused: nothing changes there, or it can't be cut there; nothing was recorded.
    """
    if (before := await done_before(repository, command)) is not None:
        return before
    review = _standing(repository, number, actor)
    found = await asyncio.to_thread(_find, repository, number, review, hunk)
    _check_inside(found, number, hunk, lines)
    start = found.lines.cut_at(lines.side, found.offset(lines.side, lines.first), "first")
    end = found.lines.cut_at(lines.side, found.offset(lines.side, lines.last) + 1, "last")
    if start >= end:
        raise Refused(
            f"Nothing changes in these lines; hunk {hunk} of review {number} has {found.says(lines.side)}. "
            "Nothing was decided.",
            code="no_lines",
        )
    wanted = {start, end}.difference([(0, 0), found.lines.end], found.now)
    events: list[e.Event] = []
    change = found.change
    if wanted:
        parted = await asyncio.to_thread(_cut, repository, number, review, found, wanted)
        change = parted.change
        events += _split(repository, number, found, parted)
    bounds = [(0, 0), *cuts_of(change, found.whole)]
    split = next((one for one in change.splits if one.whole.id == found.whole.id), None)
    parts = split.parts if split is not None else (found.whole.id,)
    chosen = tuple(part for part, begins in zip(parts, bounds, strict=True) if start <= begins < end)
    events.append(e.HunkDecided(hunks=chosen, decision=decision, reason=reason))
    await _record(repository, number, review, events, actor, command)
    return repository.board.number(number)


def _standing(repository: Repository, number: int, actor: Actor) -> Review:
    if actor.kind != "human":
        raise Refused("Only a human splits a hunk; nothing was recorded.", code="not_human")
    review = repository.board.number(number).standing_review()
    if review.reshown is not None:
        raise shows_a_merge(number, "done")
    return review


def _find(repository: Repository, number: int, review: Review, name: str) -> _Found:
    change = repository.change(review.manifest)
    split = split_of(change, HunkId(name))
    if split is not None and split.whole.id == name:
        name = split.parts[0]
    file, _ = change.places.get(HunkId(name), (None, None))
    if file is None:
        raise has_no_hunk(number, name, "done")
    whole = whole_of(change, HunkId(name))
    if whole is None or file.status == "type_changed":
        what = "it becomes another kind of file" if whole is not None else "no lines of it change"
        raise Refused(
            f"{file.path} is one decision, because {what}; it can't be split, and nothing was done. "
            "Accept or reject it as a whole.",
            code="one_decision",
        )
    text = repository.workspace.hunk_texts(review.base, review.head).get(whole.id)
    if text is None:
        raise Refused(
            f"The lines of hunk {name} are not in the repository any more, so it can't be split. "
            "Open the review again.",
            code="stale_review",
        )
    return _Found(change, file, whole, text, HunkLines(text), tuple(cuts_of(change, whole)))


def _gaps(found: _Found, number: int, name: str) -> Collection[Cut]:
    """Give the places between changed lines in a hunk, or in the part that was named."""
    bounds = [(0, 0), *found.now, found.lines.end]
    split = split_of(found.change, HunkId(name))
    at = split.parts.index(HunkId(name)) if split is not None else 0
    start, end = (bounds[at], bounds[at + 1]) if split is not None else (bounds[0], bounds[-1])
    gaps = [gap for gap in found.lines.gaps() if start < gap < end]
    if not gaps:
        raise Refused(
            f"Hunk {name} of review {number} has no unchanged lines inside, so it does not fall apart by itself; "
            f"nothing was done. Name the line that a part begins with: `casework review split {number} {name} "
            f"--at LINE`. It has {found.says('new')} and {found.says('old')} (--base).",
            code="no_gap",
        )
    return gaps


def _check_inside(found: _Found, number: int, name: str, lines: LineRange) -> None:
    start, count = found.of(lines.side)
    if not (lines.first <= lines.last and start <= lines.first and lines.last < start + count):
        raise Refused(
            f"These lines are not all in hunk {name} of review {number}: it has {found.says('new')} and "
            f"{found.says('old')}. Nothing was done.",
            code="no_lines",
        )


def _cut(repository: Repository, number: int, review: Review, found: _Found, wanted: Collection[Cut]) -> Parted:
    """Cut, where that is possible. Blocks: a working tree's parts are tried against its index."""
    for place in wanted:
        if not found.lines.can_cut(place):
            raise Refused(
                f"The last line of {found.file.path} has no newline at its end, so what would follow it can't be "
                "parted from it; nothing was done. Split it somewhere else, or decide on the whole hunk.",
                code="no_newline",
            )
    cuts = {*wanted, *found.now}
    if len(cuts) >= MOST_PARTS:
        raise Refused(
            f"A hunk can have {MOST_PARTS} parts, and this one would have {len(cuts) + 1}; nothing was done. "
            "Name the lines where it matters, with --at.",
            code="too_many_parts",
        )
    parted = cut(found.change, found.whole, cuts, found.text)
    if review.change_kind == "working_tree":
        _check_index(repository, number, review, found, parted)
    return parted


def _check_index(repository: Repository, number: int, review: Review, found: _Found, parted: Parted) -> None:
    """Of a working tree a part lands beside what is staged: where that can't be, only the whole hunk can."""
    task = repository.board.number(number)
    for part in list(parted.parts)[:_MOST_TRIED]:
        accepted = repository.workspace.select(parted.change, [part], message=task.title)
        request = request_for(repository, task, review, LandingId("split"), "working_tree", accepted, task.title)
        try:
            plan_in(repository, review.top, request)
        except LandingRefused as no:
            if no.code == "conflict":
                raise Refused(
                    f"{found.file.path} is staged with edits that touch a part of this hunk, so its parts can't be "
                    "committed one without the other; nothing was split. Accept or reject the whole hunk "
                    f"({found.whole.id}), or unstage the file first: `git restore --staged`.",
                    code="conflict",
                ) from no


def _split(repository: Repository, number: int, found: _Found, parted: Parted) -> Iterator[e.Event]:
    yield e.HunkSplit(
        hunk=found.whole.id,
        parts=tuple(e.PartOfHunk(hunk=hunk, was=was) for hunk, was in parted.parts.items()),
        manifest=repository.keep_change(parted.change),
        hunks=len(parted.change.judged),
        minutes=parted.change.minutes(),
        cuts=parted.change.cuts,
    )
    places = list(_threads(repository.board.number(number), found.file.path, parted))
    for at in range(0, len(places), THREADS_PER_EVENT):
        yield e.ThreadsCarried(places=tuple(places[at : at + THREADS_PER_EVENT]))


def _threads(task: Task, path: str, parted: Parted) -> Iterator[e.ThreadPlace]:
    """Threads on lines go with the part that has those; without lines they stay with the first part."""
    hunks = [hunk for file in parted.change.files for hunk in file.hunks if hunk.id in parted.parts]
    for one in task.comments:
        if one.thread is not None or one.anchor is None or one.anchor.path != path:
            continue
        for hunk in hunks:
            line = one.anchor.line - hunk.new_start
            if parted.parts[hunk.id] == one.hunk and 0 <= line < hunk.new_lines:
                yield e.ThreadPlace(thread=one.id, hunk=hunk.id, outdated=one.outdated)


async def _record(
    repository: Repository, number: int, review: Review, events: Iterable[e.Event], actor: Actor, command: str | None
) -> None:
    told = list(events)

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        now = task.standing_review()
        if now.manifest != review.manifest or now.reshown is not None:
            raise Refused(
                f"Review {number} changed in between; nothing was done. Look at it again.", code="stale_review"
            )
        return [repository.draft(event, actor, task=task.id) for event in told]

    await repository.recorder.record(decide, command=command)
