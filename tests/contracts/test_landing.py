"""The landing port's promises, on real git and on the fake."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from casework.domain.errors import Refused
from casework.domain.events import LandingMode
from casework.domain.ids import CommitId, LandingId, TaskId
from casework.ports.landing import (
    Announcement,
    Landed,
    Lander,
    LandingPlan,
    LandingRefused,
    LandingRequest,
    TakenBack,
)
from casework.workspace.git import Git
from casework.workspace.landing.lander import GitLander
from tests.fakes.landing import MemoryLander
from tests.fakes.workspace import MemoryRepositories
from tests.repositories import Files, Repository, numbered

Edits = dict[str, bytes | None]
BEFORE: Edits = {"a": numbered(9).encode(), "b": b"b\n", "gone": b"x\n"}
AFTER: Edits = {"a": numbered(9, but={2: "TWO"}).encode(), "new/c": b"c\n", "gone": None}
MAIN = "refs/heads/main"


def named(files: Edits) -> Files:
    return {name: data for name, data in files.items()}  # noqa: C416 - a dict of wider types


class Ground(Protocol):
    """A repository with `BEFORE` on main, checked out, and `AFTER` as a commit on the branch `change`."""

    lander: Lander

    def tip(self, branch: str) -> str | None:
        """What a branch holds."""
        ...

    def committed(self, branch: str) -> Edits:
        """The files of a branch."""
        ...

    def disk(self) -> Edits:
        """The files in the working tree."""
        ...

    def write(self, files: Edits) -> None:
        """Write as the user."""
        ...

    def commit(self, message: str, files: Edits) -> None:
        """Commit as the user on the branch checked out."""
        ...

    def switch(self, branch: str) -> None:
        """Check out a new branch."""
        ...


class GitGround:
    """On disk."""

    def __init__(self, world: Path) -> None:
        self.repository = Repository.new(world / "project")
        self.repository.commit("Before", named(BEFORE))
        self.repository.git("checkout", "-q", "-b", "change")
        self.repository.commit("After", named(AFTER))
        self.repository.git("checkout", "-q", "main")
        self.lander: Lander = GitLander(Git.open(self.repository.path), lock_wait_s=0.2)

    def tip(self, branch: str) -> str | None:
        return self.repository.git("rev-parse", "-q", "--verify", branch, check=False).decode().strip() or None

    def committed(self, branch: str) -> Edits:
        names = self.repository.git("ls-tree", "-r", "-z", "--name-only", branch).decode().split("\0")
        return {name: self.repository.git("cat-file", "blob", f"{branch}:{name}") for name in names if name}

    def disk(self) -> Edits:
        top = self.repository.path
        files = [path for path in top.rglob("*") if path.is_file() and ".git" not in path.relative_to(top).parts]
        return {str(path.relative_to(top)): path.read_bytes() for path in files}

    def write(self, files: Edits) -> None:
        self.repository.write(named(files))

    def commit(self, message: str, files: Edits) -> None:
        self.repository.commit(message, named(files))

    def switch(self, branch: str) -> None:
        self.repository.git("checkout", "-q", "-b", branch)


class MemoryGround:
    """In memory."""

    def __init__(self, _world: Path) -> None:
        self.workspace = MemoryRepositories().add()
        self.workspace.commit("Before", BEFORE)
        self.workspace.branches["refs/heads/change"] = self.workspace.branches[MAIN]
        self.workspace.commit("After", AFTER, branch="refs/heads/change")
        self.lander: Lander = MemoryLander(self.workspace)

    def tip(self, branch: str) -> str | None:
        return self.workspace.branches.get(branch)

    def committed(self, branch: str) -> Edits:
        return {**self.workspace.commits[self.workspace.branches[branch]].files}

    def disk(self) -> Edits:
        return {**self.workspace.disk}

    def write(self, files: Edits) -> None:
        for path, data in files.items():
            if data is None:
                del self.workspace.disk[path]
            else:
                self.workspace.disk[path] = data

    def commit(self, message: str, files: Edits) -> None:
        self.workspace.commit(message, files)

    def switch(self, branch: str) -> None:
        self.workspace.switch(f"refs/heads/{branch}", create=True)


@pytest.fixture(params=[GitGround, MemoryGround], ids=["git", "memory"])
def ground(request: pytest.FixtureRequest, world: Path) -> Ground:
    make: Callable[[Path], Ground] = request.param
    return make(world)


def edited(files: Edits, edits: Edits) -> Edits:
    return {path: data for path, data in {**files, **edits}.items() if data is not None}


def ask(ground: Ground, mode: LandingMode = "commit", *, base: str = "") -> LandingRequest:
    change = ground.tip("refs/heads/change")
    assert change is not None
    return LandingRequest(
        landing=LandingId(str(uuid.uuid4())),
        task=TaskId("task-1"),
        number=3,
        mode=mode,
        base=CommitId(base or ground.tip(MAIN) or ""),
        accepted=CommitId(change),
        target=MAIN,
        message="Say it\n",
    )


def prepared(ground: Ground, plan: LandingPlan) -> Announcement:
    """Prepare, and come back from the journal."""
    return Announcement.model_validate_json(ground.lander.prepare(plan).model_dump_json())


def land(ground: Ground, request: LandingRequest) -> Announcement:
    announcement = prepared(ground, ground.lander.plan(request))
    ended = ground.lander.enter(announcement)
    assert isinstance(ended, Landed)
    assert ended.commit == announcement.commit
    return announcement


def test_a_new_file_is_written_where_nothing_is_and_twice_is_once(ground: Ground) -> None:
    before = ground.disk()
    ground.lander.add_file("tests/deep/new.py", b"one\n")
    ground.lander.add_file("tests/deep/new.py", b"one\n")
    assert ground.disk() == {**before, "tests/deep/new.py": b"one\n"}
    assert ground.committed(MAIN) == before


def test_a_new_file_is_never_written_over_another(ground: Ground) -> None:
    before = ground.disk()
    with pytest.raises(Refused) as no:
        ground.lander.add_file("a", b"one\n")
    assert no.value.code == "in_the_way"
    assert ground.disk() == before


def test_planning_and_preparing_change_nothing_of_the_users(ground: Ground) -> None:
    main, disk = ground.tip(MAIN), ground.disk()
    prepared(ground, ground.lander.plan(ask(ground)))
    assert (ground.tip(MAIN), ground.disk()) == (main, disk)


def test_a_commit_holds_the_change_on_the_branch_and_on_disk(ground: Ground) -> None:
    announcement = land(ground, ask(ground))
    assert ground.tip(MAIN) == announcement.commit
    assert ground.committed(MAIN) == edited(BEFORE, AFTER) == ground.disk()
    assert announcement.plan.differs == ()
    assert ground.lander.finish(announcement) == ()
    assert ground.lander.finish(announcement) == ()


def test_the_users_own_edits_stay_on_disk_and_out_of_the_commit(ground: Ground) -> None:
    ground.write({"a": numbered(9, but={8: "mine"}).encode(), "b": b"mine\n"})
    announcement = land(ground, ask(ground))
    assert announcement.plan.differs == ("a",)
    assert announcement.plan.why_differs
    assert ground.committed(MAIN) == edited(BEFORE, AFTER)
    assert ground.disk() == edited(
        BEFORE, {**AFTER, "a": numbered(9, but={2: "TWO", 8: "mine"}).encode(), "b": b"mine\n"}
    )


def test_two_plans_of_one_result_name_the_same_result(ground: Ground) -> None:
    one, other = ground.lander.plan(ask(ground)), ground.lander.plan(ask(ground))
    assert (one.head, one.result_tree) == (other.head, other.result_tree)
    ground.write({"a": numbered(9, but={8: "mine"}).encode()})
    assert ground.lander.plan(ask(ground)).result_tree != one.result_tree


def test_a_clash_is_refused_and_a_branch_is_offered(ground: Ground) -> None:
    ground.write({"a": numbered(9, but={2: "mine"}).encode()})
    disk = ground.disk()
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan(ask(ground))
    assert (refused.value.code, refused.value.paths, "branch" in refused.value.offered) == ("conflict", ("a",), True)
    assert ground.disk() == disk


def test_a_branch_touches_neither_the_disk_nor_the_branch_checked_out(ground: Ground) -> None:
    ground.write({"a": numbered(9, but={2: "mine"}).encode()})
    main, disk = ground.tip(MAIN), ground.disk()
    first, second = land(ground, ask(ground, "branch")), land(ground, ask(ground, "branch"))
    assert (first.branch, second.branch) == ("refs/heads/casework/3", "refs/heads/casework/3-2")
    assert ground.committed("refs/heads/casework/3") == edited(BEFORE, AFTER)
    assert (ground.tip(MAIN), ground.disk()) == (main, disk)


def test_a_fast_forward_moves_the_branch_to_the_very_commit(ground: Ground) -> None:
    land(ground, ask(ground, "fast_forward"))
    assert ground.tip(MAIN) == ground.tip("refs/heads/change")
    assert ground.disk() == edited(BEFORE, AFTER)


def test_a_fast_forward_over_other_commits_is_refused(ground: Ground) -> None:
    base = ground.tip(MAIN)
    assert base is not None
    ground.commit("Meanwhile", {"b": b"B\n"})
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan(ask(ground, "fast_forward", base=base))
    assert (refused.value.code, "commit" in refused.value.offered) == ("not_fast_forward", True)


def test_a_working_tree_is_committed_without_being_written(ground: Ground) -> None:
    ground.write({"a": AFTER["a"], "b": b"not accepted\n"})
    disk = ground.disk()
    announcement = land(ground, ask(ground, "working_tree"))
    assert ground.disk() == disk
    assert ground.committed(MAIN) == edited(BEFORE, AFTER)
    assert announcement.plan.differs == ()


def test_files_alone_are_written_and_go_back(ground: Ground) -> None:
    main, disk = ground.tip(MAIN), ground.disk()
    announcement = land(ground, ask(ground, "files"))
    assert ground.disk() == edited(BEFORE, AFTER)
    assert (ground.tip(MAIN), ground.committed(MAIN)) == (main, BEFORE)
    assert announcement.branch is None
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan(ask(ground, "files"))
    assert refused.value.code == "nothing_to_land"
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan_revert(announcement, LandingId(str(uuid.uuid4())))
    assert refused.value.code == "no_commit"
    undo = prepared(ground, ground.lander.plan_undo(announcement, LandingId(str(uuid.uuid4()))))
    assert isinstance(ground.lander.enter(undo), Landed)
    assert (ground.tip(MAIN), ground.disk()) == (main, disk)


def test_another_branch_than_the_reviewed_one_is_refused(ground: Ground) -> None:
    request = ask(ground)
    ground.switch("other")
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan(request)
    assert (refused.value.code, "branch" in refused.value.offered) == ("other_branch", True)


def test_on_a_branch_that_moved_the_change_is_merged_and_said(ground: Ground) -> None:
    base = ground.tip(MAIN)
    assert base is not None
    ground.commit("Meanwhile", {"b": b"B\n"})
    plan = ground.lander.plan(ask(ground, base=base))
    assert (plan.head_moved, plan.differs) == (True, ())
    assert isinstance(ground.lander.enter(prepared(ground, plan)), Landed)
    assert ground.committed(MAIN) == edited(BEFORE, {**AFTER, "b": b"B\n"})


def test_what_is_there_already_is_not_landed_again(ground: Ground) -> None:
    request = ask(ground)
    land(ground, request)
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan(request)
    assert refused.value.code == "nothing_to_land"


def test_a_commit_after_planning_takes_it_back_and_a_new_plan_lands(ground: Ground) -> None:
    request = ask(ground)
    announcement = prepared(ground, ground.lander.plan(request))
    ground.commit("Meanwhile", {"b": b"B\n"})
    disk = ground.disk()
    ended = ground.lander.enter(announcement)
    assert isinstance(ended, TakenBack)
    assert (ended.again, ended.kept_aside, ground.disk()) == (True, (), disk)
    assert isinstance(ground.lander.enter(prepared(ground, ground.lander.plan(request))), Landed)


def test_a_save_after_planning_takes_it_back_with_the_save_kept(ground: Ground) -> None:
    announcement = prepared(ground, ground.lander.plan(ask(ground)))
    ground.write({"a": numbered(9, but={8: "saved"}).encode()})
    main, disk = ground.tip(MAIN), ground.disk()
    ended = ground.lander.enter(announcement)
    assert isinstance(ended, TakenBack)
    assert (ended.again, ground.disk(), ground.tip(MAIN)) == (True, disk, main)


def test_undo_sets_everything_back(ground: Ground) -> None:
    ground.write({"a": numbered(9, but={8: "mine"}).encode()})
    main, disk = ground.tip(MAIN), ground.disk()
    announcement = land(ground, ask(ground))
    ground.lander.finish(announcement)
    undo = prepared(ground, ground.lander.plan_undo(announcement, LandingId(str(uuid.uuid4()))))
    assert isinstance(ground.lander.enter(undo), Landed)
    ground.lander.finish(undo)
    assert (ground.tip(MAIN), ground.disk()) == (main, disk)


def test_undo_of_a_branch_removes_it(ground: Ground) -> None:
    announcement = land(ground, ask(ground, "branch"))
    undo = prepared(ground, ground.lander.plan_undo(announcement, LandingId(str(uuid.uuid4()))))
    assert isinstance(ground.lander.enter(undo), Landed)
    assert ground.tip("refs/heads/casework/3") is None


def test_undo_is_refused_when_something_stands_on_it_and_a_revert_is_the_way(ground: Ground) -> None:
    announcement = land(ground, ask(ground))
    ground.commit("On top", {"b": b"B\n"})
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan_undo(announcement, LandingId(str(uuid.uuid4())))
    assert refused.value.code == "built_upon"
    revert = prepared(ground, ground.lander.plan_revert(announcement, LandingId(str(uuid.uuid4()))))
    assert isinstance(ground.lander.enter(revert), Landed)
    assert ground.committed(MAIN) == edited(BEFORE, {"b": b"B\n"}) == ground.disk()


@pytest.mark.parametrize("mode", ["commit", "branch", "fast_forward", "files"])
def test_recovery_takes_back_what_was_never_entered_and_it_can_land_then(ground: Ground, mode: LandingMode) -> None:
    request = ask(ground, mode)
    main, disk = ground.tip(MAIN), ground.disk()
    announcement = prepared(ground, ground.lander.plan(request))
    for _ in range(2):
        ended = ground.lander.recover(announcement)
        assert isinstance(ended, TakenBack)
        assert ended.again
    ground.lander.sweep([request.landing])
    assert (ground.tip(MAIN), ground.disk()) == (main, disk)
    assert isinstance(ground.lander.enter(prepared(ground, ground.lander.plan(request))), Landed)


@pytest.mark.parametrize("mode", ["commit", "branch", "fast_forward", "working_tree", "files"])
def test_recovery_confirms_what_has_landed_however_often_it_is_asked(ground: Ground, mode: LandingMode) -> None:
    announcement = land(ground, ask(ground, mode))
    tip, disk = ground.tip(announcement.branch or ""), ground.disk()
    for _ in range(2):
        ended = ground.lander.recover(announcement)
        assert isinstance(ended, Landed)
        assert ended.commit == announcement.commit
    ground.lander.finish(announcement)
    assert isinstance(ground.lander.recover(announcement), Landed)
    assert (ground.tip(announcement.branch or ""), ground.disk()) == (tip, disk)


def test_recovery_confirms_a_landing_that_something_was_built_upon(ground: Ground) -> None:
    announcement = land(ground, ask(ground))
    ground.commit("On top", {"b": b"B\n"})
    ended = ground.lander.recover(announcement)
    assert isinstance(ended, Landed)
    assert ended.commit == announcement.commit
