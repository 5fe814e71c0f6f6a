"""Where things stand in the files people edit: hunks of waiting reviews, follow-ups, questions.

Kept per repository and shared by its sessions. Looking a file up costs what stands in that file. Places are found again
when a file moves: a hunk by the lines of the side that lies on disk, a follow-up by its snippet. How one task's places
are found is finding.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from casework.core.desk import OpenRepository
from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.ids import TaskId
from casework.domain.status import Status
from casework.domain.task import Task
from casework.lsp.finding import Finder, Place
from casework.lsp.present.cards import board_view
from casework.lsp.present.reviews import absolute
from casework.wire.views import Board

__all__ = ["Place", "Places", "WriteBoard"]

WriteBoard = Callable[[Board], tuple[str, Mapping[int, int]]]
"""Writes the board as a file; gives its path and the line, from 0, of each task. Blocks."""

logger = logging.getLogger(__name__)

_STANDS: Final[tuple[Status, ...]] = ("in_review", "proposed", "backlog", "waiting")
"""What a task must be to stand anywhere."""
_EVERYWHERE: Final = ""
_GATHERING_S: Final = 0.15
"""How long files that move are gathered before they are looked at: whoever moves many is busy with them."""


class Places:
    """All places of one repository, by absolute path."""

    def __init__(self, opened: OpenRepository, write_board: WriteBoard) -> None:
        self._opened = opened
        self._write_board = write_board
        self._board: tuple[str, Mapping[int, int]] = ("", {})
        self._repository = opened.repository
        self._finder = Finder(opened.repository)
        self._by_path: dict[str, dict[TaskId, tuple[Place, ...]]] = {}
        self._paths: dict[TaskId, tuple[str, ...]] = {}
        self._known: dict[TaskId, object] = {}
        """What the places of a task depend on, as they were found."""
        self._listeners: list[Callable[[set[str]], None]] = []
        self._stop = opened.repository.recorder.listen(self._heard)
        self._waiting: dict[TaskId, set[str]] = {}
        """What is to be looked for: a task's places in some files, or in all of them, which is `_EVERYWHERE`."""
        self._wanted = asyncio.Event()
        self._moved: set[str] = set()
        self._gathering: asyncio.TimerHandle | None = None
        self._worker: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    def start(self) -> None:
        """Find everything that stands somewhere now, in the background; `ready` is set while nothing is left."""
        self.look_again()
        self._worker = asyncio.create_task(self._run(), name="places")

    async def close(self) -> None:
        """Follow nothing any more."""
        self._stop()
        if self._gathering is not None:
            self._gathering.cancel()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def listen(self, told: Callable[[set[str]], None]) -> Callable[[], None]:
        """Have `told` called with the paths whose places changed; gives the way to stop that."""
        self._listeners.append(told)
        return lambda: self._listeners.remove(told)

    def paths(self) -> list[str]:
        """Give every path where something stands."""
        return [*self._by_path, *([self._board[0]] if self._board[0] else [])]

    def at(self, path: str) -> list[Place]:
        """Give what stands in a file. On the board that is every question that waits for the human."""
        if path == self._board[0]:
            lines = self._board[1]
            return [
                Place("question", task.id, task.number, lines[task.number], lines[task.number])
                for task in self._repository.board.in_status("waiting")
                if task.number in lines and task.open_questions
            ]
        found = self._by_path.get(path)
        return [place for places in found.values() for place in places] if found else []

    def touching(self, path: str, first: int, last: int) -> list[Place]:
        """Give what stands at these lines of a file."""
        return [place for place in self.at(path) if place.start <= last and first <= place.end]

    async def write_board(self) -> str:
        """Write the board as a file, questions marked in it; give its path.

        Raises:
            Trouble: the file can't be written.
        """
        self._board = await asyncio.to_thread(self._write_board, board_view(self._opened))
        self._tell({self._board[0]})
        return self._board[0]

    def look_again(self) -> None:
        """Anything may have moved, or another work tree was opened."""
        for task in self._repository.board.in_status(*_STANDS):
            self._look(task.id)

    def file_moved(self, path: str) -> None:
        """A file changed on disk: look for its places again, together with others that move now."""
        if path not in self._by_path:
            return
        self.ready.clear()
        if not self._moved:
            self._gathering = asyncio.get_running_loop().call_later(_GATHERING_S, self._gathered)
        self._moved.add(path)

    def _gathered(self) -> None:
        moved, self._moved = self._moved, set()
        for path in moved:
            for task in list(self._by_path.get(path, ())):
                self._look(task, path)
        self._wanted.set()

    def _look(self, task: TaskId, path: str = _EVERYWHERE) -> None:
        self.ready.clear()
        self._waiting.setdefault(task, set()).add(path)
        self._wanted.set()

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            if isinstance(row.event, e.ReviewOpened) and row.task is not None:
                for found in self._repository.board.found_in(self._repository.board.tasks[row.task].number):
                    self._look(found.id)  # what it is about may stand in the review alone
            if isinstance(row.event, e.LandingConfirmed | e.LandingUndone) and row.task is not None:
                self._landed(self._repository.board.tasks[row.task])
        moved = [
            name
            for name in dict.fromkeys(row.task for row in rows if row.task is not None)
            if self._known.get(name) != self._depends_on(self._repository.board.tasks[name])
        ]
        for name in moved:
            self._look(name)
        if moved and self._board[0]:
            self._tell({self._board[0]})

    def _landed(self, task: Task) -> None:
        """What others have in the files of a landed or undone change may have moved."""
        if task.review is not None:
            top = task.review.top or self._repository.identity.top
            change = self._repository.change(task.review.manifest)
            for file in change.files:
                self.file_moved(absolute(top, file.path))

    @staticmethod
    def _depends_on(task: Task) -> object:
        if task.status not in _STANDS:
            return None
        review = task.review
        shown = (review.manifest, review.top) if review is not None else None
        return task.status, shown, task.anchor, tuple(question.id for question in task.open_questions)

    async def _run(self) -> None:
        while True:
            while not self._waiting:
                if not self._moved:
                    self.ready.set()
                self._wanted.clear()
                await self._wanted.wait()
            name = next(iter(self._waiting))  # what has waited longest; files of one task are looked at together
            paths = self._waiting.pop(name)
            task = self._repository.board.tasks.get(name)
            if task is not None:
                await self._find(task, paths)

    async def _find(self, task: Task, paths: set[str]) -> None:
        depends_on = self._depends_on(task)
        everywhere = _EVERYWHERE in paths
        if not everywhere and (depends_on is None or self._known.get(task.id) != depends_on):
            return  # the whole task waits to be looked for
        try:
            found = await asyncio.to_thread(self._finder.find, task, () if everywhere else paths)
            if task.status == "waiting" and everywhere and (self._board[0] or not found):
                await self.write_board()
        except Exception:
            logger.exception("the places of task %s could not be found", task.number)
            found = {}
        if everywhere:
            self._known[task.id] = depends_on
            if depends_on is None:
                del self._known[task.id]
        self._put(task.id, found, self._paths.get(task.id, ()) if everywhere else paths)

    def _put(self, name: TaskId, found: dict[str, tuple[Place, ...]], instead_of: Collection[str]) -> None:
        changed: set[str] = set()
        for path in {*instead_of, *found}:
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
        paths = (set(self._paths.get(name, ())) - set(instead_of)) | set(found)
        if paths:
            self._paths[name] = tuple(paths)
        else:
            self._paths.pop(name, None)
        if changed:
            self._tell(changed)

    def _tell(self, changed: set[str]) -> None:
        for told in list(self._listeners):
            told(changed)
