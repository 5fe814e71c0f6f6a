"""What came is told once, when nobody types and the board is out of sight; and the walkthrough shows a review."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.test_looks import in_review
from tests.editors.vscode.test_typing import busy_shop
from tests.editors.vscode.workbench import Workbench
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_what_came_while_the_human_typed_is_told_in_one_sentence_when_they_stop(
    world: Path, open_window: OpenWindow
) -> None:
    repository = busy_shop(world / "shop")
    with open_window(repository.path) as window:
        window.wait_for_status("Casework")
        window.open_file("pay", "vault.py")
        window.type("# I am typing")
        casework("review", "branch", "branch-1", cwd=repository.path)
        casework("review", "branch", "branch-2", cwd=repository.path)
        window.wait_for_status("2 need you")
        window.type(", and I go on")
        assert window.notifications() == []
        said = window.wait_for_notification("need you.")
        assert "2 reviews need you." in said
        assert len(window.notifications()) == 1
        window.picture("81-told-when-nobody-types")
        window.press_button("Next")
        window.wait_for_diff("more_1.py · review 1")


def test_what_stands_on_the_board_in_sight_is_not_told_as_well(world: Path, open_window: OpenWindow) -> None:
    repository = busy_shop(world / "shop")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU nothing")
        casework("review", "branch", "branch-1", cwd=repository.path)
        window.wait_for_row("NEEDS YOU 1")
        window.show_view("Explorer")
        casework("review", "branch", "branch-2", cwd=repository.path)
        assert "1 review needs you." in window.wait_for_notification("you.")


def test_the_walkthrough_shows_the_keys_of_a_review(world: Path, open_window: OpenWindow) -> None:
    repository = in_review(world / "shop")
    with open_window(repository.path) as window:
        window.run("Casework: Get Started")
        window.page.get_by_text("Judge hunk by hunk").first.click()
        shown = window.page.locator(".getting-started-media")
        assert window.page.locator(".getting-started-step").count() == 6
        wait_until(lambda: frame_text(window, "One key per hunk"), description="the keys are shown")
        assert shown.count() == 1
        window.picture("82-walkthrough")


def frame_text(window: Workbench, text: str) -> bool:
    """Whether a frame of the window shows `text`: pages of a walkthrough are drawn in one."""
    return any(frame.get_by_text(text).count() > 0 for frame in window.page.frames)
