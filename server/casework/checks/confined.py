"""Runs one check in a box: the tree at the path of the user's work tree, the environment read-only, our record beside.

An editable install points at the user's work tree. In the box the tree under test stands there instead, and nothing
else of the user's tree is to be seen. Whether that is what was imported is looked up in the record all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from casework.domain.errors import CaseworkError
from casework.domain.evidence import Case, Seen
from casework.ports.checks import Checked, WantedCheck
from casework.ports.sandbox import Box, Limits, Place, Ran, Sandbox, place

from .junit import MOST_BYTES, NotJUnit, read_junit
from .reading import read
from .record import RecordPipe, read_record
from .tree import TreeFiles, tree_files

RECORDER: Final = Path(__file__).parent / "recorder"
SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
OUTPUT_BYTES: Final = 1024 * 1024
MEMORY_BYTES: Final = 4 * 1024**3
PROCESSES: Final = 256
DISK_BYTES: Final = 2 * 1024**3


class ConfinedChecks:
    """Does what `Checks` promises, in whatever sandbox it is given."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def refusal(self) -> str:
        """Say why nothing can be run on this machine."""
        facts = self._sandbox.facts()
        return "" if facts.confines else facts.sentence

    async def run(self, wanted: WantedCheck, told: Callable[[bytes], None] | None = None) -> Checked:
        """Run one command to its end."""
        facts = await asyncio.to_thread(self._sandbox.facts)
        tree = await asyncio.to_thread(tree_files, wanted.folder)
        beside = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="casework-check-"))
        pipe = RecordPipe(str(beside / "record"))
        reports = beside / "reports"
        top = wanted.top if facts.moves_places else wanted.folder
        box = _box(wanted, top, pipe.path, str(reports))
        raw = b""
        try:
            reports.mkdir()
            pipe.open()
            ran: Ran | CaseworkError = await self._ran(wanted, box, told)
            raw = pipe.close()
            return await asyncio.to_thread(_checked, wanted, box, ran, raw, pipe, tree, top, reports)
        finally:
            pipe.close()
            await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)

    async def _ran(self, wanted: WantedCheck, box: Box, told: Callable[[bytes], None] | None) -> Ran | CaseworkError:
        try:
            return await self._sandbox.run(("/bin/sh", "-c", wanted.command), box, told=told)
        except CaseworkError as no:
            return no


def _checked(
    wanted: WantedCheck,
    box: Box,
    ran: Ran | CaseworkError,
    raw: bytes,
    pipe: RecordPipe,
    tree: TreeFiles,
    top: str,
    reports: Path,
) -> Checked:
    if isinstance(ran, CaseworkError):
        return Checked(Seen(colour="not_checked", sentence=ran.sentence[:2000]), b"")
    record = read_record(raw, tree, top, overflowed=pipe.overflowed)
    cases = record.cases or _reported(reports)
    seen = read(ran, record, cases, command=wanted.command, limits=box.limits, environment=wanted.environment.sentence)
    return Checked(seen, ran.output)


def _reported(reports: Path) -> tuple[Case, ...]:
    """Read the reports that the command itself wrote; what can't be read is none."""
    found: list[Case] = []
    for path in sorted(reports.glob("*.xml"))[:100]:
        with contextlib.suppress(NotJUnit, OSError):
            # never through a link, nor from a pipe: the name is the check's
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                found.extend(read_junit(file.read(MOST_BYTES + 1)))
    return tuple(found)


def _box(wanted: WantedCheck, top: str, record: str, reports: str) -> Box:
    python = wanted.environment.python
    places: list[Place] = [place(wanted.folder, at=top if top != wanted.folder else "", writable=True)]
    places += [place(path) for path in (wanted.objects, *wanted.environment.read_only) if path]
    places += [place(RECORDER), place(reports, writable=True), place(record, writable=True)]
    path = SYSTEM_PATH
    environment = {
        "LANG": "C.UTF-8",
        "CASEWORK_RECORD": record,
        "CASEWORK_TOP": top,
        "CASEWORK_REPORTS": reports,
        "CASEWORK_ONLY": "\n".join(wanted.only),
        "JEST_JUNIT_OUTPUT_DIR": reports,
        "PYTHONPATH": str(RECORDER),
        "PYTHONPYCACHEPREFIX": f"{reports}/bytecode",  # bytecode that came with the tree is not what is looked at
        "PYTEST_ADDOPTS": "-p casework_record",
        "NO_COLOR": "1",
    }
    if python is not None:
        path = f"{os.path.dirname(python.interpreter)}:{path}"  # noqa: PTH120
        environment["VIRTUAL_ENV"] = python.root
    node = [f"{folder}/.bin" for folder in wanted.environment.node_modules[:1]]
    environment["PATH"] = ":".join([path, *node])
    limits = Limits(
        wall_s=wanted.wall_s,
        memory_bytes=MEMORY_BYTES,
        processes=PROCESSES,
        output_bytes=OUTPUT_BYTES,
        disk_bytes=DISK_BYTES,
    )
    return Box(places=tuple(places), cwd=top, environment=environment, limits=limits)
