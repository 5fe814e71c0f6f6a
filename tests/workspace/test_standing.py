"""Branches and ranges that stand already, on real repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.ports.workspace import Standing
from casework.workspace.repositories import GitWorkspace
from tests.repositories import (
    Repository,
    bare,
    ordinary,
    shallow,
    unborn,
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


class TestBranch:
    """A branch against the one it is meant for."""

    def test_it_is_compared_with_its_merge_base_and_pinned(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.commit("Main went on", {"other": "x\n"})
        standing = open_workspace(repository).standing_branch(TASK, "feature")
        assert (standing.base, standing.head) == (repository.id("main^"), repository.id("feature"))
        assert (standing.kind, standing.target, standing.commits) == ("branch", "refs/heads/main", 2)
        assert repository.id("refs/casework/task-1/0/0") == standing.base
        assert repository.id("refs/casework/task-1/0/1") == standing.head
        assert standing.diverged
        assert standing.title == "feature: 2 commits for main"
        assert standing.message == "2 commits:\n\n- Speak up\n- Shout\n  Louder than before."
        assert repository.hunks(standing.range_text) == 3

    def test_merges_are_left_out_of_its_words(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.commit("Main went on", {"other": "x\n"})
        repository.git("checkout", "-q", "feature")
        repository.git("merge", "-q", "--no-ff", "-m", "Merge branch 'main' into feature", "main")
        standing = open_workspace(repository).standing_branch(TASK, "feature", into="main")
        assert standing.message == "2 commits:\n\n- Speak up\n- Shout\n  Louder than before."
        standing = open_workspace(repository).standing_range(TASK, "feature^^..feature")
        assert set(standing.message.splitlines()) == {
            "2 commits:", "", "- Main went on", "- Shout", "  Louder than before."
        }  # fmt: skip
        standing = open_workspace(repository).standing_range(TASK, "feature^..feature")
        assert standing.message == "Main went on"

    def test_authors_are_named_once_in_the_order_they_wrote(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("checkout", "-q", "-b", "shared")
        for n, author in enumerate(["Bo <bo@x>", "Çelik <c@x>", "Bo <bo@x>"]):
            repository.commit("c", {"n": str(n)}, author=author)
        repository.git("checkout", "-q", "main")
        assert open_workspace(repository).standing_branch(TASK, "shared").authors == ("Bo <bo@x>", "Çelik <c@x>")

    def test_a_detached_head_lands_in_the_default_branch(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("checkout", "-q", "--detach")
        assert open_workspace(repository).standing_branch(TASK, "feature").target == "refs/heads/main"

    def test_a_remote_branch_can_be_reviewed_and_lands_in_a_local_one(
        self, project: Path, world: Path, open_workspace: Opened
    ) -> None:
        ordinary(project).git("clone", "-q", str(project), str(world / "clone"))
        standing = open_workspace(Repository(world / "clone")).standing_branch(TASK, "origin/feature")
        assert (standing.target, standing.commits) == ("refs/heads/main", 2)

    def test_a_tag_of_the_same_name_does_not_stand_in_for_the_branch(
        self, project: Path, open_workspace: Opened
    ) -> None:
        repository = ordinary(project)
        repository.git("tag", "feature", "main")
        assert open_workspace(repository).standing_branch(TASK, "feature").commits == 2

    def test_a_branch_can_not_land_in_itself(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("checkout", "-q", "feature")
        workspace = open_workspace(repository)
        assert refusal(lambda: workspace.standing_branch(TASK, "feature")) == (
            "same_branch",
            (
                "feature can't land in itself, so no review was opened. "
                "Switch to the branch it is meant for, or name that branch with --into."
            ),
        )
        assert workspace.standing_branch(TASK, "feature", into="main").target == "refs/heads/main"

    def test_a_merged_branch_has_nothing_to_review(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("merge", "-q", "--ff-only", "feature")
        assert refusal(lambda: open_workspace(repository).standing_branch(TASK, "feature")) == (
            "nothing_to_review",
            "Everything on feature is in main already, so there is nothing to review.",
        )

    def test_unrelated_histories_are_a_sentence(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("checkout", "-q", "--orphan", "island")
        repository.commit("Alone")
        repository.git("checkout", "-q", "main")
        assert refusal(lambda: open_workspace(repository).standing_branch(TASK, "island")) == (
            "unrelated_histories",
            (
                "island and main have no commit in common here, so there is nothing to compare with. "
                "Review it as a range instead: `casework review A..B`."
            ),
        )

    def test_a_branch_that_is_not_there_is_a_sentence(self, project: Path, open_workspace: Opened) -> None:
        assert refusal(lambda: open_workspace(ordinary(project)).standing_branch(TASK, "nope")) == (
            "unknown_branch",
            (
                "There is no branch nope here, so no review was opened. "
                "`git branch --all` lists the branches there are; fetch it first if it is on another machine."
            ),
        )

    @pytest.mark.parametrize(
        "name",
        ["--output=/tmp/x", "-d", "", "a b", "a..b", "main~1", "main^", "@{-1}", "x\ny", "x\0", "*", "@", "a//b"],
    )
    def test_what_is_no_branch_name_never_reaches_git(self, name: str, project: Path, open_workspace: Opened) -> None:
        workspace = open_workspace(ordinary(project))
        assert refusal(lambda: workspace.standing_branch(TASK, name))[0] == "bad_name"
        assert refusal(lambda: workspace.standing_branch(TASK, "feature", into=name))[0] == "bad_name"

    def test_a_bare_repository_has_branches_too(self, project: Path, open_workspace: Opened) -> None:
        standing = open_workspace(bare(project)).standing_branch(TASK, "feature")
        assert (standing.target, standing.commits) == ("refs/heads/main", 2)


class TestRange:
    """Commits that are history."""

    def test_two_dots_are_the_two_commits(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        standing = open_workspace(repository).standing_range(TASK, "main..feature")
        assert (standing.base, standing.head) == (repository.id("main"), repository.id("feature"))
        assert (standing.kind, standing.target, standing.commits) == ("range", None, 2)

    def test_three_dots_begin_at_the_merge_base(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.commit("Main went on", {"other": "x\n"})
        assert open_workspace(repository).standing_range(TASK, "main...feature").base == repository.id("main^")

    def test_an_empty_end_is_head(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        assert open_workspace(repository).standing_range(TASK, "HEAD^..").head == repository.id("main")

    def test_one_revision_is_compared_with_its_parent(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        standing = open_workspace(repository).standing_range(TASK, "feature")
        assert (standing.base, standing.title) == (repository.id("feature^"), "Shout")
        assert standing.message == "Shout\n\nLouder than before."

    @pytest.mark.parametrize(
        "encoding", [b"idna", b"undefined", b"punycode", b"unicode_escape", b"a\0b", b"\xff", b"no-such-thing", b"hex"]
    )
    def test_an_encoding_that_is_none_leaves_a_commit_readable(
        self, encoding: bytes, project: Path, open_workspace: Opened
    ) -> None:
        repository = ordinary(project)
        raw = repository.git("cat-file", "commit", "feature").replace(b"\n\n", b"\nencoding %s\n\n" % encoding, 1)
        odd = repository.git("hash-object", "-w", "--literally", "-t", "commit", "--stdin", stdin=raw).decode().strip()
        standing = open_workspace(repository).standing_range(TASK, odd)
        assert (standing.title, standing.authors) == ("Shout", ("Ada Author <ada@example.org>",))

    def test_latin_1_is_read_as_the_commit_says(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("-c", "i18n.commitEncoding=latin1", "commit", "-q", "--allow-empty", "-m", b"caf\xe9")
        assert open_workspace(repository).standing_range(TASK, "main^^..main").message.startswith("2 commits:\n\n- ")
        assert "caf\xe9" in open_workspace(repository).standing_range(TASK, "main^^..main").message

    def test_commits_without_words_are_told_by_their_number(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("checkout", "-q", "-b", "silent")
        repository.write({"new": "x\n"})
        repository.git("add", "new")
        repository.git("commit", "-q", "--allow-empty-message", "-m", "")
        repository.git("checkout", "-q", "main")
        workspace = open_workspace(repository)
        assert workspace.standing_branch(TASK, "silent").title == "silent: 1 commit for main"
        assert workspace.standing_range(TASK, "main..silent").title == "1 commit: main..silent"

    def test_a_root_commit_is_compared_with_nothing(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        standing = open_workspace(repository).standing_range(TASK, "main^")
        assert repository.text("ls-tree", "-r", standing.base) == ""
        assert repository.id("refs/casework/task-1/0/0") == standing.base
        assert standing.range_text == f"4b825dc642cb6eb9a060e54bf8d69288fbee4904..{repository.id('main^')[:12]}"
        assert open_workspace(repository).change(standing.base, standing.head).text_hunks == 3

    def test_a_message_in_another_encoding_is_read(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        repository.git("config", "i18n.commitEncoding", "iso-8859-1")
        repository.git("commit", "-q", "--allow-empty", "-F", "-", stdin=b"Caf\xe9 \x1b[31m\x07red\n")
        repository.commit("x", {"x": "x"})
        assert open_workspace(repository).standing_range(TASK, "HEAD~2..HEAD").message.endswith("- Café [31mred\n- x")

    @pytest.mark.parametrize("text", ["--all", "-p", "-p..main", "main..--all", "main..-p", "a\nb", "main..\0", ""])
    def test_what_is_no_revision_never_reaches_git(self, text: str, project: Path, open_workspace: Opened) -> None:
        workspace = open_workspace(ordinary(project))
        assert refusal(lambda: workspace.standing_range(TASK, text))[0] == "bad_revision"

    def test_an_unknown_revision_is_a_sentence(self, project: Path, open_workspace: Opened) -> None:
        assert refusal(lambda: open_workspace(ordinary(project)).standing_range(TASK, "main..nope")) == (
            "unknown_revision",
            (
                "No commit here is called nope, so no review was opened. "
                "Check the name, or fetch it first if it is on another machine."
            ),
        )

    def test_ends_with_equal_trees_have_nothing_to_review(self, project: Path, open_workspace: Opened) -> None:
        assert refusal(lambda: open_workspace(ordinary(project)).standing_range(TASK, "main..main"))[0] == (
            "nothing_to_review"
        )


class TestRecentRange:
    """What `casework try` opens."""

    def test_it_is_the_last_commits_of_the_first_parent_line(self, project: Path, open_workspace: Opened) -> None:
        repository = ordinary(project)
        for n in range(20):
            repository.commit(f"c{n}", {"n": str(n)})
        workspace = open_workspace(repository)
        assert workspace.recent_range() == f"{repository.id('HEAD~12')[:12]}..{repository.id('HEAD')[:12]}"
        assert workspace.recent_range(since="HEAD~3").startswith(repository.id("HEAD~3")[:12])

    @pytest.mark.parametrize("depth", [1, 2])
    def test_a_shallow_clone_has_one(self, depth: int, project: Path, open_workspace: Opened) -> None:
        repository = shallow(project, depth)
        workspace = open_workspace(repository)
        standing = workspace.standing_range(TASK, workspace.recent_range())
        assert workspace.change(standing.base, standing.head).text_hunks == repository.hunks(workspace.recent_range())
        assert standing.range_text == workspace.recent_range()

    def test_a_single_commit_is_compared_with_nothing(self, project: Path, open_workspace: Opened) -> None:
        repository = Repository.new(project)
        repository.commit("Only", {"a": "a\n", "b": "b\n"})
        workspace = open_workspace(repository)
        standing = workspace.standing_range(TASK, workspace.recent_range())
        assert (workspace.change(standing.base, standing.head).text_hunks, standing.commits) == (2, 1)

    def test_without_a_commit_there_is_a_sentence(self, project: Path, open_workspace: Opened) -> None:
        workspace = open_workspace(unborn(project))
        assert refusal(workspace.recent_range) == (
            "no_commit",
            (
                "This repository has no commit yet, so there is nothing to compare with. "
                "Make a first commit, then try again."
            ),
        )


def test_a_branch_called_head_hides_neither_the_commit_nor_the_branch_checked_out(
    project: Path, open_workspace: Opened
) -> None:
    repository = ordinary(project)
    repository.git("update-ref", "refs/heads/HEAD", "feature")
    assert open_workspace(repository).head() == (repository.id("refs/heads/main"), "refs/heads/main")
    repository.git("symbolic-ref", "HEAD", "refs/heads/HEAD")
    assert open_workspace(repository).head() == (repository.id("refs/heads/HEAD"), "refs/heads/HEAD")
    repository.git("checkout", "-q", "--detach", "refs/heads/main")
    assert open_workspace(repository).head() == (repository.id("refs/heads/main"), None)


def test_head_is_told_with_its_branch(world: Path, open_workspace: Opened) -> None:
    repository = ordinary(world / "a")
    assert open_workspace(repository).head() == (repository.id("main"), "refs/heads/main")
    repository.git("checkout", "-q", "--detach")
    assert open_workspace(repository).head() == (CommitId(repository.id("main")), None)
    assert open_workspace(unborn(world / "b")).head() == (None, "refs/heads/main")
