"""Processes as this system knows them: groups of their own, ending a whole tree, noticing that one died.

Not here: what a process is for, its confinement (sandbox) and its output.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

GIT_REPOSITORY_VARIABLES: Final = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""What `git rev-parse --local-env-vars` names: true for one repository, wrong for a daemon that serves all."""

_users_umask: int | None = None
_POLL_S: Final = 1.0
_SESSION_PATIENCE_S: Final = 1.0
_PROC: Final = Path("/proc")
NICE: Final = 5
"""Niceness (setpriority(2)) of what works for a task: the editor, and the daemon that answers it, come first."""


def close_to_others() -> None:
    """Let what this process makes be its user's alone; what its starter allowed is remembered."""
    global _users_umask
    _users_umask = os.umask(0o077)


def users_umask() -> int:
    """Give the umask the user works with: of whoever started this process."""
    if _users_umask is not None:
        return _users_umask
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def forget_repository_of_starter() -> None:
    """Drop the variables that bind git to the repository of whoever started us (a hook's editor, for one)."""
    for name in GIT_REPOSITORY_VARIABLES:
        os.environ.pop(name, None)


def spawn_group(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: int,
    stdout: int,
    stderr: int,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command` as the head of a session and process group of its own, so that all of it can be ended at once.

    No file of ours is open in it but the three given and `pass_fds`, and the editor and the daemon come before it where
    the processor is short. Raises `OSError` when it can not be started.
    """
    process = subprocess.Popen(
        list(command), cwd=cwd, env=dict(env), stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=tuple(pass_fds),
        start_new_session=True,
    )  # fmt: skip
    make_way(process.pid, NICE)
    return process


def make_way(leader: int, nice: int) -> None:
    """Let a session and the group that `leader` heads come behind others where the processor is short.

    Linux weighs sessions against each other before it looks at niceness, where it groups them (sched(7), "The autogroup
    feature"), so that one is told too. Whoever makes way already makes no less. Does nothing where the process is gone,
    or the system says no.
    """
    with suppress(OSError):
        nice = max(nice, os.getpriority(os.PRIO_PROCESS, leader))
        os.setpriority(os.PRIO_PGRP, leader, nice)
    with suppress(OSError):
        (_PROC / str(leader) / "autogroup").write_text(str(nice))


def end_group(process: subprocess.Popen[bytes], *, grace_s: float = 2.0) -> int:
    """End the group that `process` heads: TERM, after `grace_s` seconds KILL; gives the exit code of the head.

    Blocks for at most `grace_s` and what the kernel needs. Members that outlive their head are killed too. A member
    that left the group (setsid) is not reached: confinement, not this function, keeps such a one.
    """
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(grace_s)
        _wait_for_group(process.pid, grace_s)
    except subprocess.TimeoutExpired:
        pass
    _signal_group(process.pid, signal.SIGKILL)
    return process.wait()


def end_now(process: subprocess.Popen[bytes]) -> int:
    """Kill the session and group that `process` heads, without asking first; gives the exit code of the head."""
    _signal_group(process.pid, signal.SIGKILL)
    code = process.wait()
    end_session(process.pid)
    return code


def end_session(session: int) -> bool:
    """Kill what lives in `session`, again and again for up to a second; gives whether nothing is left.

    Processes leave their group but not their session where a shell has job control. Only Linux says which session a
    process is in (proc(5)); elsewhere such a one is not found, and nowhere one that began a session of its own: keeping
    those in is the sandbox's. The number can't have been given to another process while a member lives.
    """
    end = time.monotonic() + _SESSION_PATIENCE_S
    while members := _members(session):
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def _members(session: int) -> list[int]:
    if not _PROC.is_dir():
        return []
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if _session_of(pid) == session]


def _session_of(pid: int) -> int:
    """Give the session of a living process, 0 for a dead one."""
    try:
        # The name, in parentheses, may itself hold spaces and parentheses.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if len(fields) < 4 or fields[0] in (b"Z", b"X") else int(fields[3])


def is_alive(pid: int) -> bool:
    """Whether a process with this number exists, of whatever user; numbers that can be no process are dead."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


async def wait_for_death(pid: int) -> None:
    """Return when process `pid`, no child of ours, has ended; at once when it is not there.

    With a pidfd (Linux 5.3) at the instant, also when nobody reaps it; elsewhere within a second. Cancelling leaves
    nothing behind.
    """
    if not is_alive(pid):
        return
    handle = _open_pidfd(pid)
    if handle is None:
        while is_alive(pid):  # noqa: ASYNC110 - without pidfd there is nothing to be woken by
            await asyncio.sleep(_POLL_S)
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _open_pidfd(pid: int) -> int | None:
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        handle: int = opener(pid)
    except OSError:
        return None
    return handle


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        os.killpg(group, number)


def _wait_for_group(group: int, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.01)
