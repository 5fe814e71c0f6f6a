"""Processes that left their group but not their session (a shell with job control does that), found and killed.

Only Linux says which session a process is in (proc(5)); elsewhere such a process is not found here, and nowhere one
that began a session of its own: keeping those in is the sandbox's.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_PATIENCE_S: Final = 1.0
_PROC: Final = Path("/proc")


def end_session(session: int) -> bool:
    """Kill what lives in `session`, again and again for up to a second; gives whether nothing is left.

    The number can't have been given to another process while a member lives.
    """
    end = time.monotonic() + _PATIENCE_S
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
