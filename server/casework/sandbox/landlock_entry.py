"""Enters a box of Landlock: a child restricts itself and becomes the command, this process waits and clears up.

Runs as `python -I -S landlock_entry.py SPEC COMMAND...`. It adopts what is orphaned in the box (PR_SET_CHILD_SUBREAPER)
and ends all of it when the command ends, when it is told to, and when whoever started it dies. Standard library
only. Numbers: linux/landlock.h and linux/prctl.h. Not here: what may be opened (`landlock`).
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import stat
import struct
import sys
import tempfile
from contextlib import suppress
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15
_READ = 1 | 4 | 8
_SINCE = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))


def main() -> None:
    """Start the command in a child, wait for it, and end what it left."""
    spec, command = json.loads(sys.argv[1]), sys.argv[2:]
    _prctl(36, 1)
    _prctl(1, signal.SIGTERM)
    private = tempfile.mkdtemp(prefix="casework-box-")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    code = 143
    try:
        child = os.fork()
        if child == 0:
            _become(spec, command, private)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_all()
        shutil.rmtree(private, ignore_errors=True)
        os._exit(code if code >= 0 else 128 - code)


def _end_all() -> None:
    """Kill every descendant, again and again; whoever is orphaned meanwhile becomes a child of ours."""
    while True:
        for pid in _descendants(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as children:
                for child in map(int, children.read().split()):
                    found += [child, *_descendants(child)]
    return found


def _become(spec: dict[str, Any], command: list[str], private: str) -> None:
    """Restrict this process, and become the command; says why where it can't."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _prctl(1, signal.SIGKILL)
        os.chdir(spec["cwd"])
        given = {name: os.environ[name] for name in spec["names"]}  # and not what Python itself has set
        home, tmp = os.path.join(private, "home"), os.path.join(private, "tmp")
        environment = {"HOME": home, "TMPDIR": tmp, **given, **spec["environment"]}
        for folder in (home, tmp):
            os.mkdir(folder, 0o700)
        most = spec["file_bytes"]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _restrict(spec["abi"], spec["readable"], [*spec["writable"], home, tmp])
        _close_calls(bytes.fromhex(spec["filter"]))
        os.execvpe(command[0], command, environment)
    except OSError as error:
        sys.stderr.write(f"casework: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(127)


def _restrict(abi: int, readable: list[str], writable: list[str]) -> None:
    every = sum(rights for since, rights in _SINCE if abi >= since)
    attributes = struct.pack("=QQQ", every, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = _checked(_LIBC.syscall(444, attributes, ctypes.c_size_t(len(attributes)), 0))
    for paths, rights in ((readable, _READ), (writable, every)):
        for path in paths:
            with suppress(FileNotFoundError, NotADirectoryError):
                handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
                given = rights if stat.S_ISDIR(os.fstat(handle).st_mode) else rights & every & _OF_FILES
                _checked(_LIBC.syscall(445, rules, 1, struct.pack("=Qi", given, handle), 0))
                os.close(handle)
    _prctl(38, 1)
    _drop_capabilities()
    _checked(_LIBC.syscall(446, rules, 0))
    os.close(rules)


def _drop_capabilities() -> None:
    """Give up what root may do, for good: Landlock knows files, and not the clock or the host's name."""
    for capability in range(64):
        _LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; those that the kernel has not are refused
    _LIBC.prctl(28, 0b101111, 0, 0, 0)  # PR_SET_SECUREBITS: to be root gives nothing, and that stays; root's to set
    _LIBC.prctl(47, 4, 0, 0, 0)  # PR_CAP_AMBIENT_CLEAR_ALL
    _checked(_LIBC.capset(struct.pack("II", 0x20080522, 0), struct.pack("IIIIII", 0, 0, 0, 0, 0, 0)))


def _close_calls(filtered: bytes) -> None:
    kept = ctypes.create_string_buffer(filtered)
    program = struct.pack("HxxxxxxP", len(filtered) // 8, ctypes.addressof(kept))
    _checked(_LIBC.prctl(22, 2, program, 0, 0))


def _prctl(option: int, value: int) -> None:
    _checked(_LIBC.prctl(option, value, 0, 0, 0))


def _checked(found: int) -> int:
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found


if __name__ == "__main__":
    main()
