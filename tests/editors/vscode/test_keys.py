"""How many keys a verdict takes, and that keys mean what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.repositories import Repository, numbered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

FILES = {"one.txt": (5, 25, 45), "three.txt": (5, 25, 45, 65), "two.txt": (5, 25, 45)}


def ten_hunks(folder: Path) -> Repository:
    """Make a repository whose working tree has ten hunks in three files."""
    repository = Repository.new(folder)
    repository.commit("Three lists", {name: numbered(80) for name in FILES})
    repository.write({name: numbered(80, but=dict.fromkeys(lines, "changed")) for name, lines in FILES.items()})
    assert repository.hunks() == 10
    return repository


def test_ten_hunks_in_three_files_are_judged_and_landed_with_fourteen_keys_in_one_tab(
    world: Path, open_window: OpenWindow
) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        keys = 0

        def press(key: str) -> None:
            nonlocal keys
            keys += 1
            window.press(key)

        window.press("Control+k")
        press("Control+g")  # one chord
        window.wait_for_diff("review 1 · 1 of 3")
        for judged in range(1, 10):
            press("a")
            window.wait_for_status(f"{judged} accepted, {10 - judged} to judge")
            window.wait_for_text_in_diff(f"{judged + 1} of 10")
            assert len([tab for tab in window.tabs() if "review 1" in tab]) == 1
        press("r")
        window.box()
        press("x")
        press("Enter")
        window.wait_for_status("9 accepted, 1 rejected · A Commit 9, leave 1 uncommitted")
        window.picture("30-ten-hunks-judged")
        press("Shift+A")
        window.wait_for_status("Landed as ")
        assert keys == 14
    assert repository.hunks("HEAD~1", "HEAD") == 9
    assert repository.hunks() == 1


def test_between_hunks_a_letter_judges_nothing_and_u_takes_the_last_decision_back(
    world: Path, open_window: OpenWindow
) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.press("Control+k", "Control+g")
        window.wait_for_diff("review 1 · 1 of 3")
        window.wait_for_text_in_diff("1 of 10")

        window.press("a")
        window.wait_for_text_in_diff("2 of 10")
        window.press("u")
        window.wait_for_status("10 to judge")
        window.wait_for_text_in_diff("1 of 10 · a r c")

        window.press("Control+Home", "a")
        window.wait_for_status("The cursor was on no hunk, so nothing was decided")
        window.wait_for_status("Review 1: 10 to judge")

        window.press("Shift+A")
        assert window.choices()[0].startswith("Commit 10")
        assert window.choices()[-1].startswith("Look at what is left first")
        window.picture("31-approve-with-unseen-hunks-asks")
        window.press("Escape")
        assert repository.hunks() == 10
