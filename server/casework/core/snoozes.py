"""Wakes snoozed tasks when their time has come, also after a restart; a snoozed review of a branch when that moves."""

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
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import TaskId
from casework.domain.task import Task

logger = logging.getLogger(__name__)

_LONGEST_S: Final = 3600.0
"""A clock may be set meanwhile, or the machine sleep: look again at least this often."""
_LOOK_S: Final = 60.0
"""How often the branches of snoozed reviews are looked at."""


class Snoozes:
    """One repository's snoozed tasks."""

    def __init__(self, repository: Repository, *, look_s: float = _LOOK_S) -> None:
        self._repository, self._look_s = repository, look_s
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
            reason = ""
            if task.snoozed_until > now_us:
                reason = await asyncio.to_thread(self._what_changed, task)
                if not reason:
                    left.append(task.snoozed_until - now_us)
                    if _branch_of(task):
                        left.append(int(self._look_s * 1_000_000))
                    continue
            try:
                await repository.recorder.record(_woken(repository, task.id, reason))
            except CaseworkError as no:
                logger.warning("task %s could not be woken: %s", task.number, no.sentence)
                left.append(60_000_000)
        return min(min(left) / 1_000_000, _LONGEST_S) if left else None

    def _what_changed(self, task: Task) -> str:
        """Say why a snoozed review comes back before its time; empty where nothing has changed. Blocks: asks git."""
        named, review = _branch_of(task), task.review
        if not named or review is None:
            return ""
        name, into = named
        try:
            now = self._repository.checkout(review.top).workspace.standing_branch(task.id, name, into=into or None)
        except Refused as no:
            return f"It is back before its time: {no.sentence}"
        except CaseworkError as no:
            logger.info("the branch of snoozed review %s was not looked at: %s", task.number, no.sentence)
            return ""
        if (now.base, now.head) == (review.base, review.head):
            return ""
        return f"It is back before its time, because {name} has moved: open it anew to see it as it is now."


def _branch_of(task: Task) -> tuple[str, str] | None:
    """Give the branch that a snoozed review is of, and where it would land if that was named."""
    kind, _, rest = (task.fingerprint or "").partition("review:branch:")
    if kind or not rest or task.before != "in_review" or task.runs:
        return None
    name, into, _ = rest.split(":", 2)  # no name of a branch has a colon
    return name, into


def _woken(repository: Repository, name: TaskId, reason: str) -> Decide:
    def decide(board: Board) -> Sequence[Draft]:
        if board.tasks[name].status != "snoozed":
            return []
        return [repository.draft(e.TaskWoken(reason=reason[:500]), DAEMON, task=name)]

    return decide
