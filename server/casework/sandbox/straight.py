"""A way out that leads to one host: what is connected to its socket is connected to that host, byte for byte.

Nothing is understood of what is said, so nothing can be asked for but that host; the other end speaks HTTP or TLS over
the socket by itself. For what is foreign, and may want several hosts, there is `proxy`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, cast

from casework.sandbox.hosts import NotLed, addresses_of, not_reached

logger = logging.getLogger(__name__)

CONNECT_S: Final = 20.0
"""For the host to be reached."""
IDLE_S: Final = 300.0
"""Without a byte in either direction, after which a connection is closed."""
CONNECTIONS: Final = 64
"""At once, of one box."""


class Straight:
    """What listens at one socket."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._open: set[_End] = set()
        """Ends of either side."""
        self._over = asyncio.Event()
        """Set when there is none of them any more."""
        self._connecting: set[asyncio.Task[None]] = set()

    def begin(self) -> asyncio.Protocol:
        """Give the near end of a new connection."""
        return _End(self, near=True)

    async def close(self) -> None:
        """End every connection, and wait until nothing is left of them."""
        for task in self._connecting:
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        for end in list(self._open):
            end.abort()
        if self._open:
            await self._over.wait()

    def opened(self, end: _End, *, near: bool) -> None:
        """Note a connection; from a near end lead on."""
        self._open.add(end)
        self._over.clear()
        if near:
            self._lead_on(end)

    def _lead_on(self, near: _End) -> None:
        if len(self._open) > 2 * CONNECTIONS:
            near.abort()
            return
        task = asyncio.create_task(self._connect(near), name=f"way out to {self._host}")
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def closed(self, end: _End) -> None:
        """Forget an end."""
        self._open.discard(end)
        if not self._open:
            self._over.set()

    async def _connect(self, near: _End) -> None:
        """Reach the host; a connection that leads nowhere is closed, which an HTTP client takes for what it is."""
        try:
            async with asyncio.timeout(CONNECT_S):
                far = await self._reach()
        except (NotLed, TimeoutError) as no:
            found = no if isinstance(no, NotLed) else not_reached(self._host, self._port)
            logger.warning("%s", found.sentence)
            near.abort()
            return
        if near.transport is None or far.transport is None:  # one has ended while the other was made
            near.abort()
            far.abort()
            return
        near.lead_to(far.transport)
        far.lead_to(near.transport)
        self._look(near, far)

    def _look(self, near: _End, far: _End) -> None:
        """End a connection whose ends were both silent for too long."""
        if near.transport is None:
            return
        loop = asyncio.get_running_loop()
        left = max(near.heard, far.heard) + IDLE_S - loop.time()
        if left > 0:
            loop.call_later(left, self._look, near, far)
        else:
            near.abort()

    async def _reach(self) -> _End:
        loop = asyncio.get_running_loop()
        for address in await addresses_of(self._host, self._port):
            try:
                return (await loop.create_connection(lambda: _End(self, near=False), address, self._port))[1]
            except OSError:
                continue
        raise not_reached(self._host, self._port)


class _End(asyncio.Protocol):
    """One end of a connection; reads only once there is another end to write to, and while that one keeps up."""

    def __init__(self, way: Straight, *, near: bool) -> None:
        """`way` is told of its begin and its end."""
        self.transport: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        """The other end's."""
        self.heard = 0.0
        self._way = way
        self._near = near
        self._time = asyncio.get_running_loop().time

    def lead_to(self, sink: asyncio.Transport) -> None:
        """Write to `sink` what comes from now on."""
        self.heard = self._time()
        self.sink = sink
        self._read()

    def abort(self) -> None:
        """End it at once."""
        if self.transport is not None:
            self.transport.abort()

    def _read(self) -> None:
        if self.transport is not None:
            self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the other end."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.pause_reading()
        self._way.opened(self, near=self._near)

    def data_received(self, data: bytes) -> None:
        """Pass it on; what the other end can't take yet makes it pause this one."""
        self.heard = self._time()
        if self.sink is not None:
            self.sink.write(data)

    def eof_received(self) -> bool:
        """Pass the end on; the other direction stays."""
        if self.sink is not None and self.sink.can_write_eof():
            self.sink.write_eof()
        return True

    def pause_writing(self) -> None:
        """Let the other end stop reading: it is faster than this one."""
        if self.sink is not None:
            self.sink.pause_reading()

    def resume_writing(self) -> None:
        """Let it go on."""
        if self.sink is not None:
            self.sink.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End the other end too, once what was written to it has gone."""
        self.transport = None
        if self.sink is not None:
            self.sink.close()
        self._way.closed(self)
