"""New objects, and trees made from old ones: written in one go, however many there are.

Objects are named and packed here and handed to one git process, which writes them as git likes them (loose or as a
pack, modes, sharing). No index is read or written: a tree is edited by reading the directories that an edit touches,
so the cost is the change's, and odd indexes (split, sparse, v4) do not matter.
"""

from __future__ import annotations

import hashlib
import struct
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from casework.domain.errors import CaseworkError, Trouble
from casework.domain.repopath import quote
from casework.workspace.git import Git

TREE_MODE: Final = b"40000"
AUTHOR: Final = b"Casework <casework@localhost>"
"""Who makes our own commits: they are kept by our refs and never land as they are."""

_KINDS: Final = {b"commit": 1, b"tree": 2, b"blob": 3}
_FULL: Final = 64 * 1024 * 1024
_UNPACK_LIMIT: Final = 100
"""From so many objects on the pack is kept whole, as git does with what it receives (`transfer.unpackLimit`)."""


class Place(NamedTuple):
    """What a tree holds under one name: the mode in octal, and the object's name in hex."""

    mode: bytes
    id: bytes


Tree = dict[bytes, Place]


class Clash(CaseworkError):
    """A file and a folder would have the same name."""

    def __init__(self, path: bytes) -> None:
        super().__init__(f"{quote(path)} would be a file and a folder at once.")
        self.path = path


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
            packed = _pack_header(_KINDS[kind], len(data)) + zlib.compress(data, 1)
            self._packed.append(packed)
            self._size += len(packed)
            if self._size > _FULL:
                self.write()
        return name

    def blob(self, data: bytes) -> bytes:
        """Take a file's contents and give the blob's name in hex."""
        return self.add(b"blob", data)

    def tree(self, places: Tree) -> bytes:
        """Take a directory and give the tree's name in hex."""
        ordered = sorted(places.items(), key=lambda item: item[0] + (b"/" if item[1].mode == TREE_MODE else b""))
        data = b"".join(b"%s %s\0%s" % (place.mode, name, bytes.fromhex(place.id.decode())) for name, place in ordered)
        return self.add(b"tree", data)

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


def read_trees(git: Git, root: bytes, folders: set[bytes]) -> dict[bytes, Tree]:
    """Give what the named folders of a commit or tree hold; a folder that is not there holds nothing. `b""` is the top.

    Raises:
        Trouble: an object is missing (`objects_missing`), as in a partial clone.
    """
    # `cat-file` ends a line at \n, and at \r\n too: such a name can't be asked for by path. It is reached through its
    # parent, one round for each level.
    plain = [folder for folder in folders if b"\n" not in folder and not folder.endswith(b"\r")]
    objects = git.objects([root + (b":" + folder if folder else b"^{tree}") for folder in plain])
    found = {
        folder: parse_tree(git, each.data) if each is not None and each.kind == b"tree" else {}
        for folder, each in zip(plain, objects, strict=True)
    }
    for folder in sorted(folders - set(plain), key=lambda name: name.count(b"/")):
        above, _, name = folder.rpartition(b"/")
        place = found.get(above, {}).get(name)
        held = git.objects([place.id])[0] if place is not None and place.mode == TREE_MODE else None
        found[folder] = parse_tree(git, held.data) if held is not None else {}
    for folder in folders - {b""}:
        above, _, name = folder.rpartition(b"/")
        place = found.get(above, {}).get(name)
        if place is not None and place.mode == TREE_MODE and not found[folder]:
            raise Trouble(
                f"The folder {quote(folder)} of {root.decode()[:12]} is not on this machine (a partial clone?), so this"
                " change can't be handled. Fetch what is missing, then try again.",
                code="objects_missing",
            )
    return found


def parse_tree(git: Git, data: bytes) -> Tree:
    """Parse a tree object (gitformat: mode, blank, name, NUL, raw object name)."""
    length = git.hex_length // 2
    found: Tree = {}
    at = 0
    while at < len(data):
        blank = data.index(b" ", at)
        end = data.index(b"\0", blank)
        found[data[blank + 1 : end]] = Place(data[at:blank], data[end + 1 : end + 1 + length].hex().encode())
        at = end + 1 + length
    return found


def folders_of(paths: Iterable[bytes]) -> set[bytes]:
    """Give every folder above the paths, the top included."""
    found = {b""}
    for path in paths:
        above = path.rpartition(b"/")[0]
        while above not in found:
            found.add(above)
            above = above.rpartition(b"/")[0]
    return found


def place_in(trees: Mapping[bytes, Tree], path: bytes) -> Place | None:
    """Give what stands at `path`; its folder must have been read."""
    above, _, name = path.rpartition(b"/")
    return trees[above].get(name)


def edit_tree(new: NewObjects, trees: Mapping[bytes, Tree], edits: Mapping[bytes, Place | None]) -> bytes:
    """Give the tree in which some paths are set or, where the edit is None, removed; empty folders disappear.

    `trees` is what `read_trees` gave for `folders_of(edits)` at least. The new trees are added to `new`, and exist once
    that is written.

    Raises:
        Clash: a file and a folder would have the same name.
    """
    folders = folders_of(edits)
    edited = {folder: dict(trees[folder]) for folder in folders}
    for path, place in edits.items():
        above, _, name = path.rpartition(b"/")
        before = edited[above].get(name)
        if place is not None:
            edited[above][name] = place
        elif before is not None and before.mode != TREE_MODE:
            del edited[above][name]
    for folder in sorted(folders - {b""}, key=lambda name: name.count(b"/"), reverse=True):
        _hang(new, edited, folder)
    return new.tree(edited[b""])


def _hang(new: NewObjects, trees: dict[bytes, Tree], folder: bytes) -> None:
    """Put an edited folder back into the one above it."""
    above, _, name = folder.rpartition(b"/")
    there = trees[above].get(name)
    is_file = there is not None and there.mode != TREE_MODE
    if not trees[folder]:
        if not is_file:
            trees[above].pop(name, None)
        return
    if is_file:
        raise Clash(folder)
    trees[above][name] = Place(TREE_MODE, new.tree(trees[folder]))


def _digest(git: Git, data: bytes) -> hashlib._Hash:
    if git.object_format == b"sha256":
        return hashlib.sha256(data)
    return hashlib.sha1(data, usedforsecurity=False)


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
