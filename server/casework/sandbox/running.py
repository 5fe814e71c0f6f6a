"""A command in its box, run to its end: within its limits, or ended with all it started and a word why.

The kernel holds what it can hold for one process (size of files, number of processes, private memory disks); what
everything uses together is looked at from outside, several times a second, and more often than that nothing is
promised. Not here: how a box is made.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from casework.domain.errors import Trouble
from casework.ports.sandbox import Box, Boxed, End, Ran
from casework.processes import end_group, end_now, end_session, make_way, spawn_group, wait_for_death
from casework.sandbox import tree
from casework.sandbox.output import Output

LOOK_S: Final = 0.1
"""Between two looks at what a box uses; the first come sooner."""
GONE_S: Final = 5.0
"""In which everything of an ended box is gone."""
_FIRST_LOOK_S: Final = 0.01
_SLOWEST_LOOK_S: Final = 0.5
_ASKED_S: Final = 2.0
_MAKES_WAY: Final = 10
"""Niceness of what runs in a box."""
_LOOKED_AT: Final = 50
"""Processes whose session is asked for at a look."""
_OF_THE_BOX: Final = 2
"""Processes that are bubblewrap's own."""


async def run_to_end(
    boxed: Boxed, box: Box, *, told_first: int, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
) -> Ran:
    """Start what `boxed` says and give what became of it.

    `told_first` is where bubblewrap tells the number of the box's first process, negative where nobody tells. It and
    the files of `boxed` are closed.

    Raises:
        Trouble (`not_started`): there is no such program or folder.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        if told_first >= 0:
            stack.callback(os.close, told_first)
        process, reading = _start(boxed, stdin)
        output = Output(reading, box.limits.output_bytes, told)
        watching = asyncio.create_task(Watch(process.pid, box).until_too_much(), name=f"box-watch-{process.pid}")
        dying = asyncio.create_task(wait_for_death(process.pid), name=f"box-death-{process.pid}")
        end: End = "exited"
        try:
            await asyncio.wait({watching, dying}, timeout=box.limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
            if not dying.done():
                end = watching.result() if watching.done() else "timed_out"
        finally:
            watching.cancel()
            dying.cancel()
            await asyncio.shield(_end(process, told_first))
            output.close()
    code = process.returncode
    return Ran(
        end=end,
        exit_code=None if end != "exited" else 128 - code if code < 0 else code,
        output=output.kept(),
        output_total=output.total,
        seconds=time.monotonic() - began,
    )


def _start(boxed: Boxed, stdin: bytes) -> tuple[subprocess.Popen[bytes], int]:
    """Start it in this thread, whose end would end it; gives the reading end of what it says too."""
    reading, writing = os.pipe()
    try:
        with ExitStack() as stack:
            for handle in (writing, *boxed.files):
                stack.callback(os.close, handle)
            given = subprocess.DEVNULL
            if stdin:
                file = stack.enter_context(tempfile.TemporaryFile(buffering=0))
                file.write(stdin)
                file.seek(0)
                given = file.fileno()
            process = spawn_group(
                boxed.command, cwd=Path(boxed.cwd), env=boxed.environment, stdin=given, stdout=writing, stderr=writing,
                pass_fds=boxed.files,
            )  # fmt: skip
            # What floods the machine must not keep us from ending it, nor an editor from being answered.
            make_way(process.pid, _MAKES_WAY)
    except OSError as error:
        os.close(reading)
        raise Trouble(f"{boxed.command[0]!r} could not be started: {error.strerror}", code="not_started") from error
    return process, reading


async def _end(process: subprocess.Popen[bytes], told_first: int) -> None:
    """End what still lives. Where a pid namespace exists its first process takes everything along."""
    if told_first < 0:  # whoever entered the box for the command is asked first: it ends what it adopted
        await asyncio.to_thread(end_group, process, grace_s=_ASKED_S)
        await asyncio.to_thread(end_session, process.pid)
    elif process.poll() is None:
        await asyncio.to_thread(end_now, process)
    first = _first(told_first) if told_first >= 0 else 0
    with suppress(TimeoutError):
        async with asyncio.timeout(GONE_S):
            await wait_for_death(first)


def _first(told_first: int) -> int:
    """Give the number of the box's first process, 0 when it never came to be."""
    os.set_blocking(told_first, False)
    try:
        return int(json.loads(os.read(told_first, 4096))["child-pid"])
    except (OSError, ValueError, KeyError):
        return 0


class Watch:
    """Looks at what a box uses."""

    def __init__(self, head: int, box: Box) -> None:
        self._head = head
        self._limits = box.limits
        self._since = time.time()
        self._folders = [place.path for place in box.places if place.writable]
        self._free = {folder: tree.free(folder) for folder in self._folders}
        self._next_count = 0.0
        self._sessions: set[int] = set()
        """Those that were told to make way; a process in the box may begin one of its own."""

    async def until_too_much(self) -> End:
        """Return when a limit is passed, with which."""
        pause = _FIRST_LOOK_S
        while True:
            await asyncio.sleep(pause)
            began = time.monotonic()
            found = await asyncio.to_thread(self._look)
            if found is not None:
                return found
            # A large tree is dear to look at, and a twentieth of one core is what looking may cost.
            pause = min(_SLOWEST_LOOK_S, max(min(pause * 2, LOOK_S), 20 * (time.monotonic() - began)))

    def _look(self) -> End | None:
        limits, most = self._limits, self._limits.processes + _OF_THE_BOX
        used = tree.used(self._head, most)
        self._make_way(used.pids)
        if used.threads > most:
            return "too_many_processes"
        if used.anonymous > limits.memory_bytes and tree.proportional(used.pids) > limits.memory_bytes:
            return "too_much_memory"
        if self._may_have_grown(used) and self._has_grown(used):
            return "too_much_disk"
        return None

    def _make_way(self, pids: Sequence[int]) -> None:
        for pid in pids[:_LOOKED_AT]:
            with suppress(OSError):
                session = os.getsid(pid)
                if session not in self._sessions:
                    self._sessions.add(session)
                    make_way(pid, _MAKES_WAY)

    def _may_have_grown(self, used: tree.Used) -> bool:
        """Ask the cheap way; the space of a file that is only reserved is in nobody's count of what was written."""
        most = self._limits.disk_bytes
        return used.written > most or any(free - tree.free(folder) > most for folder, free in self._free.items())

    def _has_grown(self, used: tree.Used) -> bool:
        began = time.monotonic()
        if began < self._next_count:
            return False
        grown = sum(tree.grown(folder, self._since) for folder in self._folders) + tree.held_open(used.pids)
        self._next_count = time.monotonic() + 20 * (time.monotonic() - began)
        return grown > self._limits.disk_bytes
