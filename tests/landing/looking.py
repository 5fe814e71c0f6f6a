"""What a repository looks like, to the last byte, and the invariants that hold before and after any landing.

Everything is looked at with the user's own git and with plain file calls; nothing of Casework is used.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tests.repositories import Repository

File = tuple[str, int, bytes]


@dataclass(frozen=True)
class Look:
    """One look at a repository. Stamps and inodes are left out: they are not the user's."""

    files: dict[bytes, File]
    """Kind, permission bits and bytes of everything outside the git directory, folders included."""
    index: tuple[bytes, ...]
    """Every entry with its flags, unmerged ones and those only intended included."""
    head: bytes
    commit: str
    tree: str
    refs: tuple[str, ...]
    status: tuple[bytes, ...]
    stash: str
    config: bytes
    leftovers: tuple[str, ...]
    """What may not stay: locks, and stages of ours."""


def look(repository: Repository) -> Look:
    """Look, and change nothing: not even the index's stamps."""
    git_dir = Path(repository.text("rev-parse", "--absolute-git-dir"))
    refs = repository.text("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    commit = repository.git("rev-parse", "-q", "--verify", "HEAD", check=False).decode().strip()
    return Look(
        files=_files(repository.path),
        index=tuple(_quiet(repository, "ls-files", "-s", "-v", "-z").split(b"\0")),
        head=(git_dir / "HEAD").read_bytes(),
        commit=commit,
        tree=repository.tree("HEAD") if commit else "",
        refs=tuple(ref for ref in refs if not ref.startswith("refs/casework/undo/")),
        status=tuple(_quiet(repository, "status", "--porcelain=v1", "-z", "--no-renames").split(b"\0")),
        stash=repository.text("stash", "list"),
        config=_quiet(repository, "config", "--list", "--local", "-z"),
        leftovers=_leftovers(git_dir),
    )


def _quiet(repository: Repository, *args: str) -> bytes:
    return repository.git("--no-optional-locks", *args)


def _files(top: Path) -> dict[bytes, File]:
    found: dict[bytes, File] = {}
    for above, folders, names in os.walk(top):
        if above == str(top):
            folders[:] = [name for name in folders if name != ".git"]
            names[:] = [name for name in names if name != ".git"]
        for at in [Path(above, name) for name in [*folders, *names]]:
            seen = at.lstat()
            path, mode = os.fsencode(at.relative_to(top)), stat.S_IMODE(seen.st_mode)
            if stat.S_ISLNK(seen.st_mode):
                found[path] = ("link", 0, os.fsencode(at.readlink()))
            elif stat.S_ISDIR(seen.st_mode):
                found[path] = ("folder", mode, b"")
            else:
                found[path] = ("file", mode, at.read_bytes()) if stat.S_ISREG(seen.st_mode) else ("odd", mode, b"")
    return found


def _leftovers(git_dir: Path) -> tuple[str, ...]:
    found = [str(lock) for lock in git_dir.rglob("*.lock")]
    for ours in git_dir.rglob("casework"):
        if ours.is_dir() and ours.parent.name not in {"refs", "heads", "logs"}:
            found += [str(each) for each in ours.iterdir() if each.name != "kept"]
    return tuple(sorted(found))


def differences(one: Look, other: Look) -> list[str]:
    """Name everything in which two looks differ."""
    found = []
    for name in ("index", "head", "commit", "tree", "refs", "status", "stash", "config", "leftovers"):
        if getattr(one, name) != getattr(other, name):
            before, after = getattr(one, name), getattr(other, name)
            if isinstance(before, tuple):
                before, after = sorted(set(before) - set(after)), sorted(set(after) - set(before))
            found.append(f"{name}: {before!r} became {after!r}")
    paths = sorted(one.files.keys() | other.files.keys())
    changed = [path for path in paths if one.files.get(path) != other.files.get(path)]
    return found + [f"file {path!r}: {one.files.get(path)!r} became {other.files.get(path)!r}" for path in changed]


def status_of(look: Look) -> dict[bytes, bytes]:
    """Give the two letters of each path."""
    return {line[3:]: line[:2] for line in look.status if line}


def lines_of_edits(repository: Repository, *options: str, but: tuple[bytes, ...] = ()) -> list[bytes]:
    """Give every added and removed line of `git diff`, by file, without places: the user's own edits."""
    out = repository.git("--no-optional-locks", "-c", "core.quotePath=true", "diff", "--no-ext-diff", "--no-renames",
                         "-U0", *options)  # fmt: skip
    found, name = [], b""
    for line in out.split(b"\n"):
        if line.startswith(b"diff --git "):
            name = line
        elif (
            line[:1] in (b"+", b"-") and not line.startswith((b"+++", b"---")) and not any(each in name for each in but)
        ):
            found.append(name + line)
    return sorted(found)


def stale_stamps(repository: Repository) -> set[bytes]:
    """Give the paths that `git diff-files` names without refreshing, and `git diff` does not."""
    plain = repository.git("--no-optional-locks", "diff-files", "--name-only", "-z").split(b"\0")
    true = repository.git("--no-optional-locks", "diff", "--no-ext-diff", "--name-only", "-z").split(b"\0")
    return set(plain) - set(true)
