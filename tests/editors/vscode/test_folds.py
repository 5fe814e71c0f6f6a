"""What is one decision, and what can't be seen as what it is, in a real VS Code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import expand, wait_for_lens
from tests.editors.vscode.shop import CHARGE, shop
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

FOLD = "2 files renamed from old/ to new/, unchanged"


def moved_away(folder: Path) -> Repository:
    """Make a review of one changed line, with an unseen character, and two files only renamed into another folder."""
    repository = shop(folder)
    repository.commit("more", {"old/one.txt": "one\n" * 8, "old/two.txt": "two\n" * 8})
    repository.git("switch", "-q", "-c", "moved")
    repository.git("mv", "old", "new")
    turned = CHARGE.replace("    return send(token, -amount)", "    return send(token, -amount)  # \u202e ko")
    repository.commit("Move them", {"pay/charge.py": turned})
    repository.git("switch", "-q", "main")
    casework("review", "branch", "moved", cwd=repository.path)
    return repository


def test_files_that_were_only_renamed_are_judged_with_one_key_and_taken_back_with_one(
    world: Path, open_window: OpenWindow
) -> None:
    repository = moved_away(world / "shop")
    with open_window(repository.path) as window:
        window.widen_sidebar(460)
        window.show_view("Casework")
        expand(window, "Move them")
        window.wait_for_row(f"{FOLD} 2 hunks")
        window.press("Control+k", "Control+g")
        window.wait_for_diff("charge.py · review 1 · 1 of 3")
        window.wait_for_text_in_diff("line 19 holds")
        window.wait_for_comment("Not what it looks like Casework line 19 holds U+202E")
        window.picture("95-what-is-unseen-is-named")
        window.press("a")
        window.wait_for_diff("one.txt · review 1 · 2 of 3")
        wait_for_lens(window, f"Accept all 2: {FOLD}")
        window.wait_for_status("1 accepted, 2 to judge")
        window.picture("96-one-decision")
        window.press("a")
        window.wait_for_status("Review 1: 3 accepted")
        window.wait_for_row(f"{FOLD} accepted")
        assert decided(repository) == ["accepted"] * 3
        window.press("u")
        window.wait_for_status("1 accepted, 2 to judge")
        window.wait_for_row(f"{FOLD} 2 hunks")
        wait_until(
            lambda: sorted(decided(repository)) == ["accepted", "none", "none"], description="both are open again"
        )


def decided(repository: Repository) -> list[str]:
    """The decision on each file."""
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    return [(file["whole"] or file["hunks"][0])["decision"] for file in told["files"]]
