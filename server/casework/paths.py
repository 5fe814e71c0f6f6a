"""Which folders Casework uses on this system: state, settings, and the short one that holds the socket.

Here are the rules for names, owners and modes of those folders, and nothing about what lies in them. The relay may
import nothing of ours and repeats the rule for the socket; `tests/daemon/test_socket_rule.py` holds the two together.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from casework.domain.errors import Refused, Trouble

SOCKET_PATH_LIMIT: Final = 104 if sys.platform == "darwin" else 108
"""Bytes of `sun_path` in `struct sockaddr_un`, with the final zero (unix(7) on Linux, unix(4) on macOS)."""

SOCKET_NAME: Final = "daemon.sock"


def state_directory() -> Path:
    """The folder of journals, blobs and logs, made with mode 0700 when it is missing.

    `$XDG_STATE_HOME/casework`; without that variable `~/.local/state/casework`, on macOS
    `~/Library/Application Support/casework` (XDG Base Directory 0.8; Apple's File System Programming Guide).
    Raises `Trouble` when it can not be made or written, `Refused` when others may write there.
    """
    base = _absolute("XDG_STATE_HOME")
    if base is None:
        base = _home() / ("Library/Application Support" if sys.platform == "darwin" else ".local/state")
    directory = base / "casework"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = directory.stat()
    except OSError as error:
        raise _unusable(directory, error) from error
    if own.st_uid != os.getuid():
        raise Refused(
            f"The state directory {directory} belongs to another user, so no review can be kept there. "
            "Give it to yourself, or set XDG_STATE_HOME to a folder of your own.",
            code="state_directory_not_own",
        )
    try:
        if stat.S_IMODE(own.st_mode) & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise _unusable(directory, error) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise _unusable(directory, PermissionError(13, "Permission denied"))
    return directory


def log_directory() -> Path:
    """`log` below the state directory, made with mode 0700; raises as `state_directory` does."""
    directory = state_directory() / "log"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unusable(directory, error) from error
    return directory


def config_directory() -> Path:
    """The folder of the user's settings; it need not exist and is not made here.

    `$XDG_CONFIG_HOME/casework`, else `~/.config/casework`, on macOS too: people keep their settings in one place.
    """
    return (_absolute("XDG_CONFIG_HOME") or _home() / ".config") / "casework"


def runtime_directory() -> Path:
    """The folder of the socket, of the user's own, mode 0700, made when it is missing.

    `$XDG_RUNTIME_DIR/casework` when that variable names a folder of the user's; else `/tmp/casework-<uid>`.
    Raises `Refused` when what stands there is a link, is no folder, is not ours or is open to others.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    directory = Path(base, "casework") if _is_own_folder(base) else Path(f"/tmp/casework-{os.getuid()}")  # noqa: S108 - verified below
    try:
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        found = directory.lstat()
    except OSError as error:
        raise Trouble(
            f"The folder of Casework's socket, {directory}, can not be used ({error.strerror}), so no editor can "
            "attach. Remove what stands there, or set XDG_RUNTIME_DIR to a folder of your own.",
            code="runtime_directory_unusable",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused(
            f"The folder of Casework's socket, {directory}, is not a folder that only you can enter, so others could "
            "listen in. Remove it, or set XDG_RUNTIME_DIR to a folder of your own.",
            code="runtime_directory_not_own",
        )
    return directory


def socket_path() -> Path:
    """Where the daemon listens; raises as `runtime_directory` does, and `Refused` when the path is too long."""
    path = runtime_directory() / SOCKET_NAME
    if len(os.fsencode(path)) >= SOCKET_PATH_LIMIT:
        raise Refused(
            f"The path of Casework's socket, {path}, is longer than this system allows ({SOCKET_PATH_LIMIT - 1} "
            "bytes). Set XDG_RUNTIME_DIR to a shorter folder.",
            code="socket_path_too_long",
        )
    return path


def _is_own_folder(name: str) -> bool:
    if not name.startswith("/"):
        return False
    try:
        found = os.stat(name)  # noqa: PTH116 - the relay has the same line
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _absolute(variable: str) -> Path | None:
    """A relative path in these variables is to be ignored (XDG Base Directory 0.8)."""
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else None


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise Trouble(
            "This user has no home folder, so Casework has no place for its journals. Set HOME, or set XDG_STATE_HOME "
            "and XDG_CONFIG_HOME.",
            code="no_home",
        ) from error


def _unusable(directory: Path, error: OSError) -> Trouble:
    return Trouble(
        f"Casework can not write its state directory {directory} ({error.strerror}), so nothing could be kept. "
        "Make it writable, or set XDG_STATE_HOME to a folder of your own.",
        code="state_directory_unusable",
    )
