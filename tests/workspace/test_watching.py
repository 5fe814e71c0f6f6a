"""Watching a repository: every kind of move is told, a burst becomes one look, and nothing is missed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from casework.ports.watching import HeadMoved, IndexMoved, LookAgain, Moved, NowPolling, PathsMoved
from casework.workspace import watching
from casework.workspace.git import Git
from casework.workspace.watching import Watcher
from tests.repositories import Repository, ordinary

MARKS: set[str] = set()


class Heard:
    """What a watcher told."""

    def __init__(self) -> None:
        self.all: list[Moved] = []
        self.changed = asyncio.Event()

    @property
    def paths(self) -> set[str]:
        return {path for moved in self.all if isinstance(moved, PathsMoved) for path in moved.paths} - MARKS

    def count(self, kind: type[Moved]) -> int:
        return sum(isinstance(moved, kind) for moved in self.all)

    async def until(self, true: Callable[[], bool], *, description: str, timeout_s: float = 15) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not true():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"never heard {description}; heard {self.all[-20:]}") from None

    async def quiet(self, repository: Repository) -> None:
        """Wait until a mark written now was heard: what came before it was heard too. Then forget everything."""
        MARKS.add(mark := f"mark-{len(MARKS)}")
        repository.write({mark: "x"})
        await self.until(
            lambda: any(isinstance(moved, PathsMoved) and mark in moved.paths for moved in self.all),
            description="the mark",
        )
        self.all.clear()


@asynccontextmanager
async def watched(repository: Repository, *, poll_s: float = 2.0) -> AsyncIterator[Heard]:
    heard = Heard()

    async def listen(watcher: Watcher) -> None:
        async for moved in watcher.events():
            heard.all.append(moved)
            heard.changed.set()

    async with asyncio.TaskGroup() as group, Watcher(Git.open(str(repository.path)), poll_s=poll_s) as watcher:
        listening = group.create_task(listen(watcher))
        yield heard
        watcher._stop.set()
    assert listening.done()


async def test_files_written_made_removed_and_renamed_are_told(project: Path) -> None:
    repository = ordinary(project)
    async with watched(repository) as heard:
        repository.write({"README.md": "x", "new": "n", "src/lib/core.py": None})
        (project / "src/app.py").rename(project / "src/renamed.py")
        wanted = {"README.md", "new", "src/lib/core.py", "src/app.py", "src/renamed.py"}
        await heard.until(lambda: wanted <= heard.paths, description="five paths")
        assert heard.paths == wanted
        assert heard.count(LookAgain) == 0


async def test_odd_names_come_in_their_quoted_form(project: Path) -> None:
    repository = ordinary(project)
    async with watched(repository) as heard:
        repository.write({'new\nline "x"': "x"})
        await heard.until(lambda: bool(heard.paths), description="the name")
        assert heard.paths == {'"new\\nline \\"x\\""'}


async def test_head_branches_and_the_index_are_told_and_the_rest_of_git_is_not(project: Path) -> None:
    repository = ordinary(project)
    async with watched(repository) as heard:
        repository.git("checkout", "-q", "--detach")
        await heard.until(lambda: heard.count(HeadMoved) > 0, description="a detached HEAD")
        heard.all.clear()
        repository.git("branch", "deep/er/branch")
        await heard.until(lambda: heard.count(HeadMoved) > 0, description="a branch in a new folder")
        await heard.quiet(repository)
        repository.git("branch", "-f", "deep/er/branch", "HEAD^")
        await heard.until(lambda: heard.count(HeadMoved) > 0, description="a moved branch")
        await heard.quiet(repository)
        repository.write({"README.md": "x"})
        repository.git("add", "README.md")
        await heard.until(lambda: heard.count(IndexMoved) > 0, description="a staged file")
        await heard.quiet(repository)
        repository.git("hash-object", "-w", "--stdin", stdin=b"x")
        repository.git("update-ref", "refs/casework/task/1/1", "HEAD")
        repository.git("config", "x.y", "z")
        await heard.quiet(repository)
        assert heard.all == []


async def test_ignored_and_pruned_folders_are_not_told(project: Path) -> None:
    repository = ordinary(project)
    repository.commit("ignore", {".gitignore": "build/\n*.log\n"})
    repository.write({"build/out": "x", "node_modules/m/index.js": "x", ".venv/bin/python": "x"})
    async with watched(repository) as heard:
        repository.write({"build/deep/out": "x", "node_modules/m/other.js": "x", ".venv/x": "x", "a.log": "x"})
        repository.write({"web/node_modules/m/x.js": "x", "web/build/x": "x", "web/app.js": "x"})
        await heard.until(lambda: "web/app.js" in heard.paths, description="web/app.js")
        repository.write({"web/node_modules/m/y.js": "x", "web/build/y": "x", "last": "x"})
        await heard.until(lambda: "last" in heard.paths, description="last")
        assert heard.paths == {"web/app.js", "last"}


async def test_a_new_folder_is_watched_with_what_was_written_into_it_at_once(project: Path) -> None:
    repository = ordinary(project)
    async with watched(repository) as heard:
        files = {f"new/{n}/deeper/{m}/f": "x" for n in range(5) for m in range(5)}
        repository.write(dict.fromkeys(files, "x"))
        await heard.until(lambda: set(files) <= heard.paths or heard.count(LookAgain) > 0, description="all files")
        await heard.quiet(repository)
        repository.write({"new/3/deeper/3/later": "x"})
        await heard.until(lambda: "new/3/deeper/3/later" in heard.paths, description="a later file")


async def test_a_folder_made_while_the_watch_is_being_opened_is_watched(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = watching._open_notify

    def opened_late(folders: set[bytes]) -> object:
        (project / "late/deep").mkdir(parents=True, exist_ok=True)
        return opened(folders)

    monkeypatch.setattr(watching, "_open_notify", opened_late)
    repository = ordinary(project)
    async with watched(repository) as heard:
        repository.write({"late/deep/file": "x"})
        await heard.until(lambda: "late/deep/file" in heard.paths, description="the file")


async def test_a_changed_gitignore_is_followed(project: Path) -> None:
    repository = ordinary(project)
    repository.write({"out/a": "x"})
    async with watched(repository) as heard:
        repository.write({".gitignore": "out/\n"})
        await heard.until(lambda: heard.count(LookAgain) > 0, description="look again")
        await heard.quiet(repository)
        repository.write({"out/b": "x", "seen": "x"})
        await heard.until(lambda: "seen" in heard.paths, description="seen")
        assert heard.paths == {"seen"}


async def test_ten_thousand_files_become_a_look_after_the_last_of_them(project: Path) -> None:
    repository = ordinary(project)
    async with watched(repository) as heard:

        def burst() -> None:
            for n in range(9_999):
                at = project / f"many/{n % 50}/{n}"
                at.parent.mkdir(parents=True, exist_ok=True)
                at.touch()

        await asyncio.to_thread(burst)
        looks = heard.count(LookAgain)
        repository.write({"many/0/last": "x"})
        await heard.until(
            lambda: heard.count(LookAgain) > looks or "many/0/last" in heard.paths, description="what came last"
        )
        assert len(heard.all) < 200
        await heard.quiet(repository)
        repository.write({"many/7/after": "x"})
        await heard.until(lambda: "many/7/after" in heard.paths, description="a file in a folder of the burst")


async def test_a_slow_listener_gets_one_look_and_no_flood(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_PATHS", 50)
    repository = ordinary(project)
    async with Watcher(Git.open(str(project))) as watcher:
        mailbox = watcher._mailbox
        assert mailbox is not None
        for n in range(200):
            mailbox.put([f"f{n}"], HeadMoved())
        events = watcher.events()
        first = [await anext(events), await anext(events)]
        assert set(first) == {HeadMoved(), LookAgain()}
        assert mailbox.take() == []
    assert repository.path.is_dir()


async def test_without_watches_it_says_so_and_polls(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(*_: object) -> object:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watching, "RustNotify", no_more)
    repository = ordinary(project)
    async with watched(repository, poll_s=0.05) as heard:
        await heard.until(lambda: heard.count(NowPolling) > 0, description="the sentence")
        assert heard.all[0] == NowPolling(
            "This system has no more watches for files (OS file watch limit reached), so Casework looks at this "
            "repository every 0.05 seconds. On Linux raise fs.inotify.max_user_watches and max_user_instances."
        )
        repository.write({"src/app.py": "x", "deep/new": "n", b"caf\xe9": "x"})
        wanted = {"src/app.py", "deep/new", '"caf\\351"'}
        await heard.until(lambda: wanted <= heard.paths, description="two paths")
        repository.git("checkout", "-q", "--detach")
        await heard.until(lambda: heard.count(HeadMoved) > 0, description="a detached HEAD")
        assert heard.count(NowPolling) == 1


async def test_names_that_are_not_utf8_are_not_lost(project: Path) -> None:
    repository = ordinary(project)
    repository.write({b"d\xe9/f": "x"})
    async with watched(repository, poll_s=0.05) as heard:
        repository.write({b"d\xe9/f": "longer"})
        await heard.until(lambda: '"d\\351/f"' in heard.paths, description="a file in such a folder")
        repository.write({b"src/\xff": "x"})
        await heard.until(lambda: heard.count(LookAgain) > 0, description="look again")
        repository.write({"src/app.py": "x"})
        await heard.until(lambda: "src/app.py" in heard.paths, description="what comes after it")
        assert len(heard.all) < 20


async def test_a_repository_that_goes_and_comes_back_is_watched_again(project: Path, world: Path) -> None:
    repository = ordinary(project)
    async with watched(repository, poll_s=0.05) as heard:
        shutil.rmtree(project)
        repository = ordinary(project)
        await heard.until(lambda: heard.count(LookAgain) > 0, description="look again")
        await heard.quiet(repository)
        repository.write({"src/app.py": "x"})
        await heard.until(lambda: "src/app.py" in heard.paths, description="a file")


async def test_a_linked_worktree_hears_its_own_head(project: Path, world: Path) -> None:
    ordinary(project).git("worktree", "add", "-q", str(world / "linked"), "feature")
    linked = Repository(world / "linked")
    async with watched(linked) as heard:
        linked.git("commit", "-q", "--allow-empty", "-m", "x")
        await heard.until(lambda: heard.count(HeadMoved) > 0, description="the branch")
        linked.write({"README.md": "x"})
        await heard.until(lambda: "README.md" in heard.paths, description="a file")
