"""Landings in memory, in a `MemoryWorkspace`: no index, no modes, no links; the port's promises are kept.

Files are merged line by line where the number of lines is the same on all sides, else whole. A test that wants the
daemon to die in a landing lets `at` raise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, LandingId
from casework.ports.landing import (
    Announcement,
    FileState,
    Held,
    Landed,
    LandingPlan,
    LandingRefused,
    LandingRequest,
    PathPlan,
    TakenBack,
)
from tests.fakes.workspace import Files, MemoryCommit, MemoryWorkspace

NULL = CommitId("0" * 40)
MODES = ("commit", "working_tree", "fast_forward")


def _nowhere(_place: str) -> None:
    """Nothing dies."""


@dataclass(slots=True)
class MemoryLander:
    """Lands in one repository in memory."""

    workspace: MemoryWorkspace
    at: Callable[[str], None] = _nowhere
    """Told `prepared`, `looked again` and `branch moved`."""
    pushed: set[CommitId] = field(default_factory=set)
    """Commits some remote has."""
    staged: dict[str, Files] = field(default_factory=dict)
    """By landing: the disk before it was entered. What a stage is for."""
    finished: list[str] = field(default_factory=list)
    swept: list[tuple[str, ...]] = field(default_factory=list)

    def plan(self, request: LandingRequest) -> LandingPlan:
        match request.mode:
            case "files":
                return self._plan_files(request)
            case "branch":
                return self._plan_branch(request)
            case "commit" | "working_tree" | "fast_forward":
                return self._plan_commit(request, None)

    def add_file(self, path: str, data: bytes) -> None:
        if self.workspace.disk.get(path, data) != data:
            raise Refused(f"{path} was not written: something is there already.", code="in_the_way")
        self.workspace.disk[path] = data

    def plan_undo(self, landed: Announcement, undo: LandingId) -> LandingPlan:
        request = landed.plan.request.model_copy(update={"landing": undo})
        if request.mode == "files":
            back = request.model_copy(update={"base": request.accepted, "accepted": request.base})
            turned = {"request": request, "undo_of": landed.landing, "differs": ()}
            return self._plan_files(back).model_copy(update=turned)
        tip = self.workspace.branches.get(landed.branch or "")
        if tip != landed.commit:
            raise LandingRefused("Something was built on top of this landing.", code="built_upon")
        if landed.commit in self.pushed:
            raise LandingRefused("This landing was pushed already.", code="already_pushed")
        if request.mode == "branch":
            changed = {"request": request, "undo_of": landed.landing, "moves_from": tip, "known_commit": NULL}
            return landed.plan.model_copy(update=changed)
        back = request.model_copy(update={"base": landed.commit, "accepted": landed.plan.head})
        plan = self._plan_commit(back, landed.landing)
        return plan.model_copy(update={"request": request, "known_commit": landed.plan.head, "differs": ()})

    def plan_revert(self, landed: Announcement, undo: LandingId) -> LandingPlan:
        if landed.plan.request.mode == "files":
            raise LandingRefused("This landing made no commit.", code="no_commit")
        changed = {"landing": undo, "mode": "commit", "base": landed.commit, "accepted": landed.plan.head}
        return self._plan_commit(landed.plan.request.model_copy(update=changed), landed.landing)

    def prepare(self, plan: LandingPlan) -> Announcement:
        request = plan.request
        if plan.known_commit is not None:
            commit = plan.known_commit
        else:
            words = f"{request.message}\nCasework-Landing: {request.landing}"
            files = self._result(request, plan)
            commit = self.workspace._store(files, (plan.head,), words)
        self.at("prepared")
        stage = f"/memory/stages/{request.landing}"
        return Announcement(landing=request.landing, plan=plan, commit=commit, branch=plan.branch, stage=stage)

    def enter(self, announcement: Announcement) -> Landed | TakenBack:
        plan, workspace = announcement.plan, self.workspace
        if plan.request.mode == "files":
            return self._enter_files(announcement)
        now = workspace.branches.get(plan.branch or "") if plan.branch else workspace.detached
        if (now or NULL) != plan.moves_from:
            return TakenBack("HEAD has moved since it was approved, so nothing was landed.", again=True)
        if plan.request.mode != "branch" and workspace.head() != (plan.head, plan.branch):
            return TakenBack("HEAD has moved since it was approved, so nothing was landed.", again=True)
        for path in plan.paths:
            if path.action != "none" and _hash(workspace.disk.get(path.path)) != path.before.sha256:
                return TakenBack(f"{path.path} has changed since it was approved, so nothing was landed.", again=True)
        self.staged[announcement.stage] = dict(workspace.disk)
        self.at("looked again")
        self._write(plan)
        self._move(announcement)
        self.at("branch moved")
        return Landed(announcement.commit, "the branch was moved")

    def _enter_files(self, announcement: Announcement) -> Landed | TakenBack:
        for path in announcement.plan.paths:
            if path.action != "none" and _hash(self.workspace.disk.get(path.path)) != path.before.sha256:
                return TakenBack(f"{path.path} has changed since it was approved, so nothing was landed.", again=True)
        self.staged[announcement.stage] = dict(self.workspace.disk)
        self._write(announcement.plan)
        return Landed(announcement.commit, "the files were written")

    def recover(self, announcement: Announcement) -> Landed | TakenBack | Held:
        workspace, plan = self.workspace, announcement.plan
        acted = [path for path in plan.paths if path.action != "none"]
        if plan.request.mode == "files" and all(
            _hash(workspace.disk.get(path.path)) == path.after.sha256 for path in acted
        ):
            return Landed(announcement.commit, "all files are as it wrote them")
        before = self.staged.get(announcement.stage)
        now = workspace.branches.get(plan.branch or "") if plan.branch else workspace.detached
        if (now or NULL) == announcement.commit:
            return Landed(announcement.commit, "the branch holds it")
        backwards = plan.undo_of is not None and plan.known_commit is not None
        if now is not None and not backwards and announcement.commit in set(workspace._ancestors(now)):
            return Landed(announcement.commit, "the branch contains it")
        if before is not None:
            for path in plan.paths:
                if path.action != "none" and _hash(workspace.disk.get(path.path)) == path.after.sha256:
                    _set(workspace.disk, path.path, before.get(path.path))
        return TakenBack("Casework was interrupted while it landed this, and has taken it back.", again=True)

    def finish(self, announcement: Announcement) -> tuple[str, ...]:
        self.staged.pop(announcement.stage, None)
        self.finished.append(announcement.landing)
        return ()

    def sweep(self, announced: Collection[str]) -> None:
        self.swept.append(tuple(announced))

    # Inside.

    def _plan_branch(self, request: LandingRequest) -> LandingPlan:
        name = "refs/heads/" + (request.branch_name or f"casework/{request.number}").removeprefix("refs/heads/")
        free, n = name, 1
        while free in self.workspace.branches:
            n += 1
            free = f"{name}-{n}"
        tree = _tree(self.workspace.commits[request.accepted].files)
        return LandingPlan(
            request=request, head=request.base, branch=free, moves_from=NULL, commit_tree=tree, result_tree=tree,
            from_tree=_tree(self.workspace.commits[request.base].files), paths=(), index_sha256="",
        )  # fmt: skip

    def _plan_files(self, request: LandingRequest) -> LandingPlan:
        workspace = self.workspace
        base, shown = workspace.commits[request.base].files, workspace.commits[request.accepted].files
        paths, result, differs = [], dict(shown), []
        for path in sorted(path for path in base.keys() | shown.keys() if base.get(path) != shown.get(path)):
            plan, theirs = self._path(request, path, base.get(path), shown.get(path))
            paths.append(plan)
            _set(result, path, theirs)
            if theirs != shown.get(path):
                differs.append(path)
        if all(path.action == "none" for path in paths):
            raise LandingRefused("Everything in this change is there already.", code="nothing_to_land")
        return LandingPlan(
            request=request, head=workspace.head()[0] or request.base, branch=None, moves_from=NULL,
            known_commit=request.accepted, commit_tree=_tree(shown), result_tree=self._tree(result),
            from_tree=self._tree(base), paths=tuple(paths), index_sha256="", differs=tuple(differs),
            why_differs="your own edits were merged with the change" if differs else "",
        )  # fmt: skip

    def _plan_commit(self, request: LandingRequest, undo_of: LandingId | None) -> LandingPlan:
        workspace = self.workspace
        head, branch = workspace.head()
        if head is None:
            raise LandingRefused("There is no commit yet to land on.", code="no_commit_yet")
        if branch != request.target:
            raise LandingRefused("You are on another branch now.", code="other_branch", offered=("branch",))
        fast = request.mode == "fast_forward"
        if fast and head not in set(workspace._ancestors(request.accepted)):
            raise LandingRefused("It can't be moved forward.", code="not_fast_forward", offered=("commit", "branch"))
        base = workspace.commits[head if fast else request.base].files
        shown = workspace.commits[request.accepted].files
        mine = workspace.commits[head].files
        new, disk = dict(mine), dict(workspace.disk)
        paths, differs = [], []
        for path in sorted(path for path in base.keys() | shown.keys() if base.get(path) != shown.get(path)):
            merged = _merge(path, base.get(path), mine.get(path), shown.get(path))
            if merged == mine.get(path):
                continue
            _set(new, path, merged)
            plan, theirs = self._path(request, path, mine.get(path), merged)
            _set(disk, path, theirs)
            paths.append(plan)
            if merged != shown.get(path) or (request.mode != "working_tree" and theirs != merged):
                differs.append(path)
        if not paths:
            raise LandingRefused("Everything in this change is there already.", code="nothing_to_land")
        return LandingPlan(
            request=request,
            undo_of=undo_of,
            head=head,
            branch=branch,
            moves_from=head,
            known_commit=request.accepted if fast else None,
            commit_tree=_tree(new),
            result_tree=self._tree({**new, **{path: disk.get(path, b"") for path in differs}}),
            from_tree=self._tree(mine),
            paths=tuple(paths),
            index_sha256="",
            differs=tuple(differs),
            why_differs="your own edits were merged with the change" if differs else "",
            head_moved=not fast and head != request.base,
            detached=branch is None,
        )

    def _tree(self, files: Files) -> str:
        """Give a tree's name, and let the workspace know it as git knows the trees of a plan."""
        name = CommitId(_tree(files))
        self.workspace.commits[name] = MemoryCommit(files, (), "")
        return name

    def _path(
        self, request: LandingRequest, path: str, before: bytes | None, after: bytes | None
    ) -> tuple[PathPlan, bytes | None]:
        now = self.workspace.disk.get(path)
        untouched = PathPlan(
            path=path, tree_before=_hash(before), tree_after=_hash(after), index_before="", index_after=""
        )
        if request.mode == "working_tree":
            return untouched, now
        wanted = _merge(path, before, now, after)
        if wanted == now:
            return untouched, wanted
        action = "delete" if wanted is None else "add" if now is None else "replace"
        plan = untouched.model_copy(update={"before": _state(now), "after": _state(wanted), "action": action})
        self._contents[plan.after.sha256] = wanted
        return plan, wanted

    _contents: dict[str, bytes | None] = field(default_factory=dict)

    def _result(self, request: LandingRequest, plan: LandingPlan) -> Files:
        if request.mode == "branch":
            return self.workspace.commits[request.accepted].files
        head = self.workspace.commits[plan.head].files
        base, shown = self.workspace.commits[request.base].files, self.workspace.commits[request.accepted].files
        made = dict(head)
        for path in base.keys() | shown.keys():
            if base.get(path) != shown.get(path):
                _set(made, path, _merge(path, base.get(path), head.get(path), shown.get(path)))
        return made

    def _write(self, plan: LandingPlan) -> None:
        for path in plan.paths:
            if path.action != "none":
                _set(self.workspace.disk, path.path, self._contents.get(path.after.sha256))

    def _move(self, announcement: Announcement) -> None:
        if announcement.plan.branch is None:
            self.workspace.detached = announcement.commit
        elif announcement.commit == NULL:
            del self.workspace.branches[announcement.plan.branch]
        else:
            self.workspace.branches[announcement.plan.branch] = announcement.commit


def _merge(path: str, base: bytes | None, ours: bytes | None, theirs: bytes | None) -> bytes | None:
    if theirs in (base, ours):
        return ours
    if ours == base:
        return theirs
    if base is not None and ours is not None and theirs is not None:
        sides = [side.split(b"\n") for side in (base, ours, theirs)]
        if len({len(side) for side in sides}) == 1:
            lines = [b if a == o else a if b in (o, a) else None for o, a, b in zip(*sides, strict=True)]
            if None not in lines:
                return b"\n".join(line for line in lines if line is not None)
    raise LandingRefused(f"{path} can't take the change.", code="conflict", offered=("branch",), paths=(path,))


def _set(files: Files, path: str, data: bytes | None) -> None:
    if data is None:
        files.pop(path, None)
    else:
        files[path] = data


def _hash(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def _state(data: bytes | None) -> FileState:
    return FileState(kind="file", mode=0o644, sha256=_hash(data)) if data is not None else FileState()


def _tree(files: Files) -> str:
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
