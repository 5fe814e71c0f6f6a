"""What was read: what stood on the screen, and what the human says they have read."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import expand
from tests.editors.vscode.shop import shop
from tests.editors.vscode.workbench import Workbench
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEXT = ("Control+k", "Control+g")
TITLE = "Refuse expired cards"
BOX = ".sidebar .monaco-list-row:has-text('{}') .custom-view-tree-node-item-checkbox"


def test_what_stood_on_the_screen_is_read_and_so_is_what_has_a_check_mark_and_it_can_be_hidden(
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
        check(window, repository, "errors.py")
        window.look_away()
        window.picture("91-read")

        window.run("Casework: Hide What Is Read")
        window.wait_for_row("1 file read hidden · 1 to judge")
        window.wait_for_no_row("errors.py")
        window.wait_for_row("charge.py")  # it is in front of the human
        window.picture("91-read-is-hidden")
        window.press(*NEXT)
        window.wait_for_focus_in_diff()
        window.press("Shift+S")
        window.wait_for_diff("errors.py · review 1 · 2 of 2")
        window.wait_for_row("errors.py")
        window.wait_for_no_row("charge.py")
        window.row("1 file read").click()
        window.wait_for_row("charge.py")
        window.wait_for_row("errors.py")


def check(window: Workbench, repository: Repository, name: str) -> None:
    """Set the check mark at a file; a click is lost where the tree is drawn anew at that moment."""
    box = window.page.locator(BOX.format(name)).first

    def is_set() -> bool:
        return "codicon-check" in (box.get_attribute("class") or "")

    def is_read() -> bool:
        if not is_set():
            box.click()
            with suppress(AssertionError):  # it was lost, and is set again
                wait_until(is_set, description="it is set", timeout_s=2)
        return all(hunk["seen"] for hunk in hunks(repository))

    wait_until(is_read, description=f"the check mark at {name} says read")


def in_review(folder: Path) -> Repository:
    """Make the shop, with an agent's review of three hunks in two files."""
    repository = shop(folder)
    script = str(repository.path / "scripts/expired.casework.json")
    casework("task", "add", TITLE, cwd=repository.path)
    casework("task", "start", "1", "--script", script, cwd=repository.path)
    casework("wait", "1", "--for", "in_review", cwd=repository.path)
    return repository


def hunks(repository: Repository) -> list[dict[str, Any]]:
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    return [hunk for file in told["files"] for hunk in ([file["whole"]] if file["whole"] else file["hunks"])]
