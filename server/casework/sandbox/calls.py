"""Calls to the kernel that no build and no test needs, closed by a filter (seccomp(2), in classic BPF).

What is closed answers as a kernel without it would (ENOSYS), so that programs take their other way: keys of the kernel,
which belong to the user's whole session; programs for the kernel, counters, io_uring, which goes around filters;
typing into a terminal; and every family of sockets but the ordinary ones, since the network of a box says nothing
about, say, the host of a virtual machine (AF_VSOCK). Numbers: the kernel's syscall tables of each machine.
Not here: putting the filter in place.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import Final

_INTEL: Final = (0xC000003E, 41, 16, (248, 249, 250, 298, 303, 321, 323))
_ARM: Final = (0xC00000B7, 198, 29, (217, 218, 219, 241, 264, 280, 282))
_MACHINES: Final = {"x86_64": _INTEL, "aarch64": _ARM}
"""What seccomp calls it, then the numbers of socket and ioctl, and of add_key, request_key, keyctl, perf_event_open,
name_to_handle_at, bpf and userfaultfd."""
_URING: Final = (425, 426, 427)
_FAMILIES: Final = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: all of them are the box's own where it has a network namespace."""
_TYPING: Final = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX."""

_LOAD, _EQUAL, _NOT_LESS, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Places in struct seccomp_data; of an argument its low half, as both machines are little-endian."""


def closed(*, sockets: bool) -> bytes:
    """Give the filter for this machine, empty where its numbers are not known. Without `sockets` none can be made."""
    known = _MACHINES.get(platform.machine())
    if known is None:
        return b""
    architecture, socket, ioctl, others = known
    steps = [
        _step(_LOAD, _ARCHITECTURE), _step(_EQUAL, architecture, 1, 0), _error(errno.ENOSYS),
        _step(_LOAD, _NUMBER), _step(_NOT_LESS, 0x40000000, 0, 1), _error(errno.ENOSYS),
    ]  # fmt: skip
    for number in (*others, *_URING):
        steps += [_step(_EQUAL, number, 0, 1), _error(errno.ENOSYS)]
    families = [_step(_LOAD, _FIRST)]
    for family in _FAMILIES if sockets else ():
        families += [_step(_EQUAL, family, 0, 1), _step(_RETURN, _ALLOW)]
    families.append(_error(errno.EAFNOSUPPORT if sockets else errno.EACCES))
    steps += [_step(_EQUAL, socket, 0, len(families)), *families]
    typing = [_step(_LOAD, _SECOND)]
    for number in _TYPING:
        typing += [_step(_EQUAL, number, 0, 1), _error(errno.EPERM)]
    steps += [_step(_EQUAL, ioctl, 0, len(typing)), *typing, _step(_RETURN, _ALLOW)]
    return b"".join(steps)


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_so, if_not, value)


def _error(number: int) -> bytes:
    return _step(_RETURN, _ERROR | number)
