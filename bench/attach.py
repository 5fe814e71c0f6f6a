"""How long an editor waits until it is attached to a daemon that runs.

From the start of the command to the answer to `initialize`; beside it a bare interpreter that connects to a socket,
passes the same question on and gets a short answer back from a thread of ours.
"""

from __future__ import annotations

import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from bench.client import Client
from bench.contest import Contest, Outcome, hold
from bench.repository import make_small
from bench.world import ATTACH, CASEWORK, HERE, World, world

_TIMES: Final = 15


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contest for the command clients start; the one people type is measured beside it, without a bound."""
    repository = make_small(scratch / "small")
    with world() as here, _echo(scratch / "echo.sock") as echo:
        bare = _median(partial(_attach, echo, repository, here))
        with Client(ATTACH, folder=repository, environment=here.environment) as warm:
            warm.initialize()
            return [
                hold(
                    Contest(name, "bare interpreter, connects and echoes", "ms", bound=bound),
                    ours=_median(partial(_attach, command, repository, here)),
                    other=bare,
                )
                for name, command, bound in (
                    ("attach, as clients start it", ATTACH, 1.5),
                    ("attach, `casework lsp`", (CASEWORK, "lsp"), None),
                )
            ]


def _median(once: Callable[[], float]) -> Callable[[], float]:
    return lambda: statistics.median(once() for _ in range(_TIMES)) * 1000


def _attach(command: Sequence[str], repository: Path, here: World) -> float:
    begin = time.perf_counter()
    with Client(command, folder=repository, environment=here.environment) as client:
        client.initialize()
        return time.perf_counter() - begin


@contextmanager
def _echo(path: Path) -> Iterator[Sequence[str]]:
    """Answer everything that is sent to a socket, and give the command that leads there."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    threading.Thread(target=_answer_all, args=(listener,), daemon=True).start()
    try:
        yield (sys.executable, "-I", "-S", str(HERE / "echo.py"), str(path))
    finally:
        listener.close()


def _answer_all(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """Answer every question in the order in which a client asks; what is no question has no id."""
    ids = count(1)
    with connection:
        while data := connection.recv(65536):
            for _ in range(data.count(b'"id":')):
                body = b'{"jsonrpc":"2.0","id":%d,"result":{"capabilities":{}}}' % next(ids)
                connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
