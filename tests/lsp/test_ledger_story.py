"""Ten hunks in an editor without a plug-in: what was judged outlives the daemon, the next version and a moved base."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.lsp.ledger_story import (
    ASKED,
    BEST,
    CHANGED,
    CHANGES,
    JUDGED,
    PLACES,
    QUESTION,
    REASON,
    has_landed,
    hunks,
    move_base,
    next_version,
    shop,
    told,
)
from tests.lsp.plain import Editor, editor
from tests.repositories import Repository
from tests.waiting import wait_until_async

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

READ: Final = [True] * 7 + [False, True, False]
"""What is decided is read; one more was said to be."""


def read(view: dict[str, Any]) -> list[bool]:
    return [hunk["seen"] for hunk in hunks(view)]


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
    await window.ask("casework/review/comment", number=1, text=QUESTION, hunk=names[ASKED])
    await window.ask("casework/review/seen", number=1, hunks=names[8:9])


async def test_what_was_judged_stands_after_a_kill_a_next_version_and_a_moved_base_and_lands(world: Path) -> None:
    repository = shop(world / "shop")
    async with editor(repository.path) as window:
        await judge(window)
        before = await window.ask("casework/review/show", number=1)
        assert (told(before), read(before)) == (JUDGED, READ)
        marks = await headings(window)
        assert marks == [*"xxxxxx-", " ", " ", " "]
        assert read(await window.ask("casework/review/show", number=1)) == READ, "opening the file reads nothing"
        pid = (await window.ask("casework/daemon/status"))["pid"]
    await kill(pid)
    async with editor(repository.path) as window:
        again = await window.ask("casework/review/show", number=1)
        assert (again["files"], again["shown"]) == (before["files"], before["shown"])
        assert await headings(window) == marks
        await one_is_stale(window, repository)
        await the_rest_stays(window, repository)
        await landed(window, repository)


async def one_is_stale(window: Editor, repository: Repository) -> None:
    """One accepted hunk changes: that one alone is stale, and says what changed."""
    next_version(repository)
    view = await opened(window)
    assert (told(view), read(view)) == (CHANGED, [*READ[:CHANGES], False, *READ[CHANGES + 1 :]])
    since = hunks(view)[CHANGES]["since"].splitlines()
    assert [line for line in since if line[0] != " "] == [f"-better {PLACES[CHANGES]}", f"+{BEST}"]
    assert (view["unseen"], view["stale"]) == (3, 1)


async def the_rest_stays(window: Editor, repository: Repository) -> None:
    """The base moves."""
    move_base(repository)
    view = await opened(window)
    assert (told(view), read(view)) == (CHANGED, [*READ[:CHANGES], False, *READ[CHANGES + 1 :]])
    await window.ask("casework/review/seen", number=1, hunks=[hunks(view)[CHANGES]["id"]])


async def landed(window: Editor, repository: Repository) -> None:
    view = await window.ask("casework/review/show", number=1)
    assert read(view)[CHANGES], "it was read again"
    left = [hunk["id"] for hunk in hunks(view) if hunk["decision"] == "none"]
    view = await window.ask("casework/review/decide", number=1, hunks=left, decision="accepted")
    assert view["unread"] == ""
    await window.ask("casework/review/answer", number=1, verdict="approve", shown=view["shown"])
    await window.ask("casework/task/wait", number=1, statuses=["landed"])
    has_landed(repository)
