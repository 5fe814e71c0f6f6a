"""The application inside the daemon: loaded once, when the first session needs it, and let go of at the end."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from casework.domain.errors import CaseworkError

from .application import Application, Load

logger = logging.getLogger(__name__)

SETTLED_S: Final = 2.0
"""Seconds after the application's start at which what loading left behind is cleared away."""
_SELDOM: Final = 5_000
"""New objects between two looks, seven times the usual."""


@contextmanager
def loading() -> Iterator[None]:
    """Load modules looking for garbage among them seldom: what is loaded stays, and each look takes some 30 ms.

    Not never: what the making of classes leaves behind would be 10 MiB that the process keeps.
    """
    often = gc.get_threshold()
    gc.set_threshold(_SELDOM)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*often)


class Host:
    """Loads the application on demand; a failed start is tried again by the next session."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._starting: asyncio.Task[Application] | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the application runs."""
        return self._running() is not None

    def is_busy(self) -> bool:
        """Whether the application has work, or is being started."""
        running = self._running()
        if running is not None:
            return running.busy()
        return self._starting is not None and not self._starting.done()

    async def ready(self) -> Application:
        """The running application. Raises what its start raised; cancelling one who waits stops nothing."""
        if self._starting is None or (self._starting.done() and self._running() is None):
            self._starting = asyncio.create_task(self._start(), name="starting the application")
        return await asyncio.shield(self._starting)

    async def stop(self, timeout_s: float) -> None:
        """Stop the application, if it runs; what does not stop within `timeout_s` seconds is logged and left."""
        if self._starting is None or (self._starting.done() and self._running() is None):
            return
        try:
            async with asyncio.timeout(timeout_s):
                application = await self._starting
                await application.stop()
        except CaseworkError as error:
            logger.warning("the application was not stopped: %s", error.sentence)
        except Exception:
            logger.exception("the application did not stop as it should")

    async def _start(self) -> Application:
        with loading():
            application = await asyncio.to_thread(self._load)
            await application.start()
        asyncio.get_running_loop().call_later(SETTLED_S, _clear_away)
        return application

    def _running(self) -> Application | None:
        task = self._starting
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()


def _clear_away() -> None:
    """Free the garbage that was frozen with all that stays."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
