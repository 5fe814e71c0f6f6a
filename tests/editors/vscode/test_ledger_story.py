"""Ten hunks in a real VS Code; it is killed, an editor without a plug-in goes on, and VS Code after it.

The same story is told in Neovim and in an editor with no plug-in alone.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.test_drafts import kill_everything
from tests.editors.vscode.workbench import Workbench
from tests.lsp.ledger_story import (
    BEST,
    CHANGED,
    CHANGES,
    PLACES,
    QUESTION,
    REASON,
    goes_on,
    has_landed,
    move_base,
    shop,
    told,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

THEMES: Final = {"light": "Default Light Modern", "dark": "Default Dark Modern"}


@pytest.mark.parametrize("theme", THEMES)
def test_what_was_judged_stands_in_the_next_editor_after_a_kill_a_next_version_and_a_moved_base(
    world: Path, open_window: OpenWindow, theme: str
) -> None:
    repository = shop(world / "shop")
    casework("review", "branch", "work", cwd=repository.path)
    settings = {"workbench.colorTheme": THEMES[theme]}
    with open_window(repository.path, settings=settings) as window:
        opened(window)
        window.wait_for_text_in_diff("1 of 10 · a r c")
        window.picture(f"ledger-{theme}-1-ten-hunks")
        judge(window, theme)
        kill_everything(window)
    assert asyncio.run(goes_on(repository)) == CHANGED
    with open_window(repository.path, settings=settings) as window:
        opened(window)
        changed_is_said(window)
        window.picture(f"ledger-{theme}-4-one-is-stale")
        move_base(repository)
        casework("review", "branch", "work", cwd=repository.path)
        window.press("Control+k", "Control+g")
        window.wait_for_status("Ln 47, Col 1")
        window.wait_for_text_in_diff("3 of 10 · a r c")
        changed_is_said(window)
        assert told(json.loads(casework("review", "show", "1", "--json", cwd=repository.path))) == CHANGED
        window.picture(f"ledger-{theme}-5-the-base-moved")
        land(window, theme)
        has_landed(repository)


def opened(window: Workbench) -> None:
    """Open the review from the sidebar."""
    window.show_view("Casework")
    window.wait_for_row("NEEDS YOU 1", timeout_s=60)
    window.press("Control+k", "Control+g")
    window.wait_for_diff("numbers.txt · review 1")


def judge(window: Workbench, theme: str) -> None:
    """Accept six, reject one with a reason, comment on one."""
    for count in range(1, 7):
        window.press("a")
        window.wait_for_status(f"{count} accepted")
        window.wait_for_text_in_diff(f"{count + 1} of 10 · a r c")
    window.press("r")
    window.answer(REASON)
    window.wait_for_status("6 accepted, 1 rejected")
    window.wait_for_text_in_diff("8 of 10 · a r c")
    window.picture(f"ledger-{theme}-2-judged")
    window.press("c")
    window.type_comment(QUESTION)
    window.press("Control+Enter")
    window.wait_for_comment(f"root {QUESTION}")
    window.picture(f"ledger-{theme}-3-asked")


def changed_is_said(window: Workbench) -> None:
    """The hunk that changed says so, with what changed and what was decided."""
    window.wait_for_text_in_diff("changed since you read it")
    for text in ("You had accepted it", f"-better {PLACES[CHANGES]}", f"+{BEST}"):
        window.wait_for_comment(text)


def land(window: Workbench, theme: str) -> None:
    """Accept what is left, and approve."""
    for count, place in zip(range(6, 9), (8, 9, 10), strict=True):
        window.press("a")
        window.wait_for_status(f"{count} accepted")
        window.wait_for_text_in_diff(f"{place} of 10 · a r c")
    window.press("a")
    window.wait_for_status("9 accepted, 1 rejected · A Land 9, leave 1 out on main")
    window.picture(f"ledger-{theme}-6-all-is-judged")
    window.press("Shift+A")  # how a branch lands is chosen each time
    window.pick("Land 9, leave 1 out on main")
    window.wait_for_status("Landed as ")
    window.wait_for_row("DONE TODAY 1")
    window.picture(f"ledger-{theme}-7-landed")
