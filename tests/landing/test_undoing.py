"""Undo: the exact bytes where nobody has written since, later edits kept, and a sentence where it can't be."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from casework.domain.ids import LandingId
from casework.ports.landing import Landed, LandingRefused
from tests.landing.corpus import A3, LINES, MINE, THREE, A
from tests.landing.grounds import busy, ground
from tests.landing.looking import differences, status_of
from tests.repositories import numbered


def new_id() -> LandingId:
    return LandingId(str(uuid.uuid4()))


def test_every_byte_mode_and_entry_comes_back(world: Path) -> None:
    made = busy(world / "project")
    before = made.look()
    made.take_back(made.land()[0])
    assert differences(before, made.look()) == []


def test_edits_made_since_the_landing_stay(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.write({"a": numbered(30, but={3: "THREE", 27: "mine"})})
    made.take_back(announcement)
    assert made.repository.at("a").read_text() == MINE
    assert status_of(made.look()) == {b"a": b" M"}


def test_edits_staged_since_the_landing_stay_staged(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.write({"a": numbered(30, but={3: "THREE", 27: "mine"})})
    made.repository.git("add", "a")
    made.take_back(announcement)
    assert made.repository.at("a").read_text() == MINE
    assert status_of(made.look()) == {b"a": b"M "}


@pytest.mark.parametrize("edit", [numbered(30, but={3: "3!"}), None])
def test_an_edit_of_what_landed_refuses_the_undo(world: Path, edit: str | None) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.write({"a": edit})
    before = made.look()
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan_undo(announcement, new_id())
    assert (refused.value.code, differences(before, made.look())) == ("conflict", [])


@pytest.mark.parametrize(
    ("commands", "sentence"),
    [
        (
            [("switch", "-q", "-c", "other")],
            (
                "It was reviewed for main, and you are on other now, so nothing was taken back. "
                "Switch to main and undo again."
            ),
        ),
        (
            [("switch", "-q", "-c", "other"), ("branch", "-q", "-D", "main")],
            (
                "It was reviewed for main, which is not there any more, so nothing was taken back. "
                "Bring that branch back (`git reflog` has its commits), switch to it and undo again."
            ),
        ),
        (
            [("bisect", "start")],
            "A bisect is under way here, so nothing was taken back. Finish it, or abort it, and undo again.",
        ),
    ],
    ids=["another branch", "no such branch", "a bisect"],
)
def test_an_undo_that_can_not_begin_speaks_of_the_undo(
    world: Path, commands: list[tuple[str, ...]], sentence: str
) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    for command in commands:
        made.repository.git(*command)
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan_undo(announcement, new_id())
    assert refused.value.sentence == sentence


def test_a_pushed_landing_is_not_set_back(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.git("update-ref", "refs/remotes/origin/main", announcement.commit)
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan_undo(announcement, new_id())
    assert refused.value.code == "already_pushed"
    assert "origin/main" in refused.value.sentence


def test_a_landing_that_something_stands_on_is_reverted_with_a_commit(world: Path) -> None:
    made = ground(world / "project", {**A, "b": "b\n"}, {**A3, "new": "n\n"})
    announcement = made.land()[0]
    made.repository.commit("On top", {"b": "B\n"})
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan_undo(announcement, new_id())
    assert refused.value.code == "built_upon"
    revert = made.prepare(made.lander.plan_revert(announcement, new_id()))
    assert isinstance(made.lander.enter(revert), Landed)
    made.lander.finish(revert)
    assert made.repository.text("log", "-1", "--format=%s") == 'Revert "Change it"'
    assert made.repository.git("diff", "--stat", made.base, "HEAD", "--", "a", "new") == b""
    assert status_of(made.look()) == {}


def test_a_landing_whose_commit_was_amended_is_reverted_with_a_commit(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.git("commit", "-q", "--amend", "-m", "Amended")
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan_undo(announcement, new_id())
    assert (refused.value.code, "main was rewritten" in refused.value.sentence) == ("rewritten", True)
    revert = made.prepare(made.lander.plan_revert(announcement, new_id()))
    assert isinstance(made.lander.enter(revert), Landed)
    assert made.repository.git("show", "HEAD:a").decode() == LINES


def test_a_landing_that_was_reset_away_leaves_nothing_to_take_back(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.git("reset", "-q", "--hard", "HEAD~1")
    with pytest.raises(LandingRefused) as undone:
        made.lander.plan_undo(announcement, new_id())
    with pytest.raises(LandingRefused) as reverted:
        made.lander.plan_revert(announcement, new_id())
    assert (undone.value.code, reverted.value.code) == ("rewritten", "nothing_to_undo")
    assert reverted.value.sentence == ("Nothing of this landing is on main any more, so there is nothing to take back.")


def test_a_revert_that_clashes_with_later_commits_is_refused(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.land()[0]
    made.repository.commit("On top", {"a": numbered(30, but={3: "3!"})})
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan_revert(announcement, new_id())
    assert refused.value.code == "conflict"


def test_undo_may_itself_be_undone_by_landing_again(world: Path) -> None:
    made = ground(world / "project", A, A3)
    made.take_back(made.land()[0])
    made.land()
    assert made.repository.at("a").read_text() == THREE


def test_the_images_for_undo_are_kept_by_a_ref(world: Path) -> None:
    made = ground(world / "project", A, A3)
    made.repository.write({"a": MINE})
    announcement = made.land()[0]
    made.repository.git("-c", "gc.pruneExpire=now", "gc", "-q")
    kept = made.repository.git("cat-file", "blob", f"refs/casework/undo/{announcement.landing}:000000.before")
    assert kept.decode() == MINE
