"""One daemon for one state directory: the lock that says so, and the socket that only its holder may touch."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from casework import paths, transport
from casework.domain.errors import Refused, Trouble

logger = logging.getLogger(__name__)

_LOCK_NAME: Final = "daemon.lock"
_WAIT_S: Final = 25.0


class AnotherRuns(Refused):
    """Another daemon of this user runs."""


class Instance:
    """The one daemon: holds the lock, owns the socket. A lock of the kernel, so a killed daemon leaves none."""

    def __init__(self, lock: int, path: Path, listener: socket.socket) -> None:
        self.path = path
        self.listener = listener
        self._lock = lock
        self._inode = path.stat().st_ino

    @classmethod
    def claim(cls, wait_s: float = _WAIT_S) -> Instance:
        """Become the one daemon and listen; a socket left by a dead one is removed, under the lock.

        A holder that starts or stops is waited for, `wait_s` seconds at most. Raises `AnotherRuns`, another `Refused`
        or `Trouble`.
        """
        path = paths.socket_path()
        lock = _lock(paths.state_directory() / _LOCK_NAME, path, wait_s)
        try:
            _remove_stale(path)
            listener = transport.listen(path)
            _write_owner(lock, path)
        except BaseException:
            os.close(lock)
            raise
        return cls(lock, path, listener)

    def is_reachable(self) -> bool:
        """Whether the socket in the file system is still ours; a cleaner of /tmp may have taken it."""
        try:
            return self.path.lstat().st_ino == self._inode
        except OSError:
            return False

    def remove_socket(self) -> None:
        """Let no more clients find us; whoever serves the listener closes it.

        What comes now finds no socket and starts a daemon, which waits for the lock.
        """
        if self.is_reachable():
            self.path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let the next daemon begin."""
        with suppress(OSError):
            os.ftruncate(self._lock, 0)
        os.close(self._lock)


def _lock(lock_path: Path, socket_path: Path, wait_s: float) -> int:
    try:
        lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Trouble(
            f"Casework can not open {lock_path} ({error.strerror}), so it can not be sure to be the only daemon. "
            "Make the state directory writable, or set XDG_STATE_HOME to a folder of your own.",
            code="state_directory_unusable",
        ) from error
    end = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = _read_owner(lock)
            if transport.can_connect(_socket_of(owner, socket_path)) or time.monotonic() > end:
                os.close(lock)
                raise _another(owner, socket_path) from None
            time.sleep(0.02)
        else:
            return lock


def _socket_of(owner: dict[str, object], own: Path) -> Path:
    return Path(str(owner.get("socket", own)))


def _another(owner: dict[str, object], own: Path) -> AnotherRuns:
    who = f"process {owner['pid']}, at {owner['socket']}" if "pid" in owner else "starting or stopping"
    there = _socket_of(owner, own)
    way = "" if there == own else f"XDG_RUNTIME_DIR={there.parents[1]} "
    return AnotherRuns(
        f"A Casework daemon of yours runs already ({who}), so this one ended. Use that one, or end it with "
        f"`{way}casework daemon stop`.",
        code="another_daemon",
    )


def _remove_stale(path: Path) -> None:
    """Only ever called by the holder of the lock, so nobody living listens there."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Trouble(
            f"Casework can not remove what stands at {path} ({error.strerror}), so it can not listen there. Remove it.",
            code="can_not_listen",
        ) from error


def _write_owner(lock: int, path: Path) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "socket": str(path)}).encode(), 0)


def _read_owner(lock: int) -> dict[str, object]:
    try:
        owner = json.loads(os.pread(lock, 4096, 0))
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) and {"pid", "socket"} <= owner.keys() else {}
