"""Checks what would land once a part of a review was rejected: in the background, anew with each decision.

Only where the whole was checked before. What is seen is bound to the part: it says nothing of any other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from casework.core.checking import check_change
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.change import Change
from casework.domain.envelope import Recorded
from casework.domain.errors import CaseworkError
from casework.domain.ids import TaskId
from casework.domain.task import Task
from casework.domain.verdict import Selection, part_name, selection, usual_choice

logger = logging.getLogger(__name__)


class Rechecks:
    """One repository's reviews of which a part was rejected; at most one check of each at a time."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._running: dict[TaskId, tuple[str, asyncio.Task[None]]] = {}
        """By task: the part that is being checked."""
        self._stop_listening = repository.recorder.listen(self._heard)

    def busy(self) -> bool:
        """Tell whether anything is being checked."""
        return bool(self._running)

    async def close(self) -> None:
        """End what runs; a part that was being checked is told to be not checked at the next start."""
        self._stop_listening()
        under_way = [task for _, task in self._running.values()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            if row.task is None:
                continue
            task = self._repository.board.tasks[row.task]
            if task.status != "in_review":
                self._cancel(task.id)
            elif isinstance(row.event, e.HunkDecided):
                self._consider(task)

    def _cancel(self, name: TaskId) -> None:
        found = self._running.pop(name, None)
        if found is not None:
            found[1].cancel()

    def _consider(self, task: Task) -> None:
        repository, review = self._repository, task.review
        checked = task.checked
        if review is None or checked is None or checked.head != review.head or not checked.evidence:
            return
        if not (repository.limits().check_runs and repository.is_trusted()):
            return
        change = repository.change(review.manifest)
        chosen = selection(review, change, usual_choice(task))
        wanted = part_name(chosen)
        under_way = self._running.get(task.id)
        if under_way is not None and under_way[0] == wanted:
            return
        self._cancel(task.id)
        known = task.checked_part
        if not chosen.stays or not chosen.lands or (known is not None and known.ended and known.part == wanted):
            return
        work = asyncio.create_task(self._check(task, change, chosen), name=f"checks of a part of {task.number}")
        self._running[task.id] = (wanted, work)
        work.add_done_callback(lambda done: self._ended(task.id, done))

    async def _check(self, task: Task, change: Change, chosen: Selection) -> None:
        repository, review = self._repository, task.review
        assert review is not None, "looked at before"
        words = f"What would land of review {task.number}."
        try:
            commit = await asyncio.to_thread(repository.workspace.select, change, chosen.lands, message=words)
            part = await asyncio.to_thread(repository.workspace.change, change.base, commit)
            named = [proof.test for proof in task.proofs]
            await check_change(repository, task.id, part, top=review.top, named=named, part=part_name(chosen))
        except CaseworkError as no:
            logger.info("what would land of review %s is not checked: %s", task.number, no.sentence)

    def _ended(self, name: TaskId, done: asyncio.Task[None]) -> None:
        found = self._running.get(name)
        if found is not None and found[1] is done:
            del self._running[name]
        if not done.cancelled() and done.exception() is not None:
            logger.error("checking a part failed", exc_info=done.exception())
