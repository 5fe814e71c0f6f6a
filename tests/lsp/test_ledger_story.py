"""Ten hunks in an editor without a plug-in: what was judged outlives the daemon, the next version and a moved base."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.lsp.plain import Editor, editor
from tests.repositories import Repository, numbered
from tests.waiting import wait_until_async

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

PLACES: Final = range(5, 195, 20)
"""The lines of ten hunks."""
REASON: Final = "Keep this one as it was."


def better(*, but: dict[int, str] | None = None) -> str:
    return numbered(200, but={place: f"better {place}" for place in PLACES} | (but or {}))


def hunks(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [hunk for file in view["files"] for hunk in file["hunks"]]


def states(view: dict[str, Any]) -> list[str]:
    """Say of each hunk what its line in a review would say."""
    known = [
        (("stale" if one["stale"] else "read" if one["seen"] else "unread"), one["decision"]) for one in hunks(view)
    ]
    return [read if decision == "none" else decision for read, decision in known]


async def opened(window: Editor) -> dict[str, Any]:
    view: dict[str, Any] = await window.ask("casework/review/open", kind="branch", name="work")
    return view


async def headings(window: Editor) -> list[str]:
    """Open the review as a file, and give the marks of its headings."""
    await window.command("casework.review.document", {"number": 1})
    path = await window.shown()
    found = [line for line in path.read_text("utf-8").splitlines() if line.startswith("### ")]
    return [line[line.rindex("[") + 1 : line.rindex("]")] for line in found]


async def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    await wait_until_async(lambda: not Path(f"/proc/{pid}").exists(), description="the daemon is gone")


async def judge(window: Editor) -> None:
    """Accept six, reject one with a reason, comment on one, read one."""
    view = await opened(window)
    names = [hunk["id"] for hunk in hunks(view)]
    assert len(names) == 10
    await window.ask("casework/review/decide", number=1, hunks=names[:6], decision="accepted")
    await window.ask("casework/review/decide", number=1, hunks=names[6:7], decision="rejected", reason=REASON)
    await window.ask("casework/review/comment", number=1, text="Why better?", hunk=names[7])
    await window.ask("casework/review/seen", number=1, hunks=names[8:9])


JUDGED: Final = [*["accepted"] * 6, "rejected", "unread", "read", "unread"]


async def test_what_was_judged_stands_after_a_kill_a_next_version_and_a_moved_base_and_lands(world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("Count", {"numbers.txt": numbered(200)})
    repository.git("checkout", "-q", "-b", "work")
    repository.commit("Better", {"numbers.txt": better()})
    repository.git("checkout", "-q", "main")
    async with editor(repository.path) as window:
        await judge(window)
        before = await window.ask("casework/review/show", number=1)
        assert states(before) == JUDGED
        marks = await headings(window)
        assert marks == [*"xxxxxx-", " ", " ", " "]
        assert states(await window.ask("casework/review/show", number=1)) == JUDGED, "opening the file reads nothing"
        pid = (await window.ask("casework/daemon/status"))["pid"]
    await kill(pid)
    async with editor(repository.path) as window:
        again = await window.ask("casework/review/show", number=1)
        assert (again["files"], again["shown"]) == (before["files"], before["shown"])
        assert await headings(window) == marks
        await next_version(window, repository)
        await moved_base(window, repository)
        await landed(window, repository)


async def next_version(window: Editor, repository: Repository) -> None:
    """One accepted hunk changes: that one alone is stale, and says what changed."""
    repository.git("checkout", "-q", "work")
    repository.commit("Best", {"numbers.txt": better(but={PLACES[2]: "best of all"})})
    repository.git("checkout", "-q", "main")
    view = await opened(window)
    assert states(view) == [*JUDGED[:2], "stale", *JUDGED[3:]]
    stale, rejected, said = (hunks(view)[at] for at in (2, 6, 7))
    assert [line for line in stale["since"].splitlines() if line[0] != " "] == [f"-better {PLACES[2]}", "+best of all"]
    assert (stale["was"], rejected["reason"]) == ("accepted", REASON)
    assert [(one["text"], one["outdated"]) for one in said["comments"]] == [("Why better?", False)]
    assert (view["unseen"], view["stale"]) == (3, 1)


async def moved_base(window: Editor, repository: Repository) -> None:
    """Lines come in at the top and between hunks, and the branch is rebased on that: the rest stays."""
    lines = numbered(200).splitlines()
    moved = ["a line on top", *lines[:15], "fifteen and a half", *lines[15:]]
    repository.commit("Move", {"numbers.txt": "\n".join(moved) + "\n"})
    repository.git("rebase", "-q", "main", "work")
    repository.git("checkout", "-q", "main")
    view = await opened(window)
    assert states(view) == [*JUDGED[:2], "stale", *JUDGED[3:]]
    assert [one["text"] for one in hunks(view)[7]["comments"]] == ["Why better?"]
    await window.ask("casework/review/seen", number=1, hunks=[hunks(view)[2]["id"]])


async def landed(window: Editor, repository: Repository) -> None:
    view = await window.ask("casework/review/show", number=1)
    assert states(view)[2] == "read"
    await window.ask(
        "casework/review/decide", number=1, hunks=[one["id"] for one in hunks(view)[7:]], decision="accepted"
    )
    view = await window.ask("casework/review/decide", number=1, hunks=[hunks(view)[2]["id"]], decision="accepted")
    assert view["unread"] == ""
    await window.ask("casework/review/answer", number=1, verdict="approve", shown=view["shown"])
    await window.ask("casework/task/wait", number=1, statuses=["landed"])
    lines = repository.text("show", "main:numbers.txt").splitlines()
    assert [f"better {place}" in lines for place in PLACES] == [n not in (2, 6) for n in range(10)]
    assert ("best of all" in lines, "fifteen and a half" in lines) == (True, True)
