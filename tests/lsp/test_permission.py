"""A permission asked and answered in an editor with no plug-in of ours, and not asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.lsp.plain import Editor, editor
from tests.lsp.shop import shop
from tests.sandbox.machine import bubblewrap

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

HOST: Final = "packages.example:443"
WANT: Final = {"do": "want", "command": "pip install requests", "hosts": [HOST], "why": "The lock file names it."}
SCRIPT: Final = json.dumps({"steps": [WANT, {"do": "finish", "comment": "Installed, or not."}]})


async def started(vim: Editor, title: str) -> int:
    added = await vim.command("casework.task.add", {"title": title})
    number: int = added["card"]["number"]
    await vim.command("casework.task.start", {"number": number, "agent": "scripted", "script": SCRIPT})
    return number


async def arrived(vim: Editor, number: int, status: str) -> None:
    await vim.ask("casework/task/wait", number=number, statuses=[status], timeout_s=60)


async def test_always_from_a_plain_editor_makes_the_rule_and_the_next_run_is_not_asked(world: Path) -> None:
    bubblewrap()
    repository = shop(world / "shop")
    async with editor(repository.path) as vim:
        await vim.command("casework.trust.grant", {})
        first = await started(vim, "Install it")
        await arrived(vim, first, "waiting")
        board = Path((await vim.ask("casework/board/document"))["path"])
        text = vim.open(board)
        line = next(n for n, said in enumerate(text.splitlines(), 1) if "Install it" in said)
        exact = f"`pip install requests`, reaching {HOST}"
        offered = [title.removeprefix("Casework: ") for title in await vim.titles(board, line)]
        asked = "May it run `pip install requests`? It wants packages.example"[:60]
        assert offered[:4] == [
            f"Answer {first}, {asked}: yes, once",
            f"Answer {first}, {asked}: always: {exact}",
            f"Answer {first}, {asked}: always: `pip install *`, reaching {HOST}",
            f"Answer {first}, {asked}: no",
        ]
        await vim.press(board, line, f"Casework: Answer {first}, {asked}: always: {exact}")
        await arrived(vim, first, "in_review")
        [rule] = (await vim.ask("casework/rules/list"))["rules"]
        assert rule["text"] == exact

        second = await started(vim, "Install it again")
        await arrived(vim, second, "in_review")
        rows = (await vim.ask("casework/journal/read", number=second))["rows"]
        kinds = [row["kind"] for row in rows]
        assert "question.asked" not in kinds
        ruled = json.loads(next(row["data"] for row in rows if row["kind"] == "action.ruled"))
        assert (ruled["by"], ruled["rule"], ruled["allowed"]) == ("rule", rule["id"], True)
