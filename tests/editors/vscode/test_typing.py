"""Keys mean what they say, however fast they come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.test_keys import ten_hunks

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEXT = ("Control+k", "Control+g")
TEN_KEYS: Final = """() => {
    for (let n = 0; n < 10; n++) {
        const key = { key: 'a', code: 'KeyA', keyCode: 65, which: 65, bubbles: true, cancelable: true };
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));
        document.activeElement.dispatchEvent(new KeyboardEvent('keyup', key));
    }
}"""
"""In one turn of the window's loop: faster than any hand, and before the first of them can be answered."""


def test_ten_keys_within_a_tenth_of_a_second_give_ten_verdicts(world: Path, open_window: OpenWindow) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.press(*NEXT)
        window.wait_for_diff("review 1 · 1 of 3")
        window.wait_for_text_in_diff("1 of 10 · a r c")
        window.page.evaluate(TEN_KEYS)
        window.wait_for_status("Review 1: 10 accepted")
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    assert (told["accepted"], told["undecided"]) == (10, 0)
