"""What a change says, held against what `git diff` prints and against the blobs themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.domain.change import Change, FileChange
from casework.domain.errors import Trouble
from casework.domain.ids import CommitId, TaskId
from casework.domain.repopath import quote, unquote
from casework.workspace.changes import parse_change, parse_hunk_texts
from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.repositories import (
    ODD_NAMES,
    READABLE,
    Link,
    Program,
    Repository,
    every_status,
    numbered,
    odd_names,
    ordinary,
    with_submodule,
)

Opened = Callable[[Repository], GitWorkspace]
TASK = TaskId("task-1")


def change_of(workspace: GitWorkspace, repository: Repository, base: str = "HEAD^", head: str = "HEAD") -> Change:
    return workspace.change(CommitId(repository.id(base)), CommitId(repository.id(head)))


def file_of(change: Change, path: str) -> FileChange:
    (found,) = [file for file in change.files if file.path == path]
    return found


@pytest.mark.parametrize("kind", sorted(READABLE))
def test_there_are_as_many_hunks_as_git_diff_prints(kind: str, project: Path, open_workspace: Opened) -> None:
    repository = READABLE[kind](project)
    workspace = open_workspace(repository)
    standing = workspace.standing_range(TASK, workspace.recent_range())
    change = workspace.change(standing.base, standing.head)
    assert change.text_hunks == repository.hunks(standing.range_text) > 0
    assert len(set(change.judged)) == len(change.judged)
    assert all((file.whole is None) == bool(file.hunks) for file in change.files)


@pytest.mark.parametrize("kind", sorted(READABLE))
def test_a_patch_is_what_git_diff_prints(kind: str, project: Path, open_workspace: Opened) -> None:
    repository = READABLE[kind](project)
    workspace = open_workspace(repository)
    standing = workspace.standing_range(TASK, workspace.recent_range())
    assert workspace.patch(standing.base, standing.head) == repository.git("diff", standing.range_text)


@pytest.mark.parametrize(
    "setting",
    [
        "diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.context=0", "diff.interHunkContext=50",
        "diff.renames=false",
        "diff.algorithm=patience", "diff.orderFile=order", "color.ui=always", "color.diff=always",
        "core.quotePath=false",
        "diff.suppressBlankEmpty=true", "diff.relative=true", "diff.submodule=log", "diff.ignoreSubmodules=all",
        "diff.renameLimit=1", "diff.indentHeuristic=false", "diff.wordRegex=.", "diff.colorMoved=zebra",
        "diff.dirstat=files",
        "core.abbrev=40", "diff.external=false", "log.showSignature=true", "diff.statGraphWidth=3",
        "core.attributesFile=x",
    ],
)  # fmt: skip
def test_configuration_changes_nothing(setting: str, project: Path, open_workspace: Opened) -> None:
    repository = every_status(project)
    (project / "order").write_text("renamed-to\nedited\n")
    before = change_of(open_workspace(repository), repository)
    repository.git("config", *setting.split("=", 1))
    assert change_of(open_workspace(repository), repository) == before


def test_every_odd_name_comes_back_in_its_bytes(project: Path, open_workspace: Opened) -> None:
    repository = odd_names(project)
    change = change_of(open_workspace(repository), repository)
    assert sorted(unquote(file.path) for file in change.files) == sorted(ODD_NAMES)
    assert all(len(file.hunks) == 2 for file in change.files)


def test_each_status_is_told_apart(project: Path, open_workspace: Opened) -> None:
    repository = every_status(project)
    change = change_of(open_workspace(repository), repository)
    seen = {
        file.path: (file.status, file.old_path, file.old_mode, file.new_mode, len(file.hunks)) for file in change.files
    }
    assert seen == {
        "added": ("added", None, "", "100644", 1),
        "added-empty": ("added", None, "", "100644", 0),
        "binary": ("modified", None, "100644", "100644", 0),
        "deleted": ("deleted", None, "100644", "", 1),
        "edited": ("modified", None, "100644", "100644", 3),
        "file-to-folder": ("deleted", None, "100644", "", 1),
        "file-to-folder/inside": ("added", None, "", "100644", 1),
        "file-to-link": ("type_changed", None, "100644", "120000", 2),
        "folder": ("added", None, "", "100644", 1),
        "folder/inside": ("deleted", None, "100644", "", 1),
        "link-to-file": ("type_changed", None, "120000", "100644", 2),
        "mode": ("modified", None, "100644", "100755", 0),
        "mode-and-edit": ("modified", None, "100644", "100755", 2),
        "moved/renamed-pure-to": ("renamed", "renamed-pure-from", "100644", "100644", 0),
        "renamed-to": ("renamed", "renamed-from", "100644", "100644", 2),
        "renamed-with-mode-to": ("renamed", "renamed-with-mode-from", "100644", "100755", 1),
    }
    assert [file.path for file in change.files if file.binary] == ["binary"]


def test_positions_and_counts_are_those_of_the_patch(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f": numbered(40)})
    repository.commit("b", {"f": numbered(40, but={2: "two\nand a half", 38: "x"}) + "more"})
    first, second = file_of(change_of(open_workspace(repository), repository), "f").hunks
    assert (first.old_start, first.old_lines, first.new_start, first.new_lines) == (1, 5, 1, 6)
    assert (first.added, first.removed) == (2, 1)
    assert (second.old_start, second.old_lines, second.new_start, second.new_lines) == (35, 6, 36, 7)
    assert (second.added, second.removed) == (2, 1)


def test_a_hunk_keeps_its_id_when_only_its_place_moves(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f": numbered(60)})
    repository.commit("b", {"f": numbered(60, but={50: "fifty"})})
    workspace = open_workspace(repository)
    (alone,) = file_of(change_of(workspace, repository), "f").hunks
    repository.commit("c", {"f": "new first line\n" + numbered(60, but={50: "fifty"})})
    _, moved = file_of(change_of(workspace, repository, "HEAD~2"), "f").hunks
    assert (moved.id, moved.new_start) == (alone.id, alone.new_start + 1)


@pytest.mark.parametrize("after", ["fifty ", "fifty\r", "Fifty"])
def test_a_hunk_with_other_bytes_has_another_id(after: str, project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f": numbered(60)})
    repository.commit("b", {"f": numbered(60, but={50: "fifty"})})
    workspace = open_workspace(repository)
    before = change_of(workspace, repository).judged
    repository.commit("c", {"f": numbered(60, but={50: after})})
    assert change_of(workspace, repository, "HEAD~2").judged != before


def test_repeated_content_is_numbered(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    block = "same\n" * 20
    repository.commit("a", {"f": block + "x\n" + block + "x\n" + block + "x\n" + block})
    repository.commit("b", {"f": block + "y\n" + block + "y\n" + block + "y\n" + block})
    ids = change_of(open_workspace(repository), repository).judged
    assert [hunk.removeprefix(ids[0]) for hunk in ids] == ["", "-2", "-3"]


def test_the_hash_names_the_content_whatever_the_commits_are(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    before = change_of(workspace, repository, "main", "feature")
    repository.git("checkout", "-q", "feature")
    repository.git("commit", "-q", "--amend", "-m", "Other words")
    assert change_of(workspace, repository, "main", "feature").diff_hash == before.diff_hash
    repository.commit("One byte", {"README.md": "# Project \n"})
    assert change_of(workspace, repository, "main", "feature").diff_hash != before.diff_hash


def test_a_moved_submodule_is_one_hunk_and_is_not_entered(project: Path, open_workspace: Opened) -> None:
    repository = with_submodule(project)
    repository.git("config", "submodule.sub.ignore", "all")
    file = file_of(change_of(open_workspace(repository), repository), "sub")
    assert (file.old_mode, file.new_mode, len(file.hunks)) == ("160000", "160000", 1)


def test_a_file_over_64_mib_is_judged_whole(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    large = b"line\n" * (13 * 1024 * 1024)
    repository.commit("a", {"large": large, "small": "a\n"})
    repository.commit("b", {"large": large + b"more\n", "small": "b\n"})
    change = change_of(open_workspace(repository), repository)
    assert file_of(change, "large").binary
    assert file_of(change, "large").whole is not None
    assert len(file_of(change, "small").hunks) == 1


def test_two_hundred_thousand_lines_are_read_in_a_moment(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f": numbered(200_000)})
    repository.commit("b", {"f": numbered(200_000, but={n: f"changed {n}" for n in range(1, 200_000, 20)})})
    assert change_of(open_workspace(repository), repository).text_hunks == repository.hunks("HEAD^..HEAD") == 10_000


def test_attributes_say_what_is_binary_as_they_do_for_git_diff(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f.lock": numbered(9), ".gitattributes": "*.lock -diff\n"})
    repository.commit("b", {"f.lock": numbered(9, but={3: "x"})})
    assert repository.hunks("HEAD^..HEAD") == 0
    assert file_of(change_of(open_workspace(repository), repository), "f.lock").binary


def test_what_a_partial_clone_left_out_is_a_sentence(project: Path, world: Path, open_workspace: Opened) -> None:
    origin = ordinary(world / "origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("clone", "-q", "--filter=blob:none", f"file://{origin.path}", str(project))
    clone = Repository(project)
    with pytest.raises(Trouble) as missing:
        open_workspace(clone).change(CommitId(clone.id("main")), CommitId(clone.id("origin/feature")))
    assert missing.value.code == "objects_missing"
    assert missing.value.sentence == (
        "This is a partial clone: some of what is needed was never brought to this machine, and Casework fetches "
        "nothing. Let git bring it (`git log -p` over the same commits does), then try again."
    )


def test_a_patch_of_one_renamed_file_shows_the_rename(project: Path, open_workspace: Opened) -> None:
    repository = every_status(project)
    workspace = open_workspace(repository)
    patch = workspace.patch(CommitId(repository.id("HEAD^")), CommitId(repository.id("HEAD")), path="renamed-to")
    assert patch.startswith(b"diff --git a/renamed-from b/renamed-to\nsimilarity index ")
    assert patch.count(b"\n@@ ") == 2


def test_content_gives_bytes_and_none_for_what_is_not_a_file(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    name = b"odd\nfolder/caf\xe9"
    head = CommitId(repository.commit("a", {name: b"\xff\0", "link": Link("x"), "run": Program("p"), "d/e": "e"}))
    workspace = open_workspace(repository)
    found = [workspace.content(head, path) for path in (quote(name), "link", "run", "d", "d/none", "none/none", "")]
    assert found == [b"\xff\0", b"x", b"p", None, None, None, None]


@pytest.mark.parametrize(
    "output",
    [b"nonsense\n", b":100644 100644 a b X\tf\n\n", b":100644 100644 a b M\tf\n\ndiff --git a/f b/f\n@@ -x @@\n y\n",
     b":100644 100644 a b M\tf\n\ndiff --git a/f b/f\ndiff --git a/g b/g\n"],
)  # fmt: skip
def test_output_of_no_known_form_is_trouble_and_not_a_wrong_review(output: bytes) -> None:
    with pytest.raises(Trouble) as caught:
        parse_change(CommitId("a"), CommitId("b"), output)
    assert caught.value.code == "unreadable_diff"


pieces = st.sampled_from(
    [
        b":100644 100644 a b M", b":120000 100644 a b T", b":100644 100755 a b R100", b"\t", b"f", b'"', b'"\\303x"',
        b"\n", b"\n\n", b"diff --git a/f b/f\n", b"@@ -1 +1,2 @@ x", b"@@ -99999999999999999999 +0 @@", b"@@ -x",
        b"-a\n", b"+b\n", b" c\n", b"\0", b"\\ No newline at end of file\n",
        b"Binary files a/f and b/f differ\n", b"\xff",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(pieces, max_size=30).map(b"".join))
def test_any_output_is_a_change_or_trouble(output: bytes) -> None:
    try:
        change = parse_change(CommitId("a"), CommitId("b"), output)
    except Trouble:
        return
    assert len(set(change.judged)) <= len(change.judged)
    assert all((file.whole is None) == bool(file.hunks) for file in change.files)
    assert set(parse_hunk_texts(output)) == {hunk.id for file in change.files for hunk in file.hunks}


def could_be_a_path(name: bytes) -> bool:
    words = name.split(b"/")
    return b"\0" not in name and b".git" not in name.lower() and not {b"", b".", b".."} & set(words)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(st.binary(min_size=1, max_size=12).filter(could_be_a_path), min_size=1, max_size=8))
def test_any_name_that_a_disk_can_hold_comes_back(names: set[bytes], world: Path) -> None:
    names = {name for name in names if not any(other.startswith(name + b"/") for other in names)}
    with tempfile.TemporaryDirectory(dir=world) as folder:
        repository = Repository.new(Path(folder) / "p")
        repository.commit("Nothing")
        repository.commit("Names", dict.fromkeys(names, "x\n"))
        repositories = GitRepositories(state=folder)
        workspace = repositories.open(repositories.identify(str(repository.path)))
        change = change_of(workspace, repository)
        assert {unquote(file.path) for file in change.files} == names
        assert {workspace.content(change.head, file.path) for file in change.files} == {b"x\n"}
        repository.write(dict.fromkeys(names, "y\n"))
        standing = workspace.standing_working_tree(TASK)
        assert {unquote(file.path) for file in workspace.change(standing.base, standing.head).files} == names
