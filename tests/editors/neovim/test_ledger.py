"""What was read, what changed since, and threads, in a real Neovim: over two runs of an agent, by keys only."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import open_review, review, spaced, topic
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

REFUSING: Final = """    if card.expired(today()):
        raise CardExpired(card)
"""
CHARGING: Final = "def charge(card, amount):\n"
FIRST: Final[list[dict[str, object]]] = [
    {"do": "edit", "path": "pay/charge.py", "old": CHARGING, "new": CHARGING + REFUSING},
    {"do": "edit", "path": "pay/charge.py", "old": "amount // 50", "new": "amount // 40"},
    {"do": "finish", "comment": "Expired cards are refused."},
]
SECOND: Final[list[dict[str, object]]] = [
    {"do": "edit", "path": "pay/charge.py", "old": "CardExpired(card)", "new": "CardExpired(card.last4)"},
    {"do": "finish", "comment": "The message names the last four digits."},
]


def hunks(stage: Stage) -> list[dict[str, Any]]:
    """All hunks as the daemon shows them, in the order of the files."""
    return [hunk for file in review(stage)["files"] for hunk in file["hunks"]]


def test_what_was_on_the_screen_is_read_and_nothing_else_is(stage: Stage) -> None:
    stage.shop.commit("before", {"long.txt": spaced(6, "old")})
    stage.shop.git("switch", "-qc", "topic")
    stage.shop.commit("after", {"long.txt": spaced(6, "new")})
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "topic")
    nvim.sees("○", "unread")
    wait_until(lambda: any(hunk["seen"] for hunk in hunks(stage)), description="what is on the screen counts as read")
    seen = [hunk["seen"] for hunk in hunks(stage)]
    assert seen == sorted(seen, reverse=True), "read from the top"
    assert not all(seen), "nothing below the screen is read"
    nvim.sees("• ", f"{seen.count(False)} unread")
    nvim.picture("50-read-and-unread")
    nvim.keys("3]c")
    wait_until(lambda: hunks(stage)[3]["seen"], description="what was gone to counts as read")
    assert not hunks(stage)[5]["seen"]
    nvim.keys("2]c")
    wait_until(lambda: all(hunk["seen"] for hunk in hunks(stage)), description="the rest was on the screen too")
    nvim.loses("unread")


def test_what_changed_since_it_was_read_says_so_with_what_was_decided(stage: Stage) -> None:
    nvim = stage.neovim("pay/charge.py")
    nvim.sees("def charge")
    nvim.keys(":Casework<CR>:Casework task add Refuse expired cards<CR>")
    nvim.sees("◇ 1  Refuse expired cards")
    nvim.keys(f":Casework task start 1 {stage.script(FIRST, SECOND)}<CR>")
    nvim.sees("● 1  Refuse expired cards", timeout_s=60)
    nvim.keys("]v")
    nvim.sees("proposed", "hunk 1/2", "A Land 2 on main")
    nvim.keys("a")
    nvim.sees("1 accepted", "hunk 2/2")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("Nobody asked for other fees<CR>")
    nvim.sees("1 rejected")
    nvim.keys("R")
    nvim.sees("What should change in review 1?")
    nvim.keys("Name the last four digits.<C-s>")

    nvim.sees("The message names", "changed since you read it", "1 changed since read", timeout_s=60)
    nvim.sees("charge.py proposed", "hunk 1/2", "↻ changed")
    nvim.sees("You had accepted it", "-        raise CardExpired(card)", "+        raise CardExpired(card.last4)")
    nvim.picture("51-changed-since-read")
    nvim.keys("]c")
    nvim.sees("brings back what you rejected: Nobody asked for other fees")
    nvim.picture("52-brings-back")


def test_a_thread_is_answered_settled_and_taken_up_again(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("c")
    nvim.sees("Comment · pay/charge.py")
    nvim.keys("Why 40?<C-s>")
    nvim.sees("┃ ", "Why 40?", "Review 1")
    nvim.loses("Comment ·")
    nvim.keys("o")
    nvim.sees("Answer to ")
    nvim.keys("The contract says so.<C-s>")
    nvim.loses("Answer to ")
    nvim.sees("↳ ", "The contract says so.")
    nvim.picture("53-a-thread")
    nvim.keys("O")
    nvim.sees("(settled, 1 answer)")
    nvim.loses("The contract says so.")
    first, second = [one for hunk in hunks(stage) for one in hunk["comments"]]
    assert (first["resolved"], second["thread"]) == (True, first["id"])
    nvim.keys("O")
    nvim.sees("The contract says so.")
    nvim.keys("C")
    nvim.sees("Comment on", "pay/charge.py")
    nvim.keys("1<CR>")
    nvim.sees("Comment · pay/charge.py")
    nvim.keys("A word on all of it.<C-s>")
    nvim.sees("on this file  A word on all of it.")
    wait_until(lambda: commented(stage) == "pay/charge.py", description="the comment is on the file")


def commented(stage: Stage) -> str:
    """The file that the first comment beside the hunks is about."""
    comments = review(stage)["comments"]
    return str(comments[0]["path"]) if comments else ""
