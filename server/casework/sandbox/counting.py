"""How many processes all boxes may have together, held by the kernel, where the daemon is root.

For root a limit of processes by user counts nothing (setrlimit(2)), so a flood of them would take all that the machine
has until it is noticed. A control group does count (cgroups(7), the pids controller): one for all boxes, because what
it has to keep whole is the rest of the machine. Not here: the limit of each box, which is looked at (`running`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

MOST: Final = 4096
"""Processes and threads of all boxes together."""
_CONTROLLERS: Final = Path("/sys/fs/cgroup")
_ENTER: Final = 'echo 0 > "$0"; exec "$@"'
"""Where the group is gone by then the box is started all the same: the limit of each box still holds."""


@cache
def counted() -> tuple[str, ...]:
    """Give the words to put before a command so that it starts among those that are counted; none where nobody can be.

    Makes the group at the first call; it stays, empty, and is used again.
    """
    if os.geteuid() != 0:
        return ()
    group = _make()
    return ("/bin/sh", "-c", _ENTER, str(group / "cgroup.procs")) if group is not None else ()


def _make() -> Path | None:
    for parent in _parents():
        group = parent / "casework"
        with suppress(OSError):
            group.mkdir(exist_ok=True)
            (group / "pids.max").write_text(str(MOST))
            return group
    return None


def _parents() -> list[Path]:
    """Give where a group can be made: of version 1 below our own, of version 2 only at a root that counts already."""
    found = []
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if "pids" in controllers.split(","):
                found.append(_CONTROLLERS / "pids" / path.strip("/"))
    with suppress(OSError):
        if "pids" in (_CONTROLLERS / "cgroup.subtree_control").read_text("utf-8").split():
            found.append(_CONTROLLERS)
    return found
