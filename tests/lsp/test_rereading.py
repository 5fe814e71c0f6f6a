"""After the second run exactly what changed is unread: however the change came about, and wherever it lies."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from casework import paths
from tests.lsp.light import Light, light
from tests.repositories import Repository, numbered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

PLACES: Final = range(5, 195, 20)
FILES: Final = ("a.txt", "b.txt")
Way = Callable[[Light, Repository], AsyncIterator[None]]
"""Makes a change and opens its review; when it is gone on with, changes the change and opens the review again."""


def text(*, top: str = "", **but: str) -> str:
    """A file with ten changed lines, some of them changed in another way: `n45="best"`."""
    changed = {place: f"better {place}" for place in PLACES}
    return top + numbered(200, but=changed | {int(name[1:]): line for name, line in but.items()})


async def _working_tree(client: Light) -> None:
    await client.ask("casework/review/open", {"kind": "working_tree"})


async def nothing_staged(client: Light, repository: Repository) -> AsyncIterator[None]:
    repository.write({name: text() for name in FILES})
    await _working_tree(client)
    yield
    repository.write({"a.txt": text(n45="best 45")})
    await _working_tree(client)


async def half_staged(client: Light, repository: Repository) -> AsyncIterator[None]:
    repository.write({name: text() for name in FILES})
    repository.git("add", "a.txt")
    await _working_tree(client)
    yield
    repository.write({"a.txt": text(n45="best 45")})
    repository.git("add", "b.txt")
    await _working_tree(client)


async def committed_on_the_branch(client: Light, repository: Repository) -> AsyncIterator[None]:
    async for _ in _branch(client, repository, lambda: repository.commit("Best", {"a.txt": text(n45="best 45")})):
        yield


async def amended(client: Light, repository: Repository) -> AsyncIterator[None]:
    def again() -> None:
        repository.write({"a.txt": text(n45="best 45")})
        repository.git("commit", "-q", "-a", "--amend", "-m", "Best")

    async for _ in _branch(client, repository, again):
        yield


async def rebased(client: Light, repository: Repository) -> AsyncIterator[None]:
    def again() -> None:
        repository.commit("Best", {"a.txt": text(n45="best 45")})
        repository.git("checkout", "-q", "main")
        base = "".join(f"{line}\n" for line in ("on top", *numbered(200, but={118: "else"}).splitlines()))
        repository.commit("Move", {"a.txt": base})
        repository.git("rebase", "-q", "main", "work")

    async for _ in _branch(client, repository, again):
        yield


async def formatted(client: Light, repository: Repository) -> AsyncIterator[None]:
    """The formatter reaches into a hunk, and touches a line that nobody had changed."""

    def again() -> None:
        repository.commit("Format", {"a.txt": text(n45="    better 45", n96="    line 96")})

    async for _ in _branch(client, repository, again):
        yield


async def _branch(client: Light, repository: Repository, again: Callable[[], object]) -> AsyncIterator[None]:
    repository.git("checkout", "-q", "-b", "work")
    repository.commit("Better", {name: text() for name in FILES})
    repository.git("checkout", "-q", "main")
    await client.ask("casework/review/open", {"kind": "branch", "name": "work"})
    yield
    repository.git("checkout", "-q", "work")
    again()
    repository.git("checkout", "-q", "main")
    await client.ask("casework/review/open", {"kind": "branch", "name": "work"})


async def committed_by_the_human_meanwhile(client: Light, repository: Repository) -> AsyncIterator[None]:
    """One of the two files goes into history; what is left of the working tree stands on that."""
    repository.write({name: text() for name in FILES})
    await _working_tree(client)
    yield
    repository.git("commit", "-q", "-m", "The second one", "b.txt")
    repository.write({"a.txt": text(n45="best 45")})
    await _working_tree(client)


async def run_again(client: Light, repository: Repository) -> AsyncIterator[None]:
    async for _ in _run(client, repository, commits=False):
        yield


async def run_again_by_an_agent_that_commits(client: Light, repository: Repository) -> AsyncIterator[None]:
    """What it wrote is committed in its worktree while it waits, as an agent with a shell does."""
    async for _ in _run(client, repository, commits=True):
        yield


async def _run(client: Light, repository: Repository, *, commits: bool) -> AsyncIterator[None]:
    first = [{"do": "write", "path": name, "content": text()} for name in FILES]
    second = [{"do": "write", "path": "a.txt", "content": text(n45="best 45")}]
    wait = [{"do": "ask", "text": "Go on?"}, {"do": "finish", "comment": "Done."}]
    script = json.dumps({"runs": [{"steps": [*steps, *wait]} for steps in (first, second)]})
    await client.ask("casework/task/add", {"title": "Better"})
    await client.ask("casework/task/start", {"number": 1, "agent": "scripted", "script": script})
    await _go_on(client, repository, 1, commits=commits)
    yield
    shown = (await client.ask("casework/review/show", {"number": 1}))["shown"]
    await client.ask(
        "casework/review/answer", {"number": 1, "verdict": "request_changes", "shown": shown, "message": "Best."}
    )
    await _go_on(client, repository, 2, commits=commits)


async def _go_on(client: Light, repository: Repository, run: int, *, commits: bool) -> None:
    view = await client.ask("casework/task/wait", {"number": 1, "statuses": ["waiting"]})
    assert len(view["runs"]) == run
    if commits:
        (worktree,) = (paths.state_directory() / "worktrees").glob(f"*/*/{run}/tree")
        Repository(worktree).git("-c", "user.name=Agent", "-c", "user.email=a@b.c", "commit", "-q", "-a", "-m", "Mine")
    question = view["card"]["questions"][0]["id"]
    await client.ask("casework/question/answer", {"number": 1, "question": question, "answer": "yes"})
    await client.ask("casework/task/wait", {"number": 1, "statuses": ["in_review"]})


BEST: Final = {("a.txt", "best 45")}
WAYS: Final[dict[Way, set[tuple[str, str]]]] = {
    nothing_staged: BEST,
    half_staged: BEST,
    committed_on_the_branch: BEST,
    amended: BEST,
    rebased: BEST,
    formatted: {("a.txt", "    better 45"), ("a.txt", "    line 96")},
    committed_by_the_human_meanwhile: BEST,
    run_again: BEST,
    run_again_by_an_agent_that_commits: BEST,
}


async def unread(client: Light) -> tuple[set[tuple[str, str]], int]:
    """Give path and new line of each hunk that is not read, and how many there are of all."""
    view: dict[str, Any] = await client.ask("casework/review/show", {"number": 1})
    found, count = set(), 0
    for file in view["files"]:
        content = await client.ask("casework/review/content", {"number": 1, "path": file["path"], "side": "head"})
        lines = content["text"].splitlines()
        for hunk in file["hunks"]:
            there = lines[hunk["new_start"] - 1 : hunk["new_start"] - 1 + hunk["new_lines"]]
            new = [line for line in there if not re.fullmatch(r"line \d+|on top|else", line)]
            count += 1
            if not hunk["seen"]:
                found.add((file["path"], "\n".join(new)))
    assert len(found) == view["unseen"]
    return found, count


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_exactly_the_hunks_that_changed_are_unread(world: Path, way: Way) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("Count", {name: numbered(200) for name in FILES})
    async with light(repository.path) as client:
        played = aiter(way(client, repository))
        await anext(played)
        found, count = await unread(client)
        assert len(found) == count == 20
        view = await client.ask("casework/review/show", {"number": 1})
        names = [hunk["id"] for file in view["files"] for hunk in file["hunks"]]
        await client.ask("casework/review/decide", {"number": 1, "hunks": names[::2], "decision": "accepted"})
        await client.ask("casework/review/seen", {"number": 1, "hunks": names})
        assert (await unread(client))[0] == set()
        async for _ in played:
            raise AssertionError("a way has two parts")
        found, count = await unread(client)
        assert found == WAYS[way]
        view = await client.ask("casework/review/show", {"number": 1})
        decided = sum(hunk["decision"] == "accepted" for file in view["files"] for hunk in file["hunks"])
        assert decided >= count // 2 - len(found), "what was decided of the others stands"
