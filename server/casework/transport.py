"""The unix socket between clients and daemon: listening, connecting, and who is at the other end.

Here is also the blocking channel for clients of ours. Not here: what is said (daemon/hello, lsp), and starting a
daemon, which is the relay's (`casework.attaching`), because it may import nothing.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from casework import attaching
from casework.domain.errors import Refused, Trouble

_BACKLOG: Final = 256
_UCRED: Final = struct.Struct("3i")
_LOCAL_PEERPID: Final = 2


def listen(path: Path) -> socket.socket:
    """Listen at `path`, where nothing may stand, with mode 0600. Raises `Trouble`."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(os.fsencode(path))
        path.chmod(0o600)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Trouble(
            f"Casework can not listen at {path} ({error.strerror}), so no editor can attach. "
            "Remove what stands there, or set XDG_RUNTIME_DIR to a folder of your own.",
            code="can_not_listen",
        ) from error
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener


def peer_of(connection: socket.socket) -> tuple[int, int | None]:
    """The uid at the other end, by the kernel's word, and the pid where the system tells it.

    SO_PEERCRED on Linux (unix(7)), getpeereid elsewhere (getpeereid(3)). Raises `OSError`.
    """
    if hasattr(socket, "SO_PEERCRED"):
        pid, uid, _ = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        return uid, pid or None
    import ctypes  # only where there is no SO_PEERCRED

    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    if libc.getpeereid(connection.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        raise OSError(ctypes.get_errno(), "getpeereid failed")
    pid = None
    with suppress(OSError):
        pid = connection.getsockopt(0, _LOCAL_PEERPID) or None
    return uid.value, pid


def can_connect(path: Path) -> bool:
    """Whether a daemon listens at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fsencode(path))
        except OSError:
            return False
    return True


class Channel:
    """A blocking connection to the daemon for clients of ours: JSON messages in frames."""

    def __init__(self, connection: socket.socket, answer: dict[str, Any], rest: bytes) -> None:
        self.answer = answer
        """What the daemon answered to the hello."""
        self._socket = connection
        self._buffer = bytearray(rest)

    @classmethod
    def attach(
        cls,
        client: str,
        *,
        features: tuple[str, ...] = (),
        start: bool = True,
        ask: str = "attach",
        force: bool = False,
    ) -> Self | None:
        """Say hello to the daemon, starting one when none runs and `start`; None when none runs and not `start`.

        Raises `Refused` with the daemon's sentence when it does not want us, `Trouble` when it can not be started.
        """
        try:
            found = attaching.attach(client, features=features, start=start, ask=ask, force=force)
        except attaching.NotAttached as error:
            if error.code == attaching.EXIT_REFUSED:
                raise Refused(error.sentence, code=error.kind) from error
            raise Trouble(error.sentence, code=error.kind) from error
        if found is None:
            return None
        descriptor, answer, rest = found
        connection = socket.socket(fileno=descriptor)
        connection.settimeout(None)
        return cls(connection, json.loads(answer), rest)

    def send(self, message: dict[str, Any]) -> None:
        """Send one message. Raises `Trouble` when the daemon is gone."""
        body = json.dumps(message, separators=(",", ":")).encode()
        try:
            self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        except OSError as error:
            raise _gone() from error

    def receive(self, timeout_s: float | None = None) -> dict[str, Any]:
        """The next message. Raises `Trouble` when the daemon is gone, `TimeoutError` after `timeout_s` seconds."""
        self._socket.settimeout(timeout_s)
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._fill()
        headers = bytes(self._buffer[:end]).lower().split(b"\r\n")
        length = next(int(line[15:]) for line in headers if line.startswith(b"content-length:"))
        while len(self._buffer) < end + 4 + length:
            self._fill()
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        message: dict[str, Any] = json.loads(body)
        return message

    def fileno(self) -> int:
        """For select and poll; bytes may already be buffered here."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fill(self) -> None:
        try:
            chunk = self._socket.recv(256 * 1024)
        except TimeoutError:
            raise
        except OSError as error:
            raise _gone() from error
        if not chunk:
            raise _gone()
        self._buffer += chunk


def _gone() -> Trouble:
    return Trouble(
        "The Casework daemon ended while it was asked; nothing that it acknowledged is lost. Ask again, and it is "
        "started anew; `casework daemon log` says why it ended.",
        code="daemon_ended",
    )
