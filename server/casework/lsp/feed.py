"""What a client that read a board is told afterwards: changed cards, coalesced, behind its cursor.

A client that can't keep up gets fewer and bigger messages, never a backlog: what waits is a set of tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from casework.core.desk import OpenRepository
from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.ids import TaskId
from casework.domain.verdict import shown_hash
from casework.lsp.present.cards import card
from casework.wire.requests import BoardChanged, ReviewChanged

_PAUSE_S: Final = 0.01
"""Between two messages; the first of a burst goes at once, because it may be what somebody waits for."""

Notify = Callable[[str, dict[str, object]], None]


class Feed:
    """One session following one repository's board."""

    def __init__(self, opened: OpenRepository, notify: Notify) -> None:
        self._repository = opened.repository
        self._notify = notify
        self._cursor = opened.repository.board.last_seq
        self._changed: dict[TaskId, None] = {}
        self._reviews: dict[TaskId, None] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self._stop = opened.repository.recorder.listen(self._heard)

    def close(self) -> None:
        """Tell nothing more."""
        self._stop()
        if self._flush is not None:
            self._flush.cancel()

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            if row.task is None:
                continue
            self._changed[row.task] = None
            if isinstance(row.event, e.ReviewEvent | e.LandingEvent):
                self._reviews[row.task] = None
        if self._flush is None and self._changed:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_at(max(self._told_at + _PAUSE_S, loop.time()), self._tell)

    def _tell(self) -> None:
        self._flush = None
        self._told_at = asyncio.get_running_loop().time()
        board = self._repository.board
        now_us = self._repository.clock.now_us()
        changed = BoardChanged(
            repository=self._repository.identity.id,
            before=self._cursor,
            cursor=board.last_seq,
            cards=[card(board.tasks[name], now_us=now_us) for name in self._changed],
        )
        self._cursor = board.last_seq
        self._notify("casework/board/changed", changed.model_dump(mode="json"))
        for name in self._reviews:
            task = board.tasks[name]
            shown = shown_hash(task) if task.review is not None and task.status == "in_review" else None
            said = ReviewChanged(repository=self._repository.identity.id, number=task.number, shown=shown)
            self._notify("casework/review/changed", said.model_dump(mode="json"))
        self._changed.clear()
        self._reviews.clear()
