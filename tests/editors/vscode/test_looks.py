"""A review in light, dark and high contrast: everything of ours that has to be read can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import OpenWindow
from tests.editors.vscode.contrast import MARKS, WORDS, contrasts
from tests.editors.vscode.reviewing import expand, wait_for_lens
from tests.editors.vscode.test_reading import NEXT, TITLE, in_review
from tests.editors.vscode.workbench import Workbench

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

THEMES: Final = {
    "light": ("Light Modern", ".vs"),
    "dark": ("Dark Modern", ".vs-dark"),
    "high-contrast": ("Dark High Contrast", ".hc-black"),
    "high-contrast-light": ("Light High Contrast", ".hc-light"),
}
LEAST_OF_WORDS: Final = 4.5
LEAST_OF_MARKS: Final = 3.0


def test_in_every_theme_marks_words_threads_and_the_tree_stand_out(world: Path, open_window: OpenWindow) -> None:
    repository = in_review(world / "shop")
    faint: list[str] = []
    with open_window(repository.path) as window:
        window.widen_sidebar(460)
        window.show_view("Casework")
        expand(window, TITLE)
        window.press(*NEXT)
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        window.wait_for_text_in_diff("1 of 3 · a r c")
        window.press("a")
        window.wait_for_text_in_diff("2 of 3 · a r c")
        window.press("c")
        window.type_comment("Why not as it was?")
        window.press("Control+Enter", "r")
        window.answer("0 is not the only falsy amount")
        window.wait_for_diff("errors.py · review 1 · 2 of 2")
        window.row("charge.py").click()
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        window.wait_for_comment("Why not as it was?")
        window.wait_for_text_in_diff("rejected: 0 is not the only falsy amount")
        wait_for_lens(window, "rejected: 0 is not the only falsy amount")
        for name in THEMES:
            wear(window, name)
            window.picture(f"70-{name}")
            faint += faintest(window, name)
        window.press("w")
        window.wait_for_tab("Review 1: ")
        window.wait_for_focus_in_diff()
        wait_for_lens(window, "rejected: 0 is not the only falsy amount")
        for name in reversed(THEMES):
            wear(window, name)
            window.picture(f"71-{name}-whole")
            faint += faintest(window, f"{name}, whole")
    assert faint == []


def wear(window: Workbench, name: str) -> None:
    """Put on a theme, as a person does."""
    theme, mark = THEMES[name]
    window.press("Control+k", "Control+t")
    window.choices()
    window.type(theme)
    window.pick(theme)
    window.page.wait_for_selector(f".monaco-workbench{mark}", timeout=30_000)


def faintest(window: Workbench, name: str) -> list[str]:
    """What can hardly be read."""
    words, marks = contrasts(window, WORDS), contrasts(window, MARKS)
    assert [kind for kind, found in {**words, **marks}.items() if not found] == [], "all kinds are on the screen"
    return [
        f"{name}: {kind} {text!r} {measured:.1f}"
        for least, found in ((LEAST_OF_WORDS, words), (LEAST_OF_MARKS, marks))
        for kind, all_of_it in found.items()
        for text, measured in all_of_it
        if measured < least
    ]
