"""The one way out of a box: an HTTP proxy of ours that connects to the hosts of a list and to nothing else.

It listens at a unix socket in a folder of its own, which is put into the box; `bridge` leads to it from inside. CONNECT
(RFC 9110, 9.3.6) and absolute http URIs (RFC 9112, 3.2.2) are understood, one request per connection, so that nothing
can be hidden behind it; what is not on the list is neither connected to nor looked up. A name that leads to this
machine or to its link is refused as well. What is said inside TLS is not seen: a host on the list that serves others
serves them here too. Not here: who may put a host on the list.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from casework.sandbox.hosts import NotLed, addresses_of, not_reached
from casework.sandbox.straight import Straight

logger = logging.getLogger(__name__)

HEAD_S: Final = 10.0
"""For a request's head to be there."""
CONNECT_S: Final = 20.0
"""For a host to be reached."""
IDLE_S: Final = 300.0
"""Without a byte in either direction, after which a connection is closed."""
HEAD_LIMIT: Final = 16 * 1024
CONNECTIONS: Final = 64
"""At once, of one box."""

_CHUNK: Final = 65536
_LINE: Final = re.compile(rb"([A-Z]{1,20}) ([\x21-\x7e]{1,8000}) HTTP/1\.[01]")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*")
_TARGET: Final = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]{2,45})\]|(?P<host>[a-z0-9._-]{1,253})):(?P<port>[0-9]{1,5})")
_URI: Final = re.compile(rb"http://(?P<authority>[^/?#@\\]{1,300})(?P<path>(?:[/?][\x21-\x7e]*)?)", re.IGNORECASE)
_NOT_FORWARDED: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"proxy-authenticate", b"te", b"trailer",
    b"upgrade", b"host", b"expect",
})  # fmt: skip


class _No(Exception):
    """A request that is not served."""

    def __init__(self, status: str, sentence: str) -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class _Wanted:
    host: str
    port: int
    head: bytes
    """What is sent to the host; empty for CONNECT."""
    body: int
    """Bytes that follow from the client; negative for as many as come."""


class Proxies:
    """Opens ways out of boxes, each with its own list."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        """`folder` gives a private folder with a short path, for sockets."""
        self._folder = folder

    @asynccontextmanager
    async def open(self, hosts: Collection[str], told: Callable[[str], None] | None = None) -> AsyncIterator[str]:
        """Do what `ports.sandbox.WaysOut.open` promises."""
        proxy = _Proxy(frozenset(host.lower() for host in hosts), told)
        begin = partial(asyncio.start_unix_server, proxy.serve, limit=HEAD_LIMIT)
        async with self._listening(begin, proxy.close) as socket:
            yield socket

    @asynccontextmanager
    async def lead(self, host: str) -> AsyncIterator[str]:
        """Do what `ports.sandbox.WaysOut.lead` promises."""
        name, _, port = host.rpartition(":")
        way = Straight(name.strip("[]"), int(port))
        begin = partial(asyncio.get_running_loop().create_unix_server, way.begin)
        async with self._listening(begin, way.close) as socket:
            yield socket

    @asynccontextmanager
    async def _listening(
        self, begin: Callable[[str], Awaitable[asyncio.Server]], close: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[str]:
        """Listen at a new socket that only this user reaches; `close` ends the connections that were made there."""
        path = await asyncio.to_thread(self._new_path)
        server = await begin(str(path))
        try:
            await asyncio.to_thread(path.chmod, 0o600)
            yield str(path)
        finally:
            server.close()
            await close()
            await server.wait_closed()
            await asyncio.to_thread(_remove, path)

    def _new_path(self) -> Path:
        folder = self._folder() / f"out-{secrets.token_hex(6)}"
        folder.mkdir(mode=0o700, parents=True)
        return folder / "s"


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


class _Proxy:
    """What listens at one socket."""

    def __init__(self, allowed: frozenset[str], told: Callable[[str], None] | None) -> None:
        self._allowed = allowed
        self._told = told
        self._open: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End every connection."""
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        task = asyncio.current_task()
        assert task is not None, "the server starts a task for each connection"
        if len(self._open) > 2 * CONNECTIONS:
            writer.close()
            return
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            logger.debug("a way out was closed while it was in use")
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            wanted = parse(await _head(reader))
            self._check(wanted)
            if len(self._open) > CONNECTIONS:
                raise _No("503 Too Many Connections", f"More than {CONNECTIONS} connections are open; close some.")
            far_reader, far_writer = await _connect(wanted.host, wanted.port)
        except _No as no:
            text = f"Casework: {no.sentence}\n".encode()
            writer.write(
                f"HTTP/1.1 {no.status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n"
                "Connection: close\r\n\r\n".encode() + text
            )  # fmt: skip
            await writer.drain()
            return
        try:
            if wanted.head:
                far_writer.write(wanted.head)
            else:
                writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, far_writer, wanted.body))
                group.create_task(_pass_on(far_reader, writer, -1))
        except* (OSError, TimeoutError):
            pass
        finally:
            far_writer.close()

    def _check(self, wanted: _Wanted) -> None:
        named = f"[{wanted.host}]:{wanted.port}" if ":" in wanted.host else f"{wanted.host}:{wanted.port}"
        if named not in self._allowed:
            if self._told is not None:
                self._told(named)
            listed = ", ".join(sorted(self._allowed)) or "none"
            raise _No("403 Not Allowed", f"{named} may not be reached from this box; allowed is: {listed}.")


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(HEAD_S):
            return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _No("431 Head Too Large", f"The head of a request has more than {HEAD_LIMIT} bytes.") from None
    except TimeoutError:
        raise _No("408 Timeout", f"The head of a request did not come within {HEAD_S:g} seconds.") from None


def parse(head: bytes) -> _Wanted:
    """Read the head of a request; raises `_No` for whatever is not exactly one."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    line = _LINE.fullmatch(first)
    fields = [_FIELD.fullmatch(text) for text in lines]
    if line is None or None in fields:
        raise _No("400 Not Understood", "This is no request of HTTP/1.1.")
    named = [(found[1].lower(), found[2]) for found in fields if found is not None]
    if line[1] == b"CONNECT":
        host, port = _target(line[2], "")
        return _Wanted(host, port, b"", -1)
    uri = _URI.fullmatch(line[2])
    if uri is None:
        raise _No("400 Not Understood", "Only CONNECT and http:// URIs are served.")
    host, port = _target(uri["authority"], "80")
    path = uri["path"] if uri["path"].startswith(b"/") else b"/" + uri["path"]
    kept = [b"%s: %s" % pair for pair in named if pair[0] not in _NOT_FORWARDED]
    lines = [b"%s %s HTTP/1.1" % (line[1], path), b"Host: " + uri["authority"], *kept, b"Connection: close"]
    return _Wanted(host, port, b"\r\n".join(lines) + b"\r\n\r\n", _length(named))


def _length(named: list[tuple[bytes, bytes]]) -> int:
    """Give the length of the body, which has to be told: what came behind it could be another request."""
    lengths = [value for name, value in named if name == b"content-length"]
    if any(name == b"transfer-encoding" for name, _ in named):
        raise _No("411 Length Required", "A body without a stated length is not passed on.")
    if len(lengths) > 1 or not all(re.fullmatch(rb"[0-9]{1,15}", value) for value in lengths):
        raise _No("400 Not Understood", "The length of the body is not told clearly.")
    return int(lengths[0]) if lengths else 0


def _target(text: bytes, port: str) -> tuple[str, int]:
    given = text.decode("latin-1").lower()
    found = _TARGET.fullmatch(given) or _TARGET.fullmatch(f"{given}:{port}")
    if found is None or not 0 < int(found["port"]) < 65536:
        raise _No("400 Not Understood", "The request names no host and port.")
    return found["v6"] or found["host"], int(found["port"])


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_S):
            for address in await addresses_of(host, port):
                with suppress(OSError):
                    return await asyncio.open_connection(address, port)
    except NotLed as no:
        raise _No("502 Not Reached" if no.allowed else "403 Not Allowed", no.sentence) from None
    except TimeoutError:
        pass
    raise _No("502 Not Reached", not_reached(host, port).sentence)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int) -> None:
    left = most
    while left:
        async with asyncio.timeout(IDLE_S):
            piece = await reader.read(_CHUNK if left < 0 else min(_CHUNK, left))
            if not piece:
                break
            left -= len(piece) if left > 0 else 0
            writer.write(piece)
            await writer.drain()
    if most < 0:
        with suppress(OSError):
            writer.write_eof()
