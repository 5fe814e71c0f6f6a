"""Every odd repository, landed in as a commit and as a branch: what holds afterwards, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.ports.landing import Landed, LandingRefused
from tests.landing.grounds import Ground
from tests.landing.looking import Look, differences, lines_of_edits, look, stale_stamps, status_of
from tests.landing.odd import ODD
from tests.landing.traps import trapped

LANDS = sorted(name for name, case in ODD.items() if case.ends == "lands")
REFUSES = sorted(name for name, case in ODD.items() if case.ends != "lands")


def _touched(ground: Ground) -> set[bytes]:
    out = ground.repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", ground.base, ground.accepted)
    return set(out.split(b"\0")) - {b""}


def _untouched(seen: Look, touched: set[bytes]) -> tuple[object, ...]:
    folders = {b"/".join(path.split(b"/")[:depth]) for path in touched for depth in range(1, path.count(b"/") + 1)}
    files = {path: file for path, file in seen.files.items() if path not in touched | folders}
    index = [entry for entry in seen.index if entry.partition(b"\t")[2] not in touched]
    head = seen.head if seen.head.startswith(b"ref:") else b""
    return files, index, head, seen.stash, seen.config, seen.leftovers


@pytest.mark.parametrize("name", LANDS)
def test_it_lands_with_nothing_else_changed_and_undo_gives_every_byte_back(world: Path, name: str) -> None:
    case = ODD[name]
    ground = case.make(world / "project")
    touched, before = _touched(ground), ground.look()
    edits = lines_of_edits(ground.repository), lines_of_edits(ground.repository, "--cached")
    request = ground.request(target=case.target)
    announcement, landed = ground.land(request)
    after = ground.look()

    assert stale_stamps(ground.repository) == set()
    assert ground.repository.id("HEAD") == landed.commit
    assert ground.repository.text("rev-list", "--parents", "-n1", "HEAD").split()[1:] == [before.commit]
    if before.commit == ground.base:
        assert after.tree == ground.repository.tree(ground.accepted)
    assert _untouched(after, touched) == _untouched(before, touched)
    _check_status(before, after, touched)
    if case.lines_kept:
        assert (lines_of_edits(ground.repository), lines_of_edits(ground.repository, "--cached")) == edits
    assert ground.repository.git("fsck", "--no-dangling", "--no-progress", "--connectivity-only", check=False) == b""

    ground.take_back(announcement)
    if case.undoes:
        assert differences(before, ground.look()) == []
    assert stale_stamps(ground.repository) == set()


def _check_status(before: Look, after: Look, touched: set[bytes]) -> None:
    was, now = status_of(before), status_of(after)
    for path in was.keys() | now.keys():
        letters, became = was.get(path, b"  "), now.get(path, b"  ")
        if path not in touched and not any(each.startswith(path) for each in touched):
            assert letters == became, path
        assert all(new in (b" "[0], old) for old, new in zip(letters, became, strict=True)), (path, letters, became)


@pytest.mark.parametrize("name", REFUSES)
def test_it_is_refused_with_a_sentence_and_nothing_is_written(world: Path, name: str) -> None:
    case = ODD[name]
    ground = case.make(world / "project")
    before = ground.look() if case.ends != "bare" else None
    with pytest.raises(LandingRefused) as refused:
        ground.lander.plan(ground.request(target=case.target))
    assert refused.value.code == case.ends
    assert refused.value.sentence.endswith(".")
    if before is not None:
        assert differences(before, ground.look()) == []


@pytest.mark.parametrize("name", sorted(set(ODD) - {"signing wanted", "nobody"}))
def test_as_a_branch_it_touches_nothing_else(world: Path, name: str) -> None:
    ground = ODD[name].make(world / "project")
    before = ground.look() if name != "bare" else None
    announcement, landed = ground.land(ground.request("branch"))
    assert ground.repository.id("refs/heads/casework/7") == landed.commit
    assert ground.repository.tree(landed.commit) == ground.repository.tree(ground.accepted)
    assert ground.repository.text("rev-list", "--parents", "-n1", landed.commit).split()[1:] == [ground.base]
    ground.take_back(announcement)
    if before is not None:
        assert differences(before, ground.look()) == []


def test_a_repository_full_of_traps_executes_nothing(world: Path) -> None:
    tell = world / "tell"
    ground = trapped(world / "project", tell)
    for told in tell.iterdir():
        told.unlink()
    announcement, _ = ground.land()
    ground.take_back(announcement)
    ground.land(ground.request("branch"))
    ended = ground.prepare(ground.lander.plan(ground.request()))
    assert isinstance(ground.lander.recover(ended), object)
    ground.lander.sweep([])
    assert sorted(told.name for told in tell.iterdir()) == []


def test_the_traps_would_spring_for_an_ordinary_git(world: Path) -> None:
    tell = world / "tell"
    ground = trapped(world / "project", tell)
    ground.repository.git("status", check=False)
    ground.repository.git("commit", "-q", "--allow-empty", "-m", "x", check=False)
    assert {"core.fsmonitor", "hook-pre-commit"} <= {told.name for told in tell.iterdir()}


def test_a_filter_of_a_trusted_repository_runs_and_its_bytes_come_and_go(world: Path) -> None:
    ground = ODD["a filter"].make(world / "project")
    ground.repository.git("config", "filter.f.clean", "tr a-z A-Z")
    ground.repository.git("config", "filter.f.smudge", "tr A-Z a-z")
    announcement, landed = ground.land(ground.request(trusted=True))
    assert isinstance(landed, Landed)
    assert b"line 1\nline 2\nthree\n" in ground.repository.at("a").read_bytes()
    before = look(ground.repository)
    assert b"a" not in status_of(before) or before.commit == landed.commit
    ground.take_back(announcement)
