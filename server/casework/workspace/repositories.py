"""The two ports of this room, put together from its parts: which repository, and what can be done in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from casework.domain.change import Change
from casework.domain.ids import CommitId, HunkId, TaskId
from casework.domain.repopath import quote
from casework.ports.workspace import Identity, Leftover, RepositoryFacts, Standing, Worktree
from casework.workspace import (
    checkpoints,
    commits,
    differences,
    identity,
    leftovers,
    patches,
    refs,
    snapshots,
    standing,
    throwaways,
    worktrees,
)
from casework.workspace.git import Git


def _nothing_known(_uuid: str) -> str | None:
    return None


def _nobody_trusted(_identity: Identity) -> bool:
    return False


@dataclass(slots=True)
class GitRepositories:
    """Finds git repositories. `state` is the folder of worktrees; it is made when the first one is.

    `known` gives the common directory where a uuid was seen last (the journal knows); `trusted` says whether the
    filters of a repository may run.
    """

    state: str
    known: identity.Known = _nothing_known
    trusted: Callable[[Identity], bool] = _nobody_trusted
    _opened: dict[str, GitWorkspace] = field(default_factory=dict, repr=False)

    def identify(self, path: str) -> Identity:
        """Do what `Repositories.identify` promises; costs two git processes."""
        git = identity.locate(self._outside(os.fsencode(path)))
        found = identity.identify(git, self.known)
        self._opened[found.top] = GitWorkspace(git, found, self.state, self.trusted)
        return found

    def _outside(self, path: bytes) -> bytes:
        """A path in a run's worktree belongs to the repository the run works for; the `.git` there is the agent's."""
        ours = os.path.join(os.path.realpath(os.fsencode(self.state)), b"worktrees", b"")
        inside = os.path.realpath(path)
        if not inside.startswith(ours):
            return path
        place = self.known(os.fsdecode(inside.removeprefix(ours).partition(b"/")[0]))
        return os.fsencode(place) if place is not None else path

    def is_still(self, found: Identity) -> bool:
        """Do what `Repositories.is_still` promises: the uuid's file is read, and the work tree is looked for."""
        file = os.path.join(os.fsencode(found.common_dir), identity.FOLDER, b"identity")
        try:
            with open(file, "rb") as kept:
                same = kept.read(64).strip() == found.id.encode()
        except OSError:
            return False
        return same and (found.bare or os.path.lexists(os.path.join(os.fsencode(found.top), b".git")))

    def open(self, found: Identity) -> GitWorkspace:
        """Do what `Repositories.open` promises: no process for a repository that this object identified."""
        opened = self._opened.get(found.top)
        if opened is None or opened.identity != found:
            opened = GitWorkspace(identity.locate(os.fsencode(found.top)), found, self.state, self.trusted)
            self._opened[found.top] = opened
        return opened


@dataclass(slots=True)
class GitWorkspace:
    """One git repository; every method does what `Workspace` promises for it."""

    git: Git
    identity: Identity
    state: str
    _trusted: Callable[[Identity], bool] = _nobody_trusted

    @property
    def _ours(self) -> tuple[bytes, str]:
        return os.fsencode(self.state), self.identity.id

    @property
    def _is_trusted(self) -> bool:
        return self._trusted(self.identity)

    def standing_working_tree(
        self, task: TaskId, *, untracked: Sequence[str] = (), only: Collection[str] = ()
    ) -> Standing:
        return snapshots.stand_working_tree(self.git, task, untracked, only=only, trusted=self._is_trusted)

    def standing_branch(self, task: TaskId, name: str, *, into: str | None = None) -> Standing:
        return standing.stand_branch(self.git, task, name, into)

    def standing_range(self, task: TaskId, revisions: str) -> Standing:
        return standing.stand_range(self.git, task, revisions)

    def recent_range(self, *, since: str | None = None, most_commits: int = 12) -> str:
        return standing.recent_range(self.git, since, most_commits)

    def change(self, base: CommitId, head: CommitId) -> Change:
        return differences.change_between(self.git, base, head)

    def patch(self, base: CommitId, head: CommitId, *, path: str | None = None) -> bytes:
        return differences.patch_between(self.git, base, head, path)

    def hunk_texts(self, base: CommitId, head: CommitId) -> dict[HunkId, bytes]:
        return differences.hunk_texts_between(self.git, base, head)

    def content(self, commit: CommitId, path: str) -> bytes | None:
        return differences.content_of(self.git, commit, path)

    def contents(self, commit: CommitId, paths: Collection[str], *, largest: int) -> Mapping[str, bytes]:
        return differences.contents_of(self.git, commit, paths, largest)

    def blobs(self, names: Collection[str], *, largest: int) -> Mapping[str, bytes]:
        return differences.blobs_of(self.git, names, largest)

    def touched(self, base: CommitId, head: CommitId, *, most: int) -> Sequence[tuple[str, tuple[str, ...]]]:
        found = commits.touched_between(self.git, base.encode(), head.encode(), most)
        return [(message, tuple(quote(path) for path in paths)) for message, paths in found]

    def paths(self, commit: CommitId) -> list[str]:
        return differences.paths_in(self.git, commit)

    def select(self, change: Change, chosen: Collection[HunkId], *, message: str) -> CommitId:
        return patches.select(self.git, change, chosen, message)

    def create_worktree(self, task: TaskId, run: int, base: CommitId) -> Worktree:
        return worktrees.create(self.git, *self._ours, task, run, base, trusted=self._is_trusted)

    def checkpoint(self, worktree: Worktree, task: TaskId, run: int, n: int, *, message: str) -> CommitId:
        path = worktrees.require(*self._ours, worktree, task, run)
        return checkpoints.checkpoint(self.git, worktree, path, task, run, n, message, trusted=self._is_trusted)

    def checkpoints(self, task: TaskId) -> dict[tuple[int, int], CommitId]:
        return {(run, n): commit for (_, run, n), commit in refs.kept(self.git, task).items()}

    def remove_worktree(self, worktree: Worktree) -> None:
        """One that is gone is no mistake; one that holds more than its last checkpoint is kept (`unkept_work`)."""
        leftovers.remove_worktree(self.git, *self._ours, worktree, trusted=self._is_trusted)

    def create_throwaway(self, commit: CommitId) -> Worktree:
        return throwaways.create(self.git, *self._ours, commit, trusted=self._is_trusted)

    def remove_throwaway(self, worktree: Worktree) -> None:
        throwaways.remove(*self._ours, worktree)

    def remove_throwaways(self) -> None:
        throwaways.remove_all(*self._ours)

    def leftovers(self, living: Collection[TaskId]) -> list[Leftover]:
        return leftovers.leftovers(self.git, *self._ours, living, trusted=self._is_trusted)

    def remove_leftover(self, leftover: Leftover) -> None:
        leftovers.remove_leftover(self.git, *self._ours, leftover)

    def head(self) -> tuple[CommitId | None, str | None]:
        return standing.head_of(self.git)

    def dirty_paths(self, paths: Collection[str]) -> list[str]:
        return snapshots.dirty_paths(self.git, paths, trusted=self._is_trusted)

    def facts(self) -> RepositoryFacts:
        from casework.workspace.facts import facts_of  # GitPython: a tenth of a second that hardly anybody needs

        return facts_of(self.git)
