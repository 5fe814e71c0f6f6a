"""The whole story in a real Neovim, by keys only: add a task, run it, judge it, send it back, land it, take it back.

Every picture is taken from the running editor in the test that asserts the commit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import CHARGE, VAULT, Stage
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

EXPIRED: Final = '''class CardExpired(CardRefused):
    """The card's last day is past."""


'''
REFUSING: Final = """    if card.expired(today()):
        raise CardExpired(card)
"""
CHARGING: Final = "def charge(card, amount):\n"
QUIET: Final = 'log.debug("token read")'
TEST: Final = '''"""What charging must do."""


def test_an_expired_card_is_refused():
    with raises(CardExpired):
        charge(OLD_CARD, 300)
'''
FIRST_RUN: Final[list[dict[str, object]]] = [
    {"do": "plan", "items": ["Refuse before the vault is read", "Prove it with a test"]},
    {"do": "edit", "path": "pay/charge.py", "old": CHARGING, "new": EXPIRED + CHARGING + REFUSING},
    {"do": "edit", "path": "pay/charge.py", "old": "amount // 50", "new": "amount // 40"},
    {"do": "edit", "path": "pay/vault.py", "old": 'log.debug("token %s", token)', "new": QUIET},
    {"do": "write", "path": "tests/test_charge.py", "content": TEST},
    {
        "do": "follow-up",
        "kind": "security-review",
        "severity": "high",
        "title": "Refunds do not look at the card",
        "why": "An expired card can still be paid back to, and nobody has said what should happen then.",
        "path": "pay/charge.py",
        "line": 24,
    },
    {
        "do": "finish",
        "comment": "Expired cards reached the gateway and came back as a generic 402. They are refused before the "
        "vault is read, so no token is fetched for them.",
    },
]  # fmt: skip
SECOND_RUN: Final[list[dict[str, object]]] = [
    {"do": "edit", "path": "pay/charge.py", "old": "amount // 40", "new": "amount // 50"},
    {"do": "edit", "path": "pay/charge.py", "old": "CardExpired(card)", "new": "CardExpired(card.last4)"},
    {"do": "finish", "comment": "Fees are as they were, and the message names the last four digits."},
]


def test_a_task_is_run_judged_sent_back_landed_and_taken_back_by_keys_only(stage: Stage) -> None:
    script = stage.script(FIRST_RUN, SECOND_RUN)
    before = stage.shop.id("HEAD")
    nvim = stage.neovim("pay/charge.py")
    a_task_is_worked_on(nvim, script)
    it_is_judged_and_sent_back(nvim)

    nvim.sees("Fees are as they were", "Review 1", timeout_s=40)
    nvim.picture("06-the-next-run")
    assert stage.shop.id("HEAD") == before, "a run changed the user's branch"
    accept_all(nvim, files=3)
    nvim.sees("3 accepted", "A Land 3 on main")
    nvim.keys("A")
    landed = nvim.sees("Landed as ")
    commit = stage.shop.id("HEAD")
    assert f"Landed as {commit[:10]}" in landed
    nvim.picture("07-landed")

    assert stage.shop.text("show", "-s", "--format=%P", commit) == before
    assert stage.shop.at("pay/vault.py").read_text() == VAULT.replace('log.debug("token %s", token)', QUIET)
    assert "raise CardExpired(card.last4)" in stage.shop.at("pay/charge.py").read_text()
    assert stage.shop.text("status", "--porcelain") == ""

    nvim.keys("U")
    nvim.sees("Take back the approval of review 1?")
    nvim.keys("y")
    nvim.loses("Landed as ")
    wait_until(lambda: stage.shop.id("HEAD") == before, description="the approval is taken back")
    nvim.sees("A Land 3 on main", "proposed")
    nvim.picture("08-taken-back")
    assert stage.shop.at("pay/charge.py").read_text() == CHARGE
    assert stage.shop.at("pay/vault.py").read_text() == VAULT
    assert not stage.shop.at("tests").exists()
    assert stage.shop.text("status", "--porcelain") == ""


def a_task_is_worked_on(nvim: Neovim, script: Path | str) -> None:
    """The board, a new task, its run, and what needs the human afterwards."""
    nvim.sees("def charge")
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU", "nothing", "RUNNING", "New task")
    nvim.keys("+")
    nvim.sees("New task:")
    nvim.keys("Refuse expired cards<CR>")
    nvim.sees("◇ 1  Refuse expired cards")
    nvim.picture("01-a-task-in-the-backlog")

    nvim.keys(f":Casework task start 1 {script}<CR>")
    nvim.sees("● 1  Refuse expired cards", "⚑ 2  Refunds do not look")
    nvim.picture("02-it-needs-me")


def it_is_judged_and_sent_back(nvim: Neovim) -> None:
    """One hunk accepted, one rejected with a reason, and changes requested in words."""
    nvim.keys("]v")
    nvim.sees("proposed", "hunk 1/", "Expired cards reached the gateway", "A Land 4 on main")
    nvim.picture("03-the-review")

    nvim.keys("a")
    nvim.sees("1 accepted", "hunk 2/2", "amount // 40")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("Nobody asked for other fees<CR>")
    nvim.sees("1 rejected", "Land 3, send 1 back", "file 2/3")
    nvim.keys("[c")
    nvim.sees("✗ rejected: Nobody", "rejected  Nobody asked for other fees")
    nvim.picture("04-rejected-with-a-reason")

    nvim.keys("R")
    nvim.sees("What should change in review 1?")
    nvim.keys("Name the last four digits in the message, please.")
    nvim.sees("four digits in the message, please.")
    nvim.picture("05-request-changes")
    nvim.keys("<C-s>")


def accept_all(nvim: Neovim, *, files: int) -> None:
    """Accept file by file with S."""
    for number in range(1, files + 1):
        nvim.sees(f"file {number}/{files}")
        nvim.keys("S")
