"""A worker process and the pipe to it: started, spoken to, listened to within bounds, ended with all it started.

Not here: what the frames mean for a run (`process`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from casework.agents.frames import REPORT_LIMIT, FromDaemon, FromWorker, Garbled, encode, from_worker
from casework.ports.sandbox import Boxed
from casework.processes import end_group, end_session, spawn_group, wait_for_death

_LAST_WORDS: Final = 4096
_BY_SIGNAL: Final = 128
"""To which a box, like a shell, adds the number of the signal."""
_ENDERS: Final = ThreadPoolExecutor(max_workers=16, thread_name_prefix="agent-end")
"""Threads of our own: ending an agent does not wait behind a slow git."""


class Broken(Exception):
    """The worker is not to be listened to any longer; the text says why, and nothing when the pipe just ended."""


class WorkerPipe:
    """One worker process, head of a session and group of its own."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._last_words = b""
        self._draining = asyncio.create_task(self._drain_errors(), name=f"agent-errors-{process.pid}")
        self._watching = asyncio.create_task(self._close_at_death(), name=f"agent-death-{process.pid}")

    @classmethod
    async def spawn(cls, boxed: Boxed) -> WorkerPipe:
        """Start a worker; raises `OSError`. Its files are closed on our side either way."""
        # In this thread, which lives as long as the daemon: on Linux a worker dies with the thread that started it.
        process, ours = start_on_a_socket(boxed, stderr=subprocess.PIPE)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=REPORT_LIMIT)
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        """Of the worker, and of its session and group."""
        return self._process.pid

    def send(self, frame: FromDaemon) -> None:
        """Write without waiting: a worker that does not read falls silent and is found out."""
        if not self._writer.is_closing():
            self._writer.write(encode(frame))

    async def flush(self) -> None:
        """Wait until what was sent is on its way; raises `OSError` when nobody is there."""
        await self._writer.drain()

    async def receive(self) -> FromWorker:
        """Give the next frame; raises `Broken` where there is none. Cancelling loses nothing."""
        try:
            return from_worker(await self._reader.readuntil(b"\n"))
        except asyncio.IncompleteReadError as cut:
            raise Broken("its last message was cut off" if cut.partial else "") from None
        except asyncio.LimitOverrunError:
            raise Broken(f"it sent a message of more than {REPORT_LIMIT} bytes") from None
        except Garbled as garbled:
            raise Broken(f"it sent a message that is none ({ascii(str(garbled))[1:-1]})") from None
        except OSError:
            raise Broken("") from None

    async def end(self, grace_s: float) -> None:
        """End the worker's whole tree, TERM before KILL, and let go of the pipe; at most 2 x `grace_s` + 1.2 s."""
        await asyncio.get_running_loop().run_in_executor(_ENDERS, _end_tree, self._process, grace_s)
        await asyncio.wait({self._draining}, timeout=0.2)
        self._draining.cancel()
        self._watching.cancel()
        await asyncio.gather(self._draining, self._watching, return_exceptions=True)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    def epitaph(self) -> str:
        """Say how the process ended and what it last wrote to standard error, for a sentence."""
        return f"its process {self._how_ended()}{self._quoted_last_words()}"

    def _how_ended(self) -> str:
        code = self._process.returncode
        if code is not None and _BY_SIGNAL < code < _BY_SIGNAL + 65:
            code = _BY_SIGNAL - code
        if code is None or code >= 0:
            return f"ended with exit code {code}"
        with suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
        return f"was killed by signal {-code}"

    def _quoted_last_words(self) -> str:
        lines = self._last_words.decode("utf-8", "replace").split("\n")
        words = next((line.strip() for line in reversed(lines) if line.strip()), "")
        printable = "".join(letter if letter.isprintable() else "?" for letter in words)
        return f', its last words were "{printable[:200]}"' if printable else ""

    async def _close_at_death(self) -> None:
        """End the pipe behind what was written when the worker dies: a child of it may hold the other end open."""
        await wait_for_death(self._process.pid)
        with suppress(OSError):
            self._writer.get_extra_info("socket").shutdown(socket.SHUT_RD)

    async def _drain_errors(self) -> None:
        """Keep the end of what the worker writes to standard error, and log none of it: it may hold anything."""
        file = self._process.stderr
        assert file is not None
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        try:
            while chunk := await reader.read(65536):
                self._last_words = (self._last_words + chunk)[-_LAST_WORDS:]
        finally:
            transport.close()


def start_on_a_socket(boxed: Boxed, *, stderr: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a process whose standard input and output are one socket, and give it with our end; raises `OSError`.

    Its files are closed on our side either way.
    """
    ours, theirs = socket.socketpair()
    try:
        process = spawn_group(
            boxed.command,
            cwd=Path(boxed.cwd),
            env=boxed.environment,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=stderr,
            pass_fds=boxed.files,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
        for handle in boxed.files:
            os.close(handle)
    return process, ours


def _end_tree(process: subprocess.Popen[bytes], grace_s: float) -> None:
    end_group(process, grace_s=grace_s)
    end_session(process.pid)
