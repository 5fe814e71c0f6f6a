"""The workspace port's promises, on real git and on the fake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, HunkId, TaskId
from casework.ports.workspace import Repositories, Workspace, Worktree
from casework.workspace.repositories import GitRepositories
from tests.fakes.workspace import MemoryRepositories, MemoryWorkspace
from tests.repositories import Files, Repository, numbered

TASK = TaskId("task-1")
OTHER = TaskId("task-2")
Edits = dict[str, bytes | None]


class Ground(Protocol):
    """What a user and an agent do in a repository, whatever it is made of."""

    repositories: Repositories
    workspace: Workspace
    top: str

    def commit(self, message: str, files: Edits) -> CommitId:
        """Commit on the branch checked out."""
        ...

    def switch(self, branch: str, *, create: bool = False) -> None:
        """Check out a branch."""
        ...

    def write(self, files: Edits) -> None:
        """Write into the working tree."""
        ...

    def write_in(self, worktree: Worktree, files: Edits) -> None:
        """Write into a run's worktree, as its agent."""
        ...

    def files(self, worktree: Worktree) -> dict[str, bytes]:
        """Give what lies in a worktree; empty when it is gone."""
        ...


def named(files: Edits) -> Files:
    return {name: data for name, data in files.items()}  # noqa: C416 - a dict of wider types


class GitGround:
    """A repository on disk."""

    def __init__(self, world: Path) -> None:
        self.repository = Repository.new(world / "project")
        self.top = str(self.repository.path)
        self.repositories: Repositories = GitRepositories(state=str(world / "state"))
        self.workspace: Workspace = self.repositories.open(self.repositories.identify(self.top))

    def commit(self, message: str, files: Edits) -> CommitId:
        return CommitId(self.repository.commit(message, named(files)))

    def switch(self, branch: str, *, create: bool = False) -> None:
        self.repository.git("checkout", "-q", *(["-b"] if create else []), branch)

    def write(self, files: Edits) -> None:
        self.repository.write(named(files))

    def write_in(self, worktree: Worktree, files: Edits) -> None:
        Repository(Path(worktree.path)).write(named(files))

    def files(self, worktree: Worktree) -> dict[str, bytes]:
        top = Path(worktree.path)
        found = {str(at.relative_to(top)): at for at in top.rglob("*") if at.is_file()}
        return {name: at.read_bytes() for name, at in found.items() if not name.startswith(".git/")}


class MemoryGround:
    """A repository in memory."""

    def __init__(self) -> None:
        repositories = MemoryRepositories()
        self.memory: MemoryWorkspace = repositories.add()
        self.top = self.memory.identity.top
        self.repositories: Repositories = repositories
        self.workspace: Workspace = self.memory

    def commit(self, message: str, files: Edits) -> CommitId:
        return self.memory.commit(message, files)

    def switch(self, branch: str, *, create: bool = False) -> None:
        self.memory.switch(f"refs/heads/{branch}", create=create)

    def write(self, files: Edits) -> None:
        self._edit(self.memory.disk, files)

    def write_in(self, worktree: Worktree, files: Edits) -> None:
        self._edit(self.memory.worktrees[worktree.path], files)

    def files(self, worktree: Worktree) -> dict[str, bytes]:
        return dict(self.memory.worktrees.get(worktree.path, {}))

    def _edit(self, place: dict[str, bytes], files: Edits) -> None:
        for path, data in files.items():
            if data is None:
                place.pop(path, None)
            else:
                place[path] = data


def text(**but: str) -> bytes:
    return numbered(40, but={int(key[1:]): value for key, value in but.items()}).encode()


@pytest.fixture(params=["git", "memory"])
def ground(request: pytest.FixtureRequest, world: Path) -> Ground:
    """Main with two commits, and nothing else."""
    made: Ground = GitGround(world) if request.param == "git" else MemoryGround()
    made.commit("First", {"a.txt": text(), "b.txt": b"b\n"})
    made.commit("Second", {"a.txt": text(n2="two"), "c/d.txt": b"d\n"})
    return made


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.sentence.endswith(".")
    return caught.value.code


def test_every_path_of_a_repository_has_its_identity(ground: Ground) -> None:
    identity = ground.repositories.identify(ground.top)
    assert ground.repositories.identify(f"{ground.top}/c") == identity
    assert ground.repositories.identify(ground.top) == identity
    assert ground.repositories.open(identity).head() == ground.workspace.head()


def test_a_place_without_a_repository_is_refused(ground: Ground) -> None:
    assert refusal(lambda: ground.repositories.identify("/")) == "not_a_repository"


def test_the_working_tree_stands_as_a_commit_on_head(ground: Ground) -> None:
    ground.write({"a.txt": text(n2="two", n30="thirty"), "b.txt": None, "new.txt": b"n\n", "stray.txt": b"s\n"})
    standing = ground.workspace.standing_working_tree(TASK, untracked=["new.txt"])
    assert (standing.kind, standing.base, standing.target) == (
        "working_tree",
        ground.workspace.head()[0],
        "refs/heads/main",
    )
    assert standing.left_out == ("stray.txt",)
    change = ground.workspace.change(standing.base, standing.head)
    assert [(file.path, file.status) for file in change.files] == [
        ("a.txt", "modified"),
        ("b.txt", "deleted"),
        ("new.txt", "added"),
    ]
    assert ground.workspace.content(standing.head, "a.txt") == text(n2="two", n30="thirty")
    assert ground.workspace.checkpoints(TASK) == {(0, 0): standing.base, (0, 1): standing.head}


def test_a_clean_working_tree_is_refused(ground: Ground) -> None:
    ground.write({"stray.txt": b"s\n"})
    assert refusal(lambda: ground.workspace.standing_working_tree(TASK)) == "nothing_to_review"
    assert refusal(lambda: ground.workspace.standing_working_tree(TASK, untracked=["no.txt"])) == "not_untracked"
    assert refusal(lambda: ground.workspace.standing_working_tree(TASK, only=["no.txt"])) == "not_tracked"


def test_a_part_of_the_working_tree_stands_alone(ground: Ground) -> None:
    ground.write({"a.txt": text(n2="TWO"), "b.txt": None, "new.txt": b"n\n"})
    standing = ground.workspace.standing_working_tree(TASK, only=["b.txt"])
    assert [file.path for file in ground.workspace.change(standing.base, standing.head).files] == ["b.txt"]
    standing = ground.workspace.standing_working_tree(TASK, untracked=["new.txt"], only=["a.txt"])
    assert [file.path for file in ground.workspace.change(standing.base, standing.head).files] == ["a.txt", "new.txt"]


def test_a_branch_stands_against_its_merge_base(ground: Ground) -> None:
    base = ground.workspace.head()[0]
    ground.switch("feature", create=True)
    head = ground.commit("Third", {"b.txt": b"bb\n"})
    ground.switch("main")
    ground.commit("Elsewhere", {"e.txt": b"e\n"})
    standing = ground.workspace.standing_branch(TASK, "feature")
    assert (standing.kind, standing.base, standing.head, standing.target) == ("branch", base, head, "refs/heads/main")
    assert (standing.title, standing.commits, standing.authors) == ("Third", 1, ("Ada Author <ada@example.org>",))
    assert refusal(lambda: ground.workspace.standing_branch(TASK, "main")) == "same_branch"
    assert refusal(lambda: ground.workspace.standing_branch(TASK, "nope")) == "unknown_branch"


def test_a_merged_branch_is_refused(ground: Ground) -> None:
    ground.switch("feature", create=True)
    ground.switch("main")
    assert refusal(lambda: ground.workspace.standing_branch(TASK, "feature")) == "nothing_to_review"


def test_a_range_stands_and_has_no_target(ground: Ground) -> None:
    head = ground.commit("Third", {"b.txt": b"bb\n"})
    standing = ground.workspace.standing_range(TASK, "HEAD~2..HEAD")
    assert (standing.kind, standing.head, standing.target, standing.commits) == ("range", head, None, 2)
    assert ground.workspace.standing_range(TASK, "HEAD").base == standing.head or (
        ground.workspace.standing_range(TASK, "HEAD").commits == 1
    )
    assert refusal(lambda: ground.workspace.standing_range(TASK, "HEAD..HEAD")) == "nothing_to_review"
    assert refusal(lambda: ground.workspace.standing_range(TASK, "nope")) == "unknown_revision"


def test_the_recent_range_can_be_stood_on(ground: Ground) -> None:
    standing = ground.workspace.standing_range(TASK, ground.workspace.recent_range())
    assert (standing.head, standing.commits) == (ground.workspace.head()[0], 1)
    ground.commit("Third", {"b.txt": b"bb\n"})
    assert ground.workspace.standing_range(TASK, ground.workspace.recent_range(most_commits=1)).commits == 1
    assert ground.workspace.standing_range(TASK, ground.workspace.recent_range(since="HEAD~2")).commits == 2


def test_a_change_tells_files_and_hunks(ground: Ground) -> None:
    ground.commit("Third", {"a.txt": text(n2="TWO", n30="x"), "bin": b"\0", "b.txt": None})
    standing = ground.workspace.standing_range(TASK, "HEAD")
    change = ground.workspace.change(standing.base, standing.head)
    edited, deleted, binary = change.files
    assert [(h.old_start, h.old_lines, h.new_start, h.new_lines, h.added, h.removed) for h in edited.hunks] == [
        (1, 5, 1, 5, 1, 1),
        (27, 7, 27, 7, 1, 1),
    ]
    assert (deleted.path, deleted.status, len(deleted.hunks)) == ("b.txt", "deleted", 1)
    assert (binary.path, binary.binary, binary.hunks, binary.whole is None) == ("bin", True, (), False)
    assert (change.text_hunks, len(change.judged), len(set(change.judged))) == (3, 4, 4)
    assert ground.workspace.change(standing.base, standing.head) == change
    assert ground.workspace.patch(standing.base, standing.head).count(b"\n@@ ") == 3
    assert ground.workspace.patch(standing.base, standing.head, path="a.txt").count(b"\n@@ ") == 2


def test_a_hunks_lines_are_those_of_the_patch(ground: Ground) -> None:
    ground.commit("Third", {"a.txt": text(n2="TWO", n30="x"), "bin": b"\0", "b.txt": b"no newline"})
    standing = ground.workspace.standing_range(TASK, "HEAD")
    texts = ground.workspace.hunk_texts(standing.base, standing.head)
    change = ground.workspace.change(standing.base, standing.head)
    assert list(texts) == [hunk.id for file in change.files for hunk in file.hunks]
    assert texts[change.files[0].hunks[0].id] == b"@@ -1,5 +1,5 @@\n line 1\n-two\n+TWO\n line 3\n line 4\n line 5\n"
    assert texts[change.files[1].hunks[0].id] == b"@@ -1 +1 @@\n-b\n+no newline\n\\ No newline at end of file\n"
    patch = ground.workspace.patch(standing.base, standing.head)
    assert all(found in patch for found in texts.values())


def test_blobs_are_read_by_the_names_that_changes_give_them(ground: Ground) -> None:
    base = ground.commit("small", {"a.txt": b"12345", "b.txt": b"1234567"})
    head = ground.commit("other", {"a.txt": b"54321", "b.txt": b"7654321"})
    small, large = ground.workspace.change(base, head).files
    asked = [small.old_blob, small.new_blob, large.old_blob, "", "0" * 40]
    assert ground.workspace.blobs(asked, largest=5) == {small.old_blob: b"12345", small.new_blob: b"54321"}
    assert ground.workspace.blobs([], largest=5) == {}


def test_contents_are_those_of_the_files_that_are_there_and_not_too_large(ground: Ground) -> None:
    ground.commit("Third", {"a.txt": text(n2="TWO"), "folder/b.txt": b"12345", "empty": b""})
    head, _ = ground.workspace.head()
    assert head is not None
    asked = ["a.txt", "folder/b.txt", "empty", "folder", "none", "folder/none"]
    assert ground.workspace.contents(head, asked, largest=5) == {"folder/b.txt": b"12345", "empty": b""}
    assert ground.workspace.contents(head, asked, largest=10_000)["a.txt"] == text(n2="TWO")
    assert ground.workspace.contents(head, [], largest=5) == {}


def test_paths_are_those_of_every_file_of_a_commit(ground: Ground) -> None:
    ground.commit("Third", {"folder/deep/b.txt": b"1", 'odd"name': b"2"})
    head, _ = ground.workspace.head()
    assert head is not None
    found = ground.workspace.paths(head)
    assert {"a.txt", "folder/deep/b.txt"} <= set(found)
    assert len(found) == len(set(found))


def test_a_selection_is_exactly_what_was_chosen(ground: Ground) -> None:
    ground.commit("Third", {"a.txt": text(n2="TWO", n20="x", n38="y"), "bin": b"\0", "b.txt": None})
    standing = ground.workspace.standing_range(TASK, "HEAD")
    change = ground.workspace.change(standing.base, standing.head)
    middle = change.files[0].hunks[1].id
    some = ground.workspace.select(change, [middle, *change.files[2].judged], message="some")
    assert ground.workspace.content(some, "a.txt") == text(n2="two", n20="x")
    assert (ground.workspace.content(some, "bin"), ground.workspace.content(some, "b.txt")) == (b"\0", b"b\n")
    everything = ground.workspace.select(change, change.judged, message="all")
    assert ground.workspace.change(standing.head, everything).files == ()
    nothing = ground.workspace.select(change, [], message="none")
    assert ground.workspace.change(standing.base, nothing).files == ()
    assert refusal(lambda: ground.workspace.select(change, [HunkId("f" * 16)], message="?")) == "unknown_hunk"


def test_a_worktree_holds_the_base_and_is_made_once(ground: Ground) -> None:
    base = ground.commit("Third", {"b.txt": None})
    worktree = ground.workspace.create_worktree(TASK, 1, base)
    assert ground.files(worktree) == {"a.txt": text(n2="two"), "c/d.txt": b"d\n"}
    ground.write_in(worktree, {"a.txt": b"edited\n"})
    assert ground.workspace.create_worktree(TASK, 1, base) == worktree
    assert ground.files(worktree)["a.txt"] == b"edited\n"
    assert ground.workspace.create_worktree(TASK, 2, base).path != worktree.path


def test_checkpoints_stand_on_each_other_and_are_kept(ground: Ground) -> None:
    base = ground.commit("Third", {})
    worktree = ground.workspace.create_worktree(TASK, 1, base)
    ground.write_in(worktree, {"a.txt": b"one\n", "new/f.txt": b"f\n", "b.txt": None})
    first = ground.workspace.checkpoint(worktree, TASK, 1, 1, message="one")
    assert ground.workspace.checkpoint(worktree, TASK, 1, 1, message="one") == first
    ground.write_in(worktree, {"a.txt": b"two\n"})
    second = ground.workspace.checkpoint(worktree, TASK, 1, 2, message="two")
    assert ground.workspace.checkpoints(TASK) == {(1, 0): base, (1, 1): first, (1, 2): second}
    assert [file.path for file in ground.workspace.change(base, first).files] == ["a.txt", "b.txt", "new/f.txt"]
    assert [file.path for file in ground.workspace.change(first, second).files] == ["a.txt"]
    assert ground.workspace.checkpoint(worktree, TASK, 1, 3, message="nothing new") == second
    assert ground.workspace.checkpoints(OTHER) == {}


def test_an_agent_in_a_worktree_changes_nothing_of_the_users(ground: Ground) -> None:
    head = ground.workspace.head()
    worktree = ground.workspace.create_worktree(TASK, 1, CommitId(head[0] or ""))
    ground.write_in(worktree, {"a.txt": b"agent\n"})
    ground.workspace.checkpoint(worktree, TASK, 1, 1, message="one")
    assert ground.workspace.dirty_paths(["a.txt", "b.txt"]) == []
    assert ground.workspace.head() == head


def test_a_throwaway_holds_the_files_of_its_commit_and_goes_whatever_became_of_it(ground: Ground) -> None:
    base = ground.commit("Third", {})
    first, second = ground.workspace.create_throwaway(base), ground.workspace.create_throwaway(base)
    assert first.path != second.path
    assert ground.files(first) == ground.files(second)
    assert ground.files(first)["a.txt"] == text(n2="two")
    ground.write_in(first, {"a.txt": b"written by a check\n"})
    ground.workspace.remove_throwaway(first)
    ground.workspace.remove_throwaway(first)
    assert ground.files(first) == {}
    assert ground.files(second)["a.txt"] == text(n2="two")
    ground.workspace.remove_throwaways()
    assert ground.files(second) == {}


def test_a_worktree_goes_only_when_its_work_is_kept(ground: Ground) -> None:
    base = ground.commit("Third", {})
    worktree = ground.workspace.create_worktree(TASK, 1, base)
    ground.write_in(worktree, {"a.txt": b"one\n"})
    assert refusal(lambda: ground.workspace.remove_worktree(worktree)) == "unkept_work"
    kept = ground.workspace.checkpoint(worktree, TASK, 1, 1, message="one")
    ground.workspace.remove_worktree(worktree)
    ground.workspace.remove_worktree(worktree)
    assert ground.files(worktree) == {}
    assert ground.workspace.checkpoints(TASK)[1, 1] == kept
    assert refusal(lambda: ground.workspace.checkpoint(worktree, TASK, 1, 2, message="x")) == "worktree_gone"


def test_leftovers_are_what_no_living_task_needs_and_say_what_is_unlanded(ground: Ground) -> None:
    base = ground.commit("Third", {})
    worktree = ground.workspace.create_worktree(TASK, 1, base)
    ground.workspace.create_worktree(OTHER, 1, base)
    ground.write_in(worktree, {"a.txt": b"one\n"})
    ground.workspace.checkpoint(worktree, TASK, 1, 1, message="one")
    assert ground.workspace.leftovers([TASK, OTHER]) == []
    mine = [(one.what, one.unlanded) for one in ground.workspace.leftovers([OTHER])]
    assert mine == [("worktree", True), ("ref", True)]
    ground.commit("Landed", {"a.txt": b"one\n"})
    assert [(one.what, one.unlanded) for one in ground.workspace.leftovers([OTHER])] == [
        ("worktree", False),
        ("ref", False),
    ]
    for leftover in ground.workspace.leftovers([OTHER]):
        ground.workspace.remove_leftover(leftover)
    assert ground.workspace.leftovers([OTHER]) == []
    assert ground.workspace.checkpoints(OTHER) == {(1, 0): base}


def test_dirty_paths_are_those_that_differ_from_head(ground: Ground) -> None:
    ground.write({"a.txt": b"x\n", "b.txt": None, "stray.txt": b"s\n"})
    asked = ["a.txt", "b.txt", "c/d.txt", "stray.txt", "nothing.txt"]
    assert ground.workspace.dirty_paths(asked) == ["a.txt", "b.txt", "stray.txt"]


def test_the_facts_tell_where_head_stands(ground: Ground) -> None:
    head = ground.commit("first", {"a.txt": b"one\n"})
    facts = ground.workspace.facts()
    assert (facts.branch, facts.head) == ("refs/heads/main", head)
    assert (facts.bare, facts.operation, facts.unread, facts.stages) == (False, "", "", 0)
    assert (facts.named, facts.mailed) == (True, True)
