"""Keeps what stands in the code true while files, HEAD and branches move."""

from __future__ import annotations

import asyncio
import logging
from typing import assert_never

from casework.core.desk import OpenRepository
from casework.domain.errors import CaseworkError
from casework.domain.repopath import unquote
from casework.lsp.places import Places
from casework.ports.watching import HeadMoved, IndexMoved, LookAgain, Moved, NowPolling, PathsMoved, Watching

logger = logging.getLogger(__name__)


class Following:
    """Watches the work trees of one repository that somebody has open in an editor."""

    def __init__(self, opened: OpenRepository, places: Places, watching: Watching) -> None:
        self._opened = opened
        self._places = places
        self._watching = watching
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def follow(self, top: str) -> None:
        """Watch a work tree from here on; twice is once."""
        if top not in self._tasks:
            task = asyncio.create_task(self._watch(top), name=f"following {top}")
            task.add_done_callback(_log_end)
            self._tasks[top] = task

    async def close(self) -> None:
        """Watch nothing any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _watch(self, top: str) -> None:
        try:
            async with self._watching.watch(top) as events:
                async for moved in events:
                    self._told(top, moved)
        except CaseworkError as no:
            self._opened.warning = f"Changes in {top} are not noticed by themselves: {no.sentence}"

    def _told(self, top: str, moved: Moved) -> None:
        match moved:
            case PathsMoved(paths):
                for path in paths:
                    self._places.file_moved(_absolute(top, path))
            case HeadMoved() | LookAgain():
                self._places.look_again()
            case IndexMoved():
                pass  # nothing that is shown depends on it
            case NowPolling(sentence):
                self._opened.warning = sentence
                logger.warning("%s", sentence)
            case _:
                assert_never(moved)


def _absolute(top: str, path: str) -> str:
    """Costs little: a thousand may come at once, and somebody types meanwhile."""
    name = path if not path.startswith('"') else unquote(path).decode("utf-8", "surrogateescape")
    return f"{top}/{name}"


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("%s ended", task.get_name(), exc_info=task.exception())
