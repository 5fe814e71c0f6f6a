"""Finds where one task's things stand on disk now: its hunks, its anchor, or where its question can be answered.

Everything here reads files and blocks: called in a thread. What is remembered of it is in places.py.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from casework.core.repository import Repository
from casework.domain.anchor import find_again
from casework.domain.change import FileChange, Hunk
from casework.domain.ids import HunkId, TaskId
from casework.domain.task import Review, Task
from casework.lsp.drift import Drift, drift
from casework.lsp.present.reviews import absolute

PlaceKind = Literal["review", "follow_up", "question"]
_SUBMODULE: Final = "160000"
_MOST_ASKED_AT: Final = 20
"""Files at whose first line a question without a place of its own is shown."""
_AT_ONCE: Final = 64
"""Files that are compared at a time: git is asked once for them, and they are in memory together."""
_LONGEST: Final = 16 * 1024 * 1024
"""Bytes of a file beyond which nothing is looked for in it: its places stay at their numbers."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something that stands at lines of a file; lines count from 0, `end` is the last one."""

    kind: PlaceKind
    task: TaskId
    number: int
    start: int
    end: int
    hunk: HunkId | None = None


Found = dict[str, tuple[Place, ...]]


class Finder:
    """Finds places in one repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def find(self, task: Task, only: Collection[str] = ()) -> Found:
        """Find where a task's things stand: everywhere, or in some files."""
        review = task.review
        if task.status == "in_review" and review is not None and review.change_kind != "range":
            return self._reviewed(task, review, only)
        if task.status not in ("proposed", "backlog", "waiting"):
            return {}
        if task.anchor is not None:
            return self._anchored(task, only)
        if task.status == "waiting" and review is not None:
            return self._asked(task, review)
        return {}

    def _reviewed(self, task: Task, review: Review, only: Collection[str]) -> Found:
        head = review.change_kind == "working_tree"
        files = {
            path: file
            for file in self._repository.change(review.manifest).files
            if (path := absolute(review.top or self._repository.identity.top, file.path)) in only or not only
            if _SUBMODULE not in (file.old_mode, file.new_mode)
        }
        paths = list(files)
        found: Found = {}
        for first in range(0, len(paths), _AT_ONCE):
            some = {path: files[path] for path in paths[first : first + _AT_ONCE]}
            drifts = self._drifts(review, some, head=head)
            found |= {path: _places(task, file, drifts.get(path, _same), head=head) for path, file in some.items()}
        return found

    def _asked(self, task: Task, review: Review) -> Found:
        """A question of a later run that has no place of its own: where the run before changed something."""
        files = self._repository.change(review.manifest).files[:_MOST_ASKED_AT]
        paths = [absolute(review.top or self._repository.identity.top, file.path) for file in files]
        return {path: (Place("question", task.id, task.number, 0, 0),) for path in paths if Path(path).is_file()}

    def _anchored(self, task: Task, only: Collection[str]) -> Found:
        anchor = task.anchor
        assert anchor is not None, "looked at before"
        kind: PlaceKind = "question" if task.status == "waiting" else "follow_up"
        size = max(0, (anchor.end_line or anchor.line) - anchor.line)
        found: Found = {}
        for top in list(self._repository.tops) or [self._repository.identity.top]:
            try:
                path = absolute(top, anchor.path)
                if (only and path not in only) or not _is_inside(top, path) or Path(path).stat().st_size > _LONGEST:
                    continue
                lines = Path(path).read_text("utf-8", "replace").splitlines()
            except (OSError, ValueError):
                continue
            line = find_again(anchor, lines) or self._to_be(task, lines)
            if line is not None:
                end = max(line - 1, min(line - 1 + size, len(lines) - 1))
                found[path] = (Place(kind, task.id, task.number, line - 1, end),)
        return found

    def _to_be(self, task: Task, lines: list[str]) -> int | None:
        """Give the line of the file on disk where a follow-up will stand, from 1, when what it is about lands.

        Until then its lines are in the review alone that it was found in.
        """
        board, anchor = self._repository.board, task.anchor
        if anchor is None or task.found_in is None or task.found_in not in board.by_number:
            return None
        source = board.number(task.found_in)
        if source.status != "in_review" or source.review is None:
            return None
        there = self._repository.workspace.contents(source.review.head, [anchor.path], largest=_LONGEST)
        if anchor.path not in there:
            return None
        proposed = there[anchor.path].decode("utf-8", "replace").splitlines()
        line = find_again(anchor, proposed)
        return drift(proposed, lines)(line - 1) + 1 if line is not None else None

    def _drifts(self, review: Review, files: Mapping[str, FileChange], *, head: bool) -> dict[str, Drift]:
        """Give, for files that are on disk but not as they are on one side of the change, where its lines stand now."""
        moved: dict[str, tuple[str, bytes]] = {}
        for path, file in files.items():
            with suppress(OSError, ValueError):
                if Path(path).stat().st_size > _LONGEST:
                    continue
                on_disk = Path(path).read_bytes()
                if not _is_blob(on_disk, file.new_blob if head else file.old_blob):
                    moved[path] = (file.path if head else file.old_path or file.path, on_disk)
        if not moved:
            return {}
        side = review.head if head else review.base
        there = self._repository.workspace.contents(side, [name for name, _ in moved.values()], largest=_LONGEST)
        return {
            path: drift(there[name].split(b"\n"), on_disk.split(b"\n"))
            for path, (name, on_disk) in moved.items()
            if name in there
        }


def _places(task: Task, file: FileChange, now: Callable[[int], int], *, head: bool) -> tuple[Place, ...]:
    places = []
    for hunk in file.hunks:
        first, last = _side(hunk, head=head)
        start = now(first)
        places.append(Place("review", task.id, task.number, start, max(start, now(last)), hunk.id))
    if file.whole is not None:
        places.append(Place("review", task.id, task.number, 0, 0, file.whole))
    return tuple(places)


def _is_inside(top: str, path: str) -> bool:
    """Tell whether a path stays in its work tree: an agent or a client may have named any."""
    return os.path.normpath(path).startswith(top.rstrip("/") + "/")


def _same(line: int) -> int:
    return line


def _side(hunk: Hunk, *, head: bool) -> tuple[int, int]:
    """Give the first and the last line, from 0, of one side; an empty side stands on the line before."""
    start, size = (hunk.new_start, hunk.new_lines) if head else (hunk.old_start, hunk.old_lines)
    first = max(0, start - 1)
    return first, first + max(0, size - 1)


def _is_blob(content: bytes, name: str) -> bool:
    """Tell whether content is the git object of that name (git's object format: kind, size, NUL, content)."""
    whole = b"blob %d\0" % len(content) + content
    digest = hashlib.sha256(whole) if len(name) == 64 else hashlib.sha1(whole, usedforsecurity=False)
    return digest.hexdigest() == name
