"""A change of 200 files in a repository of 50,000: how long until it can be reviewed, and until it has landed.

Beside the review git's own plumbing with the paths given to it: update-index, write-tree, commit-tree, and the diff of
the two commits; where the paths are not known, in a working tree or in a run's worktree, `git status` before it.
Beside the landing update-index and `git commit` with an index that knows no trees, on files that lie there already.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Final

from bench.client import Client
from bench.contest import Contest, Outcome, hold
from bench.repository import change_files, git, make_large
from bench.world import ATTACH, World, world
from casework.domain.ids import TaskId
from casework.workspace.repositories import GitRepositories

_versions: Final[Iterator[int]] = count(1)
_PLUMBING: Final = "update-index, write-tree, commit-tree, diff"


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contests of the working tree, of a run's worktree, and of the landing."""
    ours, other = make_large(scratch / "ours"), make_large(scratch / "other")
    with world() as here, Client(ATTACH, folder=ours, environment=here.environment) as client:
        client.initialize()
        paths = change_files(ours, next(_versions))
        return [
            hold(
                Contest("review of 200 known files of 50,000 ready", _PLUMBING, "ms", bound=1.25),
                ours=lambda: _review_working_tree(client, ours, only=paths),
                other=lambda: _plumbing(other, looking=False),
            ),
            hold(
                Contest("review of a run ready, 200 files of 50,000", f"status, {_PLUMBING}", "ms", bound=1.25),
                ours=_Worktree(ours, here).review,
                other=lambda: _plumbing(other, looking=True),
            ),
            hold(
                Contest(
                    "review of the working tree ready, 200 files of 50,000", f"status, {_PLUMBING}", "ms", bound=1.25
                ),
                ours=lambda: _review_working_tree(client, ours),
                other=lambda: _plumbing(other, looking=True),
            ),
            hold(
                Contest("landing of 200 files of 50,000", "update-index, commit, cold cache-tree", "ms", bound=2.0),
                ours=lambda: _land(client, ours),
                other=lambda: _commit(other),
            ),
        ]


class _Worktree:
    """A run's worktree; each review is of one more checkpoint."""

    def __init__(self, repository: Path, here: World) -> None:
        repositories = GitRepositories(state=str(here.folder / "state" / "bench"))
        os.environ.update(here.environment)
        self._workspace = repositories.open(repositories.identify(str(repository)))
        self._task = TaskId("bench")
        head, _ = self._workspace.head()
        assert head is not None
        self._worktree = self._workspace.create_worktree(self._task, 1, head)
        self._checkpoints = count(1)

    def review(self) -> float:
        """Write 200 files, and have what stands there committed and read as a change."""
        change_files(Path(self._worktree.path), next(_versions))
        begin = time.perf_counter()
        head = self._workspace.checkpoint(self._worktree, self._task, 1, next(self._checkpoints), message="Checkpoint")
        change = self._workspace.change(self._worktree.base, head)
        took = time.perf_counter() - begin
        assert len(change.files) == 200
        return took * 1000


def _plumbing(repository: Path, *, looking: bool) -> float:
    paths = change_files(repository, next(_versions))
    index = repository.parent / "index"
    shutil.copy(repository / ".git" / "index", index)
    begin = time.perf_counter()
    if looking:
        paths = [line[3:] for line in git(repository, "status", "--porcelain").decode().splitlines()]
    git(repository, "update-index", "--stdin", stdin="\n".join(paths).encode(), index=index)
    tree = git(repository, "write-tree", index=index).decode().strip()
    commit = git(repository, "commit-tree", "-p", "HEAD", "-m", "Snapshot", tree).decode().strip()
    patch = git(repository, "diff", "HEAD", commit)
    took = time.perf_counter() - begin
    assert patch.count(b"diff --git ") == 200
    return took * 1000


def _review_working_tree(client: Client, repository: Path, *, only: Sequence[str] = ()) -> float:
    change_files(repository, next(_versions))
    begin = time.perf_counter()
    review = client.request("casework/review/open", {"kind": "working_tree", "only": list(only)})
    took = time.perf_counter() - begin
    assert len(review["files"]) == 200
    return took * 1000


def _land(client: Client, repository: Path) -> float:
    """Approve a review of a branch, whose commit is made new on a `main` that went on."""
    branch = f"change{next(_versions)}"
    git(repository, "reset", "-q", "--hard", "main")
    git(repository, "switch", "-q", "-c", branch)
    change_files(repository, next(_versions))
    git(repository, "commit", "-q", "-a", "-m", branch)
    git(repository, "switch", "-q", "main")
    _forget_trees(repository)
    review = client.request("casework/review/open", {"kind": "branch", "name": branch})
    verdict = {"number": review["number"], "verdict": "approve", "shown": review["shown"], "mode": "commit"}
    begin = time.perf_counter()
    client.request("casework/review/answer", verdict)
    landed = client.request("casework/task/wait", {"number": review["number"], "statuses": ["landed", "in_review"]})
    took = time.perf_counter() - begin
    assert landed["card"]["status"] == "landed", landed["reason"]
    assert git(repository, "status", "--porcelain") == b""
    return took * 1000


def _commit(repository: Path) -> float:
    git(repository, "reset", "-q", "--hard", "HEAD")
    _forget_trees(repository)
    paths = change_files(repository, next(_versions))
    begin = time.perf_counter()
    git(repository, "update-index", "--stdin", stdin="\n".join(paths).encode())
    git(repository, "commit", "-q", "-m", "Change")
    return (time.perf_counter() - begin) * 1000


def _forget_trees(repository: Path) -> None:
    """Write the index anew, so that it knows the files' stamps and no tree."""
    entries = git(repository, "ls-files", "-s", "-z")
    (repository / ".git" / "index").unlink()
    git(repository, "update-index", "-z", "--index-info", stdin=entries)
    git(repository, "update-index", "-q", "--refresh")
