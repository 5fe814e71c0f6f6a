"""Runs that report as fast as they can share the event loop with whoever types.

Not here: how much a worker may send before somebody reads it (`agents/mailbox.py`).
"""

from __future__ import annotations

import asyncio


class Turnstile:
    """Lets one report through with each turn of the loop, in the order in which they came.

    Without it each turn of the loop would serve one report of every run, and a keystroke, which takes a few turns,
    would wait for all of them each time.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._free = asyncio.Event()
        """Whether nobody went through in this turn of the loop."""
        self._free.set()

    async def through(self) -> None:
        """Come back when it is this report's turn; at once where no other one came in this turn of the loop."""
        async with self._lock:
            await self._free.wait()
            self._free.clear()
            asyncio.get_running_loop().call_soon(self._free.set)
