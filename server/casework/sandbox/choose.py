"""The best sandbox of this machine, looked for when it is first needed.

Not here: the sandboxes.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from casework.domain.errors import Refused
from casework.ports.sandbox import Box, Boxed, End, Ran, Sandbox, SandboxFacts


class Chosen:
    """A sandbox that is chosen at its first use, once."""

    def __init__(self) -> None:
        self._found: Sandbox | None = None
        self._looking = threading.Lock()

    def facts(self) -> SandboxFacts:
        """Tell what holds; the first call blocks, some 20 ms."""
        return self._sandbox().facts()

    def command(self, command: Sequence[str], box: Box) -> Boxed:
        """Do what `Sandbox.command` promises."""
        return self._sandbox().command(command, box)

    async def watch(self, pid: int, box: Box) -> End:
        """Do what `Sandbox.watch` promises."""
        return await (await self._sandbox_soon()).watch(pid, box)

    async def run(
        self, command: Sequence[str], box: Box, *, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
    ) -> Ran:
        """Do what `Sandbox.run` promises."""
        return await (await self._sandbox_soon()).run(command, box, stdin=stdin, told=told)

    async def _sandbox_soon(self) -> Sandbox:
        found = self._found
        return found if found is not None else await asyncio.to_thread(self._sandbox)

    def _sandbox(self) -> Sandbox:
        with self._looking:
            if self._found is None:
                self._found = choose()
            return self._found


def choose() -> Sandbox:
    """Give the first that really confines, or what refuses everything. Blocks for some 20 ms."""
    missing = []
    for probe in _on_macos() if sys.platform == "darwin" else _on_linux():
        try:
            return probe()
        except Refused as no:
            missing.append(no.sentence)
    from casework.sandbox.nothing import Nothing

    return Nothing("; ".join(missing))


def _on_linux() -> Iterator[Callable[[], Sandbox]]:
    from casework.sandbox import bubblewrap

    yield bubblewrap.probe
    from casework.sandbox import landlock

    yield landlock.probe


def _on_macos() -> Iterator[Callable[[], Sandbox]]:
    from casework.sandbox import seatbelt

    yield seatbelt.probe
