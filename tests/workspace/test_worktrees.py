"""Worktrees of runs: what an agent may do to one, and that none of it reaches the user's repository or runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.ports.workspace import Worktree
from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.repositories import (
    ODD_NAMES,
    Link,
    Program,
    Repository,
    every_status,
    hostile,
    numbered,
    odd_contents,
    odd_names,
    ordinary,
    sha256,
    shallow,
    with_submodule,
)

Opened = Callable[[Repository], GitWorkspace]
TASK = TaskId("task-1")


def begin(workspace: GitWorkspace, repository: Repository, revision: str = "HEAD") -> Worktree:
    return workspace.create_worktree(TASK, 1, CommitId(repository.id(revision)))


def inside(worktree: Worktree) -> Repository:
    return Repository(Path(worktree.path))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


@pytest.mark.parametrize(
    "make",
    [ordinary, odd_names, odd_contents, every_status, shallow, sha256, with_submodule],
    ids=lambda m: str(m.__name__),
)
def test_a_new_worktree_holds_exactly_the_base(
    make: Callable[[Path], Repository], project: Path, open_workspace: Opened
) -> None:
    repository = make(project)
    before = repository.picture()
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    assert workspace.checkpoint(worktree, TASK, 1, 1, message="nothing") == worktree.base
    assert not worktree.path.startswith(str(project))
    assert repository.picture() == before
    assert repository.text("worktree", "list").count("\n") == 0


def test_git_works_for_the_agent_and_its_commits_stay_in_the_worktree(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    worktree = begin(open_workspace(repository), repository)
    agent = inside(worktree)
    assert agent.text("status", "--short", "--branch") == "## casework"
    assert agent.text("log", "--format=%s") == "Second\nFirst"
    before = repository.picture()
    agent.git("config", "user.name", "Agent")
    agent.git("config", "core.hooksPath", "/tmp/evil")
    agent.commit("Agent's own", {"README.md": "agent\n"})
    agent.git("branch", "more")
    agent.git("tag", "v1")
    assert repository.picture() == before


def test_a_checkpoint_takes_what_lies_on_disk_whatever_the_agent_committed(
    project: Path, open_workspace: Opened
) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    inside(worktree).commit("Hidden in a commit", {"README.md": "agent\n", "new\nname": "x"})
    inside(worktree).write({"src/app.py": None, "link": Link("/etc/passwd"), "run": Program("#!/bin/sh\n")})
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="Turn 1")
    assert {file.path: (file.status, file.new_mode) for file in workspace.change(worktree.base, made).files} == {
        "README.md": ("modified", "100644"),
        '"new\\nname"': ("added", "100644"),
        "src/app.py": ("deleted", ""),
        "link": ("added", "120000"),
        "run": ("added", "100755"),
    }
    assert workspace.content(made, "link") == b"/etc/passwd"
    assert repository.text("log", "-1", "--format=%s %an %P", made) == f"Turn 1 Casework {worktree.base}"


def test_every_odd_name_written_by_an_agent_is_kept(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    inside(worktree).write({name: numbered(3) for name in ODD_NAMES})
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="odd")
    names = repository.git("diff-tree", "-r", "-z", "--name-only", worktree.base, made).split(b"\0")
    assert sorted(name for name in names if name) == sorted(ODD_NAMES)


def test_ignored_files_are_never_part_of_a_checkpoint(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    repository.commit("ignore", {".gitignore": "*.log\nbuild/\n"})
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    inside(worktree).write({"a.log": "x", "build/out": "x", "kept": "x"})
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    assert [file.path for file in workspace.change(worktree.base, made).files] == ["kept"]


def test_an_edit_that_keeps_size_and_time_is_seen(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    at = Path(worktree.path, "README.md")
    stamp = at.stat()
    at.write_bytes(at.read_bytes()[::-1])
    os.utime(at, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    assert [file.path for file in workspace.change(worktree.base, made).files] == ["README.md"]


def test_a_nested_repository_is_refused_with_a_sentence(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    Repository.new(Path(worktree.path, "vendor/lib")).commit("x", {"x": "x"})
    with pytest.raises(Refused) as caught:
        workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    assert (caught.value.code, caught.value.sentence) == (
        "nested_repository",
        (
            "vendor/lib in the worktree is a git repository of its own, so the run's work can't be kept as one change. "
            "Remove its `.git`, or have the agent put the files where git sees them."
        ),
    )


@pytest.mark.parametrize("trap", ["gone", "file elsewhere", "link elsewhere", "hooks and filters", "nonsense", "index"])
def test_whatever_an_agent_does_to_its_git_folder_changes_and_runs_nothing(
    trap: str, project: Path, world: Path, open_workspace: Opened
) -> None:
    repository = ordinary(project)
    victim = ordinary(world / "victim")
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    own, ran = Path(worktree.path, ".git"), world / "ran"
    match trap:
        case "gone":
            shutil.rmtree(own)
        case "file elsewhere":
            shutil.rmtree(own)
            own.write_text(f"gitdir: {victim.path}/.git\n")
        case "link elsewhere":
            shutil.rmtree(own)
            own.symlink_to(victim.path / ".git")
        case "nonsense":
            shutil.rmtree(own)
            own.write_bytes(b"\0\xff")
        case "index":
            (own / "index").write_bytes(b"nonsense")
        case _:
            agent = inside(worktree)
            for key in ("filter.x.clean", "filter.x.process", "core.fsmonitor", "core.hooksPath", "diff.external"):
                agent.git("config", key, f"touch {ran}; cat")
            agent.git("config", "core.worktree", str(victim.path))
            agent.write({".gitattributes": "* filter=x diff=x\n"})
            (own / "hooks").mkdir(exist_ok=True)
            for name in ("post-index-change", "reference-transaction", "pre-commit"):
                (own / "hooks" / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
                (own / "hooks" / name).chmod(0o755)
    before, others = repository.picture(), victim.picture()
    Path(worktree.path, "README.md").write_text("agent\n")
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    paths = {file.path for file in workspace.change(worktree.base, made).files}
    assert paths - {".gitattributes"} == {"README.md"}
    workspace.remove_worktree(worktree)
    assert (repository.picture(), victim.picture(), ran.exists()) == (before, others, False)


def test_a_folder_turned_into_a_link_leads_nowhere(project: Path, world: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    secret = world / "secret"
    secret.mkdir()
    (secret / "app.py").write_text("not yours\n")
    shutil.rmtree(Path(worktree.path, "src"))
    Path(worktree.path, "src").symlink_to(secret)
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    assert workspace.content(made, "src") == os.fsencode(secret)
    assert b"not yours" not in workspace.patch(worktree.base, made)
    workspace.remove_worktree(worktree)
    assert (secret / "app.py").read_text() == "not yours\n"


def test_a_worktree_replaced_by_a_link_is_not_read(project: Path, world: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    shutil.rmtree(worktree.path)
    Path(worktree.path).symlink_to(world)
    assert refusal(lambda: workspace.checkpoint(worktree, TASK, 1, 1, message="m")) == "not_a_worktree"


def test_only_the_runs_own_worktree_is_taken(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    elsewhere = Worktree(str(project), worktree.base)
    assert refusal(lambda: workspace.checkpoint(elsewhere, TASK, 1, 1, message="m")) == "not_a_worktree"
    assert refusal(lambda: workspace.checkpoint(worktree, TASK, 2, 1, message="m")) == "not_a_worktree"
    assert refusal(lambda: workspace.remove_worktree(elsewhere)) == "not_ours"
    assert refusal(lambda: workspace.checkpoints(TaskId("../../heads"))) == "bad_name"
    assert project.is_dir()


def test_what_a_kill_left_half_made_is_made_anew(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    Path(worktree.path).with_name("made").unlink()
    Path(worktree.path, "README.md").unlink()
    assert begin(workspace, repository) == worktree
    assert Path(worktree.path, "README.md").exists()


def test_a_worktree_stands_on_one_base(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    begin(workspace, repository)
    assert refusal(lambda: begin(workspace, repository, "HEAD^")) == "other_base"


def test_a_lost_index_of_ours_is_made_again(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    Path(worktree.path).with_name("index").unlink()
    Path(worktree.path, "README.md").write_text("x\n")
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    assert [file.path for file in workspace.change(worktree.base, made).files] == ["README.md"]


def test_folders_that_an_agent_locked_are_removed_too(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    locked = Path(worktree.path, "build/deep")
    locked.mkdir(parents=True)
    (locked / "f").write_text("x")
    workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    locked.chmod(0o000)
    locked.parent.chmod(0o500)
    for leftover in workspace.leftovers([]):
        workspace.remove_leftover(leftover)
    assert not Path(worktree.path).parent.exists()
    assert workspace.leftovers([]) == []


def test_checkpoints_survive_gits_clean_up(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    Path(worktree.path, "README.md").write_text("x\n")
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    repository.git("gc", "-q", "--prune=now")
    repository.git("worktree", "prune")
    assert workspace.content(made, "README.md") == b"x\n"
    assert inside(worktree).text("status", "--short") == "M README.md".rjust(12)


def test_leftovers_say_their_size_and_refuse_strange_names(project: Path, open_workspace: Opened) -> None:
    repository = ordinary(project)
    workspace = open_workspace(repository)
    worktree = begin(workspace, repository)
    Path(worktree.path, "large").write_bytes(os.urandom(1_000_000))
    (found, ref) = workspace.leftovers([])
    assert (found.what, found.bytes > 1_000_000, found.unlanded) == ("worktree", True, True)
    assert (ref.what, ref.name, ref.unlanded) == ("ref", "refs/casework/task-1/", False)
    for name in ("/", str(project), "refs/heads/main", str(Path(worktree.path).parent.parent)):
        for what in ("worktree", "ref"):
            strange = type(found)(what, name, 0, False)
            assert refusal(partial(workspace.remove_leftover, strange)) == "not_ours"


def test_no_program_of_a_hostile_repository_runs(project: Path, world: Path) -> None:
    told = world / "told"
    repository = hostile(project, told)
    before = sorted(path.name for path in told.iterdir())
    repositories = GitRepositories(state=str(world / "state"))
    workspace = repositories.open(repositories.identify(str(project)))
    standing = workspace.standing_range(TASK, "HEAD")
    change = workspace.change(standing.base, standing.head)
    workspace.patch(standing.base, standing.head, path="a.txt")
    workspace.select(change, change.judged[:1], message="m")
    (project / "a.txt").write_text("edited\r\n")
    (project / "new").write_text("new\n")
    with pytest.raises(Refused, match=r"a\.txt"):
        workspace.standing_working_tree(TASK)
    workspace.dirty_paths(["a.txt"])
    worktree = begin(workspace, repository)
    Path(worktree.path, "a.txt").write_text("edited\r\n")
    made = workspace.checkpoint(worktree, TASK, 1, 1, message="m")
    assert workspace.content(made, "a.txt") == b"edited\r\n"
    workspace.leftovers([])
    workspace.remove_worktree(worktree)
    assert sorted(path.name for path in told.iterdir()) == before
    repository.git("add", "a.txt", check=False)
    assert sorted(path.name for path in told.iterdir()) != before, "plain git would have run something"
