"""Keys mean what they say: ten give ten verdicts, and nothing that arrives takes a key from the human's file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.shop import shop
from tests.editors.vscode.test_keys import ten_hunks
from tests.editors.vscode.workbench import Workbench
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEXT = ("Control+k", "Control+g")
TYPED: Final = "".join(f"line {n:03d} is mine\n" for n in range(35))
"""600 characters and a few."""
TEN_KEYS: Final = """() => {
    for (let n = 0; n < 10; n++) {
        const key = { key: 'a', code: 'KeyA', keyCode: 65, which: 65, bubbles: true, cancelable: true };
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));
        document.activeElement.dispatchEvent(new KeyboardEvent('keyup', key));
    }
}"""
"""In one turn of the window's loop: faster than any hand, and before the first of them can be answered."""
WATCH: Final = """() => {
    window.seen = [];
    const editor = document.activeElement.closest('.monaco-editor');
    document.addEventListener('focusin', event => {
        if (event.target.closest('.monaco-editor') !== editor) window.seen.push('focus: ' + event.target.className);
    }, true);
    const up = '.monaco-dialog-box, .quick-input-widget:not([style*="display: none"]), .notification-list-item';
    new MutationObserver(() => {
        for (const one of document.querySelectorAll(up)) window.seen.push('up: ' + one.className);
    }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['style'] });
}"""


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


def arriving(repository: Repository) -> None:
    """Have three branches to review, three questions and three follow-ups arrive, one after the other."""
    for n in range(1, 4):
        casework("review", "branch", f"branch-{n}", cwd=repository.path)
        number = json.loads(casework("task", "add", f"Ask {n}", "--json", cwd=repository.path))["card"]["number"]
        script = str(repository.path / f"scripts/ask-{n}.casework.json")
        casework("task", "start", str(number), "--script", script, cwd=repository.path)
        casework("wait", str(number), "--for", "waiting", cwd=repository.path)


def busy_shop(folder: Path) -> Repository:
    """Make the shop with three branches, and three scripts that each leave a task and ask something."""
    repository = shop(folder)
    for n in range(1, 4):
        repository.git("switch", "-q", "-c", f"branch-{n}")
        repository.commit(f"Change {n}", {f"pay/more_{n}.py": "MORE = True\n"})
        repository.git("switch", "-q", "main")
    for n in range(1, 4):
        follow_up = {
            "do": "follow-up",
            "kind": "clean-up",
            "title": f"Clean up {n}",
            "why": "It grew.",
            "path": "pay/charge.py",
            "line": n,
        }
        ask = {"do": "ask", "text": f"May it go on {n}?", "why": "Nobody said.", "choices": ["Yes", "No"]}
        script = {"steps": [follow_up, ask, {"do": "finish", "comment": "Done."}]}
        repository.write({f"scripts/ask-{n}.casework.json": json.dumps(script)})
    return repository


@contextmanager
def meanwhile(repository: Repository) -> Iterator[None]:
    """Let everything arrive while the block runs, and wait for the last of it."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(arriving, repository)
        yield
        coming.result(timeout=120)


def test_what_is_typed_while_nine_things_arrive_all_reaches_the_users_file(
    world: Path, open_window: OpenWindow
) -> None:
    repository = busy_shop(world / "shop")
    plain = {"editor.acceptSuggestionOnEnter": "off", "editor.wordBasedSuggestions": "off"}
    with open_window(repository.path, settings=plain) as window:
        window.wait_for_status("Casework")
        window.open_file("pay", "vault.py")
        window.press("Control+a", "Delete")
        window.page.evaluate(WATCH)
        with meanwhile(repository):
            type_slowly(window)
        window.wait_for_status("6 need you")
        assert window.page.evaluate("() => window.seen") == []
        assert window.tabs() == ["vault.py"]
        window.picture("80-typed-while-things-arrived")
        window.press("Control+s")
        vault = repository.path / "pay/vault.py"
        wait_until(lambda: vault.read_text() == TYPED, description="every character that was typed is saved")
        window.show_view("Casework")
        for n in range(1, 4):
            window.wait_for_row(f"asks: May it go on {n}?")
            window.wait_for_row(f"Clean up {n}")


def type_slowly(window: Workbench) -> None:
    """Type as a fast typist does, so that what arrives has its time."""
    for line in TYPED.splitlines():
        window.page.keyboard.type(line, delay=25)
        window.press("Enter")
