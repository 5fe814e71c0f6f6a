"""The way out of a box: it leads to the hosts of its list, whatever is asked of it, and to nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from casework.ports.sandbox import Box, place
from casework.sandbox import proxy
from casework.sandbox.proxy import Proxies
from tests.sandbox.machine import bubblewrap

ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


class Host:
    """A server that keeps what it is told, and says hello."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.readuntil(b"\r\n\r\n"))
        if b"content-length: 3" in self.heard[-1]:
            with suppress(TimeoutError):  # more than the body would come at once
                async with asyncio.timeout(0.3):
                    self.heard[-1] += await reader.readexactly(4)
            self.heard[-1] += reader._buffer  # type: ignore[attr-defined]
        writer.write(ANSWER)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def host() -> AsyncIterator[Host]:
    made = Host()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def ask(way: str, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(way)
    writer.write(request)
    writer.write_eof()
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.fixture
def ways(tmp_path: Path) -> Proxies:
    folder = tmp_path / "run"
    folder.mkdir()
    os.chdir(tmp_path)
    return Proxies(lambda: Path("run"))


async def test_a_listed_host_is_reached_both_ways(ways: Proxies) -> None:
    async with host() as there, ways.open([f"127.0.0.1:{there.port}"]) as way:
        at = f"127.0.0.1:{there.port}"
        plain = await ask(
            way, f"GET http://{at}/a?b HTTP/1.1\r\nHost: evil\r\nProxy-Authorization: x\r\nA: b\r\n\r\n".encode()
        )
        assert plain == ANSWER
        assert there.heard == [f"GET /a?b HTTP/1.1\r\nHost: {at}\r\na: b\r\nConnection: close\r\n\r\n".encode()]
        tunnel = await ask(way, f"CONNECT {at} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n".encode())
        assert tunnel == b"HTTP/1.1 200 Connection Established\r\n\r\n" + ANSWER
        posted = await ask(
            way, f"POST http://{at} HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /second HTTP/1.1\r\n\r\n".encode()
        )
        assert posted == ANSWER
        assert there.heard[-1].endswith(b"\r\n\r\nabc")


REFUSED: Final[dict[str, Callable[[int, int], str]]] = {
    "another port": lambda _, other: f"CONNECT 127.0.0.1:{other} HTTP/1.1",
    "another name of it": lambda _, other: f"CONNECT localhost:{other} HTTP/1.1",
    "the same host by another name": lambda mine, _: f"CONNECT localhost:{mine} HTTP/1.1",
    "the same host, a dot behind": lambda mine, _: f"CONNECT 127.0.0.1.:{mine} HTTP/1.1",
    "the same host as a number": lambda mine, _: f"CONNECT 2130706433:{mine} HTTP/1.1",
    "the same host in short": lambda mine, _: f"CONNECT 127.1:{mine} HTTP/1.1",
    "the same host in hex": lambda mine, _: f"CONNECT 0x7f.0.0.1:{mine} HTTP/1.1",
    "everybody": lambda _, other: f"CONNECT 0.0.0.0:{other} HTTP/1.1",
    "a mapped address": lambda mine, _: f"CONNECT [::ffff:127.0.0.1]:{mine} HTTP/1.1",
    "loopback of IPv6": lambda _, other: f"CONNECT [::1]:{other} HTTP/1.1",
    "an absolute URI": lambda _, other: f"GET http://127.0.0.1:{other}/ HTTP/1.1",
    "user info": lambda mine, other: f"GET http://127.0.0.1:{mine}@127.0.0.1:{other}/ HTTP/1.1",
    "a backslash": lambda mine, other: f"GET http://127.0.0.1:{other}\\@127.0.0.1:{mine}/ HTTP/1.1",
    "a fragment": lambda mine, other: f"GET http://127.0.0.1:{other}#@127.0.0.1:{mine}/ HTTP/1.1",
    "https in the clear": lambda mine, _: f"GET https://127.0.0.1:{mine}/ HTTP/1.1",
    "another scheme": lambda mine, _: f"GET ftp://127.0.0.1:{mine}/ HTTP/1.1",
    "a file": lambda _, __: "GET file:///etc/passwd HTTP/1.1",
    "origin form with a Host": lambda mine, _: f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{mine}",
    "no port": lambda _, __: "CONNECT 127.0.0.1 HTTP/1.1",
    "port nought": lambda _, __: "CONNECT 127.0.0.1:0 HTTP/1.1",
    "a port that wraps around": lambda mine, _: f"CONNECT 127.0.0.1:{mine + 65536} HTTP/1.1",
    "HTTP/0.9": lambda mine, _: f"GET http://127.0.0.1:{mine}/",
    "HTTP/2": lambda mine, _: f"GET http://127.0.0.1:{mine}/ HTTP/2.0",
    "two lengths": lambda mine, _: f"POST http://127.0.0.1:{mine}/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 9",
    "a length with a sign": lambda mine, _: f"POST http://127.0.0.1:{mine}/ HTTP/1.1\r\nContent-Length: +1",
    "chunks": lambda mine, _: f"POST http://127.0.0.1:{mine}/ HTTP/1.1\r\nTransfer-Encoding: chunked",
    "chunks and a length": lambda mine, _: (
        f"POST http://127.0.0.1:{mine}/ HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
    ),
    "a folded header": lambda mine, _: f"GET http://127.0.0.1:{mine}/ HTTP/1.1\r\nA: b\r\n c",
    "a header without a colon": lambda mine, _: f"GET http://127.0.0.1:{mine}/ HTTP/1.1\r\nevil",
    "a space before the colon": lambda mine, _: f"GET http://127.0.0.1:{mine}/ HTTP/1.1\r\nContent-Length : 4",
    "a bare newline": lambda mine, other: f"GET http://127.0.0.1:{mine}/ HTTP/1.1\nX: CONNECT 127.0.0.1:{other}",
    "a name with a newline": lambda mine, other: f"CONNECT 127.0.0.1:{other}\r\n127.0.0.1:{mine} HTTP/1.1",
    "a NUL": lambda mine, _: f"CONNECT 127.0.0.1\0:{mine} HTTP/1.1",
    "tabs": lambda mine, _: f"CONNECT\t127.0.0.1:{mine}\tHTTP/1.1",
    "an empty host": lambda mine, _: f"CONNECT :{mine} HTTP/1.1",
    "a zone": lambda mine, _: f"CONNECT [fe80::1%25lo]:{mine} HTTP/1.1",
    "nothing at all": lambda _, __: "",
    "TLS": lambda _, __: "\x16\x03\x01\x02",
    "SOCKS 5": lambda _, __: "\x05\x01\x00",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_listed_or_not_clear_is_answered_with_a_sentence(ways: Proxies, name: str) -> None:
    async with host() as mine, host() as other, ways.open([f"127.0.0.1:{mine.port}"]) as way:
        answer = await ask(way, REFUSED[name](mine.port, other.port).encode("latin-1") + b"\r\n\r\n")
        status, _, body = answer.partition(b"\r\n\r\n")
        assert status.split(b" ")[1] in (b"400", b"403", b"411"), status
        assert body.startswith(b"Casework: ")
        assert (mine.heard, other.heard) == ([], [])


async def test_a_refused_name_is_not_looked_up_and_told(ways: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    loop = asyncio.get_running_loop()

    async def getaddrinfo(name: str, *_: object, **__: object) -> list[object]:
        looked_up.append(name)
        return []

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    told: list[str] = []
    async with ways.open(["pypi.example:443"], told.append) as way:
        assert b" 403 " in await ask(way, b"CONNECT secret-data.evil.example:443 HTTP/1.1\r\n\r\n")
        assert (looked_up, told) == ([], ["secret-data.evil.example:443"])
        assert b" 502 " in await ask(way, b"CONNECT PyPI.example:443 HTTP/1.1\r\n\r\n")
        assert looked_up == ["pypi.example"]


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0", "fe80::1"])
async def test_a_listed_name_that_leads_home_is_refused(
    ways: Proxies, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def getaddrinfo(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 1))]

    async with host() as mine, ways.open([f"rebound.example:{mine.port}"]) as way:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        answer = await ask(way, f"CONNECT rebound.example:{mine.port} HTTP/1.1\r\n\r\n".encode())
        assert b"leads to this machine" in answer
        assert mine.heard == []


async def test_heads_connections_and_time_are_bounded(ways: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ways.open(["a:1"]) as way:
        assert b" 431 " in await ask(way, b"GET / HTTP/1.1\r\nA: " + b"x" * 40_000 + b"\r\n\r\n")
        monkeypatch.setattr(proxy, "HEAD_S", 0.1)
        reader, writer = await asyncio.open_unix_connection(way)
        writer.write(b"GET")
        assert b" 408 " in await reader.read()
        writer.close()
        monkeypatch.setattr(proxy, "HEAD_S", 20)
        monkeypatch.setattr(proxy, "CONNECTIONS", 3)
        held = [await asyncio.open_unix_connection(way) for _ in range(3)]
        assert b" 503 " in await ask(way, b"CONNECT a:1 HTTP/1.1\r\n\r\n")
        for _, open_writer in held:
            open_writer.close()


async def test_nothing_listens_any_longer_and_nothing_is_left(ways: Proxies) -> None:
    async with host() as there:
        async with ways.open([f"127.0.0.1:{there.port}"]) as way:
            reader, writer = await asyncio.open_unix_connection(way)
            writer.write(f"CONNECT 127.0.0.1:{there.port} HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(OSError, match="No such file"):
            await asyncio.open_unix_connection(way)
        assert left() == []


def left() -> list[Path]:
    return list(Path("run").iterdir())


FETCH: Final = """
import sys, urllib.request
for url in sys.argv[1:]:
    try: print(urllib.request.urlopen(url, timeout=10).read())
    except Exception as no: print(type(no).__name__, no)
"""


async def test_a_client_in_a_box_finds_the_way_by_itself(ways: Proxies, tmp_path: Path) -> None:
    sandbox = bubblewrap()
    async with host() as mine, host() as other, ways.open([f"127.0.0.1:{mine.port}"]) as way:
        python = [place(path) for path in {sys.prefix, sys.base_prefix} if path != "/usr"]
        box = Box(places=(place(tmp_path, writable=True), *python), cwd=str(tmp_path), socket=f"{tmp_path}/{way}")
        urls = [f"http://127.0.0.1:{port}/" for port in (mine.port, other.port)]
        ran = await sandbox.run([sys.executable, "-I", "-c", FETCH, *urls], box)
        assert ran.output.decode() == "b'hello'\nHTTPError HTTP Error 403: Not Allowed\n"
        assert ran.exit_code == 0
        assert (len(mine.heard), other.heard) == (1, [])
