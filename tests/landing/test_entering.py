"""Entering a landing while somebody else works: saves in the very moment, other git processes, hooks, odd disks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.domain.errors import Trouble
from casework.ports.landing import Landed, LandingRefused, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.exchange import Moves
from casework.workspace.landing.lander import GitLander
from tests.landing.corpus import A3, LINES, MINE, THREE, A
from tests.landing.grounds import Ground, busy, ground
from tests.landing.looking import differences, stale_stamps, status_of
from tests.repositories import Link, numbered


def when(made: Ground, place: str, act: Callable[[], object], *, moves: Moves | None = None) -> None:
    """Let something happen once, at a boundary."""
    done: list[str] = []

    def at(now: str) -> None:
        if now == place and not done:
            done.append(now)
            act()

    made.lander = GitLander(Git.open(made.repository.path), at=at, moves=moves, lock_wait_s=0.2)


def replace(path: Path, text: str) -> None:
    """Save as editors do: write beside, rename over."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    beside.rename(path)


@pytest.mark.parametrize("native", [True, False])
def test_a_save_in_the_very_moment_is_kept_and_nothing_lands(world: Path, native: bool) -> None:
    made = ground(world / "project", {**A, "b": LINES}, {**A3, "b": THREE})
    target = made.repository.at("b")
    when(made, "file 1 looked at", lambda: replace(target, "saved\n"), moves=Moves(native=native))
    before = made.look()
    ended = made.fails(made.prepare(made.lander.plan(made.request())))
    assert ended.again
    assert "b was saved in the very moment" in ended.reason
    target_now = target.read_text()
    made.repository.write({"b": LINES})
    assert (target_now, differences(before, made.look())) == ("saved\n", [])


@pytest.mark.parametrize("place", ["stage made", "refs kept", "index staged", "files staged"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), Trouble("git failed", code="git_failed")])
def test_what_could_not_be_prepared_takes_no_room(world: Path, place: str, failure: Exception) -> None:
    made = ground(world / "project", A, {**A3, "new": "n\n"})

    def fail() -> None:
        raise failure

    when(made, place, fail)
    before = made.look()
    with pytest.raises(Trouble):
        made.prepare(made.lander.plan(made.request()))
    assert list((made.repository.path / ".git" / "casework").iterdir()) == []
    assert made.repository.text("for-each-ref", "refs/casework/landing", "refs/casework/landed") == ""
    assert differences(before, made.look()) == []


def test_a_landing_that_is_done_is_not_spoilt_by_a_lock_on_the_refs(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.prepare(made.lander.plan(made.request()))
    assert isinstance(made.lander.enter(announcement), Landed)
    lock = made.repository.path / ".git" / "packed-refs.lock"
    lock.touch()
    assert made.lander.finish(announcement) == ()
    lock.unlink()
    made.lander.sweep([])
    assert made.repository.text("for-each-ref", "refs/casework/landing", "refs/casework/landed") == ""


def test_a_file_that_could_not_be_written_is_named(world: Path) -> None:
    made = ground(world / "project", A, A3)

    def fail() -> None:
        raise PermissionError(1, "Operation not permitted")

    when(made, "file 0 looked at", fail)
    ended = made.fails(made.prepare(made.lander.plan(made.request())))
    assert ended.reason == (
        "a could not be written (Operation not permitted), so nothing was landed. Mend that and approve again."
    )


def test_a_save_over_the_new_file_is_an_edit_like_any_other(world: Path) -> None:
    made = ground(world / "project", A, A3)
    when(made, "file 0 moved", lambda: replace(made.repository.at("a"), THREE + "more\n"))
    made.land()
    assert made.repository.at("a").read_text() == THREE + "more\n"
    assert status_of(made.look()) == {b"a": b" M"}
    assert made.repository.git("show", "HEAD:a").decode() == THREE


def test_a_write_through_an_open_file_is_kept_aside_and_said(world: Path) -> None:
    made = ground(world / "project", A, A3)
    with made.repository.at("a").open("a") as stream:
        when(made, "index installed", lambda: print("late", file=stream, flush=True))
        announcement = made.prepare(made.lander.plan(made.request()))
        assert isinstance(made.lander.enter(announcement), Landed)
    (said,) = made.lander.finish(announcement)
    assert said.startswith("a was still being written while it landed")
    (kept,) = (made.repository.path / ".git" / "casework" / "kept").iterdir()
    assert kept.read_text() == LINES + "late\n"


def test_a_refreshed_index_and_new_staged_files_do_not_stand_in_the_way(world: Path) -> None:
    made = ground(world / "project", {**A, "b": "b\n"}, A3)
    announcement = made.prepare(made.lander.plan(made.request()))
    made.repository.write({"b": "B\n", "c": "c\n"})
    made.repository.git("add", "b", "c")
    assert isinstance(made.lander.enter(announcement), Landed)
    assert status_of(made.look()) == {b"b": b"M ", b"c": b"A "}
    assert stale_stamps(made.repository) == set()


@pytest.mark.parametrize("act", [("add", "a"), ("rm", "-q", "--cached", "a"), ("update-index", "--skip-worktree", "a")])
def test_staging_a_touched_path_meanwhile_takes_it_back(world: Path, act: tuple[str, ...]) -> None:
    made = ground(world / "project", {**A, "b": "b\n"}, A3)
    made.repository.write({"a": MINE})
    announcement = made.prepare(made.lander.plan(made.request()))
    made.repository.git(*act)
    before = made.look()
    ended = made.fails(announcement)
    changed = [said for said in differences(before, made.look()) if not said.startswith(("refs", "leftovers"))]
    assert (ended.again, changed, made.look().leftovers) == (True, [], ())


@pytest.mark.parametrize("act", [("checkout", "-q", "-b", "other"), ("commit", "-q", "--allow-empty", "-m", "x")])
def test_a_moved_head_takes_it_back(world: Path, act: tuple[str, ...]) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.prepare(made.lander.plan(made.request()))
    made.repository.git(*act)
    commit = made.repository.id("HEAD")
    assert made.fails(announcement).again
    assert (made.repository.id("HEAD"), made.look().leftovers) == (commit, ())


def test_a_merge_begun_meanwhile_takes_it_back(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement = made.prepare(made.lander.plan(made.request()))
    (made.repository.path / ".git" / "MERGE_HEAD").write_text(made.base + "\n")
    assert "a merge has begun" in made.fails(announcement).reason


def test_a_foreign_lock_is_waited_for_and_never_removed(world: Path) -> None:
    made = ground(world / "project", A, A3)
    before = made.look()
    announcement = made.prepare(made.lander.plan(made.request()))
    lock = made.repository.path / ".git" / "index.lock"
    lock.write_text("somebody else's")
    ended = made.fails(announcement)
    assert (ended.again, "index.lock" in ended.reason) == (False, True)
    assert isinstance(made.lander.recover(announcement), TakenBack)
    made.lander.sweep([])
    assert lock.read_text() == "somebody else's"
    lock.unlink()
    assert differences(before, made.look()) == []


def _hook(made: Ground, script: str) -> None:
    hook = made.repository.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ngrep -q refs/heads/main || exit 0\n{script}\n")
    hook.chmod(0o755)


def test_a_hook_of_a_trusted_repository_may_say_no_and_all_is_taken_back(world: Path) -> None:
    made = busy(world / "project")
    _hook(made, "echo not on my watch >&2; exit 1")
    before = made.look()
    ended = made.fails(made.prepare(made.lander.plan(made.request(trusted=True))))
    assert (ended.again, ended.kept_aside) == (False, ())
    assert "Git did not move the branch" in ended.reason
    assert differences(before, made.look()) == []


def test_a_hook_of_an_untrusted_repository_is_not_asked(world: Path) -> None:
    made = ground(world / "project", A, A3)
    _hook(made, "exit 1")
    made.land()


def test_without_the_systems_exchange_it_lands_the_same(world: Path) -> None:
    made, other = busy(world / "project"), busy(world / "other")
    other.lander = GitLander(Git.open(other.repository.path), moves=Moves(native=False))
    announcement = made.land()[0]
    again = other.land()[0]
    one, two = made.look(), other.look()
    assert (one.files, one.index, one.status, one.tree) == (two.files, two.index, two.status, two.tree)
    made.take_back(announcement)
    other.take_back(again)
    assert made.look().files == other.look().files


def test_a_folder_on_another_device_takes_the_change_too(world: Path) -> None:
    made = ground(
        world / "project", {"d/a": LINES, "d/gone": "x\n", "e": "e\n"}, {"d/a": THREE, "d/gone": None, "d/new/c": "c\n"}
    )
    folder = made.repository.at("d")
    shutil.copytree(folder, world / "aside")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "none", str(folder)], capture_output=True, check=False, timeout=10
    )
    if mounted.returncode != 0:
        pytest.skip("no other device can be had here: mounting is not allowed")
    try:
        shutil.copytree(world / "aside", folder, dirs_exist_ok=True)
        made.repository.write({"d/a": MINE})
        made.repository.git("update-index", "-q", "--refresh", check=False)
        before = made.look()
        announcement = made.land()[0]
        assert announcement.beside != ()
        assert made.repository.at("d/a").read_text() == numbered(30, but={3: "THREE", 27: "mine"})
        assert status_of(made.look()) == {b"d/a": b" M"}
        made.take_back(announcement)
        assert differences(before, made.look()) == []
        _hook(made, "exit 1")
        made.fails(made.prepare(made.lander.plan(made.request(trusted=True))))
        assert differences(before, made.look()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=10)


def test_a_folder_that_may_not_be_written_takes_all_back(world: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user can't become another one")
    made = ground(world / "project", {"a": LINES, "d/b": LINES}, {"a": THREE, "d/b": THREE})
    made.repository.at("d").chmod(0o555)
    before = made.look()
    _own(world, "65534:65534")
    world.chmod(0o755)
    said = _as_nobody(made)
    _own(world, "0:0")
    assert "could not be written (Permission denied)" in said
    assert differences(before, made.look()) == []


def _own(folder: Path, owner: str) -> None:
    subprocess.run(["chown", "-R", owner, str(folder)], check=True, timeout=20)


def _as_nobody(made: Ground) -> str:
    """Land in a process of an ordinary user; gives the reason why it was taken back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            said = made.fails(made.prepare(made.lander.plan(made.request()))).reason
        except BaseException as error:  # noqa: BLE001 - it is told to the parent, as text
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(child, 0)
    return said


def test_a_git_directory_that_may_not_be_written_is_said(world: Path) -> None:
    made = ground(world / "project", A, A3)
    (made.repository.path / ".git" / "casework").symlink_to(world / "elsewhere")
    with pytest.raises(Trouble) as trouble:
        made.lander.plan(made.request())
    assert trouble.value.code == "odd_folder"
    assert not (world / "elsewhere").exists()


def test_a_path_that_becomes_a_link_meanwhile_is_not_followed(world: Path) -> None:
    made = ground(world / "project", {"d/a": LINES}, {"d/a": THREE})
    announcement = made.prepare(made.lander.plan(made.request()))
    outside = world / "outside"
    made.repository.at("d").rename(outside)
    made.repository.write({"d": Link(str(outside))})
    ended = made.fails(announcement)
    assert (ended.again, (outside / "a").read_text()) == (True, LINES)


def test_the_commit_says_who_helped_and_which_task_and_landing(world: Path) -> None:
    made = ground(world / "project", A, A3)
    request = made.request(message="Speak up\n\nLouder.\n\nSigned-off-by: X <x@x>\n", co_authors=("B <b@b>", "B <b@b>"))
    made.land(request)
    message = made.repository.git("log", "-1", "--format=%B").decode()
    assert message == (
        "Speak up\n\nLouder.\n\nSigned-off-by: X <x@x>\nCo-authored-by: B <b@b>\nCasework-Task: task-1\n"
        f"Casework-Landing: {request.landing}\n\n"
    )
    assert made.repository.text("log", "-1", "--format=%an <%ae> %cn") == "Ada Author <ada@example.org> Ada Author"


def test_a_branch_on_the_users_list_is_protected(world: Path) -> None:
    made = ground(world / "project", A, A3)
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan(made.request(protected=("release/*", "ma*")))
    assert (refused.value.code, refused.value.offered) == ("protected_branch", ("branch", "files"))


def test_the_branch_gets_the_next_free_name(world: Path) -> None:
    made = ground(world / "project", A, A3)
    for taken in ("wish", "deep", "wish-2"):
        made.repository.git("branch", taken)
    names = [made.lander.plan(made.request("branch", branch_name=name)).branch for name in ("wish", "deep/er", "free")]
    assert names == ["refs/heads/wish-3", "refs/heads/deep-er-3", "refs/heads/free"]
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan(made.request("branch", branch_name="a..b"))
    assert refused.value.code == "bad_branch_name"


def test_signing_is_done_in_a_trusted_repository_and_a_failure_refuses(world: Path) -> None:
    made = ground(world / "project", A, A3)
    program = world / "gpg"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    made.repository.git("config", "commit.gpgSign", "true")
    made.repository.git("config", "gpg.program", str(program))
    before = made.look()
    plan = made.lander.plan(made.request(trusted=True))
    with pytest.raises(LandingRefused) as refused:
        made.prepare(plan)
    assert refused.value.code == "signing_failed"
    made.lander.sweep([])
    assert differences(before, made.look()) == []
    program.write_text(
        "#!/bin/sh\ncat >/dev/null\necho '-----BEGIN PGP SIGNATURE-----'\necho x\necho '-----END PGP SIGNATURE-----'\n"
        "echo '[GNUPG:] SIG_CREATED ' >&2\n"
    )
    made.land(made.request(trusted=True))
    assert b"gpgsig " in made.repository.git("cat-file", "commit", "HEAD")
