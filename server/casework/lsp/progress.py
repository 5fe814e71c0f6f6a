"""Runs as work-done progress: every long thing shows how far it is, and can be stopped from where it is shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from casework.core import intake
from casework.core.desk import OpenRepository
from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.errors import CaseworkError
from casework.domain.ids import TaskId
from casework.domain.showing import one_line
from casework.domain.task import Task
from casework.lsp.session import Session

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Bar:
    """One progress in the editor: from running to anything else."""

    token: str
    begun: bool = False
    """Whether the editor took it and was told its title."""


class RunProgress:
    """One session's view of the runs of one repository."""

    def __init__(self, session: Session, opened: OpenRepository) -> None:
        self._session = session
        self._opened = opened
        self._bars: dict[TaskId, _Bar] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._made = 0
        window = session.server.client_capabilities.window
        self._stop: Callable[[], None] | None = None
        if window is not None and window.work_done_progress:
            self._stop = opened.repository.recorder.listen(self._heard)
            for task in opened.repository.board.in_status("running"):
                self._show(task)

    async def close(self) -> None:
        """Show nothing more. Nothing is stopped by it: runs go on without an editor."""
        if self._stop is not None:
            self._stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for name in dict.fromkeys(row.task for row in rows if row.task is not None):
            self._show(self._opened.repository.board.tasks[name])

    def _show(self, task: Task) -> None:
        bar = self._bars.get(task.id)
        if task.status != "running":
            if bar is not None:
                del self._bars[task.id]
                self._end(task, bar)
        elif bar is None:
            self._made += 1
            bar = self._bars[task.id] = _Bar(f"casework-{task.id}-{self._made}")
            self._spawn(self._begin(task, bar))
        elif bar.begun and task.run is not None:
            said = f"step {task.run.steps_begun} {task.run.last_step}"
            self._session.server.work_done_progress.report(
                bar.token, types.WorkDoneProgressReport(message=one_line(said[:200]))
            )

    async def _begin(self, task: Task, bar: _Bar) -> None:
        progress = self._session.server.work_done_progress
        try:
            await progress.create_async(bar.token)
        except JsonRpcException as error:
            logger.info("the editor shows no progress: %s", error)
            return
        title = f"Casework {task.number}: {task.title[:60]}"
        progress.begin(bar.token, types.WorkDoneProgressBegin(title=one_line(title), cancellable=True))
        bar.begun = True
        if self._bars.get(task.id) is not bar:
            self._end(self._opened.repository.board.tasks[task.id], bar)

    def _end(self, task: Task, bar: _Bar) -> None:
        if bar.begun:
            message = task.status.replace("_", " ")
            self._session.server.work_done_progress.end(bar.token, types.WorkDoneProgressEnd(message=message))

    async def cancelled(self, token: int | str) -> None:
        """The human pressed cancel; a connection that merely ends stops nothing."""
        name = next((name for name, bar in self._bars.items() if bar.token == token), None)
        if name is None:
            return
        event = e.TaskStopped(reason="Stopped from the editor's progress.")
        number = self._opened.repository.board.tasks[name].number
        try:
            await intake.move_task(self._opened.repository, number, "stop", event, self._session.actor)
        except CaseworkError as no:
            logger.info("not stopped: %s", no.sentence)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="progress")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.warning("progress could not be shown", exc_info=task.exception())
