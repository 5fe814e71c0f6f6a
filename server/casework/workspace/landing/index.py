"""The index: what it holds, and a copy of it edited by git itself. The user's own index is only ever read here."""

from __future__ import annotations

import bisect
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from casework.domain.errors import Trouble
from casework.workspace.git import Git
from casework.workspace.objects import Place, name_of

_INTENT_TO_ADD: Final = 1 << 29
_FLAGS: Final = re.compile(rb"flags: ([0-9a-f]+)")
FULL: Final = {b"GIT_CONFIG_PARAMETERS": b"'index.sparse=false'"}
"""For a sparse index: git 2.39 leaves both the collapsed folder and the entry when it edits below it."""
_FEW: Final = 50


def _path_of(line: bytes) -> bytes:
    return line.partition(b"\t")[2]


@dataclass(slots=True)
class Index:
    """What the index held when it was read; `sha256` names its very bytes, and is empty where there is no index."""

    data: bytes | None
    _lines: Sequence[bytes] = ()
    """Entries in git's order, which is that of their paths' bytes, as git writes them: `TAG MODE NAME STAGE<tab>PATH`.
    They are searched, not parsed: a landing asks for few of many."""
    only_intended: set[bytes] = field(default_factory=set)
    """Paths of `git add -N`: named, but nothing is staged."""

    @property
    def sha256(self) -> str:
        return hash_of(self.data)

    @property
    def is_sparse(self) -> bool:
        """Whether whole folders may be collapsed (the `sdir` extension, gitformat-index)."""
        return self.data is not None and b"sdir" in self.data

    def _entry(self, path: bytes) -> list[bytes] | None:
        """A path's tag, mode, name and stage; of an unmerged one those of its first stage."""
        at = bisect.bisect_left(self._lines, path, key=_path_of)
        if at == len(self._lines):
            return None
        head, _, found = self._lines[at].partition(b"\t")
        return head.split(b" ") if found == path else None

    def has(self, path: bytes) -> bool:
        """Whether there is an entry without conflict."""
        entry = self._entry(path)
        return entry is not None and entry[3] == b"0"

    def is_unmerged(self, path: bytes) -> bool:
        """Whether a conflict waits to be resolved."""
        entry = self._entry(path)
        return entry is not None and entry[3] != b"0"

    def place(self, path: bytes) -> Place | None:
        """What is staged at a path."""
        entry = self._entry(path)
        if entry is None or entry[3] != b"0" or path in self.only_intended:
            return None
        return Place(entry[1], entry[2])

    def flags(self, path: bytes) -> str:
        """The path's flags: `h` says assume-unchanged, `S` skip-worktree."""
        entry = self._entry(path)
        tag = entry[0] if entry is not None and entry[3] == b"0" else b"H"
        return ("h" if tag.islower() else "") + ("S" if tag in b"Ss" else "")

    def paths(self) -> Iterator[bytes]:
        """Every path without conflict, in order."""
        return (path for head, _, path in (line.partition(b"\t") for line in self._lines) if head.endswith(b" 0"))

    def below(self, folder: bytes) -> Iterator[bytes]:
        """Every path without conflict in a folder."""
        begin = bisect.bisect_left(self._lines, folder + b"/", key=_path_of)
        for line in self._lines[begin:]:
            head, _, path = line.partition(b"\t")
            if not path.startswith(folder + b"/"):
                return
            if head.endswith(b" 0"):
                yield path


def hash_of(data: bytes | None) -> str:
    """Name an index by its bytes."""
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def index_path(git: Git) -> bytes:
    """Where this work tree's index is."""
    return os.path.join(git.git_dir, b"index")


def read_bytes(path: bytes) -> bytes | None:
    """Give a file's bytes, None when there is no such file."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def read_index(git: Git, touched: Collection[bytes]) -> Index:
    """Read the index.

    Raises:
        Trouble: git can't read it.
    """
    found = read_entries(git)
    find_intended(git, found, touched)
    return found


def read_entries(git: Git) -> Index:
    """Read the index, but for what `find_intended` finds.

    Raises:
        Trouble: git can't read it.
    """
    data = read_bytes(index_path(git))
    return Index(data, git.run("ls-files", "-z", "-s", "-v").split(b"\0")[:-1])


def find_intended(git: Git, index: Index, touched: Collection[bytes]) -> None:
    """Tell a staged empty file from one that is only named: git says it in the debug output alone."""
    empty = name_of(git, b"blob", b"")
    unsure = sorted(path for path in touched if (place := index.place(path)) is not None and place.id == empty)
    for path in unsure:
        flags = _FLAGS.search(git.run("ls-files", "--debug", "-z", "--", path))
        if flags is not None and int(flags.group(1), 16) & _INTENT_TO_ADD:
            index.only_intended.add(path)


def edit_index(
    git: Git,
    index_file: bytes,
    edits: Mapping[bytes, Place | None],
    flags: Mapping[bytes, str],
    *,
    full: bool,
    pass_fds: Sequence[int] = (),
) -> None:
    """Set entries in a copy of the index, removals first, and set the flags that an edited entry loses."""
    env = FULL if full else None
    gone = [b"0 %s\t%s\0" % (git.null_id, path) for path, place in edits.items() if place is None]
    come = [b"%s %s\t%s\0" % (place.mode, place.id, path) for path, place in edits.items() if place is not None]
    if gone or come:
        git.run(
            "update-index", "-z", "--index-info",
            stdin=b"".join(gone + come), index_file=index_file, env=env, pass_fds=pass_fds,
        )  # fmt: skip
    for letter, option in (("h", "--assume-unchanged"), ("S", "--skip-worktree")):
        paths = [path for path, place in edits.items() if place is not None and letter in flags.get(path, "")]
        if paths:
            git.run(
                "update-index", option, "-z", "--stdin",
                stdin=b"\0".join(paths) + b"\0", index_file=index_file, env=env, pass_fds=pass_fds,
            )  # fmt: skip


def refresh(
    git: Git, index_file: bytes, paths: Collection[bytes], *, trusted: bool, full: bool, pass_fds: Sequence[int] = ()
) -> None:
    """Make the copy's stamps true for files as they lie on disk now, so that `git diff-files` is right at once."""
    if not paths:
        return
    allow: Iterable[str] = ("filters",) if trusted else ()
    env = FULL if full else None
    if len(paths) <= _FEW:
        found = git.ask(
            "add", "--refresh", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul",
            stdin=b"\0".join(paths) + b"\0", index_file=index_file, env=env, pass_fds=pass_fds,
            allow=allow,  # type: ignore[arg-type]
        )  # fmt: skip
        if found.returncode == 0:
            return
    found = git.ask(
        "update-index", "-q", "--refresh", index_file=index_file, env=env, pass_fds=pass_fds,
        allow=allow,  # type: ignore[arg-type]
    )  # fmt: skip
    if found.returncode not in (0, 1):
        raise Trouble(f"git can't refresh the index: {found.sentence}", code="git_failed")
