"""The daemon at work: takes clients, shakes hands, serves sessions, and ends in order.

It ends when it is told to, when nobody needed it for a while, or when a newer version takes over. What the sessions do
is the application's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework import transport
from casework.domain.errors import Refused, Trouble
from casework.lsp.connection import Ending, serve_connection
from casework.lsp.framing import encode_frame
from casework.lsp.protocol import SessionServer, Surface

from . import hello as handshake
from .application import Load, Session, SessionHandler
from .hello import Hello
from .host import Host
from .instance import Instance

logger = logging.getLogger(__name__)

STOP_S: Final = 30.0
"""Seconds the application has to stop."""
FAREWELL_S: Final = 2.0
"""Seconds a client has to read the last words."""
DAEMON_ENDED: Final = 5
"""The exit code of a relay whose daemon ended (see `casework.attaching`)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a daemon runs."""

    load: Load
    surface: Surface
    idle_exit_s: float
    """Seconds without client and work after which it ends; 0 for never."""
    hello_s: float
    """Seconds a client has for its first frame."""
    build: str
    log: Path | None = None


class Daemon:
    """Serves clients on the instance's socket until it is told to end."""

    def __init__(self, instance: Instance, terms: Terms) -> None:
        self._instance = instance
        self._terms = terms
        self._host = Host(terms.load)
        self._sessions: dict[asyncio.Task[None], Session] = {}
        self._clients: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._farewell = ""
        self._started = self._last_needed = time.monotonic()

    async def run(self) -> None:
        """Serve until the end; the instance is released by the caller."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_loop_error)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, "The Casework daemon was ended by a signal")
        server = await asyncio.start_unix_server(self._accept, sock=self._instance.listener, limit=1024 * 1024)
        logger.info("pid %d listens at %s, build %s", os.getpid(), self._instance.path, self._terms.build)
        try:
            while not self._stopping.is_set():
                await self._keep_house()
        finally:
            self._instance.remove_socket()
            server.close()
            await self._end_clients()
            await self._host.stop(STOP_S)
            logger.info("the daemon ends: %s", self._farewell)

    def status(self) -> dict[str, object]:
        """As `DaemonControl` has it."""
        return {
            "pid": os.getpid(),
            "build": self._terms.build,
            "protocol": list(handshake.PROTOCOL),
            "uptime_s": round(time.monotonic() - self._started, 1),
            "busy": self._host.is_busy(),
            "loaded": self._host.is_loaded,
            "socket": str(self._instance.path),
            "log": str(self._terms.log) if self._terms.log else None,
            "sessions": [
                {"id": session.id, "client": session.client, "build": session.build, "pid": session.pid}
                for session in self._sessions.values()
            ],
        }

    def stop(self, *, force: bool = False) -> None:
        """As `DaemonControl` has it."""
        if self._host.is_busy() and not force:
            raise Refused(
                "Runs or landings are under way, so the daemon was not stopped. Wait for them, stop them with "
                "`casework task stop`, or use `casework daemon stop --force`: the next start takes them up again.",
                code="busy",
            )
        self._end("The Casework daemon was stopped")

    def _end(self, why: str) -> None:
        """Begin to end; `why` begins the sentence that clients get."""
        if not self._stopping.is_set():
            self._farewell = why
            self._stopping.set()

    async def _keep_house(self) -> None:
        """Wait a while, then look whether anybody needs us and can still find us."""
        idle_s = self._terms.idle_exit_s
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(idle_s / 4, 0.02), 5.0) if idle_s else 5.0):
                await self._stopping.wait()
        if self._clients or self._host.is_busy():
            self._last_needed = time.monotonic()
        if idle_s and time.monotonic() - self._last_needed >= idle_s:
            self._end("Nobody needed the Casework daemon")
        elif not self._instance.is_reachable() and not self._clients and not self._host.is_busy():
            self._end("The socket of the Casework daemon was removed")

    async def _end_clients(self) -> None:
        clients = [*self._clients]
        for client in clients:
            client.cancel()
        if clients:
            await asyncio.wait(clients, timeout=FAREWELL_S * 4)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            await self._greet(reader, writer)
        except Refused as reason:
            logger.info("a client was refused: %s", reason.sentence)
            writer.write(encode_frame(handshake.refused(reason)))
        except (OSError, EOFError, TimeoutError) as error:
            logger.info("a client went away: %s", type(error).__name__)
        except asyncio.CancelledError:
            logger.info("a client was sent away, because the daemon ends")
        except Exception:
            logger.exception("serving a client failed")
        finally:
            self._clients.discard(task)
            self._sessions.pop(task, None)
            self._last_needed = time.monotonic()
            await _close(writer)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid, pid = transport.peer_of(writer.get_extra_info("socket"))
        if uid != os.getuid():
            raise Refused(
                "This Casework daemon belongs to another user, so it does not serve you. Start your own with "
                "`casework daemon status`.",
                code="another_user",
            )
        async with asyncio.timeout(self._terms.hello_s):
            hello = handshake.parse_hello(await _first_frame(reader))
        if hello.ask == "status":
            writer.write(encode_frame(handshake.answer_of("status", self.status())))
            return
        if hello.ask == "stop":
            self.stop(force=hello.force)
            writer.write(encode_frame(handshake.answer_of("stopping", {"pid": os.getpid()})))
            _leave_open_until_we_end(writer)
            return
        if handshake.is_newer(hello.build, than=self._terms.build):
            self._refuse_to_hand_over(hello)
            writer.write(encode_frame(handshake.handed_over(self._terms.build)))
            _leave_open_until_we_end(writer)
            self._end(f"Version {hello.build} of the Casework daemon took over")
            return
        protocol = handshake.agree(hello)
        session = Session(uuid.uuid4().hex[:8], hello.client, hello.build, protocol, hello.features, pid, self)
        writer.write(encode_frame(handshake.accepted(protocol, self._terms.build, session.id, [])))
        await self._serve(session, reader, writer)

    async def _serve(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions[task] = session
        handler: SessionHandler | None = None

        async def configure(server: SessionServer) -> None:
            nonlocal handler
            logger.info("session %s of %s (pid %s) begins", session.id, session.client, session.pid)
            application = await self._host.ready()
            handler = application.open_session(session)
            await handler.configure(server)

        ending = None
        try:
            ending = await serve_connection(reader, writer, configure, surface=self._terms.surface)
        finally:
            logger.info("session %s ends: %s", session.id, ending.end.name if ending is not None else "the daemon ends")
            _say_last_words(writer, session, ending, self._farewell)
            if handler is not None:
                await _tell_closed(handler)

    def _refuse_to_hand_over(self, hello: Hello) -> None:
        if self._host.is_busy() or self._sessions:
            work = "runs under way" if self._host.is_busy() else f"{len(self._sessions)} client(s) attached"
            raise Refused(
                f"The Casework daemon that runs is {self._terms.build}, older than this client ({hello.build}), and "
                f"has {work}, so it does not make way yet. Finish what runs and close the other editors, or use "
                "`casework daemon stop`, then attach again.",
                code="old_daemon_busy",
            )


async def _first_frame(reader: asyncio.StreamReader) -> bytes:
    """The body of the first frame. Raises `Refused` when it is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        head = b""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        length = value.strip()
        if name.strip().lower() == b"content-length" and length.isdigit() and len(length) < 10:
            if int(length) > handshake.MAX_HELLO:
                break
            return await reader.readexactly(int(length))
    return b""


def _say_last_words(writer: asyncio.StreamWriter, session: Session, ending: Ending | None, farewell: str) -> None:
    if "ended" not in session.features or writer.is_closing():
        return
    if ending is not None:
        writer.write(encode_frame(handshake.ended(ending.code, ending.sentence)))
        return
    sentence = (
        f"{farewell or 'The Casework daemon ended'} while this editor was attached; nothing that it acknowledged is "
        "lost. Restart the language server in the editor to attach again."
    )
    writer.write(encode_frame(handshake.ended(DAEMON_ENDED, sentence)))


def _leave_open_until_we_end(writer: asyncio.StreamWriter) -> None:
    """The client learns from the end of its connection that the lock is free: the kernel closes this copy last."""
    os.dup(writer.get_extra_info("socket").fileno())


async def _tell_closed(handler: SessionHandler) -> None:
    try:
        await handler.closed()
    except Exception:
        logger.exception("closing a session failed")


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close with what was written last; a client that does not read it is cut off."""
    try:
        async with asyncio.timeout(FAREWELL_S):
            writer.close()
            await writer.wait_closed()
    except (OSError, Trouble, TimeoutError):
        writer.transport.abort()


def _log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    logger.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)
