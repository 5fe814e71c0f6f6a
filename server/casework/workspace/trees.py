"""Directories as git stores them: read by their paths, and edited without an index.

A tree is edited by reading the directories that an edit touches, so the cost is the change's, and odd indexes (split,
sparse, v4) do not matter. What is written to git is objects.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from casework.domain.errors import CaseworkError, Trouble
from casework.domain.repopath import quote
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects, Place

TREE_MODE: Final = b"40000"

# gitformat: mode, blank, name, NUL, the object's name in raw bytes (20, or 32 in a SHA-256 repository).
_ENTRIES: Final = {length: re.compile(rb"([0-7]+) ([^\0]+)\0(.{%d})" % length, re.DOTALL) for length in (20, 32)}


class Clash(CaseworkError):
    """A file and a folder would have the same name."""

    def __init__(self, path: bytes) -> None:
        super().__init__(f"{quote(path)} would be a file and a folder at once.")
        self.path = path


class Tree:
    """What one directory holds. Entries stay as git wrote them until somebody asks for one: most are only copied."""

    __slots__ = ("_entries", "_in_order")

    def __init__(self, entries: Mapping[bytes, tuple[bytes, bytes]] | None = None) -> None:
        self._entries = dict(entries or {})
        self._in_order = True

    @classmethod
    def parse(cls, git: Git, data: bytes) -> Tree:
        """Read a tree object."""
        return cls({name: (mode, raw) for mode, name, raw in _ENTRIES[git.hex_length // 2].findall(data)})

    def __bool__(self) -> bool:
        return bool(self._entries)

    def copy(self) -> Tree:
        """Give another tree that holds the same."""
        twin = Tree(self._entries)
        twin._in_order = self._in_order
        return twin

    def get(self, name: bytes) -> Place | None:
        """Give what stands under a name."""
        found = self._entries.get(name)
        return None if found is None else Place(found[0], found[1].hex().encode())

    def put(self, name: bytes, place: Place) -> None:
        """Let a name stand for something."""
        before = self._entries.get(name)
        if before is None or (before[0] == TREE_MODE) != (place.mode == TREE_MODE):
            self._in_order = False
        self._entries[name] = (place.mode, bytes.fromhex(place.id.decode()))

    def remove(self, name: bytes) -> None:
        """Let a name stand for nothing."""
        self._entries.pop(name, None)

    def data(self) -> bytes:
        """Give the tree object: entries in git's order, where a folder's name ends with a slash."""
        entries = self._entries.items()
        if not self._in_order:
            entries = dict(sorted(entries, key=lambda item: item[0] + b"/" * (item[1][0] == TREE_MODE))).items()
        return b"".join([b"%s %s\0%s" % (mode, name, raw) for name, (mode, raw) in entries])


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
        folder: Tree.parse(git, each.data) if each is not None and each.kind == b"tree" else Tree()
        for folder, each in zip(plain, objects, strict=True)
    }
    for folder in sorted(folders - set(plain), key=lambda name: name.count(b"/")):
        place = _above(found, folder)
        held = git.objects([place.id])[0] if place is not None and place.mode == TREE_MODE else None
        found[folder] = Tree.parse(git, held.data) if held is not None else Tree()
    for folder in folders - {b""}:
        place = _above(found, folder)
        if place is not None and place.mode == TREE_MODE and not found[folder]:
            raise Trouble(
                f"The folder {quote(folder)} of {root.decode()[:12]} is not on this machine (a partial clone?), so this"
                " change can't be handled. Fetch what is missing, then try again.",
                code="objects_missing",
            )
    return found


def _above(found: Mapping[bytes, Tree], folder: bytes) -> Place | None:
    above, _, name = folder.rpartition(b"/")
    tree = found.get(above)
    return None if tree is None else tree.get(name)


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
    edited = {folder: trees[folder].copy() for folder in folders}
    for path, place in edits.items():
        above, _, name = path.rpartition(b"/")
        before = edited[above].get(name)
        if place is not None:
            edited[above].put(name, place)
        elif before is not None and before.mode != TREE_MODE:
            edited[above].remove(name)
    for folder in sorted(folders - {b""}, key=lambda name: name.count(b"/"), reverse=True):
        _hang(new, edited, folder)
    return new.add(b"tree", edited[b""].data())


def _hang(new: NewObjects, trees: dict[bytes, Tree], folder: bytes) -> None:
    """Put an edited folder back into the one above it."""
    above, _, name = folder.rpartition(b"/")
    there = trees[above].get(name)
    is_file = there is not None and there.mode != TREE_MODE
    if not trees[folder]:
        if not is_file:
            trees[above].remove(name)
        return
    if is_file:
        raise Clash(folder)
    trees[above].put(name, Place(TREE_MODE, new.add(b"tree", trees[folder].data())))
