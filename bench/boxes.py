"""What a box costs over bubblewrap itself: a command of the project, run to its end within all limits.

Beside it `bwrap`, started by hand with the same mounts, without limits, filter, and anybody who watches.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.contest import Contest, Outcome, hold
from casework.domain.errors import Refused
from casework.ports.sandbox import Box, place
from casework.sandbox.bubblewrap import probe

_TIMES: Final = 40
_COMMAND: Final = ("/bin/true",)


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contest, where bubblewrap works."""
    try:
        sandbox = probe()
    except Refused as no:
        sys.stderr.write(f"boxes: left out, {no.sentence}\n")
        return []
    room = scratch / "room"
    room.mkdir()
    box = Box(places=(place(room, writable=True),), cwd=str(room))
    boxed = sandbox.command(_COMMAND, box).command
    end = boxed.index("--")
    filtered = boxed.index("--seccomp") if "--seccomp" in boxed else end
    bare = [*boxed[:filtered], *boxed[filtered + 2 : end], *boxed[end : end + 1], *_COMMAND]

    async def run() -> float:
        begin = time.perf_counter()
        await sandbox.run(_COMMAND, box)
        return time.perf_counter() - begin

    async def many() -> float:
        return statistics.median([await run() for _ in range(_TIMES)]) * 1000

    contest = Contest("a command in a box", "`bwrap` with the same mounts", "ms", bound=1.3)
    return [hold(contest, ours=lambda: asyncio.run(many()), other=_median(lambda: subprocess.run(bare, check=True)))]


def _median(act: Callable[[], object]) -> Callable[[], float]:
    def once() -> float:
        begin = time.perf_counter()
        act()
        return time.perf_counter() - begin

    return lambda: statistics.median(once() for _ in range(_TIMES)) * 1000
