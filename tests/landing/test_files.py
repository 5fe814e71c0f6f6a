"""Mode `files`: the change is in the files afterwards, and in nothing else; in every odd repository."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from casework.domain.ids import LandingId
from casework.ports.landing import LandingRefused
from tests.landing.corpus import A3, LINES, THREE, A
from tests.landing.grounds import Ground, busy, ground
from tests.landing.looking import Look, differences
from tests.landing.odd import ODD
from tests.repositories import Repository, numbered

ENDS: Final = {
    "a bisect under way": "lands",
    "a cherry-pick under way": "lands",
    "a merge under way": "lands",
    "a rebase under way": "lands",
    "a revert under way": "lands",
    "checked out twice": "lands",
    "nobody": "lands",
    "signing wanted": "lands",
    "staged, and taken back on disk": "lands",
    "no commit yet": "other_branch",
    "skip-worktree and gone": "sparse",
    "sparse checkout": "sparse",
    "sparse index": "sparse",
    "deleted in the index, and deleted": "nothing_to_land",
    "deleted on disk, and deleted": "nothing_to_land",
    "intended to add, and added": "nothing_to_land",
    "out of the index, and deleted": "nothing_to_land",
    "the user made the same edit": "nothing_to_land",
    "the user made the same edit and another": "nothing_to_land",
    "the user staged the same edit": "nothing_to_land",
    "untracked with the same bytes": "nothing_to_land",
}
"""Where it ends in another way than a landing as a commit."""
LANDS: Final = sorted(name for name, case in ODD.items() if ENDS.get(name, case.ends) == "lands")
REFUSES: Final = sorted(set(ODD) - set(LANDS))
BOTH: Final = sorted(name for name in LANDS if ODD[name].ends == "lands")


def index_of(repository: Repository) -> bytes:
    index = Path(repository.text("rev-parse", "--absolute-git-dir").strip()) / "index"
    return index.read_bytes() if index.exists() else b""


def _of_git(look: Look) -> Look:
    """All but the files, and what git says of them."""
    return replace(look, files={}, status=())


@pytest.mark.parametrize("name", LANDS)
def test_only_files_change_and_undo_gives_every_byte_back(world: Path, name: str) -> None:
    case = ODD[name]
    made = case.make(world / "project")
    before, index = made.look(), index_of(made.repository)
    announcement, _ = made.land(made.request("files", target=case.target))
    after = made.look()
    assert index_of(made.repository) == index
    assert differences(_of_git(before), _of_git(after)) == []
    out = made.repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", made.base, made.accepted)
    touched = set(out.split(b"\0")) - {b""}
    folders = {b"/".join(path.split(b"/")[:depth]) for path in touched for depth in range(1, path.count(b"/") + 1)}
    other = {path for path in before.files.keys() | after.files.keys() if path not in touched | folders}
    assert {path: before.files.get(path) for path in other} == {path: after.files.get(path) for path in other}
    assert before.files != after.files
    index = index_of(made.repository)
    made.take_back(announcement)
    assert index_of(made.repository) == index
    assert differences(before, made.look()) == []


@pytest.mark.parametrize("name", BOTH)
def test_the_files_are_those_that_a_commit_would_give(world: Path, name: str) -> None:
    case = ODD[name]
    one = case.make(world / "one" / "project")
    one.land(one.request("files", target=case.target))
    other = case.make(world / "other" / "project")
    other.land(other.request("commit", target=case.target))
    files, committed = one.look().files, other.look().files
    assert files.keys() == committed.keys()
    assert {path for path in files if files[path] != committed[path]} <= {b".gitmodules"}, "which names its own place"


@pytest.mark.parametrize("name", REFUSES)
def test_it_is_refused_with_a_sentence_and_nothing_is_written(world: Path, name: str) -> None:
    case = ODD[name]
    made = case.make(world / "project")
    before = made.look() if case.ends != "bare" else None
    with pytest.raises(LandingRefused) as refused:
        made.lander.plan(made.request("files", target=case.target))
    assert refused.value.code == ENDS.get(name, case.ends)
    assert refused.value.sentence.endswith(".")
    if before is not None:
        assert differences(before, made.look()) == []


def test_a_filter_is_refused_in_a_trusted_repository_too(world: Path) -> None:
    made = ODD["a filter"].make(world / "project")
    with pytest.raises(LandingRefused, match="a program's work") as refused:
        made.lander.plan(made.request("files", trusted=True))
    assert refused.value.offered == ("commit", "branch")


def test_an_unresolved_path_is_refused_and_another_one_lands_in_the_middle_of_a_merge(world: Path) -> None:
    made = ground(world / "project", {"a": LINES, "b": LINES}, {"a": THREE})
    repository = made.repository
    repository.git("checkout", "-q", "--detach", made.base)
    clashing = Ground(repository, made.base, repository.commit("Clash", {"b": THREE}))
    repository.git("switch", "-q", "-c", "other", made.base)
    repository.commit("Other", {"b": numbered(30, but={3: "other"})})
    repository.git("switch", "-q", "main")
    repository.commit("Mine", {"b": numbered(30, but={3: "mine"})})
    repository.git("merge", "other", check=False)
    before, index = made.look(), index_of(repository)
    announcement, _ = made.land(made.request("files"))
    assert repository.at("a").read_text() == THREE
    assert index_of(repository) == index
    made.take_back(announcement)
    assert differences(before, made.look()) == []
    with pytest.raises(LandingRefused, match="unresolved conflict") as refused:
        clashing.lander.plan(clashing.request("files"))
    assert refused.value.code == "unmerged"


def test_what_was_written_since_stays_when_it_is_taken_back(world: Path) -> None:
    made = ground(world / "project", A, A3)
    announcement, _ = made.land(made.request("files"))
    made.repository.write({"a": numbered(30, but={3: "THREE", 27: "mine"})})
    made.take_back(announcement)
    assert made.repository.at("a").read_text() == numbered(30, but={27: "mine"})
    made.repository.write({"a": THREE})
    with pytest.raises(LandingRefused, match="made no commit"):
        made.lander.plan_revert(announcement, LandingId("revert"))


def test_the_users_edits_are_merged_in_and_shown_again(world: Path) -> None:
    made = busy(world / "project")
    plan = made.lander.plan(made.request("files"))
    assert set(plan.differs) == {"edited.txt", "staged.txt", "both.txt"}
    repository = made.repository
    shown = repository.text("diff", plan.from_tree, plan.result_tree, "--", "edited.txt")
    assert [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "-line 3",
        "+THREE",
    ]
    merged = numbered(30, but={3: "THREE", 27: "mine"}).encode()
    assert repository.git("show", f"{plan.result_tree}:edited.txt") == merged
