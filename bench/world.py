"""A world for one daemon to be measured in: folders of its own, the commands that lead to it, and its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import casework
from bench.repository import ENVIRONMENT

RELAY: Final = Path(casework.__file__).parent / "relay.py"
ATTACH: Final[Sequence[str]] = (sys.executable, "-I", "-S", str(RELAY))
"""What our clients and the printed configurations start."""
CASEWORK: Final = str(Path(sys.executable).parent / "casework")
_STOP: Final = """
import os
from casework import attaching

found = attaching.attach("bench", start=False, ask="stop", force=True)
if found:
    os.set_blocking(found[0], True)
while found and os.read(found[0], 65536):
    pass  # the kernel closes the connection when the daemon is gone
"""
HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class World:
    """Folders and environment of one daemon."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return Path(self.environment["XDG_RUNTIME_DIR"]) / "casework" / "daemon.sock"

    def stop(self) -> None:
        """End the daemon, if one runs, and wait until the last of it is gone, so that the next need not."""
        if not self.socket.exists():
            return
        subprocess.run([sys.executable, "-c", _STOP], env=self.environment, check=True, timeout=30)
        until = time.monotonic() + 30
        while self.socket.exists():
            if time.monotonic() > until:
                raise TimeoutError("the daemon did not end within 30 seconds")
            time.sleep(0.005)


@contextmanager
def world() -> Iterator[World]:
    """Make a world; the daemon in it ends with it. Its path is short, because a socket's has to be."""
    with tempfile.TemporaryDirectory(prefix="cw-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folders = {
            "HOME": "home",
            "XDG_CACHE_HOME": "cache",
            "XDG_CONFIG_HOME": "config",
            "XDG_DATA_HOME": "data",
            "XDG_RUNTIME_DIR": "run",
            "XDG_STATE_HOME": "state",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "CASEWORK_"))}
        for variable, below in folders.items():
            (folder / below).mkdir(mode=0o700)
            environment[variable] = str(folder / below)
        made = World(folder, environment | dict(ENVIRONMENT) | {"CASEWORK_IDLE_EXIT_S": "0"})
        try:
            yield made
        finally:
            made.stop()
