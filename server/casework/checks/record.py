"""Our end of the record: reads what the processes of a check write, and makes of it what was loaded and how tests went.

Lines can only be added from within (recorder/casework_record.py says why), so a line against the check always counts,
and what is missing or does not fit together counts against it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from casework.domain.evidence import Case, CaseOutcome, LoadedFile

from .tree import TreeFiles

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one record; a larger one is cut, and says so."""
_AT_ONCE: Final = 256 * 1024


@dataclass(slots=True)
class RecordPipe:
    """The pipe of one check, read on the loop without blocking it."""

    path: str
    _handle: int = -1
    _kept: bytearray = field(default_factory=bytearray)
    overflowed: bool = False

    def open(self) -> None:
        """Make the pipe and begin to read."""
        os.mkfifo(self.path, 0o600)
        # For writing too, so that it does not end when a process of the check does.
        self._handle = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._handle, self._read)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._handle, _AT_ONCE)
            room = MOST_BYTES - len(self._kept)
            self._kept += data[:room]
            self.overflowed = self.overflowed or len(data) > room

    def close(self) -> bytes:
        """Take what is left, stop reading, and give everything."""
        if self._handle >= 0:
            asyncio.get_running_loop().remove_reader(self._handle)
            before = -1
            while before != len(self._kept):
                before = len(self._kept)
                self._read()
            os.close(self._handle)
            self._handle = -1
        return bytes(self._kept)


@dataclass(frozen=True, slots=True)
class Record:
    """What a record says."""

    processes: int
    """Pythons that began."""
    sessions: int
    """Runs of pytest, without those of its workers."""
    broken: bool
    """Whether a run of pytest was silenced before its end, or the record is no whole one."""
    touched: bool
    """Whether something in the check opened the record itself."""
    cases: tuple[Case, ...]
    loaded: tuple[LoadedFile, ...]
    elsewhere: tuple[str, ...]


def read_record(raw: bytes, tree: TreeFiles, top: str, *, overflowed: bool = False) -> Record:
    """Read a record. `top` is where the tree stood in the box."""
    reading = _Reading(tree, top)
    lines = raw.split(b"\n")
    for line in lines[:-1]:
        reading.line(line)
    broken = reading.odd or overflowed or bool(lines[-1]) or not reading.sessions <= reading.ended
    return Record(
        processes=len(reading.began),
        sessions=len(reading.sessions),
        broken=broken or reading.touched,
        touched=reading.touched,
        cases=tuple(reading.cases()),
        loaded=tuple(LoadedFile(path=path, same=same) for path, same in sorted(reading.loaded.items())),
        elsewhere=tuple(sorted(reading.elsewhere)),
    )


class _Reading:
    """Goes through the lines of one record."""

    def __init__(self, tree: TreeFiles, top: str) -> None:
        self._tree = tree
        self._top = top
        self.odd = False
        self.touched = False
        self.began: set[int] = set()
        self.ended: set[int] = set()
        self.sessions: set[int] = set()
        self.loaded: dict[str, bool] = {}
        self.elsewhere: set[str] = set()
        self._raised: dict[str, str] = {}
        self._phases: dict[str, dict[str, Mapping[str, object]]] = {}
        self._uncollected: dict[str, str] = {}

    def line(self, raw: bytes) -> None:
        try:
            said = json.loads(raw)
            pid = int(said["pid"])
            kind = str(said["t"])
        except (ValueError, TypeError, KeyError, RecursionError):
            self.odd = True  # nobody but the recorder has any business in this pipe
            return
        match kind:
            case "begin":
                self.began.add(pid)
            case "end":
                self.ended.add(pid)
            case "session" if not said.get("worker"):
                self.sessions.add(pid)
            case "load":
                self._load(_text(said, "path"), _text(said, "real"), _text(said, "sha"))
            case "call":
                self._raised[f"{_text(said, 'id')} {_text(said, 'when')}"] = _text(said, "raised")
            case "test":
                self._phases.setdefault(_text(said, "id"), {})[_text(said, "when")] = said
            case "collect":
                self._uncollected[_text(said, "id")] = _text(said, "why")
            case "touched":
                self.touched = True
            case "long":
                self.odd = True
            case _:
                pass

    def _load(self, path: str, real: str, sha: str) -> None:
        inside = path.removeprefix(self._top + "/") if path.startswith(self._top + "/") else ""
        if inside in self._tree.hashes and (not real or real.startswith(self._top + "/")):
            self.loaded[inside] = self.loaded.get(inside, True) and sha == self._tree.hashes[inside]
        elif any(self._tree.twin(place) for place in (path, real) if place):
            self.elsewhere.add(real or path)

    def cases(self) -> list[Case]:
        found = [
            self._case(name, phases)
            for name, phases in self._phases.items()
            if not name.startswith("../") and _is_whole(phases)
        ]
        collected = {case.id for case in found}
        return found + [
            Case(id=name[:1000], outcome="error", why=why[:300])
            for name, why in self._uncollected.items()
            if name and name not in collected and not name.startswith("../")
        ]

    def _case(self, name: str, phases: Mapping[str, Mapping[str, object]]) -> Case:
        outcome: CaseOutcome = "passed"
        why = ""
        for when in ("setup", "call", "teardown"):
            said = phases.get(when)
            if said is None:
                continue
            how, expected = _text(said, "outcome"), bool(said.get("xfail"))
            if how == "failed":
                outcome, why = ("failed" if when == "call" else "error"), _text(said, "why")
            elif how == "skipped" and outcome == "passed":
                outcome = "xfailed" if expected else "skipped"
            elif how == "passed" and when == "call" and expected:
                outcome = "xpassed"
        if outcome == "passed":
            raised = self._raised.get(f"{name} call")
            if raised is None:
                outcome, why = "failed", "It was reported as passed without having been run."
            elif raised:
                outcome, why = "failed", f"It raised {raised} and was reported as passed."
        return Case(id=name[:1000], outcome=outcome, why=why[:300])


def _is_whole(phases: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether a test came to its end: one whose process went away in the middle of it did neither pass nor fail."""
    return "call" in phases or any(_text(said, "outcome") != "passed" for said in phases.values())


def _text(said: Mapping[str, object], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""
