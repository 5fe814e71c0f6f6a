"""What a command says, read as it comes: the beginning and the end are kept, the rest is counted and forgotten.

A flood is read slowly, so that whoever writes waits and not everybody else. Not here: what is said, which may hold
anything.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

RATE: Final = 64 * 1024 * 1024
"""Bytes a second that are read at most."""
_PAUSE_S: Final = 0.01
_CHUNK: Final = 65536


class Output:
    """The reading end of a pipe, in the running loop."""

    def __init__(self, reading: int, limit: int, told: Callable[[bytes], None] | None) -> None:
        """Keep `limit` bytes, and tell `told` of each piece."""
        self._reading = reading
        self._half = limit // 2
        self._told = told
        self._head = bytearray()
        self._tail = bytearray()
        self._in_a_go = 0
        self._later: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.total = 0
        """Bytes that came."""
        os.set_blocking(reading, False)
        self._loop.add_reader(reading, self._read)

    def close(self) -> None:
        """Take what is still in the pipe, and close it; whoever wrote is dead."""
        self._loop.remove_reader(self._reading)
        if self._later is not None:
            self._later.cancel()
        with suppress(BlockingIOError):
            while piece := os.read(self._reading, _CHUNK):
                self._take(piece)
        os.close(self._reading)

    def kept(self) -> bytes:
        """Give what is kept; where something is left out, a line says how much."""
        left_out = self.total - len(self._head) - self._half
        if left_out <= 0:
            return bytes(self._head + self._tail)
        end = self._tail[len(self._tail) - self._half :]
        return bytes(self._head) + f"\n... {left_out:,} bytes are left out here ...\n".encode() + bytes(end)

    def _read(self) -> None:
        try:
            piece = os.read(self._reading, _CHUNK)
        except BlockingIOError:
            return
        if not piece:
            self._loop.remove_reader(self._reading)
            return
        self._take(piece)
        self._in_a_go += len(piece)
        if self._in_a_go > RATE * _PAUSE_S:
            self._loop.remove_reader(self._reading)
            self._later = self._loop.call_later(_PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        self._in_a_go = 0
        self._loop.add_reader(self._reading, self._read)

    def _take(self, piece: bytes) -> None:
        self.total += len(piece)
        if self._told is not None:
            self._told(piece)
        room = self._half - len(self._head)
        self._head += piece[: max(0, room)]
        self._tail += piece[max(0, room) :]
        if len(self._tail) > 2 * self._half + _CHUNK:
            del self._tail[: len(self._tail) - self._half]
