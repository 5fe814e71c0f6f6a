"""The first command anybody runs: `casework try`, on every kind of clone, counted independently with `git diff`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.shell import casework, printed, said
from tests.repositories import Repository, every_status, numbered, odd_names, ordinary, shallow, unborn

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def clone(path: Path) -> Repository:
    """An ordinary clone."""
    origin = every_status(path.with_name("origin"))
    origin.git("clone", "-q", str(origin.path), str(path))
    return Repository(path)


def one_commit(path: Path) -> Repository:
    """A repository with one commit."""
    made = Repository.new(path)
    made.commit("First", {"a.txt": numbered(20), "b/c.py": "x = 1\n", "empty": "", "binary": b"\0\1"})
    return made


def dirty(path: Path) -> Repository:
    """A clone with staged, unstaged and untracked changes."""
    made = ordinary(path)
    made.write({"src/app.py": numbered(60, but={1: "one", 40: "forty"}), "new.txt": "new\n"})
    made.git("add", "src/app.py")
    made.write({"src/app.py": numbered(60, but={1: "one", 40: "forty", 59: "fifty-nine"})})
    return made


CLONES: dict[str, Callable[[Path], Repository]] = {
    "clone": clone,
    "depth-1": shallow,
    "one-commit": one_commit,
    "dirty": dirty,
    "odd-names": odd_names,
}


@pytest.mark.parametrize("make", CLONES.values(), ids=CLONES)
def test_the_number_it_prints_is_opened_with_as_many_hunks_as_git_counts(
    make: Callable[[Path], Repository], world: Path
) -> None:
    repository = make(world / "shop")
    before = repository.picture()
    out = printed(casework("try", at=repository.path))
    number = re.search(r"^review (\d+) ", out, re.MULTILINE)
    ends = re.search(r"^range      ([0-9a-f]{40})\.\.([0-9a-f]{40})$", out, re.MULTILINE)
    assert number is not None, out
    assert ends is not None, out
    review = json.loads(printed(casework("review", "show", number[1], "--json", at=repository.path)))
    assert (review["base"], review["head"]) == (ends[1], ends[2])
    hunks = repository.hunks(f"{ends[1]}..{ends[2]}")
    assert hunks > 0
    assert review["text_hunks"] == hunks
    assert sum(len(file["hunks"]) for file in review["files"]) == hunks
    assert "casework review working-tree" in out
    assert repository.picture() == before


def test_without_a_commit_it_says_what_to_do_first(world: Path) -> None:
    assert said(casework("try", at=unborn(world / "shop").path)) == (
        1,
        "",
        "This repository has no commit yet, so there is nothing to compare with. Make a first commit, then try again.",
    )


def test_another_repository_and_another_beginning_can_be_named(world: Path) -> None:
    repository = ordinary(world / "shop")
    out = printed(casework("try", str(repository.path), "--since", "HEAD~1", at=world))
    assert f"range      {repository.id('HEAD~1')}..{repository.id('HEAD')}" in out
    assert f"casework review read 1 -C {repository.path}" in out
