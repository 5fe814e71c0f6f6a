"""Starts daemons, notices their death, and talks to them as any client does. Nothing here starts one by itself."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from casework import paths, transport
from casework.cli.connection import Daemon
from casework.domain.errors import Trouble
from tests.kill.switch import Switch
from tests.waiting import wait_until

_PATIENCE_S: Final = 60.0
ROOT: Final = Path(__file__).parents[2]


class Keeper:
    """Keeps one daemon at a time for this world (state, sockets and settings are in the environment)."""

    def __init__(self, folder: Path) -> None:
        self.switch = Switch(folder)
        self.pid = 0
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.daemon", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.pid:
            self.kill()
        self._nursery.communicate(timeout=_PATIENCE_S)

    def start(self) -> None:
        """Start a daemon and wait until it takes clients."""
        assert not self.pid, "one at a time"
        self.pid = self._order("start")
        socket = paths.socket_path()
        wait_until(lambda: transport.can_connect(socket), description="the daemon listens")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.bury()

    def bury(self) -> int:
        """Wait until the daemon is dead; how it ended, as wait(2) says."""
        pid, self.pid = self.pid, 0
        return self._order(f"reap {pid}")

    @contextmanager
    def client(self) -> Iterator[Daemon]:
        """A client of the daemon that runs."""
        with client_of() as client:
            yield client

    def is_busy(self) -> bool:
        """Whether the daemon says that something runs or lands. Raises `Trouble` when it is gone."""
        channel = transport.Channel.attach("test", start=False, ask="status")
        if channel is None:
            raise Trouble("The daemon is gone.", code="gone")
        with channel:
            status: dict[str, Any] = channel.answer["status"]
            return bool(status["busy"])

    def _order(self, order: str) -> int:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(order.encode() + b"\n")
        self._nursery.stdin.flush()
        ready, _, _ = select.select([self._nursery.stdout], [], [], _PATIENCE_S)
        assert ready, f"no answer to {order!r}"
        return int(self._nursery.stdout.readline())


@contextmanager
def client_of(*, start: bool = False) -> Iterator[Daemon]:
    """A client as the command line has one; with `start` it starts the product's own daemon where none runs."""
    channel = transport.Channel.attach("cli", start=start)
    assert channel is not None, "no daemon runs"
    client = Daemon(channel)
    client.begin()
    try:
        yield client
    finally:
        client.end()
