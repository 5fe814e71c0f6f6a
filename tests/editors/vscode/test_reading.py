"""What was read and what was said: kept by the daemon, shown beside the hunks, over a second run of the agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import expand
from tests.editors.vscode.test_looks import TITLE, in_review
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEXT = ("Control+k", "Control+g")
BOX = ".sidebar .monaco-list-row:has-text('{}') .custom-view-tree-node-item-checkbox"


def test_what_stood_on_the_screen_is_read_and_what_changed_since_is_shown_with_the_next_run(
    world: Path, open_window: OpenWindow
) -> None:
    repository = in_review(world / "shop")
    with open_window(repository.path) as window:
        window.widen_sidebar(460)
        window.show_view("Casework")
        expand(window, TITLE)
        assert [hunk["seen"] for hunk in hunks(repository)] == [False, False, False]
        window.press(*NEXT)
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        wait_until(
            lambda: [hunk["seen"] for hunk in hunks(repository)] == [True, True, False],
            description="what stands on the screen is read, and the file that nobody opened is not",
        )
        box = window.page.locator(BOX.format("charge.py")).first
        wait_until(lambda: "codicon-check" in (box.get_attribute("class") or ""), description="it has a check mark")
        other = window.page.locator(BOX.format("errors.py")).first
        other.click()
        wait_until(lambda: all(hunk["seen"] for hunk in hunks(repository)), description="a check mark says read")
        window.look_away()
        window.picture("91-read")

        window.press(*NEXT)
        window.wait_for_text_in_diff("2 of 3 · a r c")
        window.wait_for_focus_in_diff()
        window.press("c")
        window.type_comment("Is it imported?")
        window.press("Control+Enter")
        window.wait_for_comment("Is it imported?")
        thread = window.page.locator(".review-widget:visible", has_text="Is it imported?")
        thread.get_by_role("button", name="Resolve").click()
        wait_until(lambda: comments(repository)[0]["resolved"], description="the thread is settled")

        window.press("Shift+R")
        window.answer("Keep the check for zero")
        casework("wait", "1", "--for", "in_review", cwd=repository.path)
        window.wait_for_row("NEEDS YOU 1")
        window.press(*NEXT)
        window.wait_for_diff("charge.py · review 1")
        window.picture("92-the-second-run")


def hunks(repository: Repository) -> list[dict[str, Any]]:
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    return [hunk for file in told["files"] for hunk in ([file["whole"]] if file["whole"] else file["hunks"])]


def comments(repository: Repository) -> list[dict[str, Any]]:
    return [comment for hunk in hunks(repository) for comment in hunk["comments"]]
