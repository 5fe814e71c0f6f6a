"""Git's conversion between stored bytes and bytes on disk: line ends, encodings, `$Id$`, filters. Git itself converts,
in batches, in folders of our own; a path without any attribute that asks for it is never converted.

Two sets of attributes count: those of the work tree as it is, and those it will have, where the change itself touches a
`.gitattributes`. A configured filter is a program and runs in a trusted repository only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from casework.domain.repopath import quote
from casework.ports.landing import LandingRefused
from casework.workspace.git import Git
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.index import edit_index
from casework.workspace.landing.places import look_at
from casework.workspace.objects import Place

_ATTRIBUTES: Final = (b"text", b"eol", b"crlf", b"ident", b"working-tree-encoding", b"filter")
_OFF: Final = frozenset({b"unspecified", b"unset"})
_SAFE: Final = {b"GIT_CONFIG_PARAMETERS": b"'core.safecrlf=false' 'core.splitIndex=false' 'index.sparse=false'"}
_NAME: Final = b".gitattributes"

When = Literal["before", "after"]


class Conversion:
    """The conversions of one landing. `after` may be asked once `change_attributes` has been told what changes."""

    def __init__(
        self,
        git: Git,
        contents: Contents,
        room: Callable[[], bytes],
        *,
        index_data: bytes | None,
        filters: frozenset[bytes],
        autocrlf: bool,
        trusted: bool,
        filtered: bool = True,
    ) -> None:
        assert git.top is not None
        self._git = git
        self._top = git.top
        self._contents = contents
        self._room = room
        self._index_data = index_data
        self._filters = filters
        self._autocrlf = autocrlf
        self._trusted = trusted
        self._filtered = filtered
        """Whether a filter may make what is written at all."""
        self._active: dict[When, set[bytes]] = {"before": set(), "after": set()}
        self._attributes_after: dict[bytes, bytes | None] | None = None
        self._batch = 0

    def ask(self, paths: Iterable[bytes]) -> None:
        """Find out which of `paths` are converted at all.

        Raises:
            LandingRefused: `filter`, a configured filter would have to run in a repository that is not trusted.
        """
        self._ask("before", sorted(paths))
        self._active["after"] = set(self._active["before"])

    def change_attributes(self, changed: Mapping[bytes, bytes | None], paths: Iterable[bytes]) -> None:
        """Tell what the touched `.gitattributes` files will hold (None: gone); asks anew for `paths`."""
        self._attributes_after = dict(changed)
        self._active["after"] = set()
        self._ask("after", sorted(paths))

    def converts(self, path: bytes, when: When = "before") -> bool:
        """Whether bytes on disk may differ from stored bytes at this path."""
        return path in self._active[when]

    def smudge(self, places: Mapping[bytes, Place], when: When) -> dict[bytes, bytes]:
        """Give the bytes that git would write to disk for these entries."""
        self._contents.load(places.values())
        found = {path: self._contents.get(place) for path, place in places.items()}
        wanted = {
            path: place
            for path, place in places.items()
            if self.converts(path, when) and place.mode in (b"100644", b"100755")
        }
        if wanted:
            self._contents.flush()
            found.update(self._check_out(wanted, when))
        return found

    def clean(self, files: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Give the stored bytes that git would make of these bytes on disk, by today's attributes."""
        wanted = {path: data for path, data in files.items() if self.converts(path)}
        found = dict(files)
        if not wanted:
            return found
        tree = self._attribute_tree("before", wanted)
        for path, data in wanted.items():
            _write(tree, path, data)
        names = b"".join(b'"%s"\n' % b"".join(b"\\%03o" % code for code in path) for path in wanted)
        out = self._git.run(
            "hash-object", "-w", "--stdin-paths", stdin=names, work_tree=tree, cwd=tree, env=_SAFE,
            allow=("filters",) if self._trusted else (),
        )  # fmt: skip
        for path, name in zip(wanted, out.split(), strict=True):
            found[path] = self._contents.of(name)
        return found

    def _ask(self, when: When, paths: list[bytes]) -> None:
        if not paths:
            return
        tree = self._top if when == "before" else self._attribute_tree(when, paths)
        out = self._git.run(
            "check-attr", "-z", "--stdin", *_ATTRIBUTES, stdin=b"\0".join(paths) + b"\0", work_tree=tree, cwd=tree
        )
        words = out.split(b"\0")
        for path, name, value in zip(words[0::3], words[1::3], words[2::3], strict=False):
            if name == b"filter":
                self._ask_filter(when, path, value)
            elif value not in _OFF or (self._autocrlf and name == b"text" and value == b"unspecified"):
                self._active[when].add(path)

    def _ask_filter(self, when: When, path: bytes, value: bytes) -> None:
        if value not in self._filters:
            return
        if not self._filtered:
            driver = value.decode("utf-8", "replace")
            raise LandingRefused(
                f"{quote(path)} passes through the filter {driver!r}, so what would be written to it is a program's "
                "work and not what was reviewed; nothing was written. Land it as a commit or a branch.",
                code="filter",
                offered=("commit", "branch"),
                paths=(quote(path),),
            )
        if not self._trusted:
            driver = value.decode("utf-8", "replace")
            raise LandingRefused(
                f"{quote(path)} passes through the filter {driver!r}, a program that may run only in a trusted "
                "repository, so nothing was landed. Trust the repository, or make a branch of the change.",
                code="filter",
                offered=("branch",),
                paths=(quote(path),),
            )
        self._active[when].add(path)

    def _check_out(self, places: Mapping[bytes, Place], when: When) -> dict[bytes, bytes]:
        folder = self._folder()
        index = os.path.join(self._room(), b"index-%d" % self._batch)
        if self._index_data is not None:
            with open(index, "wb") as stream:
                stream.write(self._index_data)
        edit_index(self._git, index, places, {}, full=True)
        changed = self._attributes_after is not None and when == "after"
        tree = self._attribute_tree(when, places) if changed else self._top
        self._git.run(
            "checkout-index", "-z", "-f", "--stdin", b"--prefix=" + folder + b"/",
            stdin=b"\0".join(places) + b"\0", index_file=index, work_tree=tree, cwd=tree,
            env=_SAFE, allow=("filters",) if self._trusted else (),
        )  # fmt: skip
        return {path: _read(folder, path) for path in places}

    def _attribute_tree(self, when: When, paths: Iterable[bytes]) -> bytes:
        """A folder that holds nothing but the `.gitattributes` files that count for `paths`."""
        tree = self._folder()
        changed = (self._attributes_after or {}) if when == "after" else {}
        for path in sorted(_attribute_files(paths)):
            data: bytes | None
            if path in changed:
                data = changed[path]
            else:
                seen = look_at(self._top, path)
                data = seen.data if seen.kind == "file" else None
            if data is not None:
                _write(tree, path, data)
        return tree

    def _folder(self) -> bytes:
        self._batch += 1
        folder = os.path.join(self._room(), b"c%d" % self._batch)
        os.mkdir(folder, 0o700)
        return folder


def _attribute_files(paths: Iterable[bytes]) -> set[bytes]:
    found = {_NAME}
    for path in paths:
        above = path.rpartition(b"/")[0]
        while above:
            found.add(above + b"/" + _NAME)
            above = above.rpartition(b"/")[0]
    return found


def _write(folder: bytes, path: bytes, data: bytes) -> None:
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as stream:
        stream.write(data)


def _read(folder: bytes, path: bytes) -> bytes:
    with open(os.path.join(folder, path), "rb") as stream:
        return stream.read()
