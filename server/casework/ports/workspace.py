"""The repository a task works on: what stands, what changed, worktrees and checkpoints.

Synchronous: git runs in processes, and the core calls every method in a thread. Nothing here writes to the user's
working tree, index, HEAD or branches; landing (ports/landing.py) is the only thing that does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from casework.domain.change import Change, ChangeKind
from casework.domain.ids import CommitId, HunkId, TaskId


@dataclass(frozen=True, slots=True)
class Identity:
    """Which repository a path belongs to."""

    id: str
    """uuid kept in the git common directory: linked worktrees and links share it, submodules and copies have their own.
    """
    top: str
    """The work tree the path lies in; the git directory itself for a bare repository. Absolute, links resolved."""
    common_dir: str
    bare: bool = False
    moved_from: str = ""
    """Where the same repository was seen before, when that place is gone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A change that stands already, pinned by refs so that nothing of it can be lost while it is reviewed."""

    kind: ChangeKind
    base: CommitId
    head: CommitId
    target: str | None
    """Full name of the branch an approval lands in; None when HEAD is detached or the change is history already."""
    title: str
    message: str
    """The comment that opens the review: the commits' own words, or what was found in the working tree."""
    authors: tuple[str, ...] = ()
    """`Name <mail>` of the change's authors, first one first, for a squash's co-authors."""
    commits: int = 0
    diverged: bool = False
    """Whether the target has commits that the branch lacks, so that it can't simply move forward to it."""
    range_text: str = ""
    """`base..head` as git understands it, for people who want to look themselves."""
    left_out: tuple[str, ...] = ()
    """Untracked paths that were not named and so are not part of the review."""


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree of one run."""

    path: str
    base: CommitId


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something of ours on disk or among the refs that no living task needs."""

    what: str
    """`worktree` or `ref`."""
    name: str
    bytes: int
    unlanded: bool
    """Whether it holds work that is in no branch; such a thing is kept unless it is named."""


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What there is to know about a repository before something goes wrong in it. Nothing secret is in here."""

    branch: str | None
    """Full name; None when HEAD is detached."""
    head: CommitId | None
    """None when there is no commit yet."""
    bare: bool = False
    shallow: bool = False
    sparse: bool = False
    partial: bool = False
    """Some objects are only at a remote; Casework fetches none."""
    operation: str = ""
    """What is under way, as people say it (`a rebase`); empty when nothing is."""
    linked_worktrees: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    """Paths that `.gitmodules` names."""
    remotes: tuple[tuple[str, str], ...] = ()
    """Names and addresses, without user, password and query."""
    programs: tuple[str, ...] = ()
    """What git would run here: `filter lfs`, `hook pre-commit`, `fsmonitor`, `signing`."""
    signs: bool = False
    """Commits are to be signed."""
    named: bool = False
    """The user's name is set, as a commit needs it."""
    mailed: bool = False
    """The user's mail address is set."""
    includes: int = 0
    """How many other files the repository's own settings include; these were not read."""
    unread: str = ""
    """Why the settings could not be read; what stands in them is unknown then."""
    object_format: str = "sha1"
    index_version: int | None = None
    stages: int = 0
    """Folders of landings in the git directory: one for each that is under way, or was not cleared away."""


class Repositories(Protocol):
    """Finds repositories."""

    def identify(self, path: str) -> Identity:
        """Tell which repository `path` lies in; gives it an identity at the first call.

        Raises:
            Refused: not a git repository (`not_a_repository`), dubious owner (`dubious_owner`, git's own sentence and
                its remedy), unreadable.
        """
        ...

    def is_still(self, identity: Identity) -> bool:
        """Tell, without starting a process, whether that repository still stands at that place under that identity."""
        ...

    def open(self, identity: Identity) -> Workspace:
        """Give the workspace of a repository; cheap."""
        ...


class Workspace(Protocol):
    """One repository. Every method raises `Refused` with a sentence for odd states and `Trouble` when git fails."""

    def standing_working_tree(
        self, task: TaskId, *, untracked: Sequence[str] = (), only: Collection[str] = ()
    ) -> Standing:
        """Take a snapshot of what differs from HEAD (tracked paths, and the untracked ones named), as a commit on HEAD.

        The disk and the index are only read. Ignored paths never. Costs what the change costs, plus one `git status`;
        with `only`, tracked files that alone are looked at, without that.

        Raises:
            Refused: nothing differs (`nothing_to_review`), bare, no commit yet, unmerged paths, no such file.
        """
        ...

    def standing_branch(self, task: TaskId, name: str, *, into: str | None = None) -> Standing:
        """Pin a branch against its merge base with the target: `into`, else the branch checked out, else the default
        one.
        """
        ...

    def standing_range(self, task: TaskId, revisions: str) -> Standing:
        """Pin `REV..REV` (or `REV...REV`, or one `REV` meaning `REV^..REV`)."""
        ...

    def recent_range(self, *, since: str | None = None, most_commits: int = 12) -> str:
        """Give the `REV..REV` of the last commits of HEAD's first-parent line; works in a shallow and in a one-commit
        clone.

        In a repository whose only visible commit has no parent, the range starts at the empty tree.
        """
        ...

    def change(self, base: CommitId, head: CommitId) -> Change:
        """Give the change between two commits, renames found as `git diff` finds them, in git's path order."""
        ...

    def patch(self, base: CommitId, head: CommitId, *, path: str | None = None) -> bytes:
        """Give the patch text as `git diff -U3` prints it, of one path if asked."""
        ...

    def hunk_texts(self, base: CommitId, head: CommitId) -> dict[HunkId, bytes]:
        """Give the lines of each hunk of `change(base, head)`, its `@@` line first, by the hunk's id."""
        ...

    def content(self, commit: CommitId, path: str) -> bytes | None:
        """Give a file's bytes in a commit, at most 64 MiB; None when it is not there."""
        ...

    def contents(self, commit: CommitId, paths: Collection[str], *, largest: int) -> Mapping[str, bytes]:
        """Give the bytes of many files in a commit, without those that are not there or have more than `largest` bytes.

        Takes as long for one as for a hundred, but for the bytes themselves.
        """
        ...

    def blobs(self, names: Collection[str], *, largest: int) -> Mapping[str, bytes]:
        """Give what blobs hold, by the names that changes give them, without those that are gone or have more than
        `largest` bytes. Costs two git processes, however many there are.
        """
        ...

    def touched(self, base: CommitId, head: CommitId, *, most: int) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Give the message and the changed paths of the last `most` commits of `base..head`, newest first.

        A merge is given without paths; a rename has both of its own.
        """
        ...

    def paths(self, commit: CommitId) -> list[str]:
        """Give the path of every file in a commit. One git process; costs what the commit holds."""
        ...

    def select(self, change: Change, chosen: Collection[HunkId], *, message: str) -> CommitId:
        """Make the commit on `change.base` that holds exactly the chosen hunks; with all of them its tree is the head's
        tree.
        """
        ...

    def create_worktree(self, task: TaskId, run: int, base: CommitId) -> Worktree:
        """Make the worktree of a run, outside the repository, its files as in `base`; the same call twice gives the
        same one.
        """
        ...

    def checkpoint(self, worktree: Worktree, task: TaskId, run: int, n: int, *, message: str) -> CommitId:
        """Commit what stands in the worktree on top of the last checkpoint, kept by `refs/casework/<task>/<run>/<n>`.

        Costs what the change costs. Nested repositories and paths outside are refused. The same call twice gives the
        same commit
        when nothing changed between.
        """
        ...

    def checkpoints(self, task: TaskId) -> dict[tuple[int, int], CommitId]:
        """Give the checkpoints that refs keep, by run and number: what recovery looks at."""
        ...

    def remove_worktree(self, worktree: Worktree) -> None:
        """Remove a run's worktree whose work is checkpointed; the refs stay."""
        ...

    def create_throwaway(self, commit: CommitId) -> Worktree:
        """Lay the files of a commit out in a new folder of ours, to run something on them; nothing there is ever kept.

        Costs what the tree weighs. It has a `.git` of its own that only borrows objects.
        """
        ...

    def remove_throwaway(self, worktree: Worktree) -> None:
        """Remove one, whatever became of it; one that is gone is no mistake."""
        ...

    def remove_throwaways(self) -> None:
        """Remove all that a daemon left when it was killed; called before any is made."""
        ...

    def leftovers(self, living: Collection[TaskId]) -> list[Leftover]:
        """List worktrees and refs of tasks that are not `living`."""
        ...

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove one of `leftovers`."""
        ...

    def head(self) -> tuple[CommitId | None, str | None]:
        """Give HEAD's commit and the full name of its branch; None for what is not there (unborn, detached)."""
        ...

    def dirty_paths(self, paths: Collection[str]) -> list[str]:
        """Tell which of `paths` differ on disk from HEAD, by their bytes."""
        ...

    def facts(self) -> RepositoryFacts:
        """Tell what a doctor wants to know; reads a few files and starts at most three processes, whatever the size.

        Nothing of the repository is executed, and settings that can't be read are a fact too.
        """
        ...
