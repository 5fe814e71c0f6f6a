"""The working tree as a change that stands already, on real repositories; the user's files are only read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from casework.domain.errors import Refused
from casework.domain.ids import TaskId
from casework.domain.repopath import quote
from casework.ports.workspace import Standing
from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.repositories import (
    ODD_NAMES,
    Link,
    Program,
    Repository,
    bare,
    ordinary,
    unborn,
    unmerged,
    with_submodule,
)

Opened = Callable[[Repository], GitWorkspace]
TASK = TaskId("task-1")


def refusal(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code, caught.value.sentence


def seen(workspace: GitWorkspace, standing: Standing) -> dict[str, bytes | None]:
    """What the change holds: each changed path's new bytes."""
    return {
        file.path: workspace.content(standing.head, file.path)
        for file in workspace.change(standing.base, standing.head).files
    }


def check(
    workspace: GitWorkspace,
    repository: Repository,
    expected: Mapping[str, bytes | None],
    untracked: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> Standing:
    """The snapshot holds exactly `expected`, and nothing of the user's moved."""
    before = repository.picture()
    standing = workspace.standing_working_tree(TASK, untracked=untracked, only=only)
    assert repository.picture() == before
    assert seen(workspace, standing) == expected
    assert (standing.base, repository.id(f"{standing.head}^")) == (repository.id("HEAD"), repository.id("HEAD"))
    return standing


def test_it_holds_staged_and_unstaged_edits_as_they_lie_on_disk(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.write({"README.md": "staged\n", "src/app.py": "unstaged\n"})
    repository.git("add", "README.md")
    repository.write({"README.md": "staged, then edited\n", "stray": "x"})
    expected = {"README.md": b"staged, then edited\n", "src/app.py": b"unstaged\n"}
    standing = check(open_workspace(repository), repository, expected)
    assert standing.left_out == ("stray",)
    assert standing.title == "Working tree: 2 files changed"
    assert standing.message == (
        "What differs from HEAD on main: 2 files.\nUntracked and not named, so not part of it: stray."
    )
    assert (standing.target, standing.authors) == ("refs/heads/main", ("Ada Author <ada@example.org>",))


def test_an_edit_that_was_staged_and_taken_back_on_disk_is_no_change(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    before = (project / "README.md").read_bytes()
    repository.write({"README.md": "staged\n", "src/app.py": "x\n"})
    repository.git("add", "README.md")
    repository.write({"README.md": before})
    check(open_workspace(repository), repository, {"src/app.py": b"x\n"})


def test_deleted_untracked_again_and_intended_paths(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("rm", "-q", "--cached", "README.md")
    repository.write({"src/lib/core.py": None, "intended": "new\n"})
    repository.git("add", "-N", "intended")
    expected = {"README.md": None, "src/lib/core.py": None, "intended": b"new\n"}
    check(open_workspace(repository), repository, expected)


def test_untracked_files_come_only_by_name_and_ignored_ones_never(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.commit("ignore", {".gitignore": "*.log\n"})
    repository.write({"new/a": "a", "new/b.log": "no", "new/deep/c": "c", "other": "o", "x.log": "no"})
    workspace = open_workspace(repository)
    standing = check(workspace, repository, {"new/a": b"a", "new/deep/c": b"c"}, untracked=("new",))
    assert standing.left_out == ("other",)
    for name in ("x.log", "nothing-here", "../outside", "/etc/passwd", "README.md", ".git/config"):
        assert refusal(partial(workspace.standing_working_tree, TASK, untracked=[name]))[0] == "not_untracked"


def test_odd_names_links_and_modes_are_kept(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {**dict.fromkeys(ODD_NAMES, "x\n"), "link": Link("a"), "run": "r\n"})
    repository.write({**dict.fromkeys(ODD_NAMES, "y\n"), "link": Link("b"), "run": Program("r\n")})
    expected: dict[str, bytes | None] = {quote(name): b"y\n" for name in ODD_NAMES}
    standing = check(open_workspace(repository), repository, {**expected, "link": b"b", "run": b"r\n"})
    assert repository.text("ls-tree", standing.head, "run", "link").split()[0::4] == ["120000", "100755"]


def test_a_file_that_changed_within_its_stamp_is_seen(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f": "aaaa\n"})
    stamp = (project / "f").stat()
    repository.git("update-index", "--refresh")
    (project / "f").write_text("bbbb\n")
    os.utime(project / "f", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    os.utime(project / ".git/index", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    check(open_workspace(repository), repository, {"f": b"bbbb\n"})


def test_named_files_are_looked_at_by_their_bytes_whatever_git_was_told(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("update-index", "--assume-unchanged", "README.md")
    repository.git("update-index", "--skip-worktree", "src/app.py")
    repository.write({"README.md": "x\n", "src/app.py": "y\n", "stray": "z", "added": "a"})
    repository.git("add", "added")
    workspace = open_workspace(repository)
    check(workspace, repository, {"added": b"a"})
    only = ("README.md", "src/app.py", "src/lib/core.py", "added")
    check(workspace, repository, {"README.md": b"x\n", "src/app.py": b"y\n", "added": b"a"}, only=only)


@pytest.mark.parametrize("name", ["stray", "none", "src", ".git/config", "../outside"])
def test_what_is_not_tracked_can_not_be_all_that_is_looked_at(project: Path, open_workspace: Opened, name: str) -> None:
    repository = ordinary(project)
    repository.write({"stray": "x", "README.md": "x\n"})
    call = partial(open_workspace(repository).standing_working_tree, TASK, only=["README.md", name])
    code, sentence = refusal(call)
    assert (code, sentence.split(",")[0]) == ("not_tracked", f"{name} is no tracked file of this repository")


def test_what_is_staged_elsewhere_does_not_slip_in_beside_a_named_file(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.write({"README.md": "x\n", "src/app.py": "y\n"})
    repository.git("add", "-A")
    check(open_workspace(repository), repository, {"README.md": b"x\n"}, only=("README.md",))


def test_a_submodule_stays_as_it_is_in_head(project: Path, open_workspace: Opened) -> None:
    repository = with_submodule(project)
    Repository(project / "sub").git("checkout", "-q", "feature")
    repository.git("add", "sub")
    repository.write({"a": "edited\n"})
    standing = check(open_workspace(repository), repository, {"a": b"edited\n"})
    assert "Submodules stay as they are in HEAD: sub." in standing.message


def test_a_folder_in_the_place_of_a_file_and_the_other_way_round(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.write({"README.md": None, "README.md/inside": "x", "src": Link("README.md")})
    repository.git("add", "-A")
    expected = {"README.md": None, "README.md/inside": b"x", "src": b"README.md"}
    gone: dict[str, bytes | None] = {"src/app.py": None, "src/lib/core.py": None}
    check(open_workspace(repository), repository, {**expected, **gone})


def test_nothing_behind_a_link_is_read(project: Path, world: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    (world / "outside/lib").mkdir(parents=True)
    (world / "outside/app.py").write_text("secret\n")
    repository.write({"src": Link(str(world / "outside"))})
    check(open_workspace(repository), repository, {"src/app.py": None, "src/lib/core.py": None})


@pytest.mark.parametrize(
    ("attributes", "config", "before", "after", "stored"),
    [
        ("* text=auto\n", "core.autocrlf=false", b"a\nb\n", b"a\r\nc\r\n", b"a\nc\n"),
        ("", "core.autocrlf=true", b"a\nb\n", b"a\r\nc\r\n", b"a\nc\n"),
        ("f eol=crlf\n", "core.autocrlf=false", b"a\nb\n", b"a\r\nc\r\n", b"a\nc\n"),
        ("", "core.autocrlf=false", b"a\r\n", b"a\r\nc\r\n", b"a\r\nc\r\n"),
        ("* text=auto\n", "core.autocrlf=false", b"a\n", b"a\r\n\0", b"a\r\n\0"),
        ("f ident\n", "core.autocrlf=false", b"$Id$\n", b"$Id: 0123 $\nx\n", b"$Id$\nx\n"),
        ("f working-tree-encoding=UTF-16LE\n", "core.safecrlf=true", "a\n".encode("utf-16-le"),
         "é\n".encode("utf-16-le"), "é\n".encode()),
        ("", "core.safecrlf=true", b"caf\xe9\n", b"caf\xe9\xe9\n", b"caf\xe9\xe9\n"),
    ],
)  # fmt: skip
def test_bytes_are_stored_as_git_add_stores_them(
    attributes: str, config: str, before: bytes, after: bytes, stored: bytes,
    project: Path, open_workspace: Opened,
) -> None:  # fmt: skip
    repository = Repository.new(project)
    repository.git("config", *config.split("="))
    repository.write({".gitattributes": attributes})
    repository.commit("a", {"f": before, "d/same": "x\n"})
    repository.write({"f": after})
    check(open_workspace(repository), repository, {"f": stored})
    repository.git("-c", "core.safecrlf=false", "add", "f")
    assert repository.git("cat-file", "blob", ":f") == stored


@pytest.mark.parametrize(
    ("attributes", "config", "stored"),
    [
        ("", "core.autocrlf=true", b"a\r\nc\r\n"),
        ("", "core.autocrlf=input", b"a\r\nc\r\n"),
        ("* text=auto\n", "core.autocrlf=false", b"a\r\nc\r\n"),
        ("* text=auto eol=lf\n", "core.autocrlf=false", b"a\r\nc\r\n"),
        ("* crlf=auto\n", "core.autocrlf=false", b"a\r\nc\r\n"),
        ("* text\n", "core.autocrlf=false", b"a\nc\n"),
        ("* eol=crlf\n", "core.autocrlf=true", b"a\nc\n"),
    ],
)
def test_crlf_that_was_committed_stays_where_git_only_guesses_that_a_file_is_text(
    attributes: str, config: str, stored: bytes, project: Path, open_workspace: Opened
) -> None:
    repository = Repository.new(project)
    repository.git("config", "core.autocrlf", "false")
    repository.commit("a", {"f": b"a\r\nb\r\n"})
    repository.write({".gitattributes": attributes})
    repository.git("add", ".gitattributes")
    repository.git("commit", "-q", "-m", "Attributes")
    repository.git("config", *config.split("="))
    repository.write({"f": b"a\r\nc\r\n"})
    check(open_workspace(repository), repository, {"f": stored})
    repository.git("add", "f")
    assert repository.git("cat-file", "blob", ":f") == stored


def test_a_large_file_goes_through_without_being_held(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"large": "small\n"})
    data = b"0123456789abcde\n" * (2 * 1024 * 1024)
    repository.write({"large": data})
    check(open_workspace(repository), repository, {"large": data})


def test_a_filter_does_not_run_and_its_paths_are_named(project: Path, open_workspace: Opened) -> None:
    repository = Repository.new(project)
    repository.commit("a", {".gitattributes": "*.big filter=lfs\n", "x.big": "pointer\n", "y": "y\n"})
    repository.git("config", "filter.lfs.clean", f"touch {project}/ran; cat")
    repository.git("config", "filter.lfs.required", "true")
    repository.write({"x.big": "contents\n", "y": "yy\n"})
    standing = check(open_workspace(repository), repository, {"y": b"yy\n"})
    assert not (project / "ran").exists()
    assert standing.left_out == ("x.big",)
    assert "Left out, because a filter of this repository would have to run: x.big." in standing.message


def test_a_filter_runs_where_the_repository_is_trusted(project: Path, world: Path) -> None:
    repository = Repository.new(project)
    repository.commit("a", {".gitattributes": "*.big filter=up\n", "x.big": "pointer\n"})
    repository.git("config", "filter.up.clean", "tr a-z A-Z")
    repository.write({"x.big": "contents\n"})
    repositories = GitRepositories(state=str(world / "state"), trusted=lambda _: True)
    workspace = repositories.open(repositories.identify(str(project)))
    check(workspace, repository, {"x.big": b"CONTENTS\n"})


@pytest.mark.parametrize("index", ["split", "version 4", "sparse", "gone"])
def test_any_kind_of_index_will_do(index: str, project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    match index:
        case "split":
            repository.git("update-index", "--split-index")
        case "version 4":
            repository.git("update-index", "--index-version", "4")
        case "sparse":
            repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "src")
        case _:
            (project / ".git/index").unlink()
    repository.write({"src/app.py": "x\n"})
    expected: dict[str, bytes | None] = {"src/app.py": b"x\n"}
    if index == "gone":
        expected = dict.fromkeys(("README.md", "src/app.py", "src/lib/core.py", "tests/test_app.py"))
    check(open_workspace(repository), repository, expected)


def test_nothing_to_review_is_a_sentence(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    said = "No tracked file differs from HEAD, so there is nothing to review."
    assert refusal(lambda: workspace.standing_working_tree(TASK)) == ("nothing_to_review", said)
    repository.write({"a": "a", "b": "b"})
    more = " Untracked files are reviewed when they are named: a, b."
    assert refusal(lambda: workspace.standing_working_tree(TASK)) == ("nothing_to_review", said + more)


def test_conflicts_no_commit_and_no_work_tree_are_sentences(world: Path, open_workspace: Opened) -> None:
    made = (unmerged(world / "a"), unborn(world / "b"), bare(world / "c"))
    workspaces = [open_workspace(repository) for repository in made]
    refusals = [refusal(partial(workspace.standing_working_tree, TASK)) for workspace in workspaces]
    assert refusals == [
        (
            "unmerged",
            (
                "a still has conflicts, so the working tree can't be reviewed as one change. "
                "Solve them and `git add` the files, then try again."
            ),
        ),
        (
            "no_commit",
            (
                "This repository has no commit yet, so there is nothing to compare with. "
                "Make a first commit, then try again."
            ),
        ),
        ("bare", "This repository is bare: it has no working tree to review. Review a branch or a range instead."),
    ]


def test_a_pipe_in_the_place_of_a_file_is_a_sentence_and_does_not_hang(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    (project / "README.md").unlink()
    os.mkfifo(project / "README.md")
    assert refusal(lambda: open_workspace(repository).standing_working_tree(TASK))[0] == "odd_file"


def test_a_linked_worktree_has_its_own_head(project: Path, world: Path, open_workspace: Opened) -> None:
    ordinary(project).git("worktree", "add", "-q", str(world / "linked"), "feature")
    Repository(world / "linked").write({"README.md": "linked\n"})
    standing = open_workspace(Repository(world / "linked")).standing_working_tree(TASK)
    assert standing.target == "refs/heads/feature"


def test_dirty_paths_are_found_by_their_bytes(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("update-index", "--assume-unchanged", "README.md")
    repository.write({"README.md": "x\n", "src/lib/core.py": None, "stray": "s"})
    (project / "src/app.py").touch()
    asked = ["README.md", "src/app.py", "src/lib/core.py", "stray", "nothing"]
    assert open_workspace(repository).dirty_paths(asked) == ["README.md", "src/lib/core.py", "stray"]
