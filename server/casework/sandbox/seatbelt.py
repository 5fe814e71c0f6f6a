"""Boxes by sandbox-exec of macOS: the text of a profile, made from a box.

Written from Apple's own profiles (/System/Library/Sandbox/Profiles) and never run by us: the project's machines are
Linux. It is held by a test to name what a box names and to deny the rest. macOS has no process namespace and moves no
places; a way out to single hosts is not offered. Not here: what happens while it runs (`running`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from casework.domain.errors import Refused
from casework.ports.sandbox import Box, Boxed, End, Ran, SandboxFacts
from casework.sandbox.running import run_to_end

PROGRAM: Final = "/usr/bin/sandbox-exec"
_SYSTEM: Final = (
    "/System", "/usr", "/bin", "/sbin", "/Library/Developer/CommandLineTools", "/Library/Apple", "/opt/homebrew",
    "/private/etc/ssl", "/private/etc/hosts", "/private/etc/passwd", "/private/var/db/timezone", "/private/var/db/dyld",
)  # fmt: skip
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper")


class Seatbelt:
    """A sandbox by profile."""

    def facts(self) -> SandboxFacts:
        """Tell what holds."""
        return SandboxFacts(
            name="seatbelt",
            ends_trees=False,
            closes_network=True,
            moves_places=False,
            sentence="Agents and checks are confined by macOS' sandbox-exec: named files only and no network; memory, "
            "processes and disk are not bounded, and what begins a session of its own may outlive a stop.",
        )

    def command(self, command: Sequence[str], box: Box) -> Boxed:
        """Do what `Sandbox.command` promises."""
        if box.socket or any(one.at and one.at != one.path for one in box.places):
            raise Refused("sandbox-exec can neither open a way to single hosts nor move a worktree.", code="no_sandbox")
        private = os.path.realpath(tempfile.mkdtemp(prefix="casework-box-"))
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": private, "TMPDIR": private, **box.environment}
        return Boxed((PROGRAM, "-p", profile(box, private), *command), environment, box.cwd)

    async def watch(self, pid: int, box: Box) -> End:  # noqa: ARG002 - nobody tells what a tree uses there
        """Do what `Sandbox.watch` promises: here nothing is seen, so it does not return."""
        import asyncio

        await asyncio.Event().wait()
        return "stopped"

    async def run(
        self, command: Sequence[str], box: Box, *, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
    ) -> Ran:
        """Do what `Sandbox.run` promises."""
        boxed = self.command(command, box)
        try:
            return await run_to_end(boxed, box, told_first=-1, stdin=stdin, told=told)
        finally:
            shutil.rmtree(boxed.environment["TMPDIR"], ignore_errors=True)


def profile(box: Box, private: str) -> str:
    """Give the text of a profile; of two rules that fit, the later one holds."""
    readable = [*_SYSTEM, *_DEVICES, private, *(_real(one.path) for one in box.places)]
    writable = [*_DEVICES[:2], private, *(_real(one.path) for one in box.places if one.writable)]
    parts = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork)",
        "(allow process-exec)",
        "(allow signal (target same-sandbox))",
        "(allow sysctl-read)",
        "(allow file-read-metadata)",
        f"(allow file-read* {_subpaths(readable)})",
        '(allow file-read* (literal "/"))',
        f"(allow file-write* {_subpaths(writable)})",
    ]
    if box.protected:
        parts.append(f"(deny file-write* {_subpaths([_real(path) for path in box.protected])})")
    return "\n".join(parts)


def _real(path: str) -> str:
    """Profiles are compared with paths without links: /tmp is one there."""
    return str(Path(os.path.realpath(os.path.dirname(path))) / os.path.basename(path))


def _subpaths(paths: Sequence[str]) -> str:
    return " ".join(f"(subpath {_quoted(path)})" for path in paths)


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def probe() -> Seatbelt:
    """Give it where macOS has it.

    Raises:
        Refused (`no_sandbox`): it is not there.
    """
    if not os.access(PROGRAM, os.X_OK):
        raise Refused("sandbox-exec is not there", code="no_sandbox")
    return Seatbelt()
