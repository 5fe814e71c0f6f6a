"""The one git runner: a repository nobody vouches for executes nothing, and failures are git's own sentences."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from casework.domain.errors import Refused, Trouble
from casework.workspace.git import Git, sentence_of
from casework.workspace.git_settings import guarded, may_run_drivers
from tests.landing.traps import trapped
from tests.repositories import Link, Program, Repository, numbered, ordinary, with_submodule


@pytest.mark.parametrize(
    "command",
    [
        ("status", "--porcelain"),
        ("diff",),
        ("diff", "--cached"),
        ("diff", "HEAD~0", "HEAD"),
        ("diff-files", "-p"),
        ("diff-index", "-p", "HEAD"),
        ("diff-tree", "-p", "HEAD"),
        ("log", "-p", "-1"),
        ("log", "--show-signature", "-1"),
        ("show", "HEAD"),
        ("format-patch", "-1", "--stdout"),
        ("add", "-A"),
        ("update-index", "--refresh"),
        ("update-index", "--add", "b.evil"),
        ("checkout-index", "-a", "-f", "--prefix=out/"),
        ("hash-object", "-w", "b.evil"),
        ("cat-file", "--filters", "HEAD:b.evil"),
        ("cat-file", "--textconv", "HEAD:b.evil"),
        ("blame", "b.evil"),
        ("grep", "--textconv", "x"),
        ("commit", "--allow-empty", "-m", "x"),
        ("merge-tree", "--write-tree", "HEAD", "HEAD"),
        ("stash", "create"),
        ("archive", "HEAD"),
        ("update-ref", "refs/heads/x", "HEAD"),
        ("worktree", "add", "--detach", "aside"),
        ("interpret-trailers", "--trailer", "x: y"),
        ("fetch", "ext::sh -c touch% fetched"),
        ("ls-remote", "ssh://nowhere.invalid/x"),
        ("submodule", "update", "--init"),
        ("gc", "--auto"),
        ("tag", "-s", "x", "-m", "x"),
    ],
    ids=" ".join,
)
def test_no_command_runs_a_program_of_the_repository(world: Path, command: tuple[str, ...]) -> None:
    tell = world / "tell"
    made = trapped(world / "project", tell)
    for told in tell.iterdir():
        told.unlink()
    Git.open(made.repository.path).ask(*command, timeout_s=20)
    assert sorted(told.name for told in tell.iterdir()) == []
    assert not (made.repository.path / "fetched").exists()


def test_a_driver_that_is_configured_later_is_found_too(world: Path) -> None:
    repository = Repository.new(world / "project")
    repository.commit("First", {"a": numbered(3), ".gitattributes": "a filter=f\n"})
    git = Git.open(repository.path)
    git.run("add", "a")
    repository.git("config", "filter.f.clean", f"touch '{world / 'told'}'; cat")
    repository.write({"a": numbered(4)})
    git.run("add", "a")
    assert not (world / "told").exists()


def test_a_trusted_repository_may_run_what_is_asked_for(world: Path) -> None:
    repository = Repository.new(world / "project")
    repository.write({"a": "small\n", ".gitattributes": "a filter=f\n"})
    repository.git("config", "filter.f.clean", "tr a-z A-Z")
    git = Git.open(repository.path)
    cleaned = git.run("hash-object", "-w", "a", allow=("filters",)).strip()
    plain = git.run("hash-object", "-w", "a").strip()
    found = git.objects([cleaned, plain, b"f" * 40])
    assert [each and each.data for each in found] == [b"SMALL\n", b"small\n", None]


def test_a_dirty_submodule_is_not_looked_into(world: Path) -> None:
    repository = with_submodule(world / "project")
    inner = Repository(world / "project" / "sub")
    inner.git("config", "core.fsmonitor", f"touch '{world / 'told'}'; false")
    (world / "told").unlink(missing_ok=True)
    git = Git.open(repository.path)
    for command in (("status", "--porcelain"), ("diff",), ("diff-files",), ("diff-index", "HEAD")):
        git.run(*command)
    assert not (world / "told").exists()


def test_nothing_of_gits_environment_is_inherited(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = ordinary(world / "project")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"):
        monkeypatch.setenv(name, str(world / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {world / 'told'}")
    git = Git.open(repository.path)
    assert git.run("rev-parse", "HEAD").decode().strip() == repository.id("HEAD")
    git.run("diff", "HEAD~1", "HEAD")
    assert not (world / "told").exists()


@pytest.mark.parametrize("path", [".:{path}", ":{path}", "{path}:", "bin:{path}", "."])
def test_git_is_never_looked_for_in_the_repository(path: str, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = ordinary(world / "project")
    repository.write({name: Program(f"#!/bin/sh\ntouch '{world}/ran'\n") for name in ("git", "bin/git")})
    head = repository.id("HEAD")
    monkeypatch.setenv("PATH", path.format(path=os.environ["PATH"]))
    assert Git.open(repository.path).run("rev-parse", "HEAD").decode().strip() == head
    assert not (world / "ran").exists()


def test_a_replaced_commit_is_seen_as_it_is(world: Path) -> None:
    repository = ordinary(world / "project")
    head, other = repository.id("HEAD"), repository.id("HEAD~1")
    repository.git("replace", head, other)
    assert repository.tree("HEAD") == repository.tree(other)
    found = Git.open(repository.path).run("log", "-1", "--format=%s", head)
    assert found == b"Second\n"


def test_a_folder_outside_any_repository_is_refused_with_a_sentence(world: Path) -> None:
    with pytest.raises(Refused) as refused:
        Git.open(world)
    assert refused.value.code == "not_a_repository"
    assert refused.value.sentence == (
        f"{world} is not in a git repository, so there is nothing to review. "
        "Go to a repository, or run git init there first."
    )


def test_a_repository_of_somebody_else_is_refused_with_gits_own_words(world: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user can't give files away")
    repository = ordinary(world / "project")
    subprocess.run(["chown", "-R", "12345", str(repository.path)], check=True, timeout=20)
    with pytest.raises(Refused) as refused:
        Git.open(repository.path)
    assert refused.value.code == "dubious_owner"
    assert "detected dubious ownership" in refused.value.sentence
    assert "git config --global --add safe.directory" in refused.value.sentence


@pytest.mark.parametrize("where", ["..", "/", "/tmp"])
def test_a_work_tree_that_the_settings_put_elsewhere_is_refused(world: Path, where: str) -> None:
    repository = ordinary(world / "project")
    repository.git("config", "core.worktree", f"../{where}" if where == ".." else where)
    with pytest.raises(Refused) as refused:
        Git.open(repository.path)
    assert refused.value.code == "odd_work_tree"


def test_every_kind_of_place_is_opened(world: Path) -> None:
    repository = with_submodule(world / "project")
    (world / "link").symlink_to(repository.path)
    repository.git("worktree", "add", "-q", "--detach", str(world / "with\nnewline"))
    repository.git("clone", "-q", "--bare", str(repository.path), str(world / "bare"))
    main = Git.open(world / "link")
    linked = Git.open(world / "with\nnewline")
    inner = Git.open(repository.path / "sub")
    bare = Git.open(world / "bare")
    assert (main.top, main.git_dir) == (bytes(repository.path), bytes(repository.path / ".git"))
    assert (linked.top, linked.common_dir) == (bytes(world / "with\nnewline"), main.common_dir)
    assert linked.git_dir.startswith(main.git_dir + b"/worktrees/")
    assert (inner.top, inner.git_dir) == (bytes(repository.path / "sub"), main.git_dir + b"/modules/sub")
    assert (bare.top, bare.bare, bare.git_dir) == (None, True, bytes(world / "bare"))
    for git in (main, linked, inner, bare):
        assert git.run("rev-parse", "--verify", "HEAD")


def test_a_failure_is_gits_own_sentence(world: Path) -> None:
    git = Git.open(ordinary(world / "project").path)
    with pytest.raises(Trouble) as trouble:
        git.run("rev-parse", "--verify", "no-such-thing^{commit}")
    assert (trouble.value.code, trouble.value.sentence) == (
        "git_failed",
        "git rev-parse failed: Needed a single revision",
    )
    assert git.ask("rev-parse", "--verify", "no-such-thing").returncode == 128


def test_a_git_that_does_not_end_is_stopped_with_all_it_started(world: Path) -> None:
    repository = ordinary(world / "project")
    repository.git("config", "filter.f.clean", "cat; tail -f /dev/null")
    repository.write({".gitattributes": "* filter=f\n", "a": "a\n"})
    with pytest.raises(Trouble) as trouble:
        Git.open(repository.path).run("add", "a", allow=("filters",), timeout_s=0.5)
    assert trouble.value.code == "git_timeout"


def test_a_settings_value_is_given_as_the_users_git_sees_it(world: Path) -> None:
    repository = ordinary(world / "project")
    repository.git("config", "casework.size", "2k")
    git = Git.open(repository.path)
    assert git.config("casework.size", kind="int") == "2048"
    assert git.config("casework.none") is None


def test_sentences_are_one_line_without_control_characters() -> None:
    assert sentence_of(b"hint: x\nfatal: bad \x1b[31mthing\nmore\n") == "bad \ufffd[31mthing"
    assert sentence_of(b"") == "it gave no reason"
    assert len(sentence_of(b"fatal: " + b"x" * 1000)) == 300


def test_commands_that_may_run_a_driver_are_known_as_such() -> None:
    assert not may_run_drivers([b"cat-file", b"--batch"])
    assert may_run_drivers([b"cat-file", b"--filters", b"HEAD:a"])
    assert may_run_drivers([b"add"])
    assert may_run_drivers([b"update-index", b"--index-info"])
    assert guarded([b"diff", b"HEAD"]) == [
        b"diff", b"--no-ext-diff", b"--no-textconv", b"--ignore-submodules=dirty", b"HEAD",
    ]  # fmt: skip


def test_a_link_to_a_repository_in_a_file_is_followed_by_git_only(world: Path) -> None:
    repository = ordinary(world / "project")
    repository.write({"link": Link("/etc")})
    assert Git.open(repository.path).run("status", "--porcelain", "-z") == b"?? link\0"
