"""Asking git what changed between two commits: the `Change`, the patch people read, and a file's bytes.

Everything that could change the answer (configuration, the order of files, external programs) is fixed by
changes.py; only attributes of the repository still say what is text, as they do for the user's own `git diff`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from casework.domain.change import Change
from casework.domain.errors import Refused
from casework.domain.ids import CommitId, HunkId
from casework.domain.repopath import quote, unquote
from casework.workspace.changes import DIFF_OPTIONS, DIFF_SETTINGS, parse_change, parse_hunk_texts
from casework.workspace.git import Git
from casework.workspace.objects import Place
from casework.workspace.trees import TREE_MODE, folders_of, place_in, read_trees

LARGEST: Final = 64 * 1024 * 1024
_FIXED: Final = {b"GIT_CONFIG_PARAMETERS": " ".join(f"'{setting}'" for setting in DIFF_SETTINGS).encode()}
_TIMEOUT_S: Final = 300


def change_between(git: Git, base: CommitId, head: CommitId) -> Change:
    """Give the change between two commits, renames found as `git diff` finds them, in git's path order."""
    return parse_change(base, head, _ask(git, base, head))


def hunk_texts_between(git: Git, base: CommitId, head: CommitId) -> dict[HunkId, bytes]:
    """Give the lines of each hunk of `change_between(base, head)`, its `@@` line first, by the hunk's id."""
    return parse_hunk_texts(_ask(git, base, head))


def _ask(git: Git, base: CommitId, head: CommitId) -> bytes:
    asked = ("diff-tree", "--raw", "--no-abbrev", "-p", *DIFF_OPTIONS, base, head)
    return git.run(*asked, env=_FIXED, timeout_s=_TIMEOUT_S)


def patch_between(git: Git, base: CommitId, head: CommitId, path: str | None) -> bytes:
    """Give the patch text, of one path if asked; a renamed file is found by its new name, with its old one."""
    limits: list[bytes] = []
    if path is not None:
        limits = [b"--", *_sides(git, base, head, unquote(path))]
    return git.run("diff-tree", "-p", "--abbrev", *DIFF_OPTIONS, base, head, *limits, env=_FIXED, timeout_s=_TIMEOUT_S)


def content_of(git: Git, commit: CommitId, path: str) -> bytes | None:
    """Give a file's bytes in a commit; None when there is no file or link.

    Raises:
        Refused: `too_large`, it has more than 64 MiB.
    """
    place = find_place(git, commit.encode(), unquote(path))
    if place is None or place.mode in (TREE_MODE, b"160000"):
        return None
    if int(git.run("cat-file", "-s", place.id)) > LARGEST:
        raise Refused(
            f"{quote(unquote(path))} has more than 64 MiB, so it is not shown here. `git show` gives its bytes.",
            code="too_large",
        )
    return git.run("cat-file", "blob", place.id, timeout_s=_TIMEOUT_S)


def contents_of(git: Git, commit: CommitId, paths: Collection[str], largest: int) -> dict[str, bytes]:
    """Give the bytes of files in a commit; what is no file there, or has more than `largest` bytes, is left out."""
    names = {path: unquote(path) for path in paths if path}
    if not names:
        return {}
    trees = read_trees(git, commit.encode(), folders_of(names.values()))
    places = {path: place for path, name in names.items() if (place := place_in(trees, name)) is not None}
    blobs = {path: place.id for path, place in places.items() if place.mode not in (TREE_MODE, b"160000")}
    sizes = git.run(
        "cat-file", "--batch-check=%(objectsize)", stdin=b"".join(b"%s\n" % name for name in blobs.values())
    )
    wanted = [
        path for path, size in zip(blobs, sizes.splitlines(), strict=True) if size.isdigit() and int(size) <= largest
    ]
    found = git.objects([blobs[path] for path in wanted], timeout_s=_TIMEOUT_S)
    return {path: each.data for path, each in zip(wanted, found, strict=True) if each is not None}


def blobs_of(git: Git, names: Collection[str], largest: int) -> dict[str, bytes]:
    """Give what blobs hold; what is no blob, is gone, or has more than `largest` bytes, is left out."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    asked = b"".join(b"%s\n" % name.encode() for name in wanted)
    sizes = git.run("cat-file", "--batch-check=%(objecttype) %(objectsize)", stdin=asked).splitlines()
    small = []
    for name, said in zip(wanted, sizes, strict=True):
        kind, _, size = said.partition(b" ")
        if kind == b"blob" and int(size) <= largest:
            small.append(name)
    found = git.objects([name.encode() for name in small], timeout_s=_TIMEOUT_S)
    return {name: each.data for name, each in zip(small, found, strict=True) if each is not None}


def paths_in(git: Git, commit: CommitId) -> list[str]:
    """Give the path of every file in a commit, in git's order; a submodule is none of them."""
    out = git.run("ls-tree", "-r", "-z", "--full-tree", commit, timeout_s=_TIMEOUT_S)
    entries = (entry.partition(b"\t") for entry in out.split(b"\0") if entry)
    return [quote(path) for what, _, path in entries if b" blob " in what]


def find_place(git: Git, commit: bytes, path: bytes) -> Place | None:
    """Give what a commit holds at a path."""
    return place_in(read_trees(git, commit, folders_of([path])), path) if path else None


def _sides(git: Git, base: CommitId, head: CommitId, path: bytes) -> list[bytes]:
    out = git.run("diff-tree", "-r", "-M", "-l1000", "-z", "--name-status", base, head, timeout_s=_TIMEOUT_S)
    words = iter(out.split(b"\0"))
    for status in words:
        if status.startswith((b"R", b"C")):
            old, new = next(words), next(words)
            if new == path:
                return [old, new]
        elif status:
            next(words)
    return [path]
