"""Taking a part of a change: the tree that `git apply --cached` makes of the same hunks, and the head's with all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.domain.change import Change
from casework.domain.errors import Refused
from casework.domain.ids import CommitId, HunkId, TaskId
from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.repositories import READABLE, Repository, every_status, numbered, ordinary

Opened = Callable[[Repository], GitWorkspace]


def reviewed(workspace: GitWorkspace) -> Change:
    standing = workspace.standing_range(TaskId("task-1"), workspace.recent_range())
    return workspace.change(standing.base, standing.head)


def applied(repository: Repository, change: Change, places: set[int]) -> str:
    """The tree that git makes of these hunks of the only file, from its own patch."""
    patch = repository.git("diff", change.base, change.head)
    header, *hunks = patch.split(b"\n@@ ")
    chosen = b"".join(b"\n@@ " + hunk.removesuffix(b"\n") for n, hunk in enumerate(hunks) if n in places)
    repository.git("read-tree", change.base)
    if chosen:
        repository.git("apply", "--cached", "--recount", "-", stdin=header + chosen + b"\n")
    return repository.text("write-tree")


@pytest.mark.parametrize("kind", sorted(READABLE))
def test_all_of_a_change_is_the_heads_tree_and_none_of_it_the_bases(
    kind: str, project: Path, open_workspace: Opened
) -> None:
    repository = READABLE[kind](project)
    workspace = open_workspace(repository)
    change = reviewed(workspace)
    everything = workspace.select(change, change.judged, message="all")
    nothing = workspace.select(change, (), message="none")
    assert (repository.tree(everything), repository.tree(nothing)) == (
        repository.tree(change.head),
        repository.tree(change.base),
    )
    assert repository.id(f"{everything}^") == change.base


@pytest.mark.parametrize("kind", sorted(READABLE))
def test_one_file_of_a_change_is_that_file_and_no_other(kind: str, project: Path, open_workspace: Opened) -> None:
    repository = READABLE[kind](project)
    workspace = open_workspace(repository)
    change = reviewed(workspace)
    for file in change.files:
        if "folder" in file.path:
            continue  # where a file and a folder change places the choice is one decision, tested below
        taken = workspace.select(change, file.judged, message="one file")
        (seen,) = workspace.change(change.base, taken).files
        assert seen == file


content = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"a\r\n", b"x\0\n", b"caf\xe9\n"]), max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=content,
    edits=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), content.map(lambda ls: ls[:3])), max_size=6),
    cut_old=st.booleans(),
    cut_new=st.booleans(),
    picked=st.sets(st.integers(0, 8)),
)
def test_any_choice_gives_the_tree_that_git_apply_gives(
    old: list[bytes],
    edits: list[tuple[int, int, list[bytes]]],
    cut_old: bool,
    cut_new: bool,
    picked: set[int],
    world: Path,
) -> None:
    new = list(old)
    for at, gone, put in sorted(edits, reverse=True):
        new[at : at + gone] = put
    before, after = (
        b"".join(lines).removesuffix(b"\n") if cut else b"".join(lines)
        for lines, cut in ((old, cut_old), (new, cut_new))
    )
    with tempfile.TemporaryDirectory(dir=world) as folder:
        repository = Repository.new(Path(folder) / "p")
        repository.git("config", "core.autocrlf", "false")
        repository.commit("a", {"f": before, ".gitattributes": "f diff\n"})
        repository.commit("b", {"f": after})
        repositories = GitRepositories(state=str(Path(folder) / "s"))
        workspace = repositories.open(repositories.identify(str(repository.path)))
        change = workspace.change(CommitId(repository.id("HEAD^")), CommitId(repository.id("HEAD")))
        places = {place for place in picked if place < change.text_hunks}
        chosen = [change.judged[place] for place in places]
        taken = workspace.select(change, chosen, message="some")
        assert repository.tree(taken) == applied(repository, change, places)


def test_a_rename_and_its_mode_come_with_any_of_its_hunks(project: Path, open_workspace: Opened) -> None:
    repository = every_status(project)
    workspace = open_workspace(repository)
    change = reviewed(workspace)
    renamed = next(file for file in change.files if file.path == "renamed-to")
    mode = next(file for file in change.files if file.path == "mode-and-edit")
    taken = workspace.select(change, [renamed.hunks[1].id, mode.hunks[0].id], message="two")
    assert workspace.content(taken, "renamed-from") is None
    assert workspace.content(taken, "renamed-to") == numbered(50, but={45: "forty-five"}).encode()
    assert workspace.content(taken, "mode-and-edit") == numbered(20, but={1: "one"}).encode()
    assert repository.text("ls-tree", taken, "mode-and-edit").startswith("100755 ")


def test_a_file_that_becomes_a_link_is_one_decision(project: Path, open_workspace: Opened) -> None:
    repository = every_status(project)
    workspace = open_workspace(repository)
    change = reviewed(workspace)
    link = next(file for file in change.files if file.path == "file-to-link")
    with pytest.raises(Refused) as caught:
        workspace.select(change, [link.hunks[0].id], message="half")
    assert caught.value.code == "one_decision"
    assert caught.value.sentence == (
        "file-to-link becomes another kind of file, so its parts are one decision. Accept or reject all of them."
    )


def test_a_folder_in_the_place_of_a_file_is_one_decision(project: Path, open_workspace: Opened) -> None:
    repository = every_status(project)
    workspace = open_workspace(repository)
    change = reviewed(workspace)
    inside = next(file for file in change.files if file.path == "file-to-folder/inside")
    with pytest.raises(Refused) as caught:
        workspace.select(change, inside.judged, message="half")
    assert caught.value.code == "one_decision"
    both = [hunk for file in change.files if file.path.startswith("file-to-folder") for hunk in file.judged]
    taken = workspace.select(change, both, message="both")
    assert workspace.content(taken, "file-to-folder/inside") == b"y\n"


def test_a_hunk_of_another_change_is_refused(project: Path, open_workspace: Opened) -> None:
    workspace = open_workspace(ordinary(project))
    change = reviewed(workspace)
    with pytest.raises(Refused) as caught:
        workspace.select(change, [HunkId("0123456789abcdef")], message="?")
    assert caught.value.code == "unknown_hunk"
