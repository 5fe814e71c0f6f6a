"""Landing: bringing what was approved into its target as one transaction, seeing what became of it, taking it back.

Synchronous: git runs in processes, and the core calls every method in a thread, one landing at a time and repository.
The order is: `plan`, `prepare`, journal the announcement, `enter`, journal the end, `finish`. Whatever is killed in
between, `recover` with the journalled announcement gives it an end. Everything here is plain JSON; paths are in the
form of `repopath.quote`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from casework.domain.errors import Refused
from casework.domain.events import LandingMode
from casework.domain.frozen import Frozen
from casework.domain.ids import CommitId, LandingId, TaskId


class LandingRefused(Refused):
    """This can't land in this mode; nothing was written."""

    def __init__(
        self, sentence: str, *, code: str, offered: tuple[LandingMode, ...] = (), paths: tuple[str, ...] = ()
    ) -> None:
        super().__init__(sentence, code=code)
        self.offered = offered
        self.paths = paths


class LandingRequest(Frozen):
    """What is to land, and how."""

    landing: LandingId
    task: TaskId
    number: int
    mode: LandingMode
    base: CommitId
    accepted: CommitId
    """The accepted part of the change as a commit; in mode `fast_forward` the branch's tip itself."""
    snapshot: CommitId | None = None
    """The whole change; differs from `accepted` when a part of it stays out."""
    target: str | None
    """Full name of the branch; None when the review was opened on a detached HEAD."""
    message: str
    co_authors: tuple[str, ...] = ()
    """`Name <mail>`."""
    trusted: bool = False
    branch_name: str | None = None
    """Name of the branch to make in mode `branch`, with or without `refs/heads/`."""
    protected: tuple[str, ...] = ()
    """Branches the user forbids to land on, as names or globs of the short name."""


class FileState(Frozen):
    """What stands at a path on disk."""

    kind: Literal["absent", "file", "link"] = "absent"
    mode: int = 0
    """Permission bits."""
    sha256: str = ""
    blob: str = ""
    """The git object that holds exactly these bytes (a link's target), without any conversion."""


class PathPlan(Frozen):
    """One touched path. Entries are `MODE NAME` as in a tree, empty where there is none."""

    path: str
    tree_before: str
    tree_after: str
    index_before: str
    index_after: str
    flags: str = ""
    """`h` assume-unchanged, `S` skip-worktree: set again when the index is written."""
    before: FileState = Field(default_factory=FileState)
    after: FileState = Field(default_factory=FileState)
    action: Literal["none", "replace", "add", "delete"] = "none"
    """What happens on disk; `none` also for a path that is not checked out."""
    differs: bool = False
    """Whether the result is not what was shown, because edits of the user's or a moved HEAD were merged in."""


class LandingPlan(Frozen):
    """What a landing would do; made without any effect but new objects in git's store."""

    request: LandingRequest
    undo_of: LandingId | None = None
    head: CommitId
    """HEAD as it was looked at: what the result stands on."""
    branch: str | None
    """Full name of the branch that will move or be made; None when HEAD is detached."""
    moves_from: CommitId
    """What that branch holds before; the null name where it does not exist yet."""
    known_commit: CommitId | None = None
    """Where no commit is made: a fast-forward, or an undo that sets the branch back (the null name removes it)."""
    commit_tree: str
    result_tree: str
    """The tree of what the human gets: the commit's, with the working file's content where that will differ from both
    the commit and what was shown. Two plans with the same `head` and `result_tree` give the same result."""
    from_tree: str
    """The same tree before the landing: `git diff from_tree result_tree` is what to show again."""
    paths: tuple[PathPlan, ...]
    index_sha256: str
    """Of the index that was looked at; empty when there is none, or the mode does not need it."""
    directories: tuple[str, ...] = ()
    """Directories that have to be made, outer ones first."""
    differs: tuple[str, ...] = ()
    """Paths whose result is not what was shown."""
    why_differs: str = ""
    head_moved: bool = False
    base_not_ancestor: bool = False
    detached: bool = False
    not_on_disk: tuple[str, ...] = ()
    """Touched paths outside the user's sparse checkout."""
    notes: tuple[str, ...] = ()
    """Sentences to be shown with the result."""

    @property
    def touched(self) -> tuple[str, ...]:
        """Every path the commit changes."""
        return tuple(plan.path for plan in self.paths)


class Announcement(Frozen):
    """Everything that recovery needs in order to look; journalled, fully synced, before `enter`."""

    landing: LandingId
    plan: LandingPlan
    commit: CommitId
    """N."""
    branch: str | None
    """As in the plan."""
    stage: str
    """Directory that holds the lock, the staged index and the new and displaced files; absolute, quoted."""
    beside: tuple[tuple[int, str], ...] = ()
    """Places in `plan.paths` whose new file is staged next to its target, because that lies on another device."""


@dataclass(frozen=True, slots=True)
class Landed:
    """It is done: seen, not assumed."""

    commit: CommitId
    how_seen: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Nothing landed, and what had been touched is as it was."""

    reason: str
    kept_aside: tuple[str, ...] = ()
    """Sentences: which old bytes could not go back to their place, and where they are kept."""
    again: bool = False
    """Whether a new plan may succeed at once: the world moved, and no rule said no."""


@dataclass(frozen=True, slots=True)
class Held:
    """It can't be known yet; nothing was touched."""

    sentence: str


class Lander(Protocol):
    """The landings of one repository."""

    def plan(self, request: LandingRequest) -> LandingPlan:
        """Compute the result.

        Raises:
            LandingRefused: with the modes that would do instead; nothing was written.
            Trouble: git or the disk failed.
        """
        ...

    def plan_undo(self, landed: Announcement, undo: LandingId) -> LandingPlan:
        """Plan to set everything back to the exact bytes before `landed`; goes through the same `prepare` and `enter`.

        Raises:
            LandingRefused: something was built on top (`built_upon`), or it was pushed (`already_pushed`);
                `plan_revert` is the way then.
        """
        ...

    def plan_revert(self, landed: Announcement, undo: LandingId) -> LandingPlan:
        """Plan a new commit that takes the landed one back; a landing like any other.

        Raises:
            LandingRefused: it clashes with what came later.
        """
        ...

    def prepare(self, plan: LandingPlan) -> Announcement:
        """Make and sync everything the landing needs, in places of our own; the same plan may be prepared again.

        Raises:
            LandingRefused: the world is not as planned any more (`plan_stale`), or signing failed.
            Trouble: the disk is full, git failed.
        """
        ...

    def enter(self, announcement: Announcement) -> Landed | TakenBack:
        """Do it: whole, or taken back whole. The announcement is in the journal already."""
        ...

    def recover(self, announcement: Announcement) -> Landed | TakenBack | Held:
        """Find out what became of an announced landing nobody saw the end of, and give it one; any number of times."""
        ...

    def finish(self, announcement: Announcement) -> tuple[str, ...]:
        """Clear up when the end is in the journal; gives sentences about late writes that were kept. Idempotent."""
        ...

    def sweep(self, announced: Collection[str]) -> None:
        """Delete stages and refs of landings that were never announced; after every `recover` and before any `plan`."""
        ...

    def add_file(self, path: str, data: bytes) -> None:
        """Write one new file into the work tree, whole or not at all, because its human asked for exactly that file.

        Nothing that is there is written over; a file with just these bytes is what was asked for. Git is told nothing.

        Raises:
            Refused: something else is there, or the way there leads through a link, out of the work tree, or into
                another repository (`in_the_way`); there is no work tree (`bare`).
            Trouble: the disk said no.
        """
        ...
