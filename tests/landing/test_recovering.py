"""Recovery when the user went on working after the daemon had died in the middle of a landing."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from casework.ports.landing import Announcement, Held, Landed, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.lander import GitLander
from tests.landing.corpus import A3, LINES, MINE, THREE, A
from tests.landing.grounds import Ground, busy, ground
from tests.landing.looking import differences, status_of
from tests.repositories import Program, numbered


class Died(BaseException):
    """The daemon is no more; nothing of it runs on."""


def dies(made: Ground, place: str) -> Announcement:
    """Land, and die at a boundary; afterwards another daemon has the repository."""

    def at(now: str) -> None:
        if now == place:
            raise Died

    made.lander = GitLander(Git.open(made.repository.path), at=at)
    announcement = made.prepare(made.lander.plan(made.request()))
    with pytest.raises(Died):
        made.lander.enter(announcement)
    made.lander = GitLander(Git.open(made.repository.path), lock_wait_s=0.2, recovery_wait_s=0.2)
    return announcement


def taken_back(made: Ground, announcement: Announcement) -> TakenBack:
    """Recover, and expect that nothing has landed."""
    ended = made.lander.recover(announcement)
    assert isinstance(ended, TakenBack), ended
    made.lander.sweep([])
    assert made.look().leftovers == ()
    return ended


def landed(made: Ground, announcement: Announcement) -> Landed:
    """Recover, and expect that it has landed."""
    ended = made.lander.recover(announcement)
    assert isinstance(ended, Landed), ended
    made.lander.finish(announcement)
    made.lander.sweep([])
    assert made.look().leftovers == ()
    return ended


def unlock(made: Ground) -> None:
    """The user removes what they take for a stale lock."""
    (made.repository.path / ".git" / "index.lock").unlink()


def test_half_a_staged_file_is_never_taken_for_what_the_user_had(world: Path) -> None:
    made = ground(world / "project", {"program": "run\n"}, {"program": Program("run\n")})
    before = made.look()

    def at(now: str) -> None:
        if now == "index staged":
            raise Died

    made.lander = GitLander(Git.open(made.repository.path), at=at)
    plan = made.lander.plan(made.request())
    with pytest.raises(Died):
        made.prepare(plan)
    (stage,) = (made.repository.path / ".git/casework").glob(f"{plan.request.landing}.*")
    (stage / "file.000000").touch(0o755)  # as a kill leaves it between opening a file and writing it
    made.lander = GitLander(Git.open(made.repository.path))
    made.lander.sweep([])
    assert differences(before, made.look()) == []


def test_an_edit_beside_the_change_stays_when_the_change_is_taken_out(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = dies(made, "file 0 moved")
    made.repository.write({"a": numbered(30, but={3: "THREE", 20: "since"})})
    ended = taken_back(made, announcement)
    assert ended.kept_aside == ()
    assert made.repository.at("a").read_text() == numbered(30, but={20: "since"})


def test_an_edit_of_the_changed_line_stays_and_the_old_bytes_are_kept_aside(world: Path) -> None:
    made = ground(world / "project", A, A3)
    made.repository.write({"a": MINE})
    announcement = dies(made, "file 0 moved")
    made.repository.write({"a": numbered(30, but={3: "my THREE"})})
    (said,) = taken_back(made, announcement).kept_aside
    assert said.startswith("a was not set back, because you have changed it since; its old contents are in ")
    assert made.repository.at("a").read_text() == numbered(30, but={3: "my THREE"})
    (kept,) = (made.repository.path / ".git" / "casework" / "kept").iterdir()
    assert (kept.read_text(), said.endswith(f"{kept}.")) == (MINE, True)


def test_a_deleted_file_stays_deleted_and_its_old_bytes_are_kept_aside(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = dies(made, "file 0 moved")
    made.repository.at("a").unlink()
    assert len(taken_back(made, announcement).kept_aside) == 1
    assert not made.repository.at("a").exists()


def test_a_new_file_that_was_edited_stays_and_is_named(world: Path) -> None:
    made = ground(world / "project", A, {"new": "n\n"})
    announcement = dies(made, "file 0 moved")
    made.repository.write({"new": "mine now\n"})
    (said,) = taken_back(made, announcement).kept_aside
    assert said == "new stays, because you have changed it since it was made."
    assert made.repository.at("new").read_text() == "mine now\n"


def test_a_removed_file_that_was_made_anew_stays_and_the_old_one_is_kept_aside(world: Path) -> None:
    made = ground(world / "project", {"a": "old\n", "b": "b\n"}, {"a": None})
    announcement = dies(made, "file 0 moved")
    made.repository.write({"a": "new\n"})
    (said,) = taken_back(made, announcement).kept_aside
    assert "you have made a new one since" in said
    assert made.repository.at("a").read_text() == "new\n"


def test_what_the_user_has_committed_meanwhile_is_left_alone(world: Path) -> None:
    made = ground(world / "project", {**A, "b": LINES}, {**A3, "b": THREE})
    announcement = dies(made, "file 0 moved")
    unlock(made)
    made.repository.git("commit", "-q", "-a", "-m", "Mine")
    ended = taken_back(made, announcement)
    assert "you have committed the new version since" in ended.kept_aside[0]
    assert (made.repository.at("a").read_text(), made.repository.at("b").read_text()) == (THREE, LINES)
    assert status_of(made.look()) == {}


def test_the_index_follows_the_branch_although_the_user_took_the_lock_away_and_staged_more(world: Path) -> None:
    made = ground(world / "project", {**A, "b": "b\n", "c": LINES}, {**A3, "c": THREE})
    announcement = dies(made, "branch moved")
    unlock(made)
    made.repository.write({"b": "B\n"})
    made.repository.git("add", "b")
    landed(made, announcement)
    assert status_of(made.look()) == {b"b": b"M "}


def test_an_entry_that_the_user_staged_since_is_theirs(world: Path) -> None:
    made = ground(world / "project", {**A, "c": LINES}, {**A3, "c": THREE})
    announcement = dies(made, "branch moved")
    unlock(made)
    made.repository.write({"a": numbered(30, but={3: "THREE", 9: "nine"})})
    made.repository.git("add", "a")
    landed(made, announcement)
    assert status_of(made.look()) == {b"a": b"M "}


def test_a_landing_that_was_taken_back_by_hand_is_confirmed_and_nothing_is_touched(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = dies(made, "branch moved")
    made.repository.git("update-ref", "refs/heads/main", made.base)
    files = made.look().files
    ended = landed(made, announcement)
    assert ended.note == "It had landed, and you have taken it back since."
    assert (made.look().files, made.repository.id("main")) == (files, made.base)


def test_without_a_log_of_the_branch_our_own_mark_tells(world: Path) -> None:
    made = ground(world / "project", A, A3, settings={"core.logAllRefUpdates": "false"})
    announcement = dies(made, "branch moved")
    made.repository.git("update-ref", "refs/heads/main", made.base)
    assert landed(made, announcement).note == "It had landed, and you have taken it back since."


def test_an_amended_landing_is_known_by_its_trailer(world: Path) -> None:
    made = ground(world / "project", {**A, "b": "b\n"}, A3, settings={"core.logAllRefUpdates": "false"})
    announcement = dies(made, "lock released")
    stage = Path(announcement.stage)
    made.repository.git("update-ref", "-d", f"refs/casework/landed/{stage.name}")
    made.repository.git("commit", "-q", "--amend", "--date", "2001-01-01T00:00:00Z", "--no-edit")
    assert landed(made, announcement).how_seen == "a commit of the branch carries its trailer"


def test_where_nothing_tells_it_is_not_landed_again_by_itself(world: Path) -> None:
    made = ground(world / "project", A, A3)
    made.repository.git("config", "core.logAllRefUpdates", "false")
    (made.repository.path / ".git" / "logs").rename(world / "logs")
    announcement = dies(made, "looked again")
    unlock(made)
    made.repository.git("commit", "-q", "--amend", "--date", "2001-01-01T00:00:00Z", "-m", "Other")
    assert not taken_back(made, announcement).again


def test_a_program_that_holds_the_stage_is_named_and_nothing_is_touched(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = dies(made, "file 0 moved")
    before = made.look()
    lock = os.open(Path(announcement.stage) / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    ended = made.lander.recover(announcement)
    assert isinstance(ended, Held)
    assert ended.sentence.startswith("A program of an interrupted landing still runs")
    assert differences(before, made.look()) == []
    os.close(lock)
    taken_back(made, announcement)
    assert made.repository.at("a").read_text() == LINES


def test_a_stage_that_was_handed_back_unfinished_is_recovered_by_the_next_sweep(world: Path) -> None:
    made = busy(world / "project")
    before = made.look()
    dies(made, "file 3 moved")
    made.lander.sweep([])
    assert differences(before, made.look()) == []


def test_a_landing_that_was_confirmed_and_not_cleared_up_is_cleared_up(world: Path) -> None:
    made = busy(world / "project")
    announcement = made.prepare(made.lander.plan(made.request()))
    assert isinstance(made.lander.enter(announcement), Landed)
    after = made.look()
    made.lander.sweep([])
    assert (made.look().files, made.look().index, made.look().leftovers) == (after.files, after.index, ())


def test_refs_of_stages_that_are_gone_are_deleted_and_others_kept(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.prepare(made.lander.plan(made.request()))
    made.repository.git("update-ref", "refs/casework/landing/gone.1234", made.base)
    made.lander.sweep([announcement.landing])
    refs = made.repository.text("for-each-ref", "--format=%(refname)", "refs/casework/landing").splitlines()
    assert refs == [f"refs/casework/landing/{Path(announcement.stage).name}"]


def test_a_stage_that_somebody_else_wrote_into_is_not_believed(world: Path) -> None:
    made = ground(world / "project", A, A3)
    made.land()
    stage = made.repository.path / ".git" / "casework" / "evil.00000000"
    stage.mkdir(mode=0o700)
    (stage / "announced.json").write_text('{"stage": "/etc"}')
    before = made.look()
    made.lander.sweep([])
    assert made.look().files == before.files
    assert not stage.exists()


def test_a_ref_of_ours_that_leads_to_nothing_does_not_stay_in_the_way_of_the_users_git(world: Path) -> None:
    made = ground(world / "project", A, A3)
    user = made.repository
    pruned = user.text("commit-tree", user.tree(made.base), "-m", "Gone")
    for name, commit in {"landing/x.1": pruned, "task-1/0/1": pruned, "task-1/0/0": made.base}.items():
        user.git("update-ref", f"refs/casework/{name}", commit)
    (user.path / ".git" / "objects" / pruned[:2] / pruned[2:]).unlink()
    made.lander.sweep([])
    assert user.text("for-each-ref", "--format=%(refname)", "refs/casework/") == "refs/casework/task-1/0/0"
    user.git("gc", "-q")
