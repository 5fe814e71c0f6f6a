"""The switch between a test and the daemon it kills: where to die, and the trace of what was passed before.

Both sides use this module. The daemon writes one line per boundary with one `write(2)`, which no kill takes back; the
order is read anew when its number changes, a number in memory that both sides have mapped.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import struct
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_NUMBER: Final = struct.Struct("Q")
_CLOCK_MONOTONIC: Final = 1


@dataclass(frozen=True, slots=True)
class Order:
    """Where the daemon is to die, and how it is to recover."""

    kill_at: int | None = None
    """At the n-th boundary from now on, counted from 0."""
    anchor: str | None = None
    """Some time after the boundary with this name..."""
    delay_ns: int = 0
    """...so much later."""
    blind: bool = False
    """The planted fault: recovery does not look before it repeats."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One boundary that was passed."""

    at_ns: int
    pid: int
    place: str

    @property
    def is_note(self) -> bool:
        """Whether it is a note and no boundary."""
        return self.place.startswith("# ")

    def is_row(self, *kinds: str) -> bool:
        """Whether it is the note of a committed row of one of these kinds."""
        return self.is_note and self.place.rpartition(" ")[2] in kinds


class Switch:
    """One side of the switch; `folder` is the same on both."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._orders, self._trace_path = folder / "order.json", folder / "trace"
        number = os.open(folder / "number", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(number).st_size < _NUMBER.size:
            os.ftruncate(number, mmap.PAGESIZE)
        self._memory = mmap.mmap(number, mmap.PAGESIZE)
        os.close(number)
        self._trace = os.open(self._trace_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._known, self._order, self._left = 0, Order(), 0
        self._timer: Timer | None = None

    # ---- the test's side --------------------------------------------------------------------------------------------

    def give(self, order: Order) -> None:
        """Give an order; it holds from the next boundary on, and replaces the one before."""
        making = self._orders.with_suffix(".new")
        making.write_text(json.dumps(asdict(order)))
        making.rename(self._orders)
        _NUMBER.pack_into(self._memory, 0, self._number() + 1)

    def forget(self) -> None:
        """Begin a new trace."""
        os.truncate(self._trace_path, 0)

    def trace(self, pid: int | None = None) -> list[Passed]:
        """What was passed, by one process if asked."""
        lines = [line.split(" ", 2) for line in self._trace_path.read_text().splitlines()]
        found = [Passed(int(at), int(of), place) for at, of, place in lines]
        return [each for each in found if pid is None or each.pid == pid]

    # ---- the daemon's side ------------------------------------------------------------------------------------------

    def passed(self, place: str) -> None:
        """Write down that a boundary was passed, and die where it was ordered."""
        os.write(self._trace, b"%d %d %s\n" % (time.monotonic_ns(), os.getpid(), place.encode()))
        if self._number() != self._known:
            self._known = self._number()
            self._order = Order(**json.loads(self._orders.read_text()))
            self._left = self._order.kill_at or 0
            self._timer = Timer() if self._order.anchor is not None else None
        if self._order.kill_at is not None:
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
        if place == self._order.anchor:
            assert self._timer is not None
            self._timer.start(self._order.delay_ns)

    def note(self, text: str) -> None:
        """Write something down that is no boundary."""
        os.write(self._trace, b"%d %d # %s\n" % (time.monotonic_ns(), os.getpid(), text.encode()))

    @property
    def blind(self) -> bool:
        """Whether recovery is to be done without looking."""
        return self._orders.exists() and bool(json.loads(self._orders.read_text())["blind"])

    def _number(self) -> int:
        return int(_NUMBER.unpack_from(self._memory, 0)[0])


class Timer:
    """A timer of the kernel's that sends SIGKILL to this process (POSIX timers), so that Python has no part in it."""

    def __init__(self) -> None:
        self._timer = ctypes.c_void_p()
        self._libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            event = struct.pack("qii48x", 0, signal.SIGKILL, 0)  # struct sigevent with SIGEV_SIGNAL, sigevent(7)
            if self._libc.timer_create(_CLOCK_MONOTONIC, event, ctypes.byref(self._timer)):
                raise OSError(ctypes.get_errno(), "the kernel gave no timer")

    def start(self, delay_ns: int) -> None:
        """Let it run."""
        if sys.platform != "linux":
            threading.Timer(delay_ns / 1e9, os.kill, (os.getpid(), signal.SIGKILL)).start()
            return
        when = struct.pack("4l", 0, 0, *divmod(max(delay_ns, 1), 1_000_000_000))  # struct itimerspec
        if self._libc.timer_settime(self._timer, 0, when, None):
            raise OSError(ctypes.get_errno(), "the kernel did not start the timer")
