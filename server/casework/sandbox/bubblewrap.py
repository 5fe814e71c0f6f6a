"""Boxes by bubblewrap: namespaces of their own, a root that is put together from nothing, no capability.

A box has its own users, processes, mounts, network, IPC, host name and control groups; `--disable-userns` keeps it
from making more, a new session from typing into a terminal. Where the daemon is root, what is inside is still root to
the kernel when files are opened (that user is mapped to 1000): so /proc is read-only as a whole, or
/proc/sys/kernel/core_pattern could be written (tried), and nothing that only root may read is there. Not here: what
happens while it runs (`running`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from casework.domain.errors import Refused, Trouble
from casework.ports.sandbox import OURS, STRAIGHT, Box, Boxed, End, Limits, Ran, SandboxFacts
from casework.sandbox import calls, system
from casework.sandbox.counting import counted
from casework.sandbox.guarding import Guard, guard
from casework.sandbox.running import Watch, run_to_end

OLDEST: Final = (0, 8)
"""`--disable-userns` and `--bind-fd` came with it (April 2023)."""
PROBE_S: Final = 10.0
"""For one question to bubblewrap, when it is looked for."""
_SHARED: Final = "/dev/shm"  # noqa: S108 - the box's own

_UNSHARED: Final = (
    "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--hostname", "casework",
    "--die-with-parent", "--new-session", "--cap-drop", "ALL",
)  # fmt: skip


_PORT: Final = 3128
"""In the box's own network."""
_PROXY_VARIABLES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_PYTHON: Final = os.path.realpath(sys.executable)
_BRIDGE: Final = (_PYTHON, "-I", "-S", f"{OURS}/bridge.py", str(_PORT), STRAIGHT)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A command line, and what of its files has to be closed and cleared."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    guard: Guard


class Bubblewrap:
    """A sandbox with mounts and a pid namespace of its own."""

    def __init__(self, program: str) -> None:
        """`program` is the path of `bwrap`, which `probe` found to work."""
        self._program = program

    def facts(self) -> SandboxFacts:
        """Tell what holds."""
        return SandboxFacts(
            name="bubblewrap",
            ends_trees=True,
            closes_network=True,
            moves_places=True,
            sentence="Agents and checks run in boxes of bubblewrap: they see their worktree and the system's programs, "
            "reach no network, and end with everything they started.",
        )

    def command(self, command: Sequence[str], box: Box) -> Boxed:
        """Do what `Sandbox.command` promises."""
        made = self._put_together(command, box, ())
        return Boxed(made.command, made.environment, "/", files=made.guard.files)

    async def watch(self, pid: int, box: Box) -> End:
        """Do what `Sandbox.watch` promises."""
        return await Watch(pid, box).until_too_much()

    async def run(
        self, command: Sequence[str], box: Box, *, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
    ) -> Ran:
        """Do what `Sandbox.run` promises."""
        told_first, tells_first = os.pipe()
        try:
            made = self._put_together(command, box, ("--info-fd", str(tells_first)))
        except BaseException:
            os.close(told_first)
            os.close(tells_first)
            raise
        try:
            boxed = Boxed(made.command, made.environment, "/", files=(*made.guard.files, tells_first))
            return _started(await run_to_end(boxed, box, told_first=told_first, stdin=stdin, told=told), command)
        finally:
            made.guard.clear()

    def _put_together(self, command: Sequence[str], box: Box, more: Sequence[str]) -> _Parts:
        given = {"PATH": system.PATH, "HOME": system.HOME, "TMPDIR": system.TMP, **box.environment}
        bridged = box.socket and not box.straight
        if bridged:
            given.update(dict.fromkeys(_PROXY_VARIABLES, f"http://127.0.0.1:{_PORT}"))
        inner = [name for name in given if name.startswith(system.UNSAFE_OUTSIDE)]
        guarded = guard(box)
        words = [
            *counted(), self._program, *more, *_UNSHARED, *_closed(guarded), *self._private(box.limits), *self._system,
            *guarded.arguments,
            *(("--ro-bind", box.socket, STRAIGHT) if box.socket else ()), *(_bridge() if bridged else ()),
            *(word for name in inner for word in ("--setenv", name, given[name])),
            "--remount-ro", "/", "--chdir", box.cwd, "--", *self._limited(box.limits),
            *(_BRIDGE if bridged else ()), *command,
        ]  # fmt: skip
        outer = {name: value for name, value in given.items() if name not in inner}
        return _Parts(tuple(words), outer, guarded)

    @cached_property
    def _system(self) -> tuple[str, ...]:
        return system.mounts()

    @cached_property
    def _prlimit(self) -> str | None:
        found = shutil.which("prlimit", path="/usr/bin:/bin")
        return os.path.realpath(found) if found else None

    def _private(self, limits: Limits) -> tuple[str, ...]:
        """What lives in memory is of a stated size: three parts that together leave a quarter of what is allowed."""
        size = str(max(1024 * 1024, min(limits.disk_bytes, limits.memory_bytes) // 4))
        return (
            "--size", size, "--perms", "1777", "--tmpfs", system.TMP, "--size", size, "--tmpfs", system.HOME,
            "--proc", "/proc", "--remount-ro", "/proc",
            "--dev", "/dev", "--size", size, "--perms", "1777", "--tmpfs", _SHARED, "--remount-ro", "/dev",
        )  # fmt: skip

    def _limited(self, limits: Limits) -> tuple[str, ...]:
        """Set what the kernel holds for each process; inside, where only the box's own are counted."""
        if self._prlimit is None:
            return ()
        return (
            self._prlimit, f"--nproc={limits.processes}", f"--fsize={limits.file_bytes}", "--core=0", "--memlock=65536",
            "--",
        )  # fmt: skip


def _closed(guarded: Guard) -> tuple[str, ...]:
    """Close calls to the kernel; the filter is handed over in a file without a name."""
    filtered = calls.closed(sockets=True)
    if not filtered:
        return ()
    handle = os.memfd_create("casework-calls", os.MFD_CLOEXEC)
    guarded.handles.append(handle)
    os.write(handle, filtered)
    os.lseek(handle, 0, os.SEEK_SET)
    return "--seccomp", str(handle)


def _bridge() -> list[str]:
    """Put the Python that leads to the way out into a box."""
    words = ["--ro-bind", str(Path(__file__).with_name("bridge.py")), f"{OURS}/bridge.py"]
    return words if sys.base_prefix == "/usr" else [*words, "--ro-bind", sys.base_prefix, sys.base_prefix]


def _started(ran: Ran, command: Sequence[str]) -> Ran:
    """Raise `Trouble` where what ran is the box's own complaint; a program that fakes one only harms its own run."""
    if (
        ran.exit_code in (1, 127)
        and ran.output_total < 4096
        and ran.output.startswith((b"bwrap: execvp ", b"bwrap: Can't ", b"prlimit: failed"))
        and ran.output.count(b"\n") == 1
    ):
        said = ran.output.decode("utf-8", "replace").strip().splitlines()[0].partition(": ")[2]
        raise Trouble(
            f"{command[0][:200]!r} could not be started in its box: {said[:300]}; see whether it is installed, and "
            "whether it lies in the system's folders or in those of the project.",
            code="not_started",
        )
    return ran


def probe() -> Bubblewrap:
    """Give bubblewrap, after it really confined something. Blocks for some milliseconds.

    Raises:
        Refused (`no_sandbox`): it is not there, too old, or not allowed to work; with what to do.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise Refused(
            "bubblewrap is not installed (Debian, Ubuntu, Fedora, Arch: the package bubblewrap)", code="no_sandbox"
        )
    said = _ask([program, "--version"])
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise Refused("bubblewrap is older than 0.8, which it has to be at least", code="no_sandbox")
    sandbox = Bubblewrap(program)
    boxed = sandbox.command(["/bin/sh", "-c", "test ! -e /etc/shadow && echo $$"], Box(places=(), cwd="/"))
    tried = _ask(boxed.command, boxed.files)
    if tried.returncode != 0 or not tried.stdout.strip().isdigit() or int(tried.stdout) > 9:
        why = tried.stderr.strip().splitlines()[-1:] or ["it does not confine"]
        raise Refused(
            f"bubblewrap does not work here ({why[0][:200]}); user namespaces may be switched off, see kernel."
            "unprivileged_userns_clone, user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns",
            code="no_sandbox",
        )
    return sandbox


def _ask(command: Sequence[str], files: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, pass_fds=tuple(files), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PROBE_S,
            check=False, cwd="/", env={"PATH": system.PATH, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"bubblewrap does not run ({error})", code="no_sandbox") from error
    finally:
        for handle in files:
            os.close(handle)
