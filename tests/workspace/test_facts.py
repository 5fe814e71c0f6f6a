"""What a doctor says about a repository, whatever stands in it, and that looking executes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.ports.workspace import RepositoryFacts
from casework.workspace.facts import facts_of, without_password
from casework.workspace.git import Git
from tests.repositories import Program, Repository, bare, ordinary, shallow, unborn, with_submodule
from tests.workspace.conftest import Opened


def test_an_ordinary_repository_is_told_in_facts(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("remote", "add", "origin", "https://example.org/shop.git")
    facts = open_workspace(repository).facts()
    assert facts == RepositoryFacts(
        branch="refs/heads/main",
        head=facts.head,
        remotes=(("origin", "https://example.org/shop.git"),),
        named=True,
        mailed=True,
        object_format="sha1",
        index_version=2,
    )
    assert facts.head == repository.text("rev-parse", "HEAD")


def test_detached_unborn_and_bare_are_told(world: Path, open_workspace: Opened) -> None:
    detached = ordinary(world / "detached")
    detached.git("checkout", "-q", "--detach")
    assert open_workspace(detached).facts().branch is None
    nothing_yet = open_workspace(unborn(world / "unborn")).facts()
    assert (nothing_yet.branch, nothing_yet.head, nothing_yet.index_version) == ("refs/heads/main", None, None)
    assert open_workspace(bare(world / "bare")).facts().bare


def test_shallow_sparse_partial_and_sha256_are_told(world: Path, open_workspace: Opened) -> None:
    assert open_workspace(shallow(world / "shallow")).facts().shallow
    sparse = ordinary(world / "sparse")
    sparse.git("sparse-checkout", "set", "src")
    assert open_workspace(sparse).facts().sparse
    partial = ordinary(world / "partial")
    partial.git("config", "remote.origin.promisor", "true")
    assert open_workspace(partial).facts().partial
    long_names = Repository.new(world / "long", "--object-format=sha256")
    assert open_workspace(long_names).facts().object_format == "sha256"


def test_linked_worktrees_and_submodules_are_named(world: Path, open_workspace: Opened) -> None:
    repository = with_submodule(world / "outer")
    repository.git("worktree", "add", "-q", "-b", "other", str(world / "linked"))
    linked = Repository(world / "linked")
    for where in (repository, linked):
        facts = open_workspace(where).facts()
        assert facts.linked_worktrees == (str(world / "linked"),)
        assert len(facts.submodules) == 1
    assert open_workspace(linked).facts().branch == "refs/heads/other"


def test_an_operation_under_way_is_named(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("bisect", "start")
    assert open_workspace(repository).facts().operation == "a bisect"


def test_every_program_that_git_would_run_is_named_and_none_is_run(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    ran = project.parent / "ran"
    program = project.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    for name in ("filter.lfs.clean", "filter.lfs.smudge", "diff.pictures.textconv", "merge.lock.driver"):
        repository.git("config", name, str(program))
    repository.git("config", "core.fsmonitor", str(program))
    repository.git("config", "commit.gpgSign", "true")
    repository.git("config", "gpg.program", str(program))
    repository.write({".git/hooks/pre-commit": Program("#!/bin/sh\n"), ".git/hooks/not-one.sample": Program("x")})
    facts = open_workspace(repository).facts()
    assert facts.programs == (
        "diff pictures",
        "filter lfs",
        "merge lock",
        "fsmonitor",
        "signing",
        "hook pre-commit",
    )
    assert facts.signs
    assert not ran.exists()


def test_hooks_are_looked_for_where_the_settings_say(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.write({"githooks/commit-msg": Program("#!/bin/sh\n")})
    repository.git("config", "core.hooksPath", "githooks")
    assert open_workspace(repository).facts().programs == ("hook commit-msg",)


def test_a_missing_name_and_mail_are_told_as_a_landing_would_ask(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("config", "--unset", "user.name")
    repository.git("config", "--unset", "user.email")
    facts = open_workspace(repository).facts()
    assert (facts.named, facts.mailed) == (False, False)
    included = Path(os.environ["HOME"]) / "work.inc"
    included.write_text("[user]\n\temail = ada@example.org\n")
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\n\tname = Ada\n[include]\n\tpath = work.inc\n")
    facts = open_workspace(repository).facts()
    assert (facts.named, facts.mailed) == (True, True)


def test_the_users_own_settings_are_read_by_either_name(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("config", "--unset", "user.name")
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "git"
    folder.mkdir()
    (folder / "config").write_text("[USER]\n\tNAME = Ada\n")
    assert open_workspace(repository).facts().named


def test_what_a_repository_includes_is_counted_and_not_read(
    project: Path, open_workspace: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(ordinary(project))
    monkeypatch.setattr("casework.workspace.facts.head_of", lambda _: (None, None))  # git itself would wait, and stop
    os.mkfifo(project / ".git/endless")
    with (project / ".git/config").open("a") as config:
        config.write('[include]\n\tpath = endless\n[includeIf "gitdir:/"]\n\tpath = /dev/zero\n')
    facts = workspace.facts()
    assert facts.includes == 2
    assert facts.named


@pytest.mark.parametrize("name", ["config", "HEAD"])
def test_settings_that_are_no_file_are_told_and_not_waited_for(
    name: str, project: Path, open_workspace: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = open_workspace(ordinary(project)).git
    monkeypatch.setattr("casework.workspace.facts.head_of", lambda _: (None, None))  # git itself would wait, and stop
    file = project / ".git" / name
    file.unlink()
    os.mkfifo(file)
    assert facts_of(git).unread == f"{file} is not a file that can be read"


def test_settings_that_make_no_sense_are_a_fact(project: Path, open_workspace: Opened) -> None:
    workspace = open_workspace(ordinary(project))
    (project / ".git/config").write_bytes(b"[core]\n\tbare = false\n[[[\n= = =\n\xff\xfe\n")
    assert workspace.facts().unread != ""


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    *(b"[core]", b"[DEFAULT]", b'[remote "o"]', b"[include]", b"[.]", b"[", b"]", b"__name__ = 1"),
                    *(b"\turl = ", b"bare", b"x", b'"', b"\\", b"\n", b"=", b" = ", b"#", b";", b"\xff", b"\0"),
                ]
            ),
            max_size=40,
        ).map(b"".join),
    )
)
def test_any_bytes_may_stand_where_settings_are_expected(repository_of_all: tuple[Path, Git], config: bytes) -> None:
    project, git = repository_of_all
    (project / ".git/config").write_bytes(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("casework.workspace.facts.head_of", lambda _: (None, None))  # two processes an example
        facts = facts_of(git)
    assert facts.unread.isprintable()


@pytest.fixture
def repository_of_all(project: Path, open_workspace: Opened) -> tuple[Path, Git]:
    return project, open_workspace(ordinary(project)).git


def test_looking_starts_git_for_head_only_and_changes_no_file(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    facts_of(workspace.git)  # GitPython asks for git's version when it is imported
    before = {path: path.stat().st_mtime_ns for path in sorted(project.rglob("*"))}
    started: list[list[bytes]] = []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen" and started is not None:
            started.append(list(arguments[1]))  # type: ignore[call-overload]

    sys.addaudithook(note)
    workspace.facts()
    commands = [
        next(os.fsdecode(word) for word in words if not os.fsdecode(word).startswith(("-", "git"))) for words in started
    ]
    assert set(commands) <= {"rev-parse", "symbolic-ref"}
    assert {path: path.stat().st_mtime_ns for path in sorted(project.rglob("*"))} == before


def test_gitpython_is_not_loaded_before_somebody_asks() -> None:
    program = "import sys, casework.app; print('git' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60).stdout
        == "False\n"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a.git", "https://example.org/a.git"),
        ("https://ada:hunter2@example.org/a.git", "https://[redacted]@example.org/a.git"),
        ("https://ghp_token@example.org/a.git", "https://[redacted]@example.org/a.git"),
        ("https://example.org/a.git?token=abc#def", "https://example.org/a.git?[redacted]"),
        ("ssh://git:secret@example.org:22/a.git", "ssh://git@example.org:22/a.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("../other", "../other"),
        ("http://[::1", "[redacted]"),
    ],
)
def test_an_address_is_shown_without_what_lets_anybody_in(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_remotes_password_is_no_fact(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.git("remote", "add", "origin", "https://ada:hunter2@example.org/shop.git")
    facts = open_workspace(repository).facts()
    assert facts.remotes == (("origin", "https://[redacted]@example.org/shop.git"),)
    assert "hunter2" not in repr(facts)


def test_a_landings_folder_that_was_left_is_counted(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    for name in ("landing-1.0a0b0c0d", "plan-abc"):
        (project / ".git/casework" / name).mkdir(mode=0o700, parents=True)
    assert workspace.facts().stages == 1
