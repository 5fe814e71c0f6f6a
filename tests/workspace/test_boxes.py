"""The box of a run, over a real worktree in a real sandbox: what is there, what is not, and what git can read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from casework.core.boxes import protected_paths, run_box, worker_box
from casework.domain.actions import Grants
from casework.domain.ids import CommitId, TaskId
from casework.ports.sandbox import Box, Sandbox
from casework.ports.workspace import Worktree
from casework.workspace.repositories import GitWorkspace
from tests.repositories import Repository
from tests.sandbox.machine import bubblewrap
from tests.workspace.conftest import Opened

TASK = TaskId("task-1")


@pytest.fixture
def sandbox() -> Sandbox:
    return bubblewrap()


@pytest.fixture
def repository(project: Path) -> Repository:
    made = Repository.new(project)
    made.commit("first", {"pay.py": "one = 1\n", ".gitignore": ".venv\n", "secret.txt": "in history\n"})
    made.commit("second", {"secret.txt": None, "sub/CLAUDE.md": "notes\n"})
    made.write({"draft.txt": "canary: not committed\n", ".venv/pyvenv.cfg": "home = /usr/bin\n"})
    (project / ".venv/bin").mkdir()
    (project / ".venv/bin/python").symlink_to(sys.executable)
    made.git("config", "user.secret", "canary")
    made.git("remote", "add", "origin", "https://canary@example.org/x")
    return made


@pytest.fixture
def workspace(repository: Repository, open_workspace: Opened) -> GitWorkspace:
    return open_workspace(repository)


@pytest.fixture
def worktree(repository: Repository, workspace: GitWorkspace) -> Worktree:
    return workspace.create_worktree(TASK, 1, CommitId(repository.id("HEAD")))


def box_of(sandbox: Sandbox, workspace: GitWorkspace, worktree: Worktree, grants: Grants | None = None) -> Box:
    return run_box(workspace.identity, sandbox.facts(), "", worktree.path, grants=grants)


def text(worktree: Worktree, name: str) -> str:
    """Give a file's text; empty where there is none."""
    path = Path(worktree.path, name)
    return path.read_text() if path.is_file() else ""


async def said(sandbox: Sandbox, box: Box, script: str) -> str:
    ran = await sandbox.run(["/bin/sh", "-c", script], box)
    return ran.output.decode()


async def test_the_worktree_stands_where_the_users_own_does(
    sandbox: Sandbox, repository: Repository, workspace: GitWorkspace, worktree: Worktree
) -> None:
    before = repository.picture()
    script = "pwd; echo two = 2 > pay.py; ls -A .venv; echo x > .venv/new; cat draft.txt; ls -A .."
    heard = await said(sandbox, box_of(sandbox, workspace, worktree), script)
    assert heard.startswith(f"{repository.path}\nbin\npyvenv.cfg\n")
    assert "canary" not in heard
    assert heard.endswith(f"\n{repository.path.name}\n")
    assert text(worktree, "pay.py") == "two = 2\n"
    assert repository.picture() == before


async def test_git_reads_the_history_and_knows_nothing_of_the_user(
    sandbox: Sandbox, workspace: GitWorkspace, worktree: Worktree
) -> None:
    script = """
        echo two = 2 > pay.py
        git diff --stat; git log --oneline | wc -l; git grep -c notes; git show HEAD~1:secret.txt; git status --short
        git config --list; git remote -v; git commit -qam x; git config user.name evil; echo x > .git/hooks/pre-commit
        mkdir -p .git/hooks; mv .git g; rm -rf .git
    """
    heard = await said(sandbox, box_of(sandbox, workspace, worktree), script)
    for words in ("pay.py | 2 +-", "\n2\n", "sub/CLAUDE.md:1", "in history", " M pay.py"):
        assert words in heard
    assert "canary" not in heard
    assert "evil" not in text(worktree, ".git/config")
    assert not text(worktree, ".git/hooks/pre-commit")


async def test_no_checkpoint_picks_up_a_protected_path(
    sandbox: Sandbox, repository: Repository, workspace: GitWorkspace, worktree: Worktree
) -> None:
    box = box_of(sandbox, workspace, worktree)
    names = [path.removeprefix(f"{box.cwd}/") for path in box.protected]
    script = "\n".join(f"mkdir -p $(dirname {name}); echo x > {name}; echo x > {name}/x" for name in names)
    await said(sandbox, box, f"{script}\necho x > free")
    boxed = sandbox.command(["true"], box)  # never started: what it needed to stand on stays there
    for handle in boxed.files:
        os.close(handle)
    commit = workspace.checkpoint(worktree, TASK, 1, 1, message="x")
    assert repository.text("diff", "--name-only", worktree.base, commit).split() == ["free"]


async def test_what_the_human_granted_can_be_written_and_nothing_beside_it(
    sandbox: Sandbox, workspace: GitWorkspace, worktree: Worktree, tmp_path: Path
) -> None:
    narrow = box_of(sandbox, workspace, worktree)
    for handle in sandbox.command(["true"], narrow).files:
        os.close(handle)
    outside, other = tmp_path / "outside", tmp_path / "other"
    outside.mkdir()
    other.mkdir()
    (other / "note").write_text("readable")
    grants = Grants(writable=("AGENTS.md", f"{narrow.cwd}/.vscode", str(outside)), readable=(str(other),))
    box = box_of(sandbox, workspace, worktree, grants)
    inside = "echo x > AGENTS.md; mkdir .vscode; echo x > .vscode/t; echo x > CLAUDE.md"
    script = f"{inside}; cat {other}/note; echo x > {other}/y; echo x > {outside}/y"
    heard = await said(sandbox, box, script)
    assert "readable" in heard
    assert text(worktree, "AGENTS.md") == "x\n"
    assert text(worktree, ".vscode/t") == "x\n"
    assert not text(worktree, "CLAUDE.md")
    assert [path.name for path in other.iterdir()] == ["note"]
    assert [path.name for path in outside.iterdir()] == ["y"]


async def test_a_worker_sees_its_worktree_and_our_python(sandbox: Sandbox, worktree: Worktree) -> None:
    box = worker_box(worktree.path, sandbox.facts())
    program = (
        "import casework.agents.worker, os; print(os.getcwd()); print(os.path.exists(os.environ['HOME'] + '/.ssh'))"
    )
    ran = await sandbox.run([sys.executable, "-I", "-c", program], box)
    assert ran.output.decode() == f"{worktree.path}\nFalse\n"


def test_a_granted_file_opens_the_folder_that_protected_it() -> None:
    assert "/p/.github/workflows" in protected_paths("/p")
    assert "/p/.github/workflows" not in protected_paths("/p", ["/p/.github/workflows/ci.yml"])
