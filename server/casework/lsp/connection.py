"""One connection: bytes in, through framer and guard to pygls, and answers out, until one side ends it.

Here are reading, writing, the limit for clients that do not read, and the watch over the client's process. Not here:
the handshake before the first message (daemon) and what messages mean (endpoints).
"""

from __future__ import annotations

import asyncio
import enum
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from casework import processes
from casework.domain.errors import CaseworkError

from .framing import Framer, Garbage
from .guard import Guard, Phase
from .guard_params import CONVERTER
from .protocol import SessionServer, Surface

logger = logging.getLogger(__name__)

_CHUNK: Final = 256 * 1024
_TURN: Final = 32
"""Messages after which other connections get their turn."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection."""

    unread: int = 32 * 1024 * 1024
    """Bytes that the client did not read; when more is written with so many waiting, the connection is closed."""
    unread_before_pause: int = 8 * 1024 * 1024
    """Bytes beyond which no further message is read until the client catches up."""
    finish_s: float = 5.0
    """Seconds that requests under way get after the client closed its end."""


class End(enum.Enum):
    """Why a connection ended."""

    EXIT = enum.auto()
    """The client said `exit`."""
    CLOSED = enum.auto()
    """The client closed its end without `exit`."""
    PARENT_DIED = enum.auto()
    """The process named in `initialize` is gone."""
    TOO_SLOW = enum.auto()
    """The client did not read what it was sent."""
    BROKEN = enum.auto()
    """The socket failed."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended; `code` is what the process should exit with that stands for us at the client."""

    end: End
    code: int
    sentence: str = ""


Configure = Callable[[SessionServer], Awaitable[None]]
"""Registers the handlers; awaited once, after `initialize` was answered and before the next message is looked at."""


async def serve_connection(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    configure: Configure,
    *,
    surface: Surface | None = None,
    limits: Limits | None = None,
) -> Ending:
    """Serve one client until it ends; the writer stays open for a last word. Cancelling ends it too.

    A `CaseworkError` from `configure` becomes the answer to every later request; another exception is a bug, is logged
    and answered likewise.
    """
    return await _Connection(reader, writer, configure, surface or Surface(), limits or Limits()).run()


class _Connection:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        configure: Configure,
        surface: Surface,
        limits: Limits,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._configure_session = configure
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._too_slow = asyncio.Event()
        self._initialized = asyncio.Event()
        self._server = SessionServer(surface, CONVERTER, self._send)
        self._guard = Guard(self._server.protocol)
        writer.transport.set_write_buffer_limits(high=limits.unread_before_pause)

    async def run(self) -> Ending:
        reading = asyncio.create_task(self._read(), name="reading a client")
        watching = [
            asyncio.create_task(self._watch_parent(), name="watching a client's process"),
            asyncio.create_task(self._watch_speed(), name="watching a client's speed"),
        ]
        try:
            done, _ = await asyncio.wait([reading, *watching], return_when=asyncio.FIRST_COMPLETED)
            return (reading if reading in done else done.pop()).result()
        finally:
            await self._close([reading, *watching])

    async def _close(self, tasks: list[asyncio.Task[Ending]]) -> None:
        running: list[asyncio.Task[Any]] = [*tasks, *self._server.protocol.close()]
        for task in running:
            task.cancel()
        done, late = await asyncio.wait(running, timeout=self._limits.finish_s)
        for task in done:
            if not task.cancelled() and task.exception() is not None:
                logger.debug("a task of an ended connection failed", exc_info=task.exception())
        if late:
            logger.error("%d handlers of an ended connection do not end", len(late))
        self._server.shutdown()  # type: ignore[no-untyped-call]

    async def _read(self) -> Ending:
        framer = Framer()
        handled = 0
        while True:
            try:
                chunk = await self._reader.read(_CHUNK)
            except OSError as error:
                return Ending(End.BROKEN, 1, f"The connection broke: {error.strerror}.")
            if not chunk:
                return await self._finish(framer.end())
            for frame in framer.feed(chunk):
                phase = self._guard.phase
                if isinstance(frame, Garbage):
                    self._guard.receive_garbage(frame.reason)
                elif not self._guard.receive(frame):
                    framer.distrust(frame)
                if self._guard.phase is Phase.ENDED:
                    return Ending(End.EXIT, self._guard.exit_code)
                if phase is Phase.NEW and self._guard.phase is Phase.READY:
                    await self._configure()
                handled += 1
                if handled % _TURN == 0:
                    await asyncio.sleep(0)
            with suppress(OSError):
                await self._writer.drain()

    async def _finish(self, unfinished: Garbage | None) -> Ending:
        """The client closed its end: answer what it asked before, then say goodbye."""
        if unfinished is not None:
            self._guard.receive_garbage(unfinished.reason)
        running = [task for task in self._server.protocol.running() if not task.done()]
        if running:
            await asyncio.wait(running, timeout=self._limits.finish_s)
        return Ending(End.CLOSED, 0 if self._guard.phase is Phase.SHUT_DOWN else 1)

    async def _configure(self) -> None:
        with suppress(OSError):
            await self._writer.drain()
        self._initialized.set()
        self._server.clear_surface()
        try:
            await self._configure_session(self._server)
        except CaseworkError as error:
            logger.warning("a session can not be served: %s", error.sentence)
            self._guard.failure = error.sentence
        except Exception:
            logger.exception("a session could not be configured")
            self._guard.failure = (
                "Casework could not start its work for this editor through a mistake of its own. "
                "`casework daemon log` shows it; restart with `casework daemon stop`."
            )
        else:
            for name in self._server.missing_from_surface():
                logger.error("%s is promised and nobody registered it", name)

    async def _watch_parent(self) -> Ending:
        """LSP 3.17, `InitializeParams.processId`: without its parent the server should exit."""
        await self._initialized.wait()
        parent = self._guard.parent
        if parent is None:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")
        await processes.wait_for_death(parent)
        return Ending(
            End.PARENT_DIED,
            1,
            f"Process {parent}, which the editor named as its own in initialize, is not there, so the connection was "
            "closed. An editor outside of this container or machine must send null.",
        )

    async def _watch_speed(self) -> Ending:
        await self._too_slow.wait()
        logger.warning("a client does not read what it is sent; its connection is closed")
        self._writer.transport.abort()
        return Ending(End.TOO_SLOW, 1, "The editor does not read what Casework sends, so the connection was closed.")

    def _send(self, data: bytes) -> None:
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._send, data)
            return
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > self._limits.unread:
            self._too_slow.set()
        else:
            transport.write(data)
