"""The way out that leads to one host: every byte both ways, to nowhere else, and nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from casework.sandbox import straight
from casework.sandbox.proxy import Proxies

MUCH = 8 * 1024 * 1024


@pytest.fixture
def ways(tmp_path: Path) -> Proxies:
    (tmp_path / "run").mkdir()
    os.chdir(tmp_path)
    return Proxies(lambda: Path("run"))


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.write(b"<end>")
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def left() -> list[Path]:
    return list(Path("run").iterdir())


async def is_over(reader: asyncio.StreamReader) -> bool:
    try:
        return not await reader.read(-1)
    except ConnectionError:
        return True


@asynccontextmanager
async def host() -> AsyncIterator[str]:
    talks: set[asyncio.Task[None]] = set()
    server = await asyncio.start_server(lambda r, w: talks.add(asyncio.create_task(echo(r, w))), "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*talks)


async def test_every_byte_comes_through_both_ways_and_the_end_of_one_way_leaves_the_other(ways: Proxies) -> None:
    sent = os.urandom(MUCH)
    async with asyncio.timeout(20), host() as there, ways.lead(there) as way:
        reader, writer = await asyncio.open_unix_connection(way)

        async def send() -> None:
            writer.write(sent)
            await writer.drain()
            writer.write_eof()

        sending = asyncio.create_task(send())
        assert await reader.read(-1) == sent + b"<end>"
        await sending
        writer.close()


async def test_nobody_reads_further_than_the_other_end_takes(ways: Proxies) -> None:
    async with asyncio.timeout(20), host() as there, ways.lead(there) as way:
        reader, writer = await asyncio.open_unix_connection(way, limit=1024)
        writer.write(bytes(16 * MUCH))  # more than all that lies between takes
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):  # nobody reads the echo, so not everything can be taken
                await writer.drain()
        assert len(await reader.readexactly(1024)) == 1024
        writer.transport.abort()


@pytest.mark.parametrize("asked", ["CONNECT 127.0.0.1:1", "GET http://127.0.0.1:1/"])
async def test_nothing_that_is_asked_for_leads_elsewhere(ways: Proxies, asked: str) -> None:
    request = f"{asked} HTTP/1.1\r\n\r\n".encode()
    async with asyncio.timeout(20), host() as there, ways.lead(there) as way:
        reader, writer = await asyncio.open_unix_connection(way)
        writer.write(request)
        writer.write_eof()
        assert await reader.read(-1) == request + b"<end>"
        writer.close()


async def test_a_host_that_nobody_answers_at_closes_the_connection(
    ways: Proxies, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    async with asyncio.timeout(20), ways.lead(f"127.0.0.1:{closed}") as way:
        reader, writer = await asyncio.open_unix_connection(way)
        assert await is_over(reader)
        writer.close()
    assert "see whether it is up" in caplog.text


async def test_a_name_that_leads_home_is_not_connected_to(
    ways: Proxies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(20), host() as there:
        port = there.rpartition(":")[2]

        async def found(*_: object, **__: object) -> list[object]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
        async with ways.lead(f"models.example:{port}") as way:
            reader, writer = await asyncio.open_unix_connection(way)
            assert await is_over(reader)
            writer.close()
    assert "leads to this machine" in caplog.text


async def test_connections_and_silence_are_bounded(ways: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight, "CONNECTIONS", 1)
    monkeypatch.setattr(straight, "IDLE_S", 2.0)
    async with asyncio.timeout(20), host() as there, ways.lead(there) as way:
        reader, writer = await asyncio.open_unix_connection(way)
        writer.write(b"a")
        assert await reader.readexactly(1) == b"a"
        second, unwanted = await asyncio.open_unix_connection(way)
        assert await is_over(second)
        unwanted.close()
        assert await is_over(reader)  # silent for too long
        writer.close()


async def test_leaving_ends_what_is_open_and_leaves_nothing(ways: Proxies) -> None:
    async with asyncio.timeout(20), host() as there:
        async with ways.lead(there) as way:
            reader, writer = await asyncio.open_unix_connection(way)
            writer.write(b"a")
            assert await reader.readexactly(1) == b"a"
        assert await is_over(reader)
        writer.close()
    assert left() == []
