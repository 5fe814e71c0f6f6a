"""The story that must always work, told in a real VS Code with keys and mouse only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.shop import COMMENT, REFUSE, shop
from tests.editors.vscode.workbench import Workbench
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEXT = ("Control+k", "Control+g")
TITLE = "Refuse expired cards"


def test_a_task_is_added_run_sent_back_approved_and_undone_by_keys_and_mouse(
    world: Path, open_window: OpenWindow
) -> None:
    repository = shop(world / "shop")
    before = repository.id("HEAD")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("Needs you 0")
        window.picture("01-empty-board")

        add_task_from_selection(window)
        start(window)
        window.wait_for_row(f"1 {TITLE} review · 3 hunks")
        window.wait_for_row("Token is logged at debug level")
        assert window.badge("Casework") == "1"
        window.picture("03-board-with-review")

        judge_first_run(window)
        send_back(window)

        review_second_run(window)
        commit = land(window)
        assert repository.id("HEAD").startswith(commit)
        assert repository.id("HEAD~1") == before
        landed = repository.text("show", "HEAD:pay/charge.py")
        assert REFUSE[1] in landed
        assert "if amount == 0:" in landed
        assert repository.text("status", "--porcelain") == ""
        shown = json.loads(casework("task", "show", "1", "--json", cwd=repository.path))
        assert shown["commit"] == repository.id("HEAD")

        undo(window)
        assert repository.id("HEAD") == before
        assert repository.text("status", "--porcelain") == ""


def add_task_from_selection(window: Workbench) -> None:
    window.show_view("Explorer")
    window.row("pay").click()
    window.row("charge.py").dblclick()
    window.wait_for_tab("charge.py")
    window.press("Control+g")
    window.answer("12")
    window.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    window.run("Casework: New Task")
    assert "New task about pay/charge.py:12" in window.box()
    window.type(TITLE)
    window.picture("02-new-task")
    window.press("Enter")
    window.show_view("Casework")
    window.wait_for_row(f"1 {TITLE}")


def start(window: Workbench) -> None:
    row = window.row(TITLE)
    row.hover()
    row.get_by_role("button", name="Start").click()
    window.pick("expired.casework.json")


def judge_first_run(window: Workbench) -> None:
    window.press(*NEXT)
    window.wait_for_diff("charge.py · review 1 · 1 of 2")
    window.wait_for_comment(COMMENT[:40])
    window.wait_for_text_in_diff("1 of 3 · a accept")
    assert "card.expired(today())" in window.proposed()
    assert "card.expired(today())" not in window.original()
    window.picture("04-review-beside-the-code")

    window.press("a")
    window.wait_for_text_in_diff("2 of 3 · a accept")
    window.press("r")
    assert "Reject hunk 2 of 3" in window.box()
    window.type("0 is not the only falsy amount")
    window.picture("05-reject-with-a-reason")
    window.press("Enter")
    window.wait_for_diff("errors.py · review 1 · 2 of 2")
    window.wait_for_status("1 accepted, 1 rejected, 1 to judge")

    window.press("c")
    window.type_comment("Import the error where it is raised.")
    window.picture("06-comment")
    window.press("Control+Enter")
    window.wait_for_comment("Import the error where it is raised.")
    window.press("Escape")


def send_back(window: Workbench) -> None:
    window.press("Shift+R")
    assert "1 rejected hunk and 1 comment will go along." in window.box()
    window.type("Keep the check for zero as it was")
    window.picture("07-request-changes")
    window.press("Enter")
    window.wait_for_no_tab("review 1")


def review_second_run(window: Workbench) -> None:
    window.wait_for_row(f"1 {TITLE} review · ")
    wait_until(lambda: "card.expired" in open_next(window), description="the second run's review opens")
    window.picture("08-second-run")
    window.press("Shift+S")
    window.wait_for_diff("errors.py · review 1 · 2 of 2")
    window.press("a")
    window.wait_for_status("2 accepted · A Land")
    window.picture("09-all-judged")


def open_next(window: Workbench) -> str:
    window.press(*NEXT)
    window.wait_for_diff("charge.py · review 1")
    return window.proposed()


def land(window: Workbench) -> str:
    window.press("Shift+A")
    window.wait_for_row("Done today 1")
    row = window.row("Done today")
    row.click()
    landed = window.wait_for_row(f"1 {TITLE} landed ")
    window.picture("10-landed")
    return landed.rsplit(" ", 1)[1]


def undo(window: Workbench) -> None:
    row = window.row(TITLE)
    row.hover()
    row.get_by_role("button", name="Undo the Landing").click()
    assert "Take " in window.choices()[0]
    window.picture("11-undo")
    window.press("Enter")
    window.wait_for_row(f"1 {TITLE} review · ")
    window.wait_for_row("Needs you 1")
    window.picture("12-undone")
