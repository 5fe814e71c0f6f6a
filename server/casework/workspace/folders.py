"""Which folders of a repository are worth watching, and what their entries look like now.

Ignored folders, nested repositories, and the folders of dependencies are left out, as is all of the git directory but
HEAD, the index and the branches. No link is followed. Paths are absolute bytes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from casework.domain.errors import Trouble
from casework.workspace.git import Git

PRUNED: Final = frozenset({b".git", b"node_modules", b".venv"})
"""Never entered, ignored or not: they hold what tools put there, by the ten thousand."""

_HEAD_FILES: Final = frozenset({b"HEAD", b"packed-refs"})

Folders = dict[bytes, bool]
"""Folders, and whether one is odd: its path or a name in it is not UTF-8, so that no event can tell of it."""

Looks = dict[bytes, tuple[int, int, int, int]]
"""What tells that an entry changed, by path: kind and mode, size, time, inode."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a repository lies."""

    git: Git
    top: bytes | None
    branches: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", os.path.join(self.git.common_dir, b"refs/heads"))

    @property
    def roots(self) -> frozenset[bytes]:
        """The folders without which there is no repository."""
        return frozenset(root for root in (self.git.git_dir, self.git.common_dir, self.top) if root is not None)

    def is_head(self, path: bytes) -> bool:
        """Whether a path in the git directory says which commit is checked out, or where a branch is."""
        above, name = os.path.split(path)
        if above in (self.git.git_dir, self.git.common_dir):
            return name in _HEAD_FILES
        return _is_below(path, self.branches) and not name.endswith(b".lock")

    def is_index(self, path: bytes) -> bool:
        """Whether it is the index."""
        return path == os.path.join(self.git.git_dir, b"index")

    def is_in_git(self, path: bytes) -> bool:
        """Whether it lies in the git directory."""
        return _is_below(path, self.git.git_dir) or _is_below(path, self.git.common_dir)

    def inside(self, path: bytes) -> bytes | None:
        """The path as the repository names it; None when it is not in the work tree."""
        if self.top is None or not _is_below(path, self.top) or path == self.top:
            return None
        return path[len(self.top.rstrip(b"/")) + 1 :]


def all_folders(places: Places) -> Folders:
    """Give every folder worth watching, in one git process.

    Raises:
        Trouble: git failed, or the repository is gone.
    """
    found = dict.fromkeys((places.git.git_dir, places.git.common_dir), False) | below(places.branches, frozenset())
    if places.top is not None:
        out = places.git.run(
            "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", timeout_s=120
        )
        ignored = {os.path.join(places.top, name.rstrip(b"/")) for name in out.split(b"\0") if name.endswith(b"/")}
        found |= below(places.top, ignored)
    return found


def new_folders(places: Places, candidates: Iterable[bytes]) -> Folders:
    """Of folders that appeared, give those worth watching, with what lies below them."""
    folders = [folder for folder in candidates if os.path.basename(folder) not in PRUNED]
    outer = [folder for folder in folders if not places.is_in_git(folder)]
    mine = {name: folder for folder in outer if (name := places.inside(folder)) is not None}
    passed = ignored_of(places, [name + b"/" for name in mine])
    wanted = [folder for name, folder in mine.items() if name + b"/" not in passed]
    wanted += [folder for folder in folders if _is_below(folder, places.branches)]
    found: Folders = {}
    for start in wanted:
        found |= below(start, frozenset())
    return found


def ignored_of(places: Places, names: Collection[bytes]) -> set[bytes]:
    """Of names in the work tree, give those that git ignores; a folder is named with a slash at its end."""
    # What is tracked is never ignored. Git looks through the whole index for each name, so it is asked for that only
    # about names that the rules would have ignored.
    matched = _matched(places, names, "--no-index")
    return _matched(places, matched)


def _matched(places: Places, names: Collection[bytes], *how: str) -> set[bytes]:
    if not names or places.top is None:
        return set()
    # `./` keeps a name that begins with a colon from being a pathspec; this command can't take literal ones.
    asked = b"".join(b"./%s\0" % name for name in names)
    found = places.git.ask("check-ignore", "-z", "--stdin", *how, stdin=asked, env={b"GIT_LITERAL_PATHSPECS": b"0"})
    return {name.removeprefix(b"./") for name in found.stdout.split(b"\0") if name}


def below(start: bytes, ignored: Collection[bytes]) -> Folders:
    """Give a folder and those below it, but not the ignored and the pruned ones, and no nested repository."""
    found: Folders = {}
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                seen = list(entries)
        except OSError:
            continue
        names = {entry.name for entry in seen}
        if folder != start and b".git" in names:
            continue
        found[folder] = not _is_utf8(folder) or not all(map(_is_utf8, names))
        waiting += [
            entry.path
            for entry in seen
            if entry.name not in PRUNED and entry.path not in ignored and entry.is_dir(follow_symlinks=False)
        ]
    return found


def look(folders: Iterable[bytes]) -> Looks:
    """Give what the entries of these folders look like; folders that are gone have none."""
    found: Looks = {}
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    seen = entry.stat(follow_symlinks=False)
                    time = 0 if entry.is_dir(follow_symlinks=False) else seen.st_mtime_ns
                    found[entry.path] = (seen.st_mode, seen.st_size if time else 0, time, seen.st_ino)
    return found


def roots(places: Places) -> tuple[tuple[int, int], ...] | None:
    """Give what tells that the repository is the same folders still; None when it is gone."""
    try:
        seen = [os.stat(root) for root in sorted(places.roots)]
    except OSError:
        return None
    return tuple((root.st_dev, root.st_ino) for root in seen)


def folders_or_none(places: Places) -> Folders | None:
    """Give what `all_folders` gives; None while the repository can't be looked at."""
    try:
        return None if roots(places) is None else all_folders(places)
    except Trouble:
        return None


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
