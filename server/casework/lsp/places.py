"""Where things stand in the files people edit: hunks of waiting reviews, follow-ups, questions.

Kept per repository and shared by its sessions. Looking a file up costs what stands in that file. Places are found again
when a file moves: a hunk by the lines of the side that lies on disk, a follow-up by its snippet.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from casework.core.desk import OpenRepository
from casework.domain.anchor import find_again
from casework.domain.change import FileChange, Hunk
from casework.domain.envelope import Recorded
from casework.domain.ids import HunkId, TaskId
from casework.domain.task import Task
from casework.lsp.present.reviews import absolute

logger = logging.getLogger(__name__)

PlaceKind = Literal["review", "follow_up", "question"]
_LONGEST_MAPPED: Final = 20_000
"""Lines of a file beyond which hunks stay at their numbers instead of being looked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something that stands at lines of a file; lines count from 0, `end` is the last one."""

    kind: PlaceKind
    task: TaskId
    number: int
    start: int
    end: int
    hunk: HunkId | None = None


class Places:
    """All places of one repository, by absolute path."""

    def __init__(self, opened: OpenRepository) -> None:
        self._opened = opened
        self._repository = opened.repository
        self._by_path: dict[str, dict[TaskId, tuple[Place, ...]]] = {}
        self._paths: dict[TaskId, tuple[str, ...]] = {}
        self._listeners: list[Callable[[set[str]], None]] = []
        self._stop = opened.repository.recorder.listen(self._heard)
        self._work: asyncio.Queue[tuple[TaskId | None, str]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    def start(self) -> None:
        """Find everything that stands somewhere now, in the background; `ready` is set when that is done."""
        board = self._repository.board
        for task in board.in_status("in_review", "proposed", "backlog", "waiting"):
            self._work.put_nowait((task.id, ""))
        self._worker = asyncio.create_task(self._run(), name="places")

    async def close(self) -> None:
        """Follow nothing any more."""
        self._stop()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def listen(self, told: Callable[[set[str]], None]) -> Callable[[], None]:
        """Have `told` called with the paths whose places changed; gives the way to stop that."""
        self._listeners.append(told)
        return lambda: self._listeners.remove(told)

    def paths(self) -> list[str]:
        """Give every path where something stands."""
        return list(self._by_path)

    def at(self, path: str) -> list[Place]:
        """Give what stands in a file."""
        found = self._by_path.get(path)
        return [place for places in found.values() for place in places] if found else []

    def touching(self, path: str, first: int, last: int) -> list[Place]:
        """Give what stands at these lines of a file."""
        return [place for place in self.at(path) if place.start <= last and first <= place.end]

    def another_top(self) -> None:
        """Somebody opened another work tree: what is anchored stands there too."""
        for task in self._repository.board.in_status("proposed", "backlog", "waiting"):
            self._work.put_nowait((task.id, ""))

    def file_moved(self, path: str) -> None:
        """A file changed on disk: look for its places again."""
        for task in list(self._by_path.get(path, ())):
            self._work.put_nowait((task, path))

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for name in dict.fromkeys(row.task for row in rows if row.task is not None):
            self._work.put_nowait((name, ""))

    async def _run(self) -> None:
        while True:
            if self._work.empty():
                self.ready.set()
            name, _ = await self._work.get()
            task = self._repository.board.tasks.get(name) if name is not None else None
            if task is None:
                continue
            try:
                found = await asyncio.to_thread(self._find, task)
            except Exception:
                logger.exception("the places of task %s could not be found", task.number)
                found = {}
            self._put(task.id, found)

    def _put(self, name: TaskId, found: dict[str, tuple[Place, ...]]) -> None:
        changed: set[str] = set()
        for path in {*self._paths.get(name, ()), *found}:
            now, before = found.get(path), self._by_path.get(path, {}).get(name)
            if now == before:
                continue
            changed.add(path)
            if now:
                self._by_path.setdefault(path, {})[name] = now
            else:
                self._by_path.get(path, {}).pop(name, None)
                if not self._by_path.get(path):
                    self._by_path.pop(path, None)
        self._paths[name] = tuple(found)
        if not found:
            self._paths.pop(name, None)
        if changed:
            for told in list(self._listeners):
                told(changed)

    def _find(self, task: Task) -> dict[str, tuple[Place, ...]]:
        """Find where a task's things stand. Blocks: called in a thread."""
        if task.status == "in_review" and task.review is not None and task.review.change_kind != "range":
            change = self._repository.change(task.review.manifest)
            top = task.review.top or self._repository.identity.top
            found = {absolute(top, file.path): self._hunks(task, file, top) for file in change.files}
            return {path: places for path, places in found.items() if places}
        if task.anchor is not None and task.status in ("proposed", "backlog", "waiting"):
            return self._anchored(task)
        return {}

    def _anchored(self, task: Task) -> dict[str, tuple[Place, ...]]:
        found: dict[str, tuple[Place, ...]] = {}
        for top in list(self._repository.tops) or [self._repository.identity.top]:
            found |= self._anchored_in(task, top)
        return found

    def _anchored_in(self, task: Task, top: str) -> dict[str, tuple[Place, ...]]:
        anchor = task.anchor
        assert anchor is not None, "looked at before"
        try:
            path = absolute(top, anchor.path)
            lines = Path(path).read_text("utf-8", "replace").splitlines()
        except (OSError, ValueError):
            return {}
        line = find_again(anchor, lines)
        if line is None:
            return {}
        size = max(0, (anchor.end_line or anchor.line) - anchor.line)
        kind: PlaceKind = "question" if task.status == "waiting" else "follow_up"
        return {path: (Place(kind, task.id, task.number, line - 1, line - 1 + size),)}

    def _hunks(self, task: Task, file: FileChange, top: str) -> tuple[Place, ...]:
        review = task.review
        assert review is not None, "looked at before"
        on_disk_is_head = review.change_kind == "working_tree"
        shift = self._shift(task, file, top, head=on_disk_is_head)
        places = []
        for hunk in file.hunks:
            first, size = _side(hunk, head=on_disk_is_head)
            moved = shift(first)
            places.append(Place("review", task.id, task.number, moved, moved + max(0, size - 1), hunk.id))
        if file.whole is not None:
            places.append(Place("review", task.id, task.number, 0, 0, file.whole))
        return tuple(places)

    def _shift(self, task: Task, file: FileChange, top: str, *, head: bool) -> Callable[[int], int]:
        """Give where a line of one side of the change stands on disk now."""
        review = task.review
        assert review is not None, "looked at before"
        try:
            on_disk = Path(absolute(top, file.path)).read_bytes()
        except OSError:
            return _same
        if _blob(on_disk, file.new_blob if head else file.old_blob):
            return _same
        path = file.path if head else file.old_path or file.path
        there = self._repository.workspace.content(review.head if head else review.base, path)
        if there is None:
            return _same
        before, now = there.split(b"\n"), on_disk.split(b"\n")
        if len(before) + len(now) > _LONGEST_MAPPED:
            return _same
        blocks = difflib.SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks()
        return lambda line: _moved(line, blocks)


def _same(line: int) -> int:
    return line


def _moved(line: int, blocks: Sequence[difflib.Match]) -> int:
    """Give where a line went: with its block, or to the end of the block before it."""
    where = 0
    for block in blocks:
        if line < block.a:
            break
        where = block.b + min(line - block.a, max(0, block.size - 1)) if block.size else where
    return where


def _side(hunk: Hunk, *, head: bool) -> tuple[int, int]:
    """Give the first line (from 0) and the number of lines of one side; an empty side stands on the line before."""
    start, size = (hunk.new_start, hunk.new_lines) if head else (hunk.old_start, hunk.old_lines)
    return max(0, start - 1), max(1, size)


def _blob(content: bytes, name: str) -> bool:
    """Tell whether content is the git object of that name (git's object format: kind, size, NUL, content)."""
    whole = b"blob %d\0" % len(content) + content
    digest = hashlib.sha256(whole) if len(name) == 64 else hashlib.sha1(whole, usedforsecurity=False)
    return digest.hexdigest() == name
