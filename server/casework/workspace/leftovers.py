"""What of ours lies about without a living task: worktrees and refs, how large, and whether work in them landed.

Whether work landed is judged by content and never guessed: it is in a branch, or HEAD holds the same bytes at every
path the work changed. Anything else counts as unlanded and is kept unless a human names it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator

from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import CommitId, TaskId
from casework.ports.workspace import Leftover, Worktree
from casework.workspace import worktrees
from casework.workspace.changes import parse_raw
from casework.workspace.checkpoints import tree_of
from casework.workspace.commits import read_commits
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects
from casework.workspace.refs import drop, kept, refs_of
from casework.workspace.trees import folders_of, place_in, read_trees


def leftovers(git: Git, state: bytes, repository: str, living: Collection[TaskId], *, trusted: bool) -> list[Leftover]:
    """List worktrees and refs of tasks that are not `living`."""
    found = []
    for task, run, worktree in _all_worktrees(state, repository):
        if task not in living:
            folder = os.path.dirname(os.fsencode(worktree.path))
            unlanded = _holds_more(git, task, run, worktree, trusted=trusted)
            found.append(Leftover("worktree", os.fsdecode(folder), _size(folder), unlanded))
    by_task: dict[TaskId, list[CommitId]] = {}
    for (task, _, n), commit in kept(git).items():
        if task not in living:
            by_task.setdefault(task, []).extend([commit] if n else [])
    for task, commits in sorted(by_task.items()):
        unlanded = any(not is_landed(git, commit) for commit in set(commits))
        found.append(Leftover("ref", refs_of(task).decode(), 0, unlanded))
    return found


def remove_leftover(git: Git, state: bytes, repository: str, leftover: Leftover) -> None:
    """Remove one of `leftovers`; one that is gone already is no mistake.

    Raises:
        Refused: `not_ours`, the name is none that `leftovers` gives.
    """
    tasks = {refs_of(task).decode(): task for task, _, _ in kept(git)}
    ours = os.path.join(state, b"worktrees", repository.encode())
    folder = os.fsencode(leftover.name)
    if leftover.what == "ref" and leftover.name in tasks:
        task = tasks[leftover.name]
        drop(git, [b"%s%d/%d" % (refs_of(task), run, n) for _, run, n in kept(git, task)])
    elif leftover.what == "worktree" and folder in {
        _folder(found) for _, _, found in _all_worktrees(state, repository)
    }:
        worktrees.remove_folder(folder)
    elif leftover.what == "worktree" and folder.startswith(ours + b"/") and not os.path.lexists(folder):
        return
    elif leftover.what != "ref" or not leftover.name.startswith("refs/casework/"):
        raise Refused(f"{leftover.name} is nothing that Casework left behind, so it was kept.", code="not_ours")


def remove_worktree(git: Git, state: bytes, repository: str, worktree: Worktree, *, trusted: bool) -> None:
    """Remove a worktree whose work is checkpointed.

    Raises:
        Refused: `not_ours`; `unkept_work`, it holds more than its last checkpoint.
    """
    for task, run, found in _all_worktrees(state, repository):
        if found.path == worktree.path:
            last = _last_of(git, task, run, found)
            if found.base and last_differs(git, found, last, trusted=trusted):
                raise Refused(
                    f"The worktree {worktree.path} holds work that no checkpoint has, so it was kept. "
                    "Retry the task to go on, or remove the worktree by name with `casework purge`.",
                    code="unkept_work",
                )
            worktrees.remove_folder(_folder(found))
            return
    if not os.fsencode(worktree.path).startswith(os.path.join(state, b"worktrees", repository.encode(), b"")):
        raise Refused(f"{worktree.path} is no worktree of Casework, so it was kept.", code="not_ours")


def is_landed(git: Git, commit: CommitId) -> bool:
    """Whether a commit of ours is in a branch, or HEAD holds what it changed."""
    if git.run("for-each-ref", "--count=1", "--contains", commit, "refs/heads", "refs/remotes"):
        return True
    head = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}").stdout.strip()
    base = _root(git, commit)
    if base is None or not head:
        return False
    raw = git.run("diff-tree", "-r", "--no-renames", "--raw", "--no-abbrev", "-z", base, commit)
    wanted = _sides(raw)
    trees = read_trees(git, head, folders_of(wanted))
    places = {path: place_in(trees, path) for path in wanted}
    return all((place.id if place else None) == wanted[path] for path, place in places.items())


def _sides(raw: bytes) -> dict[bytes, bytes | None]:
    """The blob that each changed path has afterwards."""
    words = raw.split(b"\0")
    found: dict[bytes, bytes | None] = {}
    for line, path in zip(words[0::2], words[1::2], strict=False):
        (entry,) = parse_raw(line + b"\tx")
        found[path] = entry.new_blob.encode() if entry.status != "deleted" else None
    return found


def _root(git: Git, commit: CommitId) -> bytes | None:
    """The last commit of a branch that the work stands on."""
    found = git.run("rev-list", "--boundary", commit, "--not", "--branches", "--remotes").split()
    borders = [line[1:] for line in found if line.startswith(b"-")]
    return borders[-1] if borders else None


def _holds_more(git: Git, task: TaskId, run: int, worktree: Worktree, *, trusted: bool) -> bool:
    """Whether a worktree holds work that no branch has: beyond its last checkpoint, or in it."""
    if not worktree.base:
        return False  # half-made: nobody has worked in it
    last = _last_of(git, task, run, worktree)
    return last_differs(git, worktree, last, trusted=trusted) or (last != worktree.base and not is_landed(git, last))


def _last_of(git: Git, task: TaskId, run: int, worktree: Worktree) -> CommitId:
    numbers = {n: commit for (_, its_run, n), commit in kept(git, task).items() if its_run == run}
    return numbers[max(numbers)] if numbers else worktree.base


def last_differs(git: Git, worktree: Worktree, last: CommitId, *, trusted: bool) -> bool:
    """Whether what lies in a worktree differs from a commit; True too when it can't be read."""
    with contextlib.suppress(CaseworkError, OSError):
        tree = tree_of(NewObjects(git), worktree, os.fsencode(worktree.path), trusted=trusted)
        return [commit.tree for commit in read_commits(git, [last.encode()])] != [tree]
    return True


def _all_worktrees(state: bytes, repository: str) -> Iterator[tuple[TaskId, int, Worktree]]:
    """Every run's folder, half-made ones too."""
    ours = os.path.join(state, b"worktrees", repository.encode())
    for task in _names(ours):
        for run in _names(os.path.join(ours, task)):
            if run.isdigit():
                tree = os.path.join(ours, task, run, b"tree")
                made = worktrees.find(state, repository, TaskId(task.decode()), int(run))
                yield TaskId(task.decode()), int(run), made or Worktree(os.fsdecode(tree), CommitId(""))


def _folder(worktree: Worktree) -> bytes:
    return os.path.dirname(os.fsencode(worktree.path))


def _names(folder: bytes) -> list[bytes]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _size(folder: bytes) -> int:
    """Bytes on disk below a folder, no link followed."""
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(above, name)).st_blocks * 512
    return total
