"""The story that must always work, told in a real VS Code with keys and mouse only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import expand
from tests.editors.vscode.shop import COMMENT, REFUSE, shop
from tests.editors.vscode.workbench import Workbench
from tests.repositories import Repository
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
        window.widen_sidebar(460)
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU nothing")
        window.picture("01-empty-board")

        add_task_from_selection(window)
        start(window)
        window.wait_for_row(f"1 {TITLE} review · 3 hunks")
        window.wait_for_row("Token is logged at debug level")
        assert window.badge("Casework") == "1"
        window.picture("03-board-with-review")

        judge_first_run(window)
        send_back(window)

        wait_until(lambda: second_run_waits(repository), description="the second run's review waits")
        window.wait_for_row("NEEDS YOU 1")
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
    window.open_file("pay", "charge.py")
    window.press("Control+g")
    window.answer("12")
    window.wait_for_status("Ln 12")
    window.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    window.wait_for_status("selected")
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
    window.choices()
    window.type("expired")
    window.pick("expired.casework.json")


def judge_first_run(window: Workbench) -> None:
    window.press(*NEXT)
    window.wait_for_diff("charge.py · review 1 · 1 of 2")
    window.wait_for_comment(COMMENT[:40])
    window.wait_for_text_in_diff("1 of 3")
    assert "card.expired(today())" in window.proposed()
    assert "card.expired(today())" not in window.original()
    window.picture("04-review-beside-the-code")

    window.press("a")
    window.wait_for_text_in_diff("2 of 3")
    window.press("r")
    assert "Reject hunk 2 of 3" in window.box()
    window.type("0 is not the only falsy amount")
    window.picture("05-reject-with-a-reason")
    window.press("Enter")
    window.wait_for_diff("errors.py · review 1 · 2 of 2")
    window.wait_for_status("1 accepted, 1 rejected, 1 to judge · A Land 2, send 1 back (on main)")

    window.press("c")
    window.type_comment("Import the error where it is raised.")
    window.picture("06-comment")


def send_back(window: Workbench) -> None:
    window.press("Control+Enter", "Shift+R")  # sending a comment is the human's own act: the next letter is meant
    assert "1 rejected hunk and 1 comment will go along." in window.box()
    window.type("Keep the check for zero as it was")
    window.picture("07-request-changes")
    window.press("Enter")
    window.wait_for_no_tab("review 1")


def second_run_waits(repository: Repository) -> bool:
    task = json.loads(casework("task", "show", "1", "--json", cwd=repository.path))
    return len(task["runs"]) == 2 and task["card"]["status"] == "in_review"


def review_second_run(window: Workbench) -> None:
    window.press(*NEXT)
    window.wait_for_diff("errors.py · review 1 · 1 of 2")  # what is used now is read first
    window.wait_for_text_in_diff("1 of 3")
    window.press("a")
    window.wait_for_diff("charge.py · review 1 · 2 of 2")
    window.wait_for_text_in_diff("2 of 3")
    assert "from pay.errors import CardExpired" in window.proposed()
    window.picture("08-second-run")
    window.press("Shift+S")
    window.wait_for_status("3 accepted · A Land 3 on main")
    window.picture("09-all-judged")


def land(window: Workbench) -> str:
    window.press("Shift+A")
    window.wait_for_row("DONE TODAY 1")
    expand(window, "DONE TODAY")
    landed = window.wait_for_row(f"1 {TITLE} landed ")
    window.wait_for_status("Landed as ")
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
    window.wait_for_row("NEEDS YOU 1")
    window.picture("12-undone")
