"""Mode `files`: the accepted change goes into the files and nowhere else; HEAD and the index are not touched.

W' = merge(smudge B, W, smudge A), on bytes. So it may happen in the middle of a merge or a rebase, on a detached HEAD,
and without a name to commit under. What is not on disk, or only a filter could write, is refused.
"""

from __future__ import annotations

from casework.domain.ids import CommitId
from casework.domain.repopath import quote
from casework.ports.landing import LandingPlan, LandingRefused, LandingRequest
from casework.workspace.git import Git
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.disk_plan import DiskPlanner, look_at_all
from casework.workspace.landing.index import read_entries
from casework.workspace.landing.index_plan import Staged
from casework.workspace.landing.merge import Merger
from casework.workspace.landing.names import check_name
from casework.workspace.landing.path_plan import TreeChange, path_plans
from casework.workspace.landing.plan import check_index, check_submodule, diff_trees, why_differs
from casework.workspace.landing.rooms import Room
from casework.workspace.landing.world import check_files_place, read_head, read_settings
from casework.workspace.objects import NewObjects, Place
from casework.workspace.trees import edit_tree, folders_of, read_trees


def plan_files(git: Git, request: LandingRequest) -> LandingPlan:
    """Plan it.

    Raises:
        LandingRefused: with a sentence, and the modes that would do instead.
        Trouble: git or the disk failed.
    """
    head = read_head(git)
    check_files_place(git, head, request)
    settings = read_settings(git)
    change = _change(git, request)
    index = read_entries(git)
    paths = sorted(change.new)
    check_index(index, paths)
    staged = Staged(dict(change.head), dict(change.new), {path: index.flags(path) for path in paths})
    for path in paths:
        if change.new[path] is None and not index.has(path):
            staged.after[path] = staged.before[path]  # taken out of the index already: the file is the user's alone
    new = NewObjects(git)
    contents = Contents(git, new)
    with Room(git) as room:
        disk = DiskPlanner(git, request, settings, contents, Merger(git, room), room)
        seen = look_at_all(git, staged)
        results = disk.plan(index, staged, seen)
    if results.not_on_disk:
        raise _outside(results.not_on_disk)
    made = path_plans(contents, change, staged, seen, results, request.mode)
    if all(path.action == "none" for path in made.plans):
        raise LandingRefused(
            "Everything in this change is in your files already, so there is nothing to write. "
            "Drop the task, or request changes.",
            code="nothing_to_land",
        )
    before = git.run("rev-parse", "--verify", f"{request.base}^{{tree}}").strip()
    result = {path: place for path, place in made.result_edits.items() if path in made.differing_on_disk}
    shown_before = {path: place for path, place in made.disk_before.items() if path in made.differing_on_disk}
    new.write()
    result_tree, from_tree = _edited(git, new, change.tree, result), _edited(git, new, before, shown_before)
    new.write()
    return LandingPlan(
        request=request,
        head=CommitId(head.commit.decode()) if head.commit is not None else request.base,
        branch=None,
        moves_from=CommitId(git.null_id.decode()),
        known_commit=request.accepted,
        commit_tree=change.tree.decode(),
        result_tree=result_tree.decode(),
        from_tree=from_tree.decode(),
        paths=made.plans,
        index_sha256="",
        directories=tuple(quote(folder) for folder in results.folders),
        differs=made.differs,
        why_differs=why_differs(made.differs, head_moved=False),
    )


def _change(git: Git, request: LandingRequest) -> TreeChange:
    shown = diff_trees(git, request.base.encode(), request.accepted.encode())
    for path, (before, after) in shown.items():
        check_name(path)
        check_submodule(path, before, after)
    tree = git.run("rev-parse", "--verify", f"{request.accepted}^{{tree}}").strip()
    head = {path: before for path, (before, _) in shown.items()}
    new = {path: after for path, (_, after) in shown.items()}
    return TreeChange(head, new, new, tree)


def _edited(git: Git, new: NewObjects, root: bytes, edits: dict[bytes, Place | None]) -> bytes:
    return edit_tree(new, read_trees(git, root, folders_of(edits)), edits) if edits else root


def _outside(paths: list[bytes]) -> LandingRefused:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return LandingRefused(
        f"{quote(paths[0])}{more} is not on disk: outside your sparse checkout, so it can't be put there, and nothing "
        "was written. Land it as a commit or a branch.",
        code="sparse",
        offered=("commit", "branch"),
        paths=tuple(quote(path) for path in paths),
    )
