"""Which repository a path belongs to: links, worktrees, copies, moves, and a sentence where there is none."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import threading
from pathlib import Path

import pytest

from casework.domain.errors import Refused
from casework.ports.workspace import Identity
from casework.workspace.git import Git
from casework.workspace.repositories import GitRepositories
from tests.repositories import Repository, bare, ordinary, shallow, unborn, with_submodule


class Memory:
    """What a journal would know: where each uuid was seen last."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def identify(self, path: Path | str, state: Path) -> Identity:
        found = GitRepositories(state=str(state), known=self.places.get).identify(str(path))
        self.places[found.id] = found.common_dir
        return found


@pytest.fixture
def memory() -> Memory:
    return Memory()


def refusal(memory: Memory, path: Path | str, state: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        memory.identify(path, state)
    return caught.value


def test_everything_inside_shares_one_identity(project: Path, world: Path, memory: Memory) -> None:
    ordinary(project)
    (world / "link").symlink_to(project)
    inside = (".", "src", "src/app.py", ".git", ".git/refs/heads", ".git/HEAD")
    found = {memory.identify(project / path, world) for path in inside} | {memory.identify(world / "link/src", world)}
    (only,) = found
    assert (only.top, only.common_dir, only.bare) == (str(project), str(project / ".git"), False)


def test_the_identity_is_a_private_file_in_the_git_directory(project: Path, world: Path, memory: Memory) -> None:
    ordinary(project)
    found = memory.identify(project, world)
    file = project / ".git/casework/identity"
    assert file.read_text() == found.id + "\n"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found.id)


def test_a_linked_worktree_shares_the_identity_and_keeps_its_own_top(
    project: Path, world: Path, memory: Memory
) -> None:
    repository = ordinary(project)
    repository.git("worktree", "add", "-q", str(world / "linked"), "feature")
    found, linked = memory.identify(project, world), memory.identify(world / "linked/src", world)
    assert (linked.id, linked.common_dir, linked.top) == (found.id, found.common_dir, str(world / "linked"))
    assert memory.identify(project / ".git/worktrees/linked", world) == linked


def test_a_submodule_has_an_identity_of_its_own(project: Path, world: Path, memory: Memory) -> None:
    with_submodule(project)
    found, inner = memory.identify(project, world), memory.identify(project / "sub", world)
    assert found.id != inner.id
    assert (inner.top, inner.common_dir) == (str(project / "sub"), str(project / ".git/modules/sub"))


def test_a_copy_gets_a_new_identity_and_the_original_keeps_its_own(project: Path, world: Path, memory: Memory) -> None:
    ordinary(project)
    found = memory.identify(project, world)
    shutil.copytree(project, world / "copy", symlinks=True)
    copy = memory.identify(world / "copy", world)
    assert (copy.id != found.id, copy.moved_from) == (True, "")
    assert memory.identify(world / "copy", world) == copy
    assert memory.identify(project, world) == found


def test_a_moved_clone_keeps_its_identity_and_says_where_it_was(project: Path, world: Path, memory: Memory) -> None:
    ordinary(project)
    found = memory.identify(project, world)
    project.rename(world / "moved")
    moved = memory.identify(world / "moved", world)
    assert (moved.id, moved.moved_from) == (found.id, str(project / ".git"))
    assert memory.identify(world / "moved", world).moved_from == ""


def test_a_moved_clone_with_another_repository_in_its_old_place_keeps_its_identity(
    project: Path, world: Path, memory: Memory
) -> None:
    ordinary(project)
    found = memory.identify(project, world)
    project.rename(world / "moved")
    ordinary(project)
    assert memory.identify(world / "moved", world).id == found.id
    assert memory.identify(project, world).id != found.id


def test_a_race_of_first_callers_ends_with_one_identity(project: Path, world: Path) -> None:
    ordinary(project)
    start = threading.Barrier(16)
    found: list[str] = []

    def call() -> None:
        start.wait(timeout=20)
        found.append(GitRepositories(state=str(world)).identify(str(project)).id)

    callers = [threading.Thread(target=call) for _ in range(16)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=30)
    assert (len(found), len(set(found))) == (16, 1)


@pytest.mark.parametrize("damage", [b"", b"nonsense\n", b"\xff" * 100])
def test_a_damaged_identity_is_made_anew(damage: bytes, project: Path, world: Path, memory: Memory) -> None:
    ordinary(project)
    before = memory.identify(project, world)
    (project / ".git/casework/identity").write_bytes(damage)
    after = memory.identify(project, world)
    assert after.id != before.id
    assert memory.identify(project, world) == after


def test_an_identity_that_is_a_link_is_not_followed(project: Path, world: Path, memory: Memory) -> None:
    ordinary(project)
    victim = world / "victim"
    victim.write_text("mine\n")
    memory.identify(project, world)
    file = project / ".git/casework/identity"
    file.unlink()
    file.symlink_to(victim)
    memory.identify(project, world)
    assert (victim.read_text(), file.is_symlink()) == ("mine\n", False)


def test_bare_shallow_and_unborn_repositories_have_one(world: Path, memory: Memory) -> None:
    nothing_in = bare(world / "bare")
    found = memory.identify(nothing_in.path, world)
    assert (found.bare, found.top, found.common_dir) == (True, str(nothing_in.path), str(nothing_in.path))
    assert not memory.identify(shallow(world / "shallow").path, world).bare
    assert not memory.identify(unborn(world / "unborn").path, world).bare


@pytest.mark.parametrize("name", ["plain", "two\nlines", "\n", "a\n\n"])
def test_a_name_with_lines_in_it_is_read_whole(name: str, world: Path) -> None:
    folder = world / name
    within = ordinary(folder / "project").path / "src"
    found = Git.open(os.fsencode(within))
    top = os.fsencode(folder / "project")
    assert (found.top, found.git_dir, found.common_dir) == (top, top + b"/.git", top + b"/.git")
    none = bare(folder / "bare.git").path
    assert (Git.open(none).top, Git.open(none).git_dir) == (None, os.fsencode(none))


@pytest.mark.parametrize("elsewhere", [".", "tree", "two\nlines"])
def test_a_work_tree_that_is_set_elsewhere_is_not_followed(elsewhere: str, world: Path, memory: Memory) -> None:
    project = ordinary(world / "holder/project")
    tree = world / "holder" / elsewhere
    tree.mkdir(exist_ok=True)
    project.git("config", "core.worktree", str(tree))
    assert refusal(memory, project.path, world).code == "odd_work_tree"


def test_a_repository_is_opened_with_two_processes(project: Path) -> None:
    ordinary(project)
    started: list[object] = []
    asked = threading.get_ident()

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen" and threading.get_ident() == asked:
            started.append(arguments[1])

    sys.addaudithook(note)
    Git.open(project)
    opened = len(started)
    asked = 0  # an audit hook stays for ever
    assert opened == 2


def test_a_path_in_a_runs_worktree_belongs_to_the_repository_of_the_run(
    project: Path, world: Path, memory: Memory
) -> None:
    repository = ordinary(project)
    found = memory.identify(project, world)
    tree = world / "worktrees" / found.id / "task-1" / "1" / "tree"
    tree.mkdir(parents=True)
    repository.git("init", "-q", str(tree))
    assert memory.identify(tree, world) == found


def test_no_repository_is_a_sentence(world: Path, memory: Memory) -> None:
    folder = world / "plain"
    folder.mkdir()
    refused = refusal(memory, folder, world)
    assert (refused.code, refused.sentence) == (
        "not_a_repository",
        (
            f"{folder} is not in a git repository, so there is nothing to review. "
            "Go to a repository, or run git init there first."
        ),
    )


def test_a_path_that_is_gone_is_a_sentence(world: Path, memory: Memory) -> None:
    refused = refusal(memory, world / "gone", world)
    assert (refused.code, refused.sentence) == (
        "path_gone",
        f"{world / 'gone'} is not there, so there is nothing to review. Give a folder or a file that exists.",
    )


@pytest.mark.parametrize("content", [b"gitdir: /nowhere/at/all\n", b"nonsense", b""])
def test_a_broken_git_file_is_a_sentence(content: bytes, world: Path, memory: Memory) -> None:
    folder = world / "broken"
    folder.mkdir()
    (folder / ".git").write_bytes(content)
    refused = refusal(memory, folder, world)
    assert (refused.code, refused.sentence) == (
        "broken_repository",
        (
            f"{folder}/.git is there, but git can't use it, so nothing of this repository can be reviewed. "
            "Mend it (`git worktree repair` where a linked worktree was moved), or clone the repository again."
        ),
    )


def as_ordinary_user(act: list[str]) -> str:
    """Run this interpreter as a user who owns nothing here; gives what it printed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            os.environ["HOME"] = "/nonexistent"
            path, state = act
            try:
                found = GitRepositories(state=state).identify(path)
                said = f"found {found.id}"
            except Refused as refused:
                said = f"{refused.code}: {refused.sentence}"
            os.write(write, said.encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root can")


@needs_root
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_repository_of_another_owner_is_refused_with_gits_remedy(project: Path, world: Path) -> None:
    repository = ordinary(project)
    for above in (world, *project.parents):
        if above.is_relative_to(world):
            above.chmod(0o755)
    said = as_ordinary_user([str(repository.path), str(world)])
    assert said.startswith("dubious_owner: Git does not open this repository: ")
    assert f"git config --global --add safe.directory {project}" in said


@needs_root
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_repository_nobody_lets_us_read_is_a_sentence(project: Path, world: Path) -> None:
    ordinary(project)
    world.chmod(0o755)
    project.chmod(0o700)
    said = as_ordinary_user([str(project), str(world)])
    assert said == (
        f"unreadable: {project} can't be read (Permission denied), so nothing of it can be reviewed. "
        "Give yourself permission to read it, or name another repository."
    )


@needs_root
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_repository_we_may_not_write_is_a_sentence(project: Path, world: Path) -> None:
    repository = Repository.new(project)
    repository.commit("a", {"f": "x\n"})
    world.chmod(0o755)
    for at in [project, *project.rglob("*")]:
        os.chown(at, 65534, 65534, follow_symlinks=False)
    (project / ".git").chmod(0o555)
    said = as_ordinary_user([str(project), str(world)])
    assert said.startswith(f"read_only: Casework can't write {project}/.git/casework (Permission denied)")
