"""The whole review in one tab, and what the mouse can do: lines above the hunks, buttons below a comment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import click_lens, open_reply, press_reply, reply_buttons, wait_for_lens
from tests.editors.vscode.shop import shop
from tests.editors.vscode.test_keys import ten_hunks

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_ten_hunks_are_judged_in_the_multi_file_diff_with_the_same_keys(world: Path, open_window: OpenWindow) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path, settings={"casework.openReviewAs": "allFiles"}) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.press("Control+k", "Control+g")
        window.wait_for_tab("Review 1: ")
        window.wait_for_focus_in_diff()
        window.picture("50-whole-review")
        for judged in range(1, 11):
            window.press("a")
            window.wait_for_status(f"{judged} accepted")
            if judged < 10:
                window.wait_for_text_in_diff(f"{judged + 1} of 10")
                window.wait_for_focus_in_diff()
        window.picture("51-whole-review-judged")
        window.press("Shift+A")
        window.wait_for_status("Landed as ")
        assert not [tab for tab in window.tabs() if "eview 1" in tab]
    assert repository.hunks("HEAD~1", "HEAD") == 10


def test_w_turns_from_the_file_to_the_whole_review_and_back_on_the_same_hunk(
    world: Path, open_window: OpenWindow
) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.press("Control+k", "Control+g")
        window.wait_for_diff("review 1 · 1 of 3")
        window.press("Shift+S")
        window.wait_for_diff("three.txt · review 1 · 2 of 3")
        window.press("w")
        window.wait_for_tab("Review 1: ")
        window.wait_for_focus_in_diff()
        window.wait_for_text_in_diff("4 of 10 · a r c")
        window.press("w")
        window.wait_for_diff("three.txt · review 1 · 2 of 3")
        window.wait_for_text_in_diff("4 of 10 · a r c")


def test_with_the_mouse_a_hunk_is_judged_above_its_lines_and_the_review_below_its_comment(
    world: Path, open_window: OpenWindow
) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.row("Working tree").click()
        window.wait_for_diff("review 1 · 1 of 3")
        click_lens(window, "Accept hunk 1 of 10")
        window.wait_for_status("1 accepted, 9 to judge")
        wait_for_lens(window, "Take back")
        click_lens(window, "Reject ...")
        assert "Reject hunk 2 of 10" in window.box()
        window.answer("It was right")
        wait_for_lens(window, "rejected: It was right")
        window.picture("52-lines-above-the-hunks")
        click_lens(window, "Take back")
        window.wait_for_status("1 accepted, 9 to judge")

        open_reply(window, "Review 1: ")
        window.type_comment("Only the second one was wrong.")
        assert reply_buttons(window) == ["Approve", "Request Changes", "Comment"]
        window.picture("53-verdicts-below-a-comment")
        press_reply(window, "Approve")
        assert window.choices()[0].startswith("Commit 1, leave 9 uncommitted")
        window.press("Enter")
        window.wait_for_status("Landed as ")
    assert repository.hunks("HEAD~1", "HEAD") == 1
    shown = casework("review", "show", "1", "--json", cwd=repository.path)
    assert "Only the second one was wrong." in shown


def test_what_is_to_change_is_said_in_the_reply_form_and_sends_the_review_back(
    world: Path, open_window: OpenWindow
) -> None:
    repository = shop(world / "shop")
    script = str(repository.path / "scripts/expired.casework.json")
    casework("task", "add", "Refuse expired cards", cwd=repository.path)
    casework("task", "start", "1", "--script", script, cwd=repository.path)
    casework("wait", "1", "--for", "in_review", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.row("Refuse expired cards").click()
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        open_reply(window, "Review 1: ")
        window.type_comment("Keep the check for zero.")
        press_reply(window, "Request Changes")
        window.wait_for_no_tab("review 1")
        casework("wait", "1", "--for", "in_review", cwd=repository.path)
        window.press("Control+k", "Control+g")
        window.wait_for_text_in_diff("1 of 3")
    told = casework("task", "show", "1", "--json", cwd=repository.path)
    assert len(json.loads(told)["runs"]) == 2
    rows = json.loads(casework("journal", "--json", cwd=repository.path))["rows"]
    (sent,) = [json.loads(row["data"]) for row in rows if row["kind"] == "review.answered"]
    assert sent["verdict"] == "request_changes"
    assert sent["message"], "what was typed is what is to change"
    assert not [row for row in rows if row["kind"] == "review.commented"], "and no comment beside it"
