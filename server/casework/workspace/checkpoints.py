"""Checkpoints: a run's worktree as commits, made from what lies on disk and from nothing the agent's git says.

Git compares our own index (its stamps were taken when the worktree was made) with the files; what differs is read and
put on the base's tree. Nested repositories are refused, ignored files never taken, submodules stay as they were.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.domain.repopath import quote
from casework.ports.workspace import Worktree
from casework.workspace import worktrees
from casework.workspace.cleaning import clean, habits_of
from casework.workspace.commits import read_commits
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects
from casework.workspace.refs import keep, kept, ref_name
from casework.workspace.trees import edit_tree, folders_of, place_in, read_trees

_TIMEOUT_S: Final = 300


def checkpoint(
    git: Git, worktree: Worktree, path: bytes, task: TaskId, run: int, n: int, message: str, *, trusted: bool
) -> CommitId:
    """Commit what stands in the worktree at `path` on top of the run's last checkpoint before `n`; 1 is the first.

    Raises:
        Refused: `nested_repository`, `bad_number`, `odd_file`, `unreadable`.
    """
    if n < 1:
        raise Refused("Checkpoints are counted from 1, so this one was not made.", code="bad_number")
    new = NewObjects(git)
    tree = tree_of(new, worktree, path, trusted=trusted)
    before = {number: commit for (_, its_run, number), commit in kept(git, task).items() if its_run == run}
    parent = before[max(number for number in before if number < n)] if min(before, default=n) < n else worktree.base
    known = {
        commit.id: commit.tree for commit in read_commits(git, [c.encode() for c in {parent, before.get(n, parent)}])
    }
    if n in before and known.get(before[n]) == tree:
        return before[n]
    commit = parent
    if known.get(parent) != tree:
        commit = CommitId(new.commit(tree, (parent.encode(),), message).decode())
        new.write()
    keep(git, {ref_name(task, run, n): commit.encode()})
    return commit


def tree_of(new: NewObjects, worktree: Worktree, path: bytes, *, trusted: bool) -> bytes:
    """Give the tree of what stands in the worktree; its objects exist once `new` is written."""
    git = new.git
    if not os.path.exists(worktrees.index_of(worktree)):
        worktrees.read_base(git, worktree)
    worktrees.settle_stamps(git, worktree, trusted=trusted)
    with ThreadPoolExecutor(1, thread_name_prefix="looking") as beside:  # neither waits for the other's disk
        untracked = beside.submit(_untracked, git, worktree, path)
        differing = _changed(git, worktree, path) | untracked.result()
    trees = read_trees(git, worktree.base.encode(), folders_of(differing))
    modes = {name: place.mode for name in differing if (place := place_in(trees, name)) is not None}
    habits = replace(habits_of(git), modes=True, links=True)
    cleaned = clean(new, habits, path, differing, modes=modes, trusted=trusted)
    # A path whose filter may not run was checked out as it is stored, so it is stored as it lies.
    unfiltered = clean(new, replace(habits, filters=frozenset()), path, cleaned.filtered, modes=modes)
    return edit_tree(new, trees, cleaned.places | unfiltered.places)


def _changed(git: Git, worktree: Worktree, path: bytes) -> set[bytes]:
    out = git.run(
        "diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all",
        index_file=worktrees.index_of(worktree), work_tree=path, cwd=path, env=worktrees.FIXED, timeout_s=_TIMEOUT_S,
    )  # fmt: skip
    return {name for name in out.split(b"\0")[1::2] if name}


def _untracked(git: Git, worktree: Worktree, path: bytes) -> set[bytes]:
    out = git.run(
        "ls-files", "-z", "--others", "--exclude-standard",
        index_file=worktrees.index_of(worktree), work_tree=path, cwd=path, env=worktrees.FIXED, timeout_s=_TIMEOUT_S,
    )  # fmt: skip
    names = {name for name in out.split(b"\0") if name}
    nested = sorted(name for name in names if name.endswith(b"/"))
    if nested:
        raise Refused(
            f"{quote(nested[0].rstrip(b'/'))} in the worktree is a git repository of its own, so the run's work can't "
            "be kept as one change. Remove its `.git`, or have the agent put the files where git sees them.",
            code="nested_repository",
        )
    return names
