"""A sandbox that confines nothing but keeps the rest of the port's promises: commands run bare, places can't move."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from casework.domain.errors import Trouble
from casework.ports.sandbox import Box, Boxed, End, Ran, SandboxFacts


class FakeSandbox:
    """For tests of the core: runs what the test itself wrote."""

    def __init__(self) -> None:
        self.ran: list[tuple[tuple[str, ...], Box]] = []

    def facts(self) -> SandboxFacts:
        return SandboxFacts("landlock", ends_trees=False, closes_network=False, moves_places=False, sentence="A fake.")

    def command(self, command: Sequence[str], box: Box) -> Boxed:
        return Boxed(tuple(command), {"PATH": os.environ["PATH"], **box.environment}, box.cwd)

    async def watch(self, pid: int, box: Box) -> End:
        await asyncio.Event().wait()
        return "stopped"

    async def run(
        self, command: Sequence[str], box: Box, *, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
    ) -> Ran:
        self.ran.append((tuple(command), box))
        began = time.monotonic()
        boxed = self.command(command, box)
        if not _is_folder(boxed.cwd):
            raise Trouble(f"There is no folder {boxed.cwd}.", code="not_started")
        try:
            process = await asyncio.create_subprocess_exec(
                *boxed.command, cwd=boxed.cwd, env=dict(boxed.environment), start_new_session=True,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        except OSError as error:
            raise Trouble(f"{command[0]} could not be started.", code="not_started") from error
        speaking = asyncio.create_task(process.communicate(stdin))
        try:
            done, _ = await asyncio.wait({speaking}, timeout=box.limits.wall_s)
            end: End = "exited" if done else "timed_out"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await asyncio.shield(process.wait())
        output, _ = await speaking
        if told is not None and output:
            told(output)
        code = process.returncode if end == "exited" else None
        kept = output
        if len(output) > box.limits.output_bytes:
            half = box.limits.output_bytes // 2
            kept = (
                output[:half]
                + f"\n... {len(output) - 2 * half:,} bytes are left out here ...\n".encode()
                + output[-half:]
            )
        return Ran(
            end, 128 - code if code is not None and code < 0 else code, kept, len(output), time.monotonic() - began
        )


class FakeWaysOut:
    """Leads nowhere."""

    @asynccontextmanager
    async def open(self, hosts: Collection[str], told: Callable[[str], None] | None = None) -> AsyncIterator[str]:
        yield ""

    @asynccontextmanager
    async def lead(self, host: str) -> AsyncIterator[str]:
        yield ""


def _is_folder(path: str) -> bool:
    return Path(path).is_dir()
