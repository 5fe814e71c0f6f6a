"""Runs as work-done progress: every long thing shows how far it is, and can be stopped from where it is shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

from lsprotocol import types

from casework.core import intake
from casework.core.desk import OpenRepository
from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.errors import CaseworkError
from casework.domain.ids import TaskId
from casework.lsp.session import Session

logger = logging.getLogger(__name__)


class RunProgress:
    """One session's view of the runs of one repository."""

    def __init__(self, session: Session, opened: OpenRepository) -> None:
        self._session = session
        self._opened = opened
        self._shown: dict[TaskId, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        window = session.server.client_capabilities.window
        self._stop: Callable[[], None] | None = None
        if window is not None and window.work_done_progress:
            self._stop = opened.repository.recorder.listen(self._heard)

    async def close(self) -> None:
        """Show nothing more."""
        if self._stop is not None:
            self._stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for name in dict.fromkeys(row.task for row in rows if row.task is not None):
            task = self._opened.repository.board.tasks[name]
            progress = self._session.server.work_done_progress
            if task.status == "running" and name not in self._shown:
                token = f"casework-{name}-{len(task.runs)}"
                self._shown[name] = token
                self._spawn(self._begin(name, token))
            elif name in self._shown and task.status == "running" and task.run is not None:
                said = f"step {task.run.steps_begun} {task.run.last_step}"
                progress.report(self._shown[name], types.WorkDoneProgressReport(message=said[:200]))
            elif name in self._shown and task.status != "running":
                self._end(name, self._shown.pop(name))

    async def _begin(self, name: TaskId, token: str) -> None:
        progress = self._session.server.work_done_progress
        await progress.create_async(token)
        task = self._opened.repository.board.tasks[name]
        title = f"Casework {task.number}: {task.title[:60]}"
        progress.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        if task.status != "running":
            self._end(name, token)

    def _end(self, name: TaskId, token: str) -> None:
        status = self._opened.repository.board.tasks[name].status
        self._session.server.work_done_progress.end(token, types.WorkDoneProgressEnd(message=status.replace("_", " ")))

    async def cancelled(self, token: int | str) -> None:
        """The human pressed cancel; a connection that merely ends stops nothing."""
        name = next((name for name, shown in self._shown.items() if shown == token), None)
        if name is not None:
            await self._stop_run(self._opened.repository.board.tasks[name].number)

    async def _stop_run(self, number: int) -> None:
        """The human pressed cancel in their editor."""
        event = e.TaskStopped(reason="Stopped from the editor's progress.")
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
