"""Hunks that a human has cut into parts: each part is a hunk of its own, read, decided on and landed by itself.

A change remembers each hunk it had before, so a cut can be taken back, and a part is known again exactly when its whole
hunk is (`ledger.py`): then the same cuts are made in it. Where the whole is not found again, none of its parts is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from casework.domain.change import Change, FileChange, Hunk, Mark, Split
from casework.domain.hunk_lines import Cut, HunkLines
from casework.domain.ids import HunkId
from casework.domain.ledger import Pairing
from casework.domain.marks import marked

MOST_PARTS: Final = 100
"""Parts of one hunk; more are refused."""
_BESIDE: Final = 3
"""Unchanged lines that a part takes along on each side at most, as hunks do."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A change with one hunk cut anew, or put together again."""

    change: Change
    parts: Mapping[HunkId, HunkId]
    """The hunks that are new, each with the one that stood there before."""


def whole_of(change: Change, hunk: HunkId) -> Hunk | None:
    """Give the hunk of git that an id is, or is a part of; None for a file as a whole and for no hunk of the change."""
    split = split_of(change, hunk)
    if split is not None:
        return split.whole
    return next((one for file in change.files for one in file.hunks if one.id == hunk), None)


def split_of(change: Change, hunk: HunkId) -> Split | None:
    """Give the split that a part is of, or that an id was before; None where it is of none."""
    return next((split for split in change.splits if hunk in (*split.parts, split.whole.id)), None)


def cuts_of(change: Change, whole: Hunk) -> list[Cut]:
    """Give where a hunk is cut already."""
    split = next((one for one in change.splits if one.whole.id == whole.id), None)
    if split is None:
        return []
    parts = {hunk.id: hunk for file in change.files for hunk in file.hunks}
    return [_offset(whole, parts[name]) for name in split.parts[1:]]


def cut(change: Change, whole: Hunk, cuts: Collection[Cut], text: bytes) -> Parted:
    """Cut a hunk at these places alone; parts that stay as they were keep their ids. `text` is the whole hunk's.

    The cuts have to be possible ones (`HunkLines.can_cut`); the folds of the change are opened where it was in one.
    """
    lines = HunkLines(text)
    bounds = [(0, 0), *sorted(cuts), lines.end]
    made = list(_parts(whole, lines, bounds))
    before = split.parts if (split := _split_named(change, whole.id)) is not None else (whole.id,)
    was = {hunk.id: hunk for file in change.files for hunk in file.hunks if hunk.id in before}
    parts = {
        part.id: next(name for name in reversed(before) if _offset(whole, was[name]) <= _offset(whole, part))
        for part in made
        if part.id not in was
    }
    return Parted(_with(change, whole, made), parts)


def joined(change: Change, whole: Hunk) -> Change:
    """Take all cuts in a hunk back."""
    return _with(change, whole, [whole])


def uncut(change: Change) -> Change:
    """Give the change as git gives it, without any cut."""
    for split in change.splits:
        change = joined(change, split.whole)
    return change


def cut_again(before: Change, after: Change, kept: Mapping[HunkId, HunkId]) -> Change:
    """Make the cuts of a change in a later one, where the hunks that are cut were found again (`Pairing.kept`)."""
    splits = {split.whole.id: split for split in before.splits}
    old = {hunk.id: hunk for file in before.files for hunk in file.hunks}
    now = {hunk.id: hunk for file in after.files for hunk in file.hunks}
    for name, was in kept.items():
        split = splits.get(was)
        if split is not None and name in now:
            after = _with(after, now[name], list(_moved(now[name], split, [old[part] for part in split.parts])))
    return after


def pairing_of_parts(pairing: Pairing, before: Change, after: Change) -> Pairing:
    """Say of parts what became of them, from what became of the hunks they are of."""
    old = {split.whole.id: split.parts for split in before.splits}
    new = {split.whole.id: split.parts for split in after.splits}
    kept: dict[HunkId, HunkId] = {}
    changed = {hunk: _parts_of(old, was) for hunk, was in pairing.changed.items()}
    for hunk, was in pairing.kept.items():
        if was not in old:
            kept[hunk] = was
        elif hunk in new:
            kept.update(zip(new[hunk], old[was], strict=True))
        else:  # it could not be cut again
            changed[hunk] = old[was]
    return Pairing(kept, changed)


def texts_of_parts(change: Change, texts: Mapping[HunkId, bytes]) -> dict[HunkId, bytes]:
    """Add the lines of each part to those of the hunks of git; a part's `@@` line says where it stands."""
    found = dict(texts)
    hunks = {hunk.id: hunk for file in change.files for hunk in file.hunks} if change.splits else {}
    for split in change.splits:
        text = texts.get(split.whole.id)
        if text is None:
            continue
        lines = HunkLines(text)
        offsets = [(0, 0), *(_offset(split.whole, hunks[name]) for name in split.parts[1:]), lines.end]
        for name, (start, end) in zip(split.parts, pairwise(offsets), strict=True):
            found[name] = _text(hunks[name], lines, start, end)
    return found


def _parts_of(old: Mapping[HunkId, tuple[HunkId, ...]], hunks: Sequence[HunkId]) -> tuple[HunkId, ...]:
    return tuple(part for hunk in hunks for part in old.get(hunk, (hunk,)))


def _split_named(change: Change, whole: HunkId) -> Split | None:
    return next((split for split in change.splits if split.whole.id == whole), None)


def _with(change: Change, whole: Hunk, parts: Sequence[Hunk]) -> Change:
    """Put parts in the place of a hunk, or of the parts it is in already; one part alone is the hunk itself."""
    split = _split_named(change, whole.id)
    there = frozenset(split.parts if split is not None else (whole.id,))
    files = tuple(_put(file, there, parts) for file in change.files)
    splits = [one for one in change.splits if one.whole.id != whole.id]
    if len(parts) > 1:
        splits.append(Split(whole=whole, parts=tuple(part.id for part in parts)))
    folds = change.folds_uncut if change.splits else change.folds
    cut_up = {one.whole.id for one in splits}
    return change.model_copy(
        update={
            "files": files,
            "splits": tuple(splits),
            "folds": tuple(fold for fold in folds if cut_up.isdisjoint(fold.hunks)),
            "folds_uncut": folds if splits else (),
        }
    )


def _put(file: FileChange, there: frozenset[HunkId], parts: Sequence[Hunk]) -> FileChange:
    at = next((n for n, hunk in enumerate(file.hunks) if hunk.id in there), None)
    if at is None:
        return file
    return file.model_copy(update={"hunks": (*file.hunks[:at], *parts, *file.hunks[at + len(there) :])})


def _begins(hunk: Hunk) -> Cut:
    """Where a hunk's first changed line stands, on both sides, from 0."""
    return (
        hunk.old_start + hunk.lead - (1 if hunk.old_lines else 0),
        hunk.new_start + hunk.lead - (1 if hunk.new_lines else 0),
    )


def _offset(whole: Hunk, part: Hunk) -> Cut:
    old, new = _begins(whole)
    return _begins(part)[0] - old, _begins(part)[1] - new


def _parts(whole: Hunk, lines: HunkLines, bounds: Sequence[Cut]) -> Iterator[Hunk]:
    spans = [lines.span(start, end) for start, end in pairwise(bounds)]
    old, new = _begins(whole)
    for n, (span, (start, end)) in enumerate(zip(spans, pairwise(bounds), strict=True)):
        lead, trail = whole.lead, whole.trail
        if n:
            above = spans[n - 1]
            gap = span.old - above.old - above.old_lines
            lead = min(_BESIDE, gap // 2)
        if n + 1 < len(spans):
            gap = spans[n + 1].old - span.old - span.old_lines
            trail = min(_BESIDE, gap - gap // 2)
        added, removed = lines.counts(start, end)
        size = span.old_lines + lead + trail, span.new_lines + lead + trail
        placed = _placed(whole, (old + span.old, new + span.new), size, lead)
        made = {
            "id": _name(whole.id, start, end),
            "added": added,
            "removed": removed,
            "core": hashlib.sha256(lines.core_of(start, end)).hexdigest()[:16],
            "trail": trail,
            "part_of": whole.id,
            "marks": (),
            "more_marks": 0,
        }
        part = placed.model_copy(update=made)
        yield marked(part, _text(part, lines, start, end))


def _placed(hunk: Hunk, begins: Cut, size: tuple[int, int], lead: int) -> Hunk:
    """Put a hunk at a place; a side without lines has the number of the line in front, as git writes it."""
    old, new = begins[0] - lead, begins[1] - lead
    return hunk.model_copy(
        update={
            "old_start": old + (1 if size[0] else 0),
            "old_lines": size[0],
            "new_start": new + (1 if size[1] else 0),
            "new_lines": size[1],
            "lead": lead,
        }
    )


def _moved(whole: Hunk, split: Split, parts: Sequence[Hunk]) -> Iterator[Hunk]:
    """Cut a hunk as another one with the same lines is cut; only its place and what stands around it differ."""
    was, now = _begins(split.whole), _begins(whole)
    offsets = [(0, 0), *(_offset(split.whole, part) for part in parts[1:])]
    end = whole.old_lines - whole.lead - whole.trail, whole.new_lines - whole.lead - whole.trail
    for n, (part, start, until) in enumerate(zip(parts, offsets, [*offsets[1:], end], strict=True)):
        lead = whole.lead if n == 0 else part.lead
        trail = whole.trail if n + 1 == len(parts) else part.trail
        more = lead + trail - part.lead - part.trail
        begins = _begins(part)[0] + now[0] - was[0], _begins(part)[1] + now[1] - was[1]
        placed = _placed(part, begins, (part.old_lines + more, part.new_lines + more), lead)
        made = {
            "id": _name(whole.id, start, until),
            "trail": trail,
            "part_of": whole.id,
            "section": whole.section,
            "marks": tuple(mark for mark in whole.marks if _has(placed, mark)),
            "more_marks": whole.more_marks,  # wherever in the whole they are
        }
        yield placed.model_copy(update=made)


def _has(part: Hunk, mark: Mark) -> bool:
    start, count = (part.old_start, part.old_lines) if mark.removed else (part.new_start, part.new_lines)
    return start <= mark.line < start + count


def _name(whole: HunkId, start: Cut, end: Cut) -> HunkId:
    """Name a part by its whole and by what it takes of it, so that cutting another part does not rename it."""
    said = f"part of {whole}: {start[0]},{start[1]} to {end[0]},{end[1]}"
    return HunkId(hashlib.sha256(said.encode()).hexdigest()[:16])


def _text(part: Hunk, lines: HunkLines, start: Cut, end: Cut) -> bytes:
    before, behind = lines.around(lines.span(start, end), part.lead, part.trail)
    head = f"@@ -{_range(part.old_start, part.old_lines)} +{_range(part.new_start, part.new_lines)} @@"
    section = f" {part.section}" if part.section else ""
    return f"{head}{section}\n".encode() + before + lines.core_of(start, end) + behind


def _range(start: int, lines: int) -> str:
    return f"{start}" if lines == 1 else f"{start},{lines}"
