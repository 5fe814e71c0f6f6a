"""What a landing on the checked-out branch would do, computed before anything is written but objects of git's store.

N's tree = H's tree + merge(B, H, A); I' = merge(H, I, N); W' = merge(smudge I, W, smudge I'). One merge that fails, and
nothing lands. Undo, branches and the making of the commit stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from casework.domain.ids import CommitId
from casework.domain.repopath import quote
from casework.ports.landing import LandingPlan, LandingRefused, LandingRequest
from casework.workspace.git import Git
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.disk_plan import DiskPlanner, look_at_all
from casework.workspace.landing.index import Index, find_intended, read_entries
from casework.workspace.landing.index_plan import plan_index
from casework.workspace.landing.merge import Conflict, Merger, merge_place
from casework.workspace.landing.names import check_name
from casework.workspace.landing.path_plan import TreeChange, file_in, path_plans
from casework.workspace.landing.rooms import Room
from casework.workspace.landing.world import (
    Head,
    Settings,
    check_maker,
    check_place,
    is_ancestor,
    read_head,
    read_settings,
    short,
)
from casework.workspace.objects import NewObjects, Place
from casework.workspace.trees import TREE_MODE, Clash, Tree, edit_tree, folders_of, place_in, read_trees

GITLINK = b"160000"


def plan_checkout(git: Git, request: LandingRequest) -> LandingPlan:
    """Plan for the modes `commit`, `working_tree` and `fast_forward`.

    Raises:
        LandingRefused: with a sentence, and the modes that would do instead.
        Trouble: git or the disk failed.
    """
    head = read_head(git)
    check_place(git, head, request)
    assert head.commit is not None
    settings = read_settings(git)
    if request.mode != "fast_forward":
        check_maker(settings, trusted=request.trusted)
    elif not is_ancestor(git, head.commit, request.accepted.encode()):
        raise LandingRefused(
            f"{short(head.branch)} has commits the reviewed branch lacks, so it can't be moved forward to it, and "
            "nothing was landed. Land it as one commit, or bring the branch up to date and open the review anew.",
            code="not_fast_forward",
            offered=("commit", "branch"),
        )
    with Room(git) as room:
        return _Planning(git, request, head, settings, room).plan()


class _Planning:
    """One planning, with what it looks at."""

    def __init__(self, git: Git, request: LandingRequest, head: Head, settings: Settings, room: Room) -> None:
        assert head.commit is not None
        self.git, self.request, self.settings, self.room = git, request, settings, room
        self.branch, self.commit, self.head_tree = head.branch, head.commit, head.tree
        self.new = NewObjects(git)
        self.contents = Contents(git, self.new)
        self.merger = Merger(git, room)

    def plan(self) -> LandingPlan:
        """Do what the module says, in that order."""
        with ThreadPoolExecutor(1, thread_name_prefix="reading the index") as beside:
            reading = beside.submit(read_entries, self.git)
            change = self._tree_change()
            index = reading.result()
        paths = sorted(change.new)
        find_intended(self.git, index, paths)
        check_index(index, paths)
        staged = plan_index(index, change.head, change.new, self._whole(), self._merge_blobs, self.contents)
        disk = DiskPlanner(self.git, self.request, self.settings, self.contents, self.merger, self.room)
        seen = {} if self.request.mode == "working_tree" else look_at_all(self.git, staged)
        results = disk.plan(index, staged, seen)
        made = path_plans(self.contents, change, staged, seen, results, self.request.mode)
        tree_edits = {path: place for path, place in made.result_edits.items() if path in made.differing_on_disk}
        result_tree = self._edited(change.tree, tree_edits)
        from_edits = {path: place for path, place in made.disk_before.items() if path in made.differing_on_disk}
        from_tree = self._edited(self.head_tree, from_edits)
        self.new.write()
        base = self.request.base.encode()
        head_moved = self.request.mode != "fast_forward" and base != self.commit
        known = self.request.accepted if self.request.mode == "fast_forward" else None
        return LandingPlan(
            request=self.request,
            head=CommitId(self.commit.decode()),
            branch=self.branch.decode("utf-8", "surrogateescape") if self.branch is not None else None,
            moves_from=CommitId(self.commit.decode()),
            known_commit=known,
            commit_tree=change.tree.decode(),
            result_tree=result_tree.decode(),
            from_tree=from_tree.decode(),
            paths=made.plans,
            index_sha256=index.sha256,
            directories=tuple(quote(folder) for folder in results.folders),
            differs=made.differs,
            why_differs=why_differs(made.differs, head_moved=head_moved),
            head_moved=head_moved,
            base_not_ancestor=head_moved and not is_ancestor(self.git, base, self.commit),
            detached=self.branch is None,
            not_on_disk=tuple(quote(path) for path in results.not_on_disk),
            notes=("HEAD is detached: no branch will hold this commit.",) if self.branch is None else (),
        )

    def _tree_change(self) -> TreeChange:
        """N's tree, and the paths where it differs from H's."""
        base = self.commit if self.request.mode == "fast_forward" else self.request.base.encode()
        shown = diff_trees(self.git, base, self.request.accepted.encode())
        for path, (before, after) in shown.items():
            check_name(path)
            check_submodule(path, before, after)
        if base == self.commit:  # H is B, so merge(B, H, A) is A, its tree included
            head = {path: before for path, (before, _) in shown.items()}
            new = {path: after for path, (_, after) in shown.items()}
            tree = self.git.run("rev-parse", "--verify", f"{self.request.accepted}^{{tree}}").strip()
        else:
            head, new, tree = self._merged(shown)
        if not new:
            raise LandingRefused(
                f"Everything in this change is on {short(self.branch)} already, so there is nothing to land. "
                "Drop the task, or request changes.",
                code="nothing_to_land",
            )
        return TreeChange({path: head[path] for path in new}, new, {path: shown[path][1] for path in new}, tree)

    def _merged(
        self, shown: Mapping[bytes, tuple[Place | None, Place | None]]
    ) -> tuple[dict[bytes, Place | None], dict[bytes, Place | None], bytes]:
        """What H holds at the shown paths, what N is to hold where that differs, and N's tree."""
        trees = read_trees(self.git, self.commit, folders_of(shown))
        head = {path: file_in(trees, path) for path in shown}
        self._load_clashing(shown, head)
        new: dict[bytes, Place | None] = {}
        for path, (before, after) in shown.items():
            place = self._merge_place(path, before, head[path], after)
            if place != head[path]:
                new[path] = place
        self._check_folders(trees, new)
        return head, new, self._edited(self.head_tree, new, trees)

    def _check_folders(self, trees: Mapping[bytes, Tree], new: Mapping[bytes, Place | None]) -> None:
        """A file may take the place of a folder only if the change empties that folder."""
        emptied = folders_of(path for path, place in new.items() if place is None)
        for path, place in new.items():
            there = place_in(trees, path)
            if place is not None and there is not None and there.mode == TREE_MODE and path not in emptied:
                raise conflict(path, "a folder has that name on the branch now")

    def _edited(
        self, root: bytes, edits: Mapping[bytes, Place | None], trees: Mapping[bytes, Tree] | None = None
    ) -> bytes:
        if not edits:
            return root
        if trees is None:
            self.new.write()  # it may be one of ours
        try:
            return edit_tree(
                self.new, trees if trees is not None else read_trees(self.git, root, folders_of(edits)), edits
            )
        except Clash as clash:
            raise conflict(clash.path, "a file and a folder would have that name") from clash

    def _load_clashing(
        self, shown: Mapping[bytes, tuple[Place | None, Place | None]], head: Mapping[bytes, Place | None]
    ) -> None:
        """Read at once what really has to be merged."""
        clashing = [path for path, (before, after) in shown.items() if head[path] not in (before, after)]
        self.contents.load(place for path in clashing for place in (*shown[path], head[path]))

    def _merge_place(self, path: bytes, base: Place | None, ours: Place | None, theirs: Place | None) -> Place | None:
        try:
            return merge_place(base, ours, theirs, self._merge_blobs)
        except Conflict as clash:
            raise conflict(path, f"{short(self.branch)} has changed it in another way meanwhile") from clash

    def _merge_blobs(self, base: bytes, ours: bytes, theirs: bytes) -> bytes:
        of = self.contents.of
        return self.contents.put(self.merger.bytes(of(base), of(ours), of(theirs)))

    def _whole(self) -> Mapping[bytes, Place | None] | None:
        """In a working tree's landing: what the whole snapshot holds at the paths that differ from HEAD."""
        if self.request.mode != "working_tree":
            return None
        snapshot = self.request.snapshot or self.request.accepted
        found = diff_trees(self.git, self.request.base.encode(), snapshot.encode())
        return {path: after for path, (_, after) in found.items()}


def check_index(index: Index, paths: list[bytes]) -> None:
    """Let paths pass that no conflict of the index is about, and that lie in no submodule.

    Raises:
        LandingRefused: `unmerged`, `submodule`.
    """
    unmerged = [path for path in paths if index.is_unmerged(path)]
    if unmerged:
        raise LandingRefused(
            f"{quote(unmerged[0])} has an unresolved conflict in the index, so nothing was landed. Resolve it and "
            "approve again, or make a branch of the change.",
            code="unmerged",
            offered=("branch",),
            paths=tuple(quote(path) for path in unmerged),
        )
    for path in paths:
        for folder in folders_of([path]) - {b""}:
            place = index.place(folder)
            if place is not None and place.mode == GITLINK:
                raise _submodule(path)


def diff_trees(git: Git, old: bytes, new: bytes) -> dict[bytes, tuple[Place | None, Place | None]]:
    """Give every path that differs, with what it was and what it is; renames are a removal and an addition."""
    out = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--full-index", old, new, "--")
    words = out.split(b"\0")
    found: dict[bytes, tuple[Place | None, Place | None]] = {}
    for head, path in zip(words[0::2], words[1::2], strict=False):
        old_mode, new_mode, old_id, new_id, _status = head.removeprefix(b":").split(b" ")
        before = None if old_mode == b"000000" else Place(old_mode, old_id)
        after = None if new_mode == b"000000" else Place(new_mode, new_id)
        found[path] = (before, after)
    return found


def conflict(path: bytes, why: str) -> LandingRefused:
    """The change can't be had together with what stands now."""
    return LandingRefused(
        f"{quote(path)} can't take the change: {why}. Nothing was landed. "
        "Make a branch of the change, or request changes for a new run on top of what stands now.",
        code="conflict",
        offered=("branch",),
        paths=(quote(path),),
    )


def why_differs(paths: tuple[str, ...], *, head_moved: bool) -> str:
    """Say why the result is shown again."""
    if not paths:
        return ""
    rest = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    where = "your own edits, or commits made meanwhile, were" if head_moved else "your own edits were"
    return f"{where} merged with the change in {paths[0]}{rest}. Look at the result; approving it lands it."


def check_submodule(path: bytes, *places: Place | None) -> None:
    """Let a path pass that is no submodule on either side.

    Raises:
        LandingRefused: `submodule`.
    """
    if any(place is not None and place.mode == GITLINK for place in places):
        raise _submodule(path)


def _submodule(path: bytes) -> LandingRefused:
    return LandingRefused(
        f"{quote(path)} is, or lies in, a submodule, which Casework does not land. Nothing was landed. "
        "Make a branch of the change, or take that path out of it.",
        code="submodule",
        offered=("branch",),
        paths=(quote(path),),
    )
