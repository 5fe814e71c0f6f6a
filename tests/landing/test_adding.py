"""One new file in a work tree that may be odd: never over anything, never through a link, never out of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from casework.domain.errors import CaseworkError, Refused
from casework.processes import users_umask
from casework.workspace.git import Git
from casework.workspace.landing.lander import GitLander
from tests.repositories import Link, Repository


def shop(world: Path) -> tuple[Repository, GitLander]:
    made = Repository.new(world / "shop")
    made.commit("First", {"a.txt": "a\n"})
    return made, GitLander(Git.open(made.path))


@pytest.mark.parametrize(
    "path",
    ["../out.py", "a/../../out.py", "/tmp/out.py", ".git/hooks/post-merge", "a/.GIT/config", "", ".", "a//b", "tests/"],
)
def test_a_place_outside_the_work_tree_is_refused(world: Path, path: str) -> None:
    made, lander = shop(world)
    before = sorted(str(one) for one in world.rglob("*"))
    with pytest.raises(Refused) as no:
        lander.add_file(path, b"x")
    assert no.value.code == "in_the_way"
    assert sorted(str(one) for one in world.rglob("*")) == before
    assert made.text("status", "--porcelain") == ""


def test_what_is_there_stays_whatever_it_is(world: Path) -> None:
    made, lander = shop(world)
    elsewhere = world / "elsewhere"
    elsewhere.mkdir()
    made.write({"link": Link(str(elsewhere)), "dangling.py": Link("nowhere"), "file": "f\n"})
    made.at("folder.py").mkdir()
    os.mkfifo(made.at("pipe.py"))
    for path in ("a.txt", "link/new.py", "dangling.py", "file/new.py", "folder.py", "pipe.py"):
        with pytest.raises(Refused) as no:
            lander.add_file(path, b"x")
        assert no.value.code == "in_the_way", path
    assert list(elsewhere.iterdir()) == []
    assert made.at("a.txt").read_text() == "a\n"
    assert not os.path.lexists(made.at("nowhere"))


def test_a_nested_repository_is_another_one(world: Path) -> None:
    made, lander = shop(world)
    Repository.new(made.path / "inner")
    with pytest.raises(CaseworkError):
        lander.add_file("inner/new.py", b"x")
    assert not made.at("inner/new.py").exists()


def test_a_new_file_has_the_bits_of_any_new_file(world: Path) -> None:
    made, lander = shop(world)
    lander.add_file("tests/deep/new.py", b"x")
    assert stat.S_IMODE(made.at("tests/deep/new.py").stat().st_mode) == 0o666 & ~users_umask()
    assert made.text("status", "--porcelain") == "?? tests/"
    assert [one.name for one in made.at("tests/deep").iterdir()] == ["new.py"]


def test_a_bare_repository_has_no_place_for_it(world: Path) -> None:
    made = Repository.new(world / "bare", "--bare")
    with pytest.raises(Refused) as no:
        GitLander(Git.open(made.path)).add_file("a.py", b"x")
    assert no.value.code == "bare"
