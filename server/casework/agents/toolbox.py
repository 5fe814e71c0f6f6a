"""The tools of a run, the daemon's side: a process in the run's box that does what the gate has let through.

It is started at the first call, and again where it died; what it gives is bounded, fenced and labelled with where it
comes from. Without a box, or in a repository that is not trusted, there is no shell: reading, searching and editing are
our own code and go on. Not here: what may be done (the gate), the tools themselves (`toolbox_process`).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, assert_never

from casework.agents.builtin.fences import fenced
from casework.agents.pipe import start_on_a_socket
from casework.agents.process import ENVIRONMENT
from casework.agents.toolbox_process import OUTPUT_LIMIT
from casework.domain.errors import CaseworkError
from casework.ports.sandbox import Box, Boxed, Sandbox
from casework.ports.tools import (
    NOTES,
    EditCall,
    Outcome,
    ReadCall,
    SearchCall,
    ShellCall,
    ToolCall,
    Tools,
    Workplace,
)
from casework.processes import end_now

PROCESS: Final = Path(__file__).with_name("toolbox_process.py")
START_S: Final = 20.0
"""For the process to be there."""
CALL_S: Final = 60.0
"""For a call that is no command; a command has its own time and this much more."""
SPARE: Final = ".casework-half-written"
"""Name of the file that an edit writes first, beside the one it replaces."""
_LINE_LIMIT: Final = 4 * 1024 * 1024


class ProcessToolboxes:
    """Opens toolboxes, in boxes of this sandbox."""

    def __init__(self, sandbox: Sandbox, *, environment: Sequence[str] = ENVIRONMENT) -> None:
        self._sandbox = sandbox
        self._environment = tuple(environment)

    def open(self, place: Workplace) -> Tools:
        """Give the tools of a run."""
        return ProcessTools(self._sandbox, place, self._environment)


class ProcessTools:
    """One run's tools; calls come one after the other."""

    def __init__(self, sandbox: Sandbox, place: Workplace, environment: Sequence[str]) -> None:
        self._sandbox = sandbox
        self._place = place
        self._environment = environment
        self._process: _Process | None = None
        self._clear = place.again
        self._noted: set[str] = set()
        """Project notes that were handed over already."""
        self._closed = False

    async def do(self, call: ToolCall, *, wider: Box | None = None) -> Outcome:
        """Do it; whatever goes wrong is an outcome too."""
        if wider is not None and not isinstance(call, ShellCall):
            apart = ProcessTools(self._sandbox, self._place.model_copy(update={"box": wider}), self._environment)
            try:
                return await apart.do(call)
            finally:
                await apart.close()
        match call:
            case ReadCall():
                given = {"path": call.path, "start": call.start, "lines": call.lines}
                return await self._asked(call.tool, given, CALL_S, origin=f"file {call.path}", near=call.path)
            case SearchCall():
                given = {"pattern": call.pattern, "path": call.path, "glob": call.glob}
                return await self._asked(call.tool, given, CALL_S, origin=f"matches in {call.path}")
            case EditCall():
                given = {"path": call.path, "old": call.old, "new": call.new}
                return await self._asked(call.tool, given, CALL_S, near=call.path, changes=True)
            case ShellCall() if wider is not None:
                return await self._in_a_wider_box(call, wider)
            case ShellCall() if self._place.no_shell or self._place.box is None:
                return Outcome(text=f"There is no shell: {self._place.no_shell}", is_error=True)
            case ShellCall():
                given = {"command": call.command, "timeout_s": call.timeout_s}
                late = call.timeout_s + CALL_S
                return await self._asked(call.tool, given, late, origin="output", changes=True)
            case _:
                assert_never(call)

    async def close(self) -> None:
        """End the process and everything it started."""
        self._closed = True
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def _asked(
        self,
        tool: str,
        given: dict[str, Any],
        timeout_s: float,
        *,
        origin: str = "",
        near: str = "",
        changes: bool = False,
    ) -> Outcome:
        order = {"tool": tool, **given}
        if near and self._place.notes:
            order["near"] = {"path": near, "names": list(NOTES)}
        try:
            answer = await self._order(order, timeout_s)
        except _Gone as gone:
            process, self._process = self._process, None
            if process is not None:
                await process.end()
            return Outcome(
                text=f"{tool} gave no result: {gone}. What it had done so far stays.", is_error=True, changed=changes
            )
        text = str(answer["text"])
        if origin and not answer["is_error"]:
            text = fenced(origin, text)
        text += self._notes(answer.get("notes"))
        return Outcome(text=text, is_error=bool(answer["is_error"]), changed=changes and not answer["is_error"])

    def _notes(self, answer: dict[str, Any] | None) -> str:
        """Give the project's notes that came with an answer and were not handed over yet, nearest last."""
        found = [] if answer is None or answer["is_error"] else answer["text"]
        fresh = [(place, text) for place, text in found if place not in self._noted and "/" in place]
        self._noted |= {place for place, _ in found}
        return "".join("\n" + fenced(f"project notes {place}", text) for place, text in fresh)

    async def _order(self, order: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        if self._closed:
            raise _Gone("the run has ended")
        if self._process is None:
            self._process = await self._start()
        return await self._process.order(order, timeout_s)

    async def _start(self) -> _Process:
        place = self._place
        command = [sys.executable, "-I", "-S", str(PROCESS), place.root, SPARE, *(["--clear"] * self._clear)]
        self._clear = False
        if place.box is None:
            given = {name: os.environ[name] for name in self._environment if name in os.environ}
            boxed = Boxed(tuple(command), given, place.root)
        else:
            boxed = await asyncio.to_thread(self._sandbox.command, command, place.box)
        process = await _Process.begin(boxed)
        if place.box is not None:
            process.watch(self._sandbox, place.box)
        return process

    async def _in_a_wider_box(self, call: ShellCall, box: Box) -> Outcome:
        """Run one command in a box of its own; what it starts in the background ends with it."""
        limits = box.limits.model_copy(update={"wall_s": float(call.timeout_s), "output_bytes": OUTPUT_LIMIT})
        wanted = box.model_copy(update={"limits": limits})
        try:
            ran = await self._sandbox.run(["/bin/sh", "-c", call.command], wanted)
        except CaseworkError as no:
            return Outcome(text=no.sentence, is_error=True)
        how = f"exit code {ran.exit_code}" if ran.end == "exited" else ran.end.replace("_", " ")
        return Outcome(text=fenced("output", f"{ran.output.decode('utf-8', 'replace')}\n[{how}]"), changed=True)


class _Gone(Exception):
    """The process gives no result; the text says why."""


class _Process:
    """One process with a pipe to it."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._ending: asyncio.Future[int] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._limit = ""
        """Of which of the box's limits it was ended, in words."""

    @classmethod
    async def begin(cls, boxed: Boxed) -> _Process:
        try:
            process, ours = start_on_a_socket(boxed, stderr=subprocess.DEVNULL)
        except OSError as error:
            raise _Gone(f"its process could not be started ({error.strerror})") from error
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_LINE_LIMIT)
        made = cls(process, reader, writer)
        try:
            await made._line(START_S)
        except BaseException:
            await made.end()
            raise
        return made

    def watch(self, sandbox: Sandbox, box: Box) -> None:
        """End it as soon as it uses more than its box may."""
        self._watching = asyncio.create_task(self._watch(sandbox, box), name=f"toolbox-{self._process.pid}")

    async def _watch(self, sandbox: Sandbox, box: Box) -> None:
        self._limit = (await sandbox.watch(self._process.pid, box)).replace("_", " ")
        await asyncio.get_running_loop().run_in_executor(None, end_now, self._process)

    async def order(self, order: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self._writer.write(json.dumps(order).encode() + b"\n")
        return await self._line(timeout_s)

    async def _line(self, timeout_s: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(timeout_s):
                line = await self._reader.readuntil(b"\n")
            answer = json.loads(line)
        except TimeoutError:
            raise _Gone(f"there was no answer for {timeout_s:g} seconds") from None
        except (asyncio.IncompleteReadError, OSError):
            raise _Gone(f"the tools' process ended ({self._limit or 'nobody knows why'})") from None
        except (asyncio.LimitOverrunError, ValueError):
            raise _Gone("what came back is no answer") from None
        return answer if isinstance(answer, dict) else {}

    async def end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._ending is None:
            loop = asyncio.get_running_loop()
            self._ending = loop.run_in_executor(None, end_now, self._process)
        await asyncio.shield(self._ending)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
