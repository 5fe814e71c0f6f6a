"""Landing from the user's own working tree: the disk is never written, and what was staged stays staged."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.ports.landing import LandingRefused
from tests.landing.corpus import MINE, THREE, A
from tests.landing.grounds import Ground, ground
from tests.landing.looking import differences, stale_stamps, status_of
from tests.repositories import Files, Repository, numbered

ALL = numbered(30, but={3: "THREE", 27: "mine"})


def snapshot(repository: Repository, files: Files) -> str:
    """A commit on HEAD with other files, made in a worktree of its own."""
    aside = repository.path.with_name("snapshots")
    repository.git("worktree", "add", "-q", "--detach", str(aside), "HEAD")
    made = Repository(aside).commit("Snapshot", files)
    repository.git("worktree", "remove", "--force", str(aside))
    return made


def working(path: Path, disk: Files, accepted: Files, *, staged: Files | None = None) -> tuple[Ground, str]:
    """A user's working tree with `disk`, of which `accepted` is to be committed."""
    made = ground(path, {**A, "b": "b\n", "gone": "g\n"}, {"unused": "u\n"})
    whole = snapshot(made.repository, disk)
    made.accepted = snapshot(made.repository, accepted)
    if staged:
        made.repository.write(staged)
        made.repository.git("add", "-A", "--", *staged)
    made.repository.write(disk)
    return made, whole


@pytest.mark.parametrize(
    ("staged", "left"),
    [
        (None, {}),
        ({"a": ALL}, {}),
        ({"a": THREE}, {}),
        ({"a": MINE}, {}),
        ({"a": numbered(30, but={15: "x"})}, {b"a": b"MM"}),
    ],
)
def test_everything_accepted_leaves_nothing_but_what_is_only_staged(
    world: Path, staged: Files | None, left: dict[bytes, bytes]
) -> None:
    disk: Files = {"a": ALL, "gone": None, "new": "n\n"}
    made, whole = working(world / "project", disk, disk, staged=staged)
    before = made.look()
    announcement, _ = made.land(made.request("working_tree", snapshot=whole))
    after = made.look()
    assert (after.files, status_of(after)) == (before.files, left)
    assert stale_stamps(made.repository) == set()
    assert announcement.plan.differs == ()
    made.take_back(announcement)
    assert (made.look().files, made.look().commit) == (before.files, before.commit)


def test_a_part_accepted_leaves_the_rest_unstaged(world: Path) -> None:
    made, whole = working(world / "project", {"a": ALL, "b": "B\n"}, {"a": THREE})
    made.land(made.request("working_tree", snapshot=whole))
    assert status_of(made.look()) == {b"a": b" M", b"b": b" M"}
    assert made.repository.git("show", "HEAD:a").decode() == THREE
    assert made.repository.at("a").read_text() == ALL


def test_a_staged_part_that_was_not_accepted_stays_staged(world: Path) -> None:
    made, whole = working(world / "project", {"a": ALL}, {"a": THREE}, staged={"a": MINE})
    made.land(made.request("working_tree", snapshot=whole))
    assert status_of(made.look()) == {b"a": b"M "}
    assert made.repository.git("show", ":a").decode() == ALL


def test_a_part_that_clashes_with_what_is_staged_is_refused(world: Path) -> None:
    made, whole = working(world / "project", {"a": ALL}, {"a": THREE}, staged={"a": numbered(30, but={3: "other"})})
    before = made.look()
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan(made.request("working_tree", snapshot=whole))
    assert (refused.value.code, differences(before, made.look())) == ("conflict", [])


def test_an_edit_after_the_review_was_opened_is_left_as_it_is(world: Path) -> None:
    made, whole = working(world / "project", {"a": THREE}, {"a": THREE})
    made.repository.write({"a": ALL})
    made.land(made.request("working_tree", snapshot=whole))
    assert status_of(made.look()) == {b"a": b" M"}
    assert (made.repository.at("a").read_text(), made.repository.git("show", "HEAD:a").decode()) == (ALL, THREE)


def test_undo_gives_the_index_back_as_it_was(world: Path) -> None:
    made, whole = working(world / "project", {"a": ALL, "new": "n\n"}, {"a": THREE}, staged={"a": MINE})
    before = made.look()
    announcement, _ = made.land(made.request("working_tree", snapshot=whole))
    made.take_back(announcement)
    assert differences(before, made.look()) == []


def test_head_that_moved_meanwhile_is_merged_and_shown_again(world: Path) -> None:
    made, whole = working(world / "project", {"a": THREE}, {"a": THREE})
    other = snapshot(made.repository, {"a": MINE})
    made.repository.git("update-ref", "refs/heads/main", other)
    made.repository.git("read-tree", "HEAD")
    plan = made.lander.plan(made.request("working_tree", snapshot=whole))
    assert (plan.differs, plan.head_moved) == (("a",), True)
