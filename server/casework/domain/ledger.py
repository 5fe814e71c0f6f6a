"""Which hunks of a change are those of the change before it, so that what the human knows of them can be kept.

Two hunks are the same when each, alone, does the same to the same place. Where the file's base did not move that place
is exact: the same lines of it, replaced by the same lines. Where it moved, the place is looked for by `lines.py`, which
says where it is only if the texts leave no doubt. Line numbers and the context around a hunk decide nothing by
themselves.

What is not found again is never kept: a hunk in its place counts as changed since, which costs a look. Pure; the state
that is carried along is `core/carrying.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from casework.domain.change import Change, FileChange, Hunk
from casework.domain.ids import HunkId
from casework.domain.lines import Places

_REGULAR: Final = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class Pairing:
    """What became of the hunks of a change."""

    kept: Mapping[HunkId, HunkId] = field(default_factory=dict)
    """Hunks that are the same, the later change's id first."""
    changed: Mapping[HunkId, tuple[HunkId, ...]] = field(default_factory=dict)
    """Hunks of the later change that stand where other ones stood, with those."""


def base_path(file: FileChange) -> str:
    """Give the path of a file's old side."""
    return file.old_path or file.path


def moved_bases(before: Change, after: Change) -> dict[str, tuple[str, str]]:
    """Give the files, by the path of their old side, whose hunks can only be found again by looking at both bases.

    With the names of the two blobs.
    """
    old = {file.path: file for file in before.files}
    return {
        base_path(file): (was.old_blob, file.old_blob)
        for file in after.files
        if (was := old.get(file.path)) is not None
        and was.hunks
        and _deed(was) == _deed(file)
        and was.old_blob != file.old_blob
    }


def paired(before: Change, after: Change, places: Mapping[str, Places]) -> Pairing:
    """Pair the hunks of two changes; `places` are those of the files of `moved_bases` whose texts could be had."""
    kept: dict[HunkId, HunkId] = {}
    changed: dict[HunkId, tuple[HunkId, ...]] = {}
    old = {file.path: file for file in before.files}
    by_base = {base_path(file): file for file in before.files}
    for file in after.files:
        was = old.get(file.path) or by_base.get(base_path(file)) or old.get(base_path(file))
        if was is None:
            continue
        where = places.get(base_path(file))
        if _deed(was) == _deed(file):
            kept.update(_kept(was, file, where))
        gone = frozenset(kept.values())
        changed.update(_changed(was, [hunk for hunk in was.judged if hunk not in gone], file, kept, where))
    return Pairing(kept, changed)


def _deed(file: FileChange) -> tuple[str, ...]:
    """What happens to the file besides its lines: whoever accepted a hunk of it accepted that too."""
    modes = (file.old_mode, file.new_mode)
    same = modes[0] == modes[1] and modes[0] in _REGULAR
    return (file.path, base_path(file), file.status, *(() if same else modes))


def _kept(was: FileChange, file: FileChange, where: Places | None) -> Iterator[tuple[HunkId, HunkId]]:
    if was.whole is not None and file.whole is not None:
        untouched = was.old_blob == was.new_blob and file.old_blob == file.new_blob
        if was.whole == file.whole or untouched:  # a name or a mode, whatever the lines are
            yield file.whole, was.whole
    elif was.old_blob == file.old_blob:
        there = {(_digest(hunk), hunk.old_start): hunk.id for hunk in was.hunks}
        for hunk in file.hunks:
            found = there.get((_digest(hunk), hunk.old_start))
            if found is not None:
                yield hunk.id, found
    elif where is not None:
        now = {(hunk.core, *hunk.replaces): hunk.id for hunk in file.hunks if hunk.core}
        for hunk in was.hunks:
            start, end = hunk.replaces
            place = where.of(start, end) if hunk.core else None
            found = now.get((hunk.core, place, place + end - start)) if place is not None else None
            if found is not None:
                yield found, hunk.id


def _digest(hunk: Hunk) -> str:
    """Its content: an id without the number that tells it from others like it."""
    return hunk.id.partition("-")[0]


def _changed(
    was: FileChange, gone: Sequence[HunkId], file: FileChange, kept: Mapping[HunkId, HunkId], where: Places | None
) -> Iterator[tuple[HunkId, tuple[HunkId, ...]]]:
    """Pair what is new with what is not there any more: by the place, else by the lines."""
    left = [hunk for hunk in file.judged if hunk not in kept]
    if not gone or not left:
        return
    if was.whole is not None or file.whole is not None:
        yield from ((hunk, tuple(gone)) for hunk in left)
        return
    missing = frozenset(gone)
    spans = _Spans([hunk for hunk in was.hunks if hunk.id in missing], where)
    by_core: dict[str, list[HunkId]] = {}
    for hunk in was.hunks:
        if hunk.id in missing and hunk.core:
            by_core.setdefault(hunk.core, []).append(hunk.id)
    for hunk in file.hunks:
        if hunk.id not in kept and (found := spans.touching(*hunk.replaces) or tuple(by_core.get(hunk.core, ()))):
            yield hunk.id, found


class _Spans:
    """The places of hunks that are gone, in terms of the later base."""

    def __init__(self, hunks: Sequence[Hunk], where: Places | None) -> None:
        placed = []
        for hunk in hunks:
            start, end = hunk.replaces
            if where is not None:
                start, end = where.about(start, end)
            placed.append((start, end, hunk.id))
        self._spans = sorted(placed)
        self._starts = [start for start, _, _ in self._spans]
        self._longest = max(end - start for start, end, _ in self._spans)

    def touching(self, start: int, end: int) -> tuple[HunkId, ...]:
        """Give those that overlap these lines or touch them, in their order."""
        found: list[HunkId] = []
        at = bisect_right(self._starts, end) - 1
        while at >= 0 and self._starts[at] >= start - self._longest:
            if self._spans[at][1] >= start:
                found.append(self._spans[at][2])
            at -= 1
        return tuple(reversed(found))
