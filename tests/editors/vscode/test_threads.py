"""Comments as threads in a real VS Code: what the agent answers, what the human says to it, settled, taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import open_reply, press_in_thread, press_reply
from tests.editors.vscode.shop import COMMENT, REFUSE, edit, shop
from tests.editors.vscode.workbench import Workbench
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEXT: Final = ("Control+k", "Control+g")
QUESTION: Final = "Whose today is that?"
ANSWER: Final = "The shop's own: the cards are its customers'."
GONE: Final = "Why not as it was?"
BACK: Final = "It is as it was again."
SILENT: Final = "None is falsy too."
ANSWERS: Final = [{"thread": 1, "text": ANSWER}, {"thread": 2, "text": BACK}]
SCRIPT: Final = {
    "runs": [
        {
            "steps": [
                edit("pay/charge.py", *REFUSE),
                edit("pay/charge.py", "    if amount == 0:\n", "    if not amount:\n"),
                {"do": "finish", "comment": COMMENT},
            ]
        },
        {
            "steps": [
                edit("pay/charge.py", "    if not amount:\n", "    if amount == 0:\n"),
                {"do": "finish", "comment": COMMENT, "answers": ANSWERS},
            ]
        },
    ]
}


def test_a_thread_is_answered_by_the_agent_then_by_the_human_settled_and_taken_up_again(
    world: Path, open_window: OpenWindow
) -> None:
    repository = in_review(world)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.row("Refuse expired cards").click()
        window.wait_for_diff("charge.py · review 1 · 1 of 1")
        window.wait_for_text_in_diff("1 of 2")
        comment(window, QUESTION)
        window.press("a")
        window.wait_for_text_in_diff("2 of 2 · a r c")
        comment(window, GONE)
        comment(window, SILENT)
        window.picture("92-threads-of-the-human")
        window.press("Shift+R")
        assert "3 comments will go along." in window.box()
        window.answer("As I wrote.")
        window.wait_for_no_tab("review 1")
        casework("wait", "1", "--for", "in_review", cwd=repository.path)

        window.press(*NEXT)
        window.wait_for_diff("charge.py · review 1 · 1 of 1")
        window.wait_for_comment(f"root {QUESTION} scripted (agent) {ANSWER}")
        window.wait_for_comment(f"Outdated · Comment root {GONE} scripted (agent) {BACK}")
        assert not any(SILENT in said for said in window.comments()), "what is gone, and nobody answered, is closed"
        window.picture("93-the-agent-answers")

        open_reply(window, QUESTION)
        window.type_comment("Good.")
        press_reply(window, "Comment")
        window.wait_for_comment(f"root {QUESTION} scripted (agent) {ANSWER} root Good.")
        press_in_thread(window, "Good.", "Resolve")
        wait_until(lambda: states(repository)[QUESTION] == (True, 3), description="the daemon holds it for settled")
        wait_until(
            lambda: not any("Good." in said for said in window.comments()), description="what is settled is closed"
        )
        window.picture("94-settled")
    assert states(repository) == {QUESTION: (True, 3), GONE: (False, 2), SILENT: (False, 1), "As I wrote.": (False, 1)}


def comment(window: Workbench, text: str) -> None:
    """Comment on the hunk under the cursor, by keys, and wait until it stands there."""
    window.press("c")
    window.type_comment(text)
    window.wait_for_status("Review 1: ")  # whoever writes is still in the review
    window.press("Control+Enter")
    window.wait_for_comment(f"root {text}")
    window.wait_for_focus_in_diff()


def in_review(world: Path) -> Repository:
    """Make the shop with the first run's review."""
    repository = shop(world / "shop")
    (world / "play.json").write_text(json.dumps(SCRIPT))
    casework("task", "add", "Refuse expired cards", cwd=repository.path)
    casework("task", "start", "1", "--script", str(world / "play.json"), cwd=repository.path)
    casework("wait", "1", "--for", "in_review", cwd=repository.path)
    return repository


def states(repository: Repository) -> dict[str, tuple[bool, int]]:
    """Of each thread: whether it is settled, and how many comments it has."""
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    hunks = [hunk for file in told["files"] for hunk in ([file["whole"]] if file["whole"] else file["hunks"])]
    said: list[dict[str, Any]] = [*told["comments"], *(one for hunk in hunks for one in hunk["comments"])]
    return {
        begun["text"]: (begun["resolved"], sum(one["thread"] == begun["id"] for one in said))
        for begun in said
        if begun["id"] == begun["thread"]
    }
