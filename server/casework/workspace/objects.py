"""New objects, written in one go, however many there are.

Objects are named and packed here and handed to one git process, which writes them as git likes them (loose or as a
pack, modes, sharing). What trees hold is trees.py.
"""

from __future__ import annotations

import hashlib
import struct
import time
import zlib
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from casework.workspace.git import Git

AUTHOR: Final = b"Casework <casework@localhost>"
"""Who makes our own commits: they are kept by our refs and never land as they are."""

_KINDS: Final = {b"commit": 1, b"tree": 2, b"blob": 3}
_FULL: Final = 64 * 1024 * 1024
_SMALL: Final = 8192
_SMALL_WINDOW: Final = 13
"""The window, as a power of two, in which the whole of a small object fits."""
_UNPACK_LIMIT: Final = 100
"""From so many objects on the pack is kept whole, as git does with what it receives (`transfer.unpackLimit`)."""


class Place(NamedTuple):
    """What a tree holds under one name: the mode in octal, and the object's name in hex."""

    mode: bytes
    id: bytes


@dataclass(slots=True)
class NewObjects:
    """Objects on their way into the repository; they exist there once `write` has returned."""

    git: Git
    _packed: list[bytes] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _size: int = 0

    def add(self, kind: bytes, data: bytes) -> bytes:
        """Take one object and give its name in hex."""
        name = name_of(self.git, kind, data)
        if name not in self._seen:
            self._seen.add(name)
            packed = _pack_header(_KINDS[kind], len(data)) + _compressed(data)
            self._packed.append(packed)
            self._size += len(packed)
            if self._size > _FULL:
                self.write()
        return name

    def blob(self, data: bytes) -> bytes:
        """Take a file's contents and give the blob's name in hex."""
        return self.add(b"blob", data)

    def commit(self, tree: bytes, parents: tuple[bytes, ...], message: str, *, at_s: int | None = None) -> bytes:
        """Take a commit of our own and give its name in hex."""
        stamp = b"%s %d +0000" % (AUTHOR, int(time.time()) if at_s is None else at_s)
        lines = [
            b"tree " + tree,
            *(b"parent " + parent for parent in parents),
            b"author " + stamp,
            b"committer " + stamp,
        ]
        text = message.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").rstrip(b"\n")
        return self.add(b"commit", b"\n".join(lines) + b"\n\n" + text + b"\n")

    def write(self) -> None:
        """Bring all that was taken into the repository.

        Raises:
            Trouble: git could not write (a full disk, no permission).
        """
        if not self._packed:
            return
        body = b"PACK" + struct.pack(">II", 2, len(self._packed)) + b"".join(self._packed)
        command = ("unpack-objects", "-q") if len(self._packed) < _UNPACK_LIMIT else ("index-pack", "--stdin")
        self._packed, self._size = [], 0
        self.git.run(*command, stdin=body + _digest(self.git, body).digest(), timeout_s=300)


def name_of(git: Git, kind: bytes, data: bytes) -> bytes:
    """Give the name git gives to an object."""
    return _digest(git, b"%s %d\0" % (kind, len(data)) + data).hexdigest().encode()


def _digest(git: Git, data: bytes) -> hashlib._Hash:
    if git.object_format == b"sha256":
        return hashlib.sha256(data)
    return hashlib.sha1(data, usedforsecurity=False)


def _compressed(data: bytes) -> bytes:
    """As zlib's fastest level does it. The memory it asks for takes longer than compressing a small object does."""
    small = len(data) <= _SMALL
    packer = zlib.compressobj(1, zlib.DEFLATED, _SMALL_WINDOW, 6) if small else zlib.compressobj(1)
    return packer.compress(data) + packer.flush()


def _pack_header(kind: int, size: int) -> bytes:
    """The type and size of a packed object (gitformat-pack(5))."""
    byte = (kind << 4) | (size & 15)
    size >>= 4
    found = bytearray()
    while size:
        found.append(byte | 128)
        byte = size & 127
        size >>= 7
    found.append(byte)
    return bytes(found)
