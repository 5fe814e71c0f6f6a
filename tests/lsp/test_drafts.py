"""What is half-written, over the real protocol: it is there for the next editor, and gone when it is sent."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.ledger_story import shop
from tests.lsp.light import Light, Refusal, light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


async def opened(client: Light) -> tuple[str, str, str]:
    """Open the review, comment on its third hunk; the ids of the first and the third, and of the thread."""
    view = await client.ask("casework/review/open", {"kind": "branch", "name": "work"})
    first, _, third, *_ = view["files"][0]["hunks"]
    view = await client.ask("casework/review/comment", {"number": 1, "hunk": third["id"], "text": "Why?"})
    return first["id"], third["id"], view["files"][0]["hunks"][2]["comments"][0]["id"]


async def keep(client: Light, place: str, text: str, **more: Any) -> None:
    assert await client.ask("casework/draft/keep", {"number": 1, "place": place, "text": text, **more}) == {
        "drafts": []
    }


async def drafts(client: Light, **of: Any) -> dict[str, str]:
    told = await client.ask("casework/draft/list", of)
    return {one["place"]: one["text"] for one in told["drafts"]}


async def test_what_one_editor_keeps_the_next_one_has_after_a_kill_of_all(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path, name="first") as first:
        hunk, _, _ = await opened(first)
        for text in ("W", "Wh", "Why not\n", "Why not\n less"):
            await keep(first, f"comment/{hunk}", text, line=2, column=5)
        await keep(first, "request", "Once more.")
        pid = (await first.ask("casework/daemon/status"))["pid"]
        os.kill(pid, signal.SIGKILL)
        await first.leave()
    async with light(repository.path, name="second") as second:
        told = (await second.ask("casework/draft/list", {"number": 1}))["drafts"]
        (one, _) = told
        assert (one["number"], one["place"], one["text"]) == (1, f"comment/{hunk}", "Why not\n less")
        assert (one["line"], one["column"], one["via"]) == (2, 5, "first")
        assert await drafts(second, number=2) == {}
        await keep(second, "request", "  \n")
        assert await drafts(second) == {f"comment/{hunk}": "Why not\n less"}, "blanks alone are no draft"


async def test_what_is_sent_is_no_draft_any_more_and_what_was_gone_on_with_meanwhile_is(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        hunk, other, thread = await opened(client)
        for place in (f"comment/{hunk}", f"comment/{other}", f"reply/{thread}", "file/numbers.txt", "comment/"):
            await keep(client, place, f"Sent.\n{place}\n")
        ways: list[tuple[str, dict[str, str]]] = [
            ("comment", {"hunk": hunk, "text": f"Sent.\ncomment/{hunk}"}),
            ("comment", {"path": "numbers.txt", "text": "Sent.\nfile/numbers.txt"}),
            ("comment", {"text": "Sent.\ncomment/"}),
            ("reply", {"thread": thread, "text": f"Sent.\nreply/{thread}"}),
            ("comment", {"hunk": other, "text": "Sent."}),
        ]
        for way, params in ways:
            await client.ask(f"casework/review/{way}", {"number": 1, **params})
        assert await drafts(client) == {f"comment/{other}": f"Sent.\ncomment/{other}\n"}
        await client.ask("casework/draft/forget", {"number": 1, "place": f"comment/{other}"})
        assert await drafts(client) == {}


async def test_what_can_be_no_draft_is_refused_with_a_sentence(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        await opened(client)
        with pytest.raises(Refusal) as refusal:
            await client.ask("casework/draft/keep", {"number": 9, "place": "request", "text": "x"})
        assert "9" in str(refusal.value)
        for place in ("", "request/", "../x", "verdict/1", "file/\0", "file/", "request\n"):
            with pytest.raises(Refusal):
                await client.ask("casework/draft/keep", {"number": 1, "place": place, "text": "x"})
        assert await drafts(client) == {}
