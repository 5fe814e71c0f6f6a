"""How much memory the idle daemon holds, and how much each waiting review adds.

Beside the first a trivial server on pygls. What counts is the memory that is resident (RSS), the libraries that both
share with other processes included, on both sides.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from bench.actions import REVIEWS, make_branches, open_reviews
from bench.client import Client
from bench.contest import Contest, Outcome, absolute, hold
from bench.repository import make_small
from bench.world import ATTACH, HERE, World, world

_MIB: Final = 1024 * 1024
_KIB: Final = 1024
_SETTLED_S: Final = 1.0


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contest of the idle, then weigh a house with many reviews against one with none."""
    small = make_small(scratch / "small")
    branches = make_branches(scratch / "branches")
    with world() as here, world() as full:
        with Client(ATTACH, folder=branches, environment=full.environment) as client:
            client.initialize()
            open_reviews(client)
        trivial = (sys.executable, str(HERE / "trivial.py"))
        return [
            hold(
                Contest("memory, idle with one editor", "trivial pygls server", "MiB", bound=1.6),
                ours=lambda: _daemon(small, here) / _MIB,
                other=lambda: _alone(trivial, small, here) / _MIB,
            ),
            absolute(
                Contest("memory, each waiting review", "allowed", "KiB", bound=1.0),
                ours=lambda: (_daemon(branches, full) - _daemon(small, here)) / REVIEWS / _KIB,
                allowed=100.0,
            ),
        ]


def _daemon(repository: Path, here: World) -> float:
    """Start the daemon anew, attach, have it read the board, and weigh it when it has come to rest."""
    here.stop()
    with Client(ATTACH, folder=repository, environment=here.environment) as client:
        client.initialize()
        client.request("casework/board/read", {})
        status = client.request("casework/daemon/status", {})
        return _weight(status["pid"])


def _alone(command: Sequence[str], repository: Path, here: World) -> float:
    with Client(command, folder=repository, environment=here.environment) as client:
        client.initialize()
        return _weight(client.pid)


def _weight(pid: int) -> float:
    """Weigh a process once it has used no time for a second; at most for 30."""
    process = psutil.Process(pid)
    until = time.monotonic() + 30
    used = -1.0
    while time.monotonic() < until:
        times = process.cpu_times()
        now = times.user + times.system
        if now == used:
            break
        used = now
        time.sleep(_SETTLED_S)
    return float(process.memory_info().rss)
