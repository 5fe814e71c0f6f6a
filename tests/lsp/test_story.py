"""The whole story in an editor with no plug-in of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lsp.plain import editor
from tests.lsp.shop import CHARGE, script, shop

pytestmark = pytest.mark.e2e


async def test_a_ticket_becomes_a_commit_and_is_undone_without_any_plug_in(world: Path) -> None:
    repository = shop(world / "shop")
    charge = repository.path / "pay/charge.py"
    first = repository.text("rev-parse", "HEAD")
    async with editor(repository.path) as vim:
        vim.open(charge)
        added = await vim.press(charge, 2, "Casework: new task", end=3)
        number = added["card"]["number"]
        await vim.command("casework.task.start", {"number": number, "agent": "scripted", "script": script()})
        told = [f"review {number} changes this: Look at: token = vault.get(card)"]
        await vim.until(lambda: vim.diagnostics(charge) == told, "the review stands at the code")
        assert vim.diagnostics(repository.path / "pay/vault.py") == [
            "2 Token is logged at debug level (security-review, high, found in 1)"
        ]

        await vim.press(charge, 2, "Casework: Open review")
        document = await vim.shown()
        text = vim.open(document)
        assert "Expired cards reached the gateway." in text
        assert "+    if card.expired(today()):" in text
        text = text.replace("Verdict: ", "Verdict: request changes ")
        text = _mark(text, "pay/charge.py", "-").replace("[-]   <- x accept, - reject\n", "[-]\n> name the digits\n", 1)
        vim.edit(document, text)
        vim.answer = lambda asked: asked.actions[0].title if asked.actions else None
        vim.save(document)
        await vim.until(lambda: vim.client.messages, "the verdict is taken")
        assert vim.client.messages[-1].message == f"Review {number} is sent back with what you wrote."
        again = await vim.ask("casework/task/wait", number=number, statuses=["in_review"], timeout_s=30)
        assert [run["n"] for run in again["runs"]] == [1, 2]

        await vim.press(charge, 2, "Casework: Approve review 1: Land")
        landed = await vim.ask("casework/task/wait", number=number, statuses=["landed"], timeout_s=30)
        assert landed["commit"] == repository.text("rev-parse", "HEAD")
        assert "raise CardExpired(card.last4)" in charge.read_text()
        assert repository.text("status", "--porcelain") == ""

        await vim.command("casework.review.undo", {"number": number})
        assert repository.text("rev-parse", "HEAD") == first
        assert charge.read_text() == CHARGE
        assert repository.text("status", "--porcelain") == ""


def _mark(text: str, path: str, mark: str) -> str:
    lines = [
        line.replace("[ ]", f"[{mark}]") if line.startswith("### ") and path in line else line
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"
