"""What an approval means is said before it is given, in a list and no dialogue; then one key leads on to the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import open_ten_hunks
from tests.editors.vscode.shop import shop
from tests.editors.vscode.test_keys import FILES
from tests.repositories import Repository, numbered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NEXT: Final = ("Control+k", "Control+g")


def ten_hunks_of_an_agent(world: Path) -> Repository:
    """Make a task's review of ten hunks in three files; a second run changes one line otherwise."""
    repository = Repository.new(world / "lists")
    repository.commit("Three lists", {name: numbered(80) for name in FILES})
    writes = [
        {"do": "write", "path": name, "content": numbered(80, but=dict.fromkeys(lines, "changed"))}
        for name, lines in FILES.items()
    ]
    done = {"do": "finish", "comment": "Every twentieth line is changed."}
    again = {"do": "edit", "path": "one.txt", "old": "line 5\n", "new": "line five\n"}
    script = {"runs": [{"steps": [*writes, done]}, {"steps": [again, done]}]}
    (world / "play.json").write_text(json.dumps(script))
    casework("task", "add", "Change the lists", cwd=repository.path)
    casework("task", "start", "1", "--script", str(world / "play.json"), cwd=repository.path)
    casework("wait", "1", "--for", "in_review", cwd=repository.path)
    return repository


def test_with_a_rejected_and_an_unseen_hunk_the_list_says_land_9_send_1_back_and_it_is_done(
    world: Path, open_window: OpenWindow
) -> None:
    repository = ten_hunks_of_an_agent(world)
    with open_window(repository.path) as window:
        open_ten_hunks(window)
        window.press("r")
        assert "Reject hunk 1 of 10" in window.box()
        window.answer("This one was right")
        window.wait_for_text_in_diff("2 of 10 · a r c")
        window.press("Shift+S")
        window.wait_for_diff("three.txt · review 1 · 2 of 3")
        window.press("Shift+S")
        window.wait_for_status("6 accepted, 1 rejected, 3 to judge · A Land 9, send 1 back (on main)")
        window.wait_for_diff("two.txt · review 1 · 3 of 3")
        window.press("Shift+A")
        said = window.choices()
        assert said[0].startswith("Land 9, send 1 back")
        window.picture("97-what-approving-will-do")
        assert window.page.locator(".monaco-dialog-box").count() == 0
        window.press("Enter")
        window.wait_for_no_tab("review 1")
        casework("wait", "1", "--for", "in_review", cwd=repository.path)
        window.wait_for_row("1 Change the lists review · 1 hunk")
    assert repository.hunks("HEAD~1", "HEAD") == 9
    assert len(task(repository)["runs"]) == 2, "what was rejected went back to a run of its own"


def test_from_the_last_hunk_of_a_review_the_same_key_goes_on_to_the_next_review(
    world: Path, open_window: OpenWindow
) -> None:
    repository = shop(world / "shop")
    for name, path in (("first", "pay/vault.py"), ("second", "pay/charge.py")):
        repository.git("switch", "-q", "-c", name, "main")
        repository.commit(f"The {name}", {path: repository.text("show", f"HEAD:{path}") + "\n# please\n"})
        repository.git("switch", "-q", "main")
        casework("review", "branch", name, cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 2")
        window.press(*NEXT)
        window.wait_for_diff("vault.py · review 1 · 1 of 1")
        window.wait_for_text_in_diff("1 of 1 · a r c")
        window.press("a")
        window.wait_for_status("Review 1: 1 accepted")
        window.press(*NEXT)
        window.wait_for_diff("charge.py · review 2 · 1 of 1")
        window.wait_for_text_in_diff("1 of 1 · a r c")
        window.press("a")
        window.wait_for_status("Review 2: 1 accepted")
        window.press(*NEXT)
        window.wait_for_status("Review 1 waits for your verdict: The first")
        window.wait_for_diff("vault.py · review 1 · 1 of 1")
        window.press("Shift+A")
        assert window.choices()[0].startswith("Land 1 on main")
        window.press("Enter")
        window.wait_for_status("Landed as ")
        window.wait_for_row("NEEDS YOU 1")
        window.press(*NEXT)
        window.wait_for_status("Review 2 waits for your verdict: The second")
        window.wait_for_diff("charge.py · review 2 · 1 of 1")


def task(repository: Repository) -> dict[str, Any]:
    """The task as the daemon has it."""
    found: dict[str, Any] = json.loads(casework("task", "show", "1", "--json", cwd=repository.path))
    return found
