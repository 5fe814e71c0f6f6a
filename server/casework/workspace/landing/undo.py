"""Taking a landing back: the same transaction with its roles swapped, or a new commit where something stands on it."""

from __future__ import annotations

from casework.domain.ids import CommitId, LandingId
from casework.domain.repopath import quote, unquote
from casework.ports.landing import Announcement, FileState, LandingPlan, LandingRefused, PathPlan
from casework.workspace.git import Git
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.disk_plan import look_where_it_lands
from casework.workspace.landing.enter import ref_value
from casework.workspace.landing.index import Index, read_index
from casework.workspace.landing.index_plan import Staged, check_folders
from casework.workspace.landing.merge import Conflict, Merger, merge_place
from casework.workspace.landing.path_plan import entry_of, entry_text, state_of
from casework.workspace.landing.places import ABSENT, Seen, missing_folders
from casework.workspace.landing.plan import conflict, plan_checkout
from casework.workspace.landing.rooms import Room
from casework.workspace.landing.working_file import changed_mode
from casework.workspace.landing.world import check_files_place, check_place, is_ancestor, read_head, short
from casework.workspace.objects import NewObjects, Place


def plan_undo(git: Git, landed: Announcement, undo: LandingId) -> LandingPlan:
    """Plan to set the branch, the index and the files back.

    Raises:
        LandingRefused: `built_upon`, `already_pushed`, `rewritten`, or a file that can't go back.
    """
    if landed.plan.request.mode == "branch":
        return _plan_branch_undo(git, landed, undo)
    request = landed.plan.request.model_copy(update={"landing": undo})
    head = read_head(git)
    if request.mode == "files":
        check_files_place(git, head, request, undoing=True)
        with Room(git) as room:
            return _Undoing(git, landed, room).plan(undo)
    check_place(git, head, request, undoing=True)
    _check_free(git, landed, head.commit)
    with Room(git) as room:
        return _Undoing(git, landed, room).plan(undo)


def _check_free(git: Git, landed: Announcement, now: bytes | None) -> None:
    if now is not None and not is_ancestor(git, landed.commit.encode(), now):
        raise LandingRefused(
            f"{short(_name(landed))} was rewritten and does not hold this landing's commit any more, so there is "
            "nothing to set back. What of it is there still can be reverted with a commit of its own.",
            code="rewritten",
        )
    if now != landed.commit.encode():
        raise LandingRefused(
            f"Something was built on top of this landing ({short(_name(landed))} has moved on), so it can't be set "
            "back as if it had never been. Revert it with a commit of its own instead.",
            code="built_upon",
        )
    _check_not_pushed(git, landed)


def _check_not_pushed(git: Git, landed: Announcement) -> None:
    found = git.run("for-each-ref", "--count=1", "--format=%(refname:short)", f"--contains={landed.commit}",
                    "refs/remotes")  # fmt: skip
    if found.strip():
        where = found.strip().decode("utf-8", "replace")
        raise LandingRefused(
            f"This landing was pushed already ({where} contains it), so setting it back here would not take it back "
            "there. Revert it with a commit of its own instead.",
            code="already_pushed",
        )


def _name(landed: Announcement) -> bytes | None:
    return landed.plan.branch.encode("utf-8", "surrogateescape") if landed.plan.branch is not None else None


def _plan_branch_undo(git: Git, landed: Announcement, undo: LandingId) -> LandingPlan:
    name = _name(landed)
    assert name is not None
    if ref_value(git, name) != landed.commit.encode():
        raise LandingRefused(
            f"The branch {short(name)} has moved or is gone, so there is nothing of this landing to take back. "
            "Delete the branch yourself if you do not want it.",
            code="built_upon",
        )
    _check_not_pushed(git, landed)
    return landed.plan.model_copy(
        update={
            "request": landed.plan.request.model_copy(update={"landing": undo}),
            "undo_of": landed.landing,
            "moves_from": landed.commit,
            "known_commit": CommitId(git.null_id.decode()),
        }
    )


def plan_revert(git: Git, landed: Announcement, undo: LandingId) -> LandingPlan:
    """Plan a landing whose change is N to what stood before it.

    Raises:
        LandingRefused: it clashes with what came later, or nothing of it is there any more (`nothing_to_undo`); it made
            no commit (`no_commit`).
    """
    if landed.plan.request.mode == "files":
        raise LandingRefused(
            "This landing wrote files and made no commit, so there is none to revert, and nothing was changed. "
            "Undo it without a revert: the files go back.",
            code="no_commit",
        )
    before = landed.plan.request
    title = before.message.strip().splitlines()[0] if before.message.strip() else f"task {before.number}"
    request = before.model_copy(
        update={
            "landing": undo,
            "mode": "commit",
            "base": landed.commit,
            "accepted": landed.plan.head,
            "snapshot": None,
            "message": f'Revert "{title}"\n\nThis takes back commit {landed.commit}.\n',
            "co_authors": (),
        }
    )
    try:
        plan = plan_checkout(git, request)
    except LandingRefused as no:
        if no.code != "nothing_to_land":
            raise
        raise LandingRefused(
            f"Nothing of this landing is on {short(_name(landed))} any more, so there is nothing to take back.",
            code="nothing_to_undo",
        ) from no
    return plan.model_copy(update={"undo_of": landed.landing})


class _Undoing:
    """One planning of an undo."""

    def __init__(self, git: Git, landed: Announcement, room: Room) -> None:
        assert git.top is not None
        self._git, self._top, self._landed = git, git.top, landed
        self._new = NewObjects(git)
        self._contents = Contents(git, self._new)
        self._merger = Merger(git, room)
        self._differs: list[str] = []

    def plan(self, undo: LandingId) -> LandingPlan:
        old = self._landed.plan
        paths = [unquote(plan.path) for plan in old.paths]
        index = read_index(self._git, paths)
        staged = self._staged(index)
        leaving = staged.leaving()
        self._contents.load(Place(b"100644", plan.before.blob.encode()) for plan in old.paths if plan.before.blob)
        plans = [self._path(plan, staged, leaving) for plan in old.paths]
        plans.sort(key=lambda plan: (plan.action != "delete", unquote(plan.path)))
        adds = [unquote(plan.path) for plan in plans if plan.action == "add"]
        self._new.write()
        if old.request.mode == "files":
            return self._files_plan(undo, plans, leaving)
        commit = self._git.run("rev-parse", "--verify", f"{old.head}^{{tree}}").strip().decode()
        return LandingPlan(
            request=old.request.model_copy(update={"landing": undo}),
            undo_of=self._landed.landing,
            head=self._landed.commit,
            branch=old.branch,
            moves_from=self._landed.commit,
            known_commit=old.head,
            commit_tree=commit,
            result_tree=commit,
            from_tree=old.commit_tree,
            paths=tuple(plans),
            index_sha256=index.sha256,
            directories=tuple(quote(folder) for folder in missing_folders(self._top, adds, leaving)),
            differs=tuple(self._differs),
            detached=old.branch is None,
        )

    def _files_plan(self, undo: LandingId, plans: list[PathPlan], leaving: frozenset[bytes]) -> LandingPlan:
        """Of files alone: nothing but these moves."""
        old = self._landed.plan
        head = read_head(self._git).commit
        before = self._git.run("rev-parse", "--verify", f"{old.request.base}^{{tree}}").strip().decode()
        adds = [unquote(plan.path) for plan in plans if plan.action == "add"]
        return LandingPlan(
            request=old.request.model_copy(update={"landing": undo}),
            undo_of=self._landed.landing,
            head=CommitId(head.decode()) if head is not None else old.head,
            branch=None,
            moves_from=old.moves_from,
            known_commit=old.request.base,
            commit_tree=before,
            result_tree=before,
            from_tree=old.commit_tree,
            paths=tuple(plans),
            index_sha256="",
            directories=tuple(quote(folder) for folder in missing_folders(self._top, adds, leaving)),
            differs=tuple(self._differs),
        )

    def _staged(self, index: Index) -> Staged:
        """I'' = merge(I', I now, I); of files alone only what they were and are to be."""
        found = Staged()
        if self._landed.plan.request.mode == "files":
            for plan in self._landed.plan.paths:
                path = unquote(plan.path)
                if index.is_unmerged(path):
                    raise conflict(path, "it has an unresolved conflict in the index")
                found.before[path], found.after[path] = entry_of(plan.index_after), entry_of(plan.index_before)
                found.flags[path] = index.flags(path)
            return found
        for plan in self._landed.plan.paths:
            path = unquote(plan.path)
            now = index.place(path)
            if index.is_unmerged(path):
                raise conflict(path, "it has an unresolved conflict in the index")
            base, theirs = entry_of(plan.index_after), entry_of(plan.index_before)
            found.before[path], found.flags[path] = now, index.flags(path)
            try:
                found.after[path] = merge_place(base, now, theirs, self._merge_blobs)
            except Conflict as clash:
                raise conflict(path, "what you have staged in it since and the undo touch each other") from clash
        check_folders(index, found)
        return found

    def _merge_blobs(self, base: bytes, ours: bytes, theirs: bytes) -> bytes:
        self._contents.load(Place(b"100644", name) for name in (base, ours, theirs))
        of = self._contents.of
        return self._contents.put(self._merger.bytes(of(base), of(ours), of(theirs)))

    def _path(self, old: PathPlan, staged: Staged, leaving: frozenset[bytes]) -> PathPlan:
        path = unquote(old.path)
        before, after, action = FileState(), FileState(), "none"
        if old.action != "none":
            seen = self._look(path, old, leaving)
            wanted = self._wanted(path, old, seen)
            if wanted != seen:
                before, after = state_of(self._contents, seen), state_of(self._contents, wanted)
                action = "delete" if wanted is ABSENT else "add" if seen.kind == "absent" else "replace"
        return PathPlan.model_validate(
            {
                "path": old.path,
                "tree_before": old.tree_after,
                "tree_after": old.tree_before,
                "index_before": entry_text(staged.before[path]),
                "index_after": entry_text(staged.after[path]),
                "flags": staged.flags[path] or old.flags,
                "before": before,
                "after": after,
                "action": action,
            }
        )

    def _look(self, path: bytes, old: PathPlan, leaving: frozenset[bytes]) -> Seen:
        seen = look_where_it_lands(self._top, path, old.before.kind != "absent", leaving)
        if seen.kind in ("folder", "odd"):
            raise conflict(path, "something else than a file stands there now")
        return seen

    def _wanted(self, path: bytes, old: PathPlan, seen: Seen) -> Seen:
        """What is to stand there: the exact old bytes where nobody has written since, else the old ones merged in."""
        if seen.has_bytes(old.after):
            if old.before.kind == "absent":
                return ABSENT
            mode = old.before.mode if seen.mode == old.after.mode else self._mode(old, seen.mode)
            return self._exact(old.before, mode, seen)
        if seen.has_bytes(old.before):
            return seen
        if seen.kind == "absent" or old.before.kind != "file" or old.after.kind != "file" or seen.kind != "file":
            raise conflict(path, "you have changed it since the landing, and the undo would take that away")
        base, theirs = (self._contents.of(state.blob.encode()) for state in (old.after, old.before))
        try:
            data = self._merger.bytes(base, seen.data, theirs)
        except Conflict as clash:
            raise conflict(path, "your edits since the landing and the undo touch each other") from clash
        self._differs.append(old.path)
        return Seen("file", self._mode(old, seen.mode), data, seen.inode)

    def _exact(self, state: FileState, mode: int, seen: Seen) -> Seen:
        data = self._contents.of(state.blob.encode())
        return Seen("link", 0, data, seen.inode) if state.kind == "link" else Seen("file", mode, data, seen.inode)

    def _mode(self, old: PathPlan, mode: int) -> int:
        """The permission bits of now, with the execute bit as it was if the landing changed it."""
        was, became = old.before.mode & 0o100, old.after.mode & 0o100
        return mode if was == became else changed_mode(mode, bool(was))
