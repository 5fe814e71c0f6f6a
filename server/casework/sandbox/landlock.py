"""Boxes by Landlock, where bubblewrap is missing: the kernel keeps a process to files that are named (landlock(7)).

A process of ours (`landlock_entry`) restricts itself and becomes the command; sockets are closed to it by a filter of
calls, since Landlock does not keep a process from a unix socket. What is weaker than in bubblewrap's boxes stands in
`facts` and in docs/explanation/confinement.md. Not here: what happens while it runs (`running`).
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from casework.domain.errors import Refused, Trouble
from casework.ports.sandbox import Box, Boxed, End, Place, Ran, SandboxFacts
from casework.sandbox import calls, system
from casework.sandbox.counting import counted
from casework.sandbox.running import Watch, run_to_end

OLDEST_ABI: Final = 3
"""Before it (Linux 6.2) a file outside could be emptied."""
PROBE_S: Final = 10.0
_ENTRY: Final = Path(__file__).with_name("landlock_entry.py")
_PYTHON: Final = os.path.realpath(sys.executable)
_CREATE_RULESET: Final = 444
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


class Landlock:
    """A sandbox without mounts and without a process namespace."""

    def __init__(self, abi: int) -> None:
        """`abi` is what the kernel speaks, and `probe` found it to work."""
        self._abi = abi

    def facts(self) -> SandboxFacts:
        """Tell what holds."""
        signals = "" if self._abi >= 6 else "it can send signals to your other processes, "
        return SandboxFacts(
            name="landlock",
            ends_trees=False,
            closes_network=True,
            moves_places=False,
            sentence="Agents and checks are confined by Landlock, since bubblewrap does not work here: what runs can "
            f"open only named files and no socket; but {signals}it can see names, change modes and times of files of "
            "yours, make nothing new at the top of a worktree, and may outlive a stop. Install bubblewrap for all of "
            "it.",
        )

    def command(self, command: Sequence[str], box: Box) -> Boxed:
        """Do what `Sandbox.command` promises."""
        if box.socket or any(one.at and one.at != one.path for one in box.places):
            raise Refused(
                "Landlock can neither open a way to single hosts nor move the worktree; install bubblewrap for it.",
                code="no_sandbox",
            )
        if not Path(box.cwd).is_dir():
            raise Trouble(f"There is no folder {box.cwd!r} to start {command[0][:200]!r} in.", code="not_started")
        spec: dict[str, object] = {
            "abi": self._abi,
            "readable": [*system.readable(), "/proc", sys.base_prefix, *(p.path for p in box.places)],
            "writable": [*_DEVICES, *_writable(box)],
            "filter": calls.closed(sockets=False).hex(),
            "file_bytes": box.limits.file_bytes,
            "cwd": box.cwd,
        }
        environment = {"PATH": system.PATH, **box.environment}
        outer = {name: value for name, value in environment.items() if not name.startswith(system.UNSAFE_OUTSIDE)}
        spec["names"] = list(outer)
        spec["environment"] = {name: value for name, value in environment.items() if name not in outer}
        return Boxed((*counted(), _PYTHON, "-I", "-S", str(_ENTRY), json.dumps(spec), *command), outer, "/")

    async def watch(self, pid: int, box: Box) -> End:
        """Do what `Sandbox.watch` promises."""
        return await Watch(pid, box).until_too_much()

    async def run(
        self, command: Sequence[str], box: Box, *, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
    ) -> Ran:
        """Do what `Sandbox.run` promises."""
        ran = await run_to_end(self.command(command, box), box, told_first=-1, stdin=stdin, told=told)
        if ran.exit_code == 127 and ran.output.startswith(b"casework: "):
            said = ran.output.decode("utf-8", "replace").strip().partition(": ")[2]
            raise Trouble(f"{command[0][:200]!r} could not be started: {said[:300]}.", code="not_started")
        return ran


def _writable(box: Box) -> Iterable[str]:
    """Give the roots of what may be written. A rule holds for all that is below: what is protected is gone around."""
    for one in box.places:
        if one.writable:
            yield from _around(one, [PurePosixPath(path) for path in box.protected])


def _around(place: Place, protected: list[PurePosixPath]) -> Iterable[str]:
    inside = [path for path in protected if path.is_relative_to(place.path)]
    if not inside:
        yield place.path
        return
    kept = {path.relative_to(place.path).parts[0] for path in inside if path != PurePosixPath(place.path)}
    for entry in os.scandir(place.path):
        if entry.name not in kept and not entry.is_symlink():
            yield entry.path


def probe() -> Landlock:
    """Give Landlock, after it really confined something. Blocks for some 30 ms.

    Raises:
        Refused (`no_sandbox`): the kernel has it not, or not enough of it; with what to do.
    """
    abi = ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, 0, 1) if sys.platform == "linux" else -1
    if abi < OLDEST_ABI:
        raise Refused("the kernel's Landlock is missing, switched off, or older than Linux 6.2", code="no_sandbox")
    if not calls.closed(sockets=False):
        raise Refused("the calls of this machine's kernel are not known to Casework", code="no_sandbox")
    sandbox = Landlock(abi)
    script = f'cat "{_ENTRY.parent}/__init__.py" || echo $$; : < /etc/hostname && exit 1; exit 0'
    boxed = sandbox.command(["/bin/sh", "-c", script], Box(places=(), cwd="/"))
    try:
        tried = subprocess.run(
            boxed.command, env=dict(boxed.environment), cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PROBE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"Landlock can't be tried ({error})", code="no_sandbox") from error
    if not tried.stdout.strip().isdigit():
        raise Refused("Landlock does not confine on this machine", code="no_sandbox")
    return sandbox
