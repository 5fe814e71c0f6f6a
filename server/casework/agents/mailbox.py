"""The reports of one run on their way to whoever listens: in order, bounded, with exactly one last one.

Not here: where reports come from.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from casework.ports.agent import AgentReport


class Mailbox:
    """Holds at most `size` reports; whoever puts more waits, which is how a flood is borne."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: deque[AgentReport] = deque()
        self._last: AgentReport | None = None
        self._closed = False
        self._news = asyncio.Condition()

    async def put(self, report: AgentReport) -> None:
        """Add a report, once there is room; a closed box drops it."""
        async with self._news:
            await self._news.wait_for(lambda: self._closed or len(self._held) < self._size)
            if not self._closed:
                self._held.append(report)
                self._news.notify_all()

    async def put_now(self, report: AgentReport) -> bool:
        """Add a report; False when there is no room. A closed box drops it."""
        async with self._news:
            if self._closed:
                return True
            if len(self._held) >= self._size:
                return False
            self._held.append(report)
            self._news.notify_all()
            return True

    async def close(self) -> None:
        """Take no more reports but the last one."""
        async with self._news:
            self._closed = True
            self._news.notify_all()

    async def end(self, last: AgentReport) -> None:
        """Add the last report, for which there is always room."""
        async with self._news:
            self._closed = True
            self._last = last
            self._held.append(last)
            self._news.notify_all()

    async def reports(self) -> AsyncIterator[AgentReport]:
        """Give what is there and what comes, the last report included; asked again later, nothing twice."""
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._held or self._last is not None)
                if not self._held:
                    return
                report = self._held.popleft()
                self._news.notify_all()
            yield report
