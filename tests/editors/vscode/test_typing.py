"""Keys mean what they say, however fast they come; and whoever types is left alone, whatever arrives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import PROGRAMS, OpenWindow, casework
from tests.editors.vscode.reviewing import open_ten_hunks
from tests.editors.vscode.shop import CHARGE, shop
from tests.editors.vscode.test_keys import ten_hunks
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

AT_ONCE: Final = """letters => {
    for (const letter of letters) {
        const code = letter.toUpperCase().charCodeAt(0);
        const key = { key: letter, code: 'Key' + letter.toUpperCase(), keyCode: code, which: code, bubbles: true };
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { ...key, cancelable: true }));
        document.activeElement.dispatchEvent(new KeyboardEvent('keyup', { ...key, cancelable: true }));
    }
}"""
"""In one turn of the window's loop: faster than any hand, and before the first of them can be answered."""


def test_ten_keys_within_a_tenth_of_a_second_give_ten_verdicts(world: Path, open_window: OpenWindow) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        open_ten_hunks(window)
        window.page.evaluate(AT_ONCE, "a" * 10)
        window.wait_for_status("Review 1: 10 accepted")
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    assert (told["accepted"], told["undecided"]) == (10, 0)


def test_what_is_typed_before_the_box_stands_there_decides_nothing(world: Path, open_window: OpenWindow) -> None:
    repository = ten_hunks(world / "lists")
    casework("review", "working-tree", cwd=repository.path)
    with open_window(repository.path) as window:
        open_ten_hunks(window)
        window.page.evaluate(AT_ONCE, "raacu")
        assert "Reject hunk 1 of 10" in window.box()
        window.answer("bad")
        window.wait_for_status("1 rejected, 9 to judge")
        window.wait_for_text_in_diff("2 of 10 · a r c")
        window.page.evaluate(AT_ONCE, "caaru")
        window.type_comment("And this one?")
        window.press("Control+Enter", "a")
        window.wait_for_status("1 accepted, 1 rejected, 8 to judge")
        window.wait_for_comment("root And this one?")
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    decided = [hunk["decision"] for file in told["files"] for hunk in file["hunks"]]
    assert decided == ["rejected", "accepted", *["none"] * 8]


TEXT: Final = ("every letter reaches the file of the one who types it " * 12)[:600]
WATCH: Final = """() => {
    window.disturbed = [];
    const told = what => window.disturbed.push(what);
    document.addEventListener('focusout', event => told('the focus left ' + event.target.className), true);
    const asks = ['.monaco-dialog-box', '.quick-input-widget', '.notifications-toasts .notification-toast'];
    new MutationObserver(() => {
        for (const one of asks) if (document.querySelector(one)?.checkVisibility()) told(one + ' is there');
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""Writes down every moment in which the focus goes, or something asks or tells."""


@pytest.fixture
def runs_end(world: Path) -> Iterator[None]:
    """Three runs wait for an answer when the test ends."""
    yield
    subprocess.run([PROGRAMS / "casework", "daemon", "stop", "--force"], capture_output=True, timeout=60, check=False)


@pytest.mark.usefixtures("runs_end")
def test_six_hundred_letters_reach_the_file_while_nine_things_arrive_and_one_message_tells_it_afterwards(
    world: Path, open_window: OpenWindow
) -> None:
    repository = three_topics(world / "shop")
    with open_window(repository.path) as window, ThreadPoolExecutor(1) as others:
        window.widen_sidebar(460)
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU nothing")
        window.show_view("Explorer")
        window.open_file("notes.txt")
        tabs = window.tabs()
        window.page.evaluate(WATCH)
        arriving: list[Future[None]] = []
        for typed, letter in enumerate(TEXT):
            if typed % 150 == 75:
                for one in arriving:
                    one.result()
                if typed < 450:
                    arriving.append(others.submit(arrive, world, repository, typed // 150))
            window.type(letter)
        assert window.page.evaluate("() => window.disturbed") == []
        assert window.tabs() == tabs
        window.wait_for_status("6 need you", timeout_s=60)

        window.wait_for_notification("3 reviews and 3 questions need you.", timeout_s=60)
        window.picture("98-one-message-for-all-that-came")
        assert len(window.notifications()) == 1
        assert [one for one in window.page.evaluate("() => window.disturbed") if "focus" in one] == []
        window.press("Control+s")
        notes = repository.at("notes.txt")
        wait_until(lambda: notes.read_text() == TEXT, description="every letter is in the file")
        assert window.badge("Casework") == "6"
        window.show_view("Casework")
        for number in range(3):
            window.wait_for_row(f"asks: Which one of {number}?")
            window.wait_for_row(f"Tidy part {number} clean-up")


def three_topics(folder: Path) -> Repository:
    """Make the shop with an empty file and three branches that change one line of it each."""
    repository = shop(folder)
    repository.commit("Notes", {"notes.txt": ""})
    for number in range(3):
        repository.git("switch", "-q", "-c", f"topic-{number}", "main")
        repository.commit("Change", {"pay/charge.py": CHARGE.replace("amount == 0", f"amount == {number + 1}")})
    repository.git("switch", "-q", "main")
    return repository


def arrive(world: Path, repository: Repository, number: int) -> None:
    """One review, one question and one follow-up come up."""
    later = {"do": "follow-up", "kind": "clean-up", "title": f"Tidy part {number}", "why": "It is untidy."}
    ask = {"do": "ask", "text": f"Which one of {number}?", "choices": ["this", "that"]}
    script = world / f"play-{number}.json"
    script.write_text(json.dumps({"steps": [later, ask]}))
    casework("review", "branch", f"topic-{number}", cwd=repository.path)
    casework("task", "add", f"Ask about {number}", cwd=repository.path)
    tasks = json.loads(casework("task", "list", "--json", cwd=repository.path))["tasks"]
    asking = next(task["number"] for task in tasks if task["title"] == f"Ask about {number}")
    casework("task", "start", str(asking), "--script", str(script), cwd=repository.path)
