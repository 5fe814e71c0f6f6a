"""Repositories in memory that keep the workspace port's promises, git excepted: commits are dicts of path to bytes.

Not here: modes, links, renames, attributes, untracked files that are ignored. What a test wants to happen on disk it
writes into `disk` or into a worktree's dict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from casework.domain.change import Change
from casework.domain.errors import Refused
from casework.domain.ids import CommitId, HunkId, TaskId
from casework.ports.workspace import Identity, Leftover, RepositoryFacts, Standing, Worktree
from tests.fakes.differing import assembled, blob_of, file_change, lines_of, text_of

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class MemoryCommit:
    """A commit: its files, its parents, its words."""

    files: Files
    parents: tuple[CommitId, ...] = ()
    message: str = ""
    author: str = "Ada Author <ada@example.org>"


class MemoryRepositories:
    """The repositories of a machine, by folder."""

    def __init__(self) -> None:
        self.workspaces: dict[str, MemoryWorkspace] = {}

    def add(self, top: str = "/memory/project") -> MemoryWorkspace:
        """Make a repository without a commit."""
        number = len(self.workspaces) + 1
        identity = Identity(id=f"10000000-0000-7000-8000-{number:012}", top=top, common_dir=f"{top}/.git")
        self.workspaces[top] = MemoryWorkspace(identity)
        return self.workspaces[top]

    def identify(self, path: str) -> Identity:
        for top, workspace in self.workspaces.items():
            if path == top or path.startswith(f"{top}/"):
                return workspace.identity
        raise Refused(
            f"{path} is not in a git repository, so there is nothing to review. "
            "Go to a repository, or run git init there first.",
            code="not_a_repository",
        )

    def is_still(self, identity: Identity) -> bool:
        found = self.workspaces.get(identity.top)
        return found is not None and found.identity == identity

    def open(self, identity: Identity) -> MemoryWorkspace:
        return self.workspaces[identity.top]


@dataclass(slots=True)
class MemoryWorkspace:
    """One repository in memory."""

    identity: Identity
    commits: dict[CommitId, MemoryCommit] = field(default_factory=dict)
    branches: dict[str, CommitId] = field(default_factory=dict)
    """By full name."""
    current: str | None = "refs/heads/main"
    """None when HEAD is detached; then `detached` is HEAD."""
    detached: CommitId | None = None
    disk: Files = field(default_factory=dict)
    """The user's working tree; a path that HEAD does not have is untracked."""
    worktrees: dict[str, Files] = field(default_factory=dict)
    """By path: what lies in each run's worktree."""
    refs: dict[tuple[TaskId, int, int], CommitId] = field(default_factory=dict)
    throwaways: Iterator[int] = field(default_factory=count)

    # What a test does as the user.

    def commit(self, message: str, files: dict[str, bytes | None], *, branch: str | None = None) -> CommitId:
        """Commit changed files (None deletes) on the branch checked out, or on another; the disk follows HEAD."""
        name = branch or self.current or ""
        tip = self.branches.get(name)
        before = self.commits[tip].files if tip is not None else {}
        made = self._store(_edited(before, files), (tip,) if tip is not None else (), message)
        self.branches[name] = made
        if name == self.current:
            self.disk = _edited(self.disk, files)
        return made

    def switch(self, name: str, *, create: bool = False) -> None:
        """Check out a branch; the disk becomes its files."""
        if create:
            self.branches[name] = self._head_or_refuse()
        self.current, self.disk = name, dict(self.commits[self.branches[name]].files)

    # The port.

    def standing_working_tree(
        self, task: TaskId, *, untracked: Sequence[str] = (), only: Collection[str] = ()
    ) -> Standing:
        head = self._head_or_refuse()
        before = self.commits[head].files
        strange = sorted(set(self.disk) - set(before))
        for name in untracked:
            if name not in strange:
                raise Refused(f"{name} is no untracked file of this repository.", code="not_untracked")
        for name in only:
            if name not in before:
                raise Refused(f"{name} is no tracked file of this repository.", code="not_tracked")
        after = {path: data for path, data in self.disk.items() if path in before or path in untracked}
        if only:
            after |= {path: data for path, data in before.items() if path not in only}
        if after == before:
            raise Refused("No tracked file differs from HEAD, so there is nothing to review.", code="nothing_to_review")
        commit = self._store(after, (head,), "Working tree")
        self._keep(task, head, commit)
        return Standing(
            kind="working_tree",
            base=head,
            head=commit,
            target=self.current,
            title="Working tree",
            message="What differs from HEAD.",
            authors=("Ada Author <ada@example.org>",),
            range_text=f"{head[:12]}..{commit[:12]}",
            left_out=tuple(name for name in strange if name not in untracked),
        )

    def standing_branch(self, task: TaskId, name: str, *, into: str | None = None) -> Standing:
        branch, target = _full(name), _full(into) if into else self.current or "refs/heads/main"
        for wanted in (branch, target):
            if wanted not in self.branches:
                raise Refused(f"There is no branch {wanted.removeprefix('refs/heads/')} here.", code="unknown_branch")
        if branch == target:
            raise Refused(f"{name} can't land in itself, so no review was opened.", code="same_branch")
        head = self.branches[branch]
        base = self._merge_base(self.branches[target], head)
        mine = [commit for commit in self._ancestors(head) if commit not in set(self._ancestors(base))]
        if not mine:
            raise Refused(f"Everything on {name} is in the target already.", code="nothing_to_review")
        return self._standing("branch", task, base, head, target, mine)

    def standing_range(self, task: TaskId, revisions: str) -> Standing:
        left, dots, right = revisions.partition("..")
        head = self._resolve(right if dots else left)
        base = self._resolve(left) if dots else next(iter(self.commits[head].parents), self._empty())
        mine = [commit for commit in self._ancestors(head) if commit not in set(self._ancestors(base))]
        if self.commits[base].files == self.commits[head].files:
            raise Refused("Nothing differs between the two ends.", code="nothing_to_review")
        return self._standing("range", task, base, head, None, mine)

    def recent_range(self, *, since: str | None = None, most_commits: int = 12) -> str:
        head = self._head_or_refuse()
        line = [head]
        while self.commits[line[-1]].parents and len(line) <= most_commits:
            line.append(self.commits[line[-1]].parents[0])
        base = self._resolve(since) if since else line[-1] if len(line) > 1 else self._empty()
        return f"{base}..{head}"

    def change(self, base: CommitId, head: CommitId) -> Change:
        before, after = self.commits[base].files, self.commits[head].files
        paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        files = tuple(file_change(path, before.get(path), after.get(path)) for path in paths)
        record = repr([(file.path, file.status, file.old_blob, file.new_blob) for file in files])
        return Change(base=base, head=head, diff_hash=hashlib.sha256(record.encode()).hexdigest(), files=files)

    def patch(self, base: CommitId, head: CommitId, *, path: str | None = None) -> bytes:
        texts = self.hunk_texts(base, head)
        files = [file for file in self.change(base, head).files if path is None or file.path == path]
        return b"".join(
            f"diff --git a/{file.path} b/{file.path}\n".encode() + b"".join(texts[hunk.id] for hunk in file.hunks)
            for file in files
        )

    def hunk_texts(self, base: CommitId, head: CommitId) -> dict[HunkId, bytes]:
        before, after = self.commits[base].files, self.commits[head].files
        return {
            hunk.id: text_of(hunk, lines_of(before.get(file.path, b"")), lines_of(after.get(file.path, b"")))
            for file in self.change(base, head).files
            for hunk in file.hunks
        }

    def content(self, commit: CommitId, path: str) -> bytes | None:
        return self.commits[commit].files.get(path)

    def contents(self, commit: CommitId, paths: Collection[str], *, largest: int) -> Mapping[str, bytes]:
        files = self.commits[commit].files
        return {path: files[path] for path in paths if path in files and len(files[path]) <= largest}

    def blobs(self, names: Collection[str], *, largest: int) -> Mapping[str, bytes]:
        there = {blob_of(data): data for commit in self.commits.values() for data in commit.files.values()}
        return {name: there[name] for name in names if name in there and len(there[name]) <= largest}

    def touched(self, base: CommitId, head: CommitId, *, most: int) -> Sequence[tuple[str, tuple[str, ...]]]:
        found: list[tuple[str, tuple[str, ...]]] = []
        at: CommitId | None = head
        while at is not None and at != base and len(found) < most:
            commit = self.commits[at]
            parent = commit.parents[0] if commit.parents else None
            before = self.commits[parent].files if parent is not None else {}
            paths = sorted(path for path in {*before, *commit.files} if before.get(path) != commit.files.get(path))
            found.append((commit.message, tuple(paths)))
            at = parent
        return found

    def paths(self, commit: CommitId) -> list[str]:
        return sorted(self.commits[commit].files)

    def select(self, change: Change, chosen: Collection[HunkId], *, message: str) -> CommitId:
        if not set(chosen) <= set(change.judged):
            raise Refused("A chosen hunk is not part of this change.", code="unknown_hunk")
        files = dict(self.commits[change.base].files)
        after = self.commits[change.head].files
        for file in change.files:
            taken = [hunk for hunk in file.hunks if hunk.id in chosen]
            if len(taken) == len(file.hunks) and set(file.judged) <= set(chosen):
                files = _edited(files, {file.path: after.get(file.path)})
            elif taken:
                files[file.path] = assembled(files.get(file.path, b""), after.get(file.path, b""), taken)
        return self._store(files, (change.base,), message)

    def create_worktree(self, task: TaskId, run: int, base: CommitId) -> Worktree:
        worktree = Worktree(f"/memory/worktrees/{task}/{run}", base)
        self.worktrees.setdefault(worktree.path, dict(self.commits[base].files))
        self.refs[task, run, 0] = base
        return worktree

    def checkpoint(self, worktree: Worktree, task: TaskId, run: int, n: int, *, message: str) -> CommitId:
        if worktree.path not in self.worktrees:
            raise Refused("The worktree is gone; what was checkpointed is kept.", code="worktree_gone")
        files = self.worktrees[worktree.path]
        there = self.refs.get((task, run, n))
        if there is not None and self.commits[there].files == files:
            return there
        last = max(number for name, its_run, number in self.refs if (name, its_run) == (task, run) and number < n)
        parent = self.refs[task, run, last]
        same = self.commits[parent].files == files
        self.refs[task, run, n] = parent if same else self._store(dict(files), (parent,), message)
        return self.refs[task, run, n]

    def checkpoints(self, task: TaskId) -> dict[tuple[int, int], CommitId]:
        return {(run, n): commit for (name, run, n), commit in self.refs.items() if name == task}

    def remove_worktree(self, worktree: Worktree) -> None:
        files = self.worktrees.get(worktree.path)
        kept = [self.commits[commit].files for commit in [worktree.base, *self.refs.values()]]
        if files is not None and files not in kept:
            raise Refused("The worktree holds work that no checkpoint has, so it was kept.", code="unkept_work")
        self.worktrees.pop(worktree.path, None)

    def create_throwaway(self, commit: CommitId) -> Worktree:
        path = f"/memory/throwaway/{next(self.throwaways)}"
        self.worktrees[path] = dict(self.commits[commit].files)
        return Worktree(path, commit)

    def remove_throwaway(self, worktree: Worktree) -> None:
        self.worktrees.pop(worktree.path, None)

    def remove_throwaways(self) -> None:
        for path in [path for path in self.worktrees if "/throwaway/" in path]:
            del self.worktrees[path]

    def leftovers(self, living: Collection[TaskId]) -> list[Leftover]:
        head = self.head()[0]
        landed = self.commits[head].files if head is not None else {}
        found = []
        for path, files in sorted(self.worktrees.items()):
            if path.split("/")[-2] not in living:
                found.append(Leftover("worktree", path, sum(map(len, files.values())), files != landed))
        for task in sorted({task for task, _, _ in self.refs} - set(living)):
            mine = [self.commits[commit].files for (name, _, n), commit in self.refs.items() if name == task and n]
            found.append(Leftover("ref", f"refs/casework/{task}/", 0, any(files != landed for files in mine)))
        return found

    def remove_leftover(self, leftover: Leftover) -> None:
        self.worktrees.pop(leftover.name, None)
        for key in [key for key in self.refs if leftover.name == f"refs/casework/{key[0]}/"]:
            del self.refs[key]

    def facts(self) -> RepositoryFacts:
        head, branch = self.head()
        return RepositoryFacts(branch=branch, head=head, named=True, mailed=True)

    def head(self) -> tuple[CommitId | None, str | None]:
        return (self.branches.get(self.current) if self.current else self.detached), self.current

    def dirty_paths(self, paths: Collection[str]) -> list[str]:
        head = self.head()[0]
        files = self.commits[head].files if head is not None else {}
        return sorted(path for path in set(paths) if self.disk.get(path) != files.get(path))

    # Inside.

    def _store(self, files: Files, parents: tuple[CommitId, ...], message: str) -> CommitId:
        made = MemoryCommit(files, parents, message)
        name = CommitId(hashlib.sha1(repr((sorted(files.items()), parents, message)).encode()).hexdigest())
        self.commits[name] = made
        return name

    def _empty(self) -> CommitId:
        return self._store({}, (), "Nothing")

    def _keep(self, task: TaskId, base: CommitId, head: CommitId) -> None:
        self.refs[task, 0, 0], self.refs[task, 0, 1] = base, head

    def _standing(
        self, kind: str, task: TaskId, base: CommitId, head: CommitId, target: str | None, mine: list[CommitId]
    ) -> Standing:
        self._keep(task, base, head)
        commits = [self.commits[commit] for commit in mine]
        words = commits[0].message if len(commits) == 1 else "\n".join(commit.message for commit in reversed(commits))
        made = Standing(
            kind="branch",
            base=base,
            head=head,
            target=target,
            title=words.partition("\n")[0],
            message=words,
            authors=tuple(dict.fromkeys(commit.author for commit in reversed(commits))),
            commits=len(commits),
            range_text=f"{base[:12]}..{head[:12]}",
        )
        return made if kind == "branch" else replace(made, kind="range")

    def _head_or_refuse(self) -> CommitId:
        head, _ = self.head()
        if head is None:
            raise Refused("This repository has no commit yet, so there is nothing to compare with.", code="no_commit")
        return head

    def _resolve(self, revision: str) -> CommitId:
        name, _, back = revision.partition("~")
        found = self._head_or_refuse() if name in ("", "HEAD") else self.branches.get(_full(name))
        found = found or next((commit for commit in self.commits if commit.startswith(name)), None)
        for _ in range(int(back or 0)):
            found = next(iter(self.commits[found].parents), None) if found else None
        if found is None:
            raise Refused(f"No commit here is called {revision}, so no review was opened.", code="unknown_revision")
        return found

    def _ancestors(self, commit: CommitId) -> Iterator[CommitId]:
        waiting = [commit]
        while waiting:
            found = waiting.pop(0)
            yield found
            waiting += self.commits[found].parents

    def _merge_base(self, one: CommitId, other: CommitId) -> CommitId:
        theirs = set(self._ancestors(one))
        for commit in self._ancestors(other):
            if commit in theirs:
                return commit
        raise Refused("The two have no commit in common.", code="unrelated_histories")


def _full(name: str) -> str:
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def _edited(files: Files, edits: dict[str, bytes | None]) -> Files:
    merged = {**files, **edits}
    return {path: data for path, data in merged.items() if data is not None}
