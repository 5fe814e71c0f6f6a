"""The working tree as a commit on HEAD, made without writing the disk or the index.

What differs is found by one `git status` (or is known already) and read from disk; the tree is HEAD's with those paths
edited. The user's index is only looked at, so its format, its flags and its stamps do not matter for the result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.domain.repopath import quote, unquote
from casework.ports.workspace import Standing
from casework.workspace.changes import printable
from casework.workspace.cleaning import Cleaned, clean, habits_of
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects, Place
from casework.workspace.refs import keep, ref_name
from casework.workspace.standing import head_of, no_commit_yet
from casework.workspace.trees import TREE_MODE, Tree, edit_tree, folders_of, place_in, read_trees

_SUBMODULE: Final = b"160000"
_MOST_NAMED: Final = 1000


@dataclass(slots=True)
class Differing:
    """What differs from HEAD, by path."""

    tracked: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)
    """No longer tracked, whatever lies on disk."""
    untracked: list[bytes] = field(default_factory=list)
    """Files, and folders with a slash at their end."""
    submodules: list[bytes] = field(default_factory=list)
    unmerged: list[bytes] = field(default_factory=list)


def stand_working_tree(
    git: Git, task: TaskId, untracked: Sequence[str], *, only: Collection[str] = (), trusted: bool = False
) -> Standing:
    """Take a snapshot of what differs from HEAD: tracked paths, and the untracked ones named.

    With `only` none but these tracked files and the untracked ones named are looked at, by their bytes whatever git's
    flags say, and no `git status` is needed.

    Raises:
        Refused: `bare`, `no_commit`, `unmerged` (not with `only`: such a path does not land), `not_tracked`,
            `not_untracked`, `nothing_to_review`, `unreadable`, `odd_file`.
    """
    top = work_tree_of(git)
    head, target = head_of(git)
    if head is None:
        raise no_commit_yet()
    differing = Differing(tracked={unquote(path) for path in only}) if only else _look(git)
    if differing.unmerged:
        raise Refused(
            f"{_named(differing.unmerged)} still has conflicts, so the working tree can't be reviewed as one change. "
            "Solve them and `git add` the files, then try again.",
            code="unmerged",
        )
    named = _named_untracked(git, untracked, differing)
    paths = differing.tracked | named
    new = NewObjects(git)
    trees = read_trees(git, head.encode(), folders_of(paths | differing.gone))
    if only:
        _check_tracked(git, differing.tracked - named, trees)
    cleaned = _read(new, top, paths, trees, trusted=trusted)
    edits = {**cleaned.places, **dict.fromkeys(differing.gone - named)}
    asked = [unquote(name) for name in untracked]
    left_out = [path for path in differing.untracked if not _covered(path, asked)]
    commit, count = _commit(new, head, trees, edits)
    if not count:
        raise _nothing(left_out, cleaned)
    keep(git, {ref_name(task, 0, 0): head.encode(), ref_name(task, 0, 1): commit})
    return Standing(
        kind="working_tree",
        base=head,
        head=CommitId(commit.decode()),
        target=target,
        title=f"Working tree: {count} file{'' if count == 1 else 's'} changed",
        message=_message(count, target, left_out, cleaned, differing, only),
        authors=_user(git),
        range_text=f"{head[:12]}..{commit.decode()[:12]}",
        left_out=tuple(quote(path) for path in [*left_out, *cleaned.filtered][:_MOST_NAMED]),
    )


def dirty_paths(git: Git, paths: Collection[str], *, trusted: bool = False) -> list[str]:
    """Tell which of `paths` differ on disk from HEAD, by their bytes as git would store them."""
    top = work_tree_of(git)
    head, _ = head_of(git)
    wanted = {unquote(path) for path in paths}
    folders = folders_of(wanted)
    trees = {folder: Tree() for folder in folders}
    if head is not None:
        trees = read_trees(git, head.encode(), folders)
    places = _read(NewObjects(git), top, wanted, trees, trusted=trusted).places
    return [quote(path) for path in sorted(wanted) if path in places and places[path] != place_in(trees, path)]


def work_tree_of(git: Git) -> bytes:
    """Give the work tree.

    Raises:
        Refused: `bare`, there is none.
    """
    if git.top is None:
        raise Refused(
            "This repository is bare: it has no working tree to review. Review a branch or a range instead.",
            code="bare",
        )
    return git.top


def _look(git: Git) -> Differing:
    """Ask git once; nothing is written, no submodule is entered."""
    out = git.run(
        "status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=dirty",
        timeout_s=300,
    )  # fmt: skip
    found = Differing()
    for line in out.split(b"\0"):
        kind = line[:2]
        if kind == b"? ":
            found.untracked.append(line[2:])
        elif kind == b"u ":
            found.unmerged.append(line.split(b" ", 10)[10])
        elif kind == b"1 ":
            _sort_in(found, line)
    return found


def _sort_in(found: Differing, line: bytes) -> None:
    """Take one changed entry: `1 XY sub mH mI mW hH hI path` (git-status(1), porcelain version 2)."""
    _, states, submodule, *_, path = line.split(b" ", 8)
    if submodule.startswith(b"S"):
        found.submodules.append(path)
    elif states.startswith(b"D"):
        found.gone.add(path)
    else:
        found.tracked.add(path)


def _named_untracked(git: Git, names: Sequence[str], differing: Differing) -> set[bytes]:
    """Give the untracked files that were named, folders opened; ignored ones never."""
    wanted = [unquote(name) for name in names]
    if not wanted:
        return set()
    inside = list(filter(_is_inside, wanted))
    out = git.run("ls-files", "-z", "--others", "--exclude-standard", "--", *inside) if inside else b""
    files = {path for path in out.split(b"\0") if path and not path.endswith(b"/")}
    for name in wanted:
        if name not in differing.tracked and not any(_covered(path, {name}) for path in files):
            raise Refused(
                f"{quote(name)} is no untracked file of this repository (it is ignored, tracked, a repository of its "
                "own, or not there), so no review was opened. `git status` lists what can be named.",
                code="not_untracked",
            )
    return files


def _is_inside(name: bytes) -> bool:
    """Whether git may be asked about a name: it ends with an error where one leads out of the repository."""
    return not name.startswith(b"/") and b".." not in name.split(b"/")


def _covered(path: bytes, names: Iterable[bytes]) -> bool:
    """Whether a path is named or lies in a named folder; a folder of which only a part is named stays left out."""
    bare = [name.rstrip(b"/") for name in names]
    return any(path.rstrip(b"/") == name or path.startswith(name + b"/") for name in bare)


def _check_tracked(git: Git, paths: set[bytes], trees: dict[bytes, Tree]) -> None:
    """Let paths pass that HEAD or the index holds as files; unmerged ones do not."""
    strange = {path for path in paths if (place := place_in(trees, path)) is None or place.mode == TREE_MODE}
    inside = sorted(filter(_is_inside, strange))
    staged = set(git.run("ls-files", "-z", "--", *inside).split(b"\0")) if inside else set()
    for path in sorted(strange - staged):
        raise Refused(
            f"{quote(path)} is no tracked file of this repository, so no review was opened. Name tracked files with "
            "--only, and untracked ones without it.",
            code="not_tracked",
        )


def _read(new: NewObjects, top: bytes, paths: Collection[bytes], trees: dict[bytes, Tree], *, trusted: bool) -> Cleaned:
    before = {path: place_in(trees, path) for path in paths}
    files = [path for path, place in before.items() if place is None or place.mode != _SUBMODULE]
    modes = {path: place.mode for path, place in before.items() if place is not None}
    return clean(new, habits_of(new.git), top, files, modes=modes, trusted=trusted)


def _commit(
    new: NewObjects, head: CommitId, trees: dict[bytes, Tree], edits: dict[bytes, Place | None]
) -> tuple[bytes, int]:
    """Commit the edits that change something on HEAD; gives the commit and how many there were."""
    changed = {path: place for path, place in edits.items() if place != place_in(trees, path)}
    commit = new.commit(edit_tree(new, trees, changed), (head.encode(),), "Working tree")
    if changed:
        new.write()
    return commit, len(changed)


def _nothing(left_out: list[bytes], cleaned: Cleaned) -> Refused:
    more = ""
    if left_out:
        more = f" Untracked files are reviewed when they are named: {_named(left_out)}."
    if cleaned.filtered:
        more += f" Left out because a filter of this repository would have to run: {_named(cleaned.filtered)}."
    return Refused(f"No tracked file differs from HEAD, so there is nothing to review.{more}", code="nothing_to_review")


def _message(
    count: int,
    target: str | None,
    left_out: list[bytes],
    cleaned: Cleaned,
    differing: Differing,
    only: Collection[str],
) -> str:
    branch = (target or "").removeprefix("refs/heads/")
    where = f"on {branch}" if branch else "on a detached HEAD"
    said = [f"What differs from HEAD {where}: {count} file{'' if count == 1 else 's'}."]
    if only:
        said.append("Only the files asked for were looked at.")
    if left_out:
        said.append(f"Untracked and not named, so not part of it: {_named(left_out)}.")
    if cleaned.filtered:
        said.append(f"Left out, because a filter of this repository would have to run: {_named(cleaned.filtered)}.")
    if differing.submodules:
        said.append(f"Submodules stay as they are in HEAD: {_named(differing.submodules)}.")
    return "\n".join(said)


def _named(paths: Sequence[bytes]) -> str:
    shown = ", ".join(quote(path) for path in paths[:5])
    return shown if len(paths) <= 5 else f"{shown} and {len(paths) - 5} more"


def _user(git: Git) -> tuple[str, ...]:
    """The user as git would write them into a commit; nobody when name or mail are not set."""
    out = git.ask("config", "-z", "--get-regexp", r"^(user|author)\.(name|email)$").stdout
    values = dict(entry.partition(b"\n")[::2] for entry in out.split(b"\0") if entry)
    name = values.get(b"author.name", values.get(b"user.name", b""))
    mail = values.get(b"author.email", values.get(b"user.email", b""))
    return (f"{printable(name)} <{printable(mail)}>",) if name and mail else ()
