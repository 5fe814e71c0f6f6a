"""Wakes snoozed tasks when their time has come, also after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from casework.core.recorder import Decide
from casework.core.repository import DAEMON, Repository
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Draft, Recorded
from casework.domain.errors import CaseworkError
from casework.domain.ids import TaskId

logger = logging.getLogger(__name__)

_LONGEST_S: Final = 3600.0
"""A clock may be set meanwhile, or the machine sleep: look again at least this often."""


class Snoozes:
    """One repository's snoozed tasks."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._changed = asyncio.Event()
        self._stop = repository.recorder.listen(self._heard)
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait."""
        self._worker = asyncio.create_task(self._run(), name="snoozes")

    async def close(self) -> None:
        """Wake nobody any more."""
        self._stop()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def _heard(self, rows: Sequence[Recorded]) -> None:
        if any(isinstance(row.event, e.TaskSnoozed) for row in rows):
            self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            wait_s = await self._wake()
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _wake(self) -> float | None:
        """Wake who is due; give the seconds until the next one is, or None."""
        repository = self._repository
        now_us = repository.clock.now_us()
        left: list[int] = []
        for task in list(repository.board.in_status("snoozed")):
            if task.snoozed_until > now_us:
                left.append(task.snoozed_until - now_us)
                continue
            try:
                await repository.recorder.record(_woken(repository, task.id))
            except CaseworkError as no:
                logger.warning("task %s could not be woken: %s", task.number, no.sentence)
                left.append(60_000_000)
        return min(min(left) / 1_000_000, _LONGEST_S) if left else None


def _woken(repository: Repository, name: TaskId) -> Decide:
    def decide(board: Board) -> Sequence[Draft]:
        if board.tasks[name].status != "snoozed":
            return []
        return [repository.draft(e.TaskWoken(), DAEMON, task=name)]

    return decide
