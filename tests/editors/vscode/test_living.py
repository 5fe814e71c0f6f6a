"""Life goes on in the window: the daemon restarts, a buffer is unsaved, an agent asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import expand
from tests.editors.vscode.shop import shop
from tests.repositories import Files, Program, Repository, numbered
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_a_window_survives_the_restart_of_the_daemon_and_shows_what_happened_meanwhile(
    world: Path, open_window: OpenWindow
) -> None:
    repository = shop(world / "shop")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU nothing")
        casework("daemon", "stop", cwd=repository.path)
        casework("task", "add", "Added while it was away", cwd=repository.path)
        window.wait_for_row("1 Added while it was away")
        window.run("Casework: New Task")
        window.answer("Added afterwards")
        window.wait_for_row("2 Added afterwards")
        assert window.notifications() == []


NEXT = ("Control+k", "Control+g")


def polite(folder: Path) -> Repository:
    """Make the shop with a branch that changes one line at the end of a file, and a review of it."""
    repository = shop(folder)
    repository.git("switch", "-q", "-c", "polite")
    repository.commit("Say please", {"pay/vault.py": repository.text("show", "HEAD:pay/vault.py") + "\n# please\n"})
    repository.git("switch", "-q", "main")
    casework("review", "branch", "polite", cwd=repository.path)
    return repository


def test_an_unsaved_buffer_on_a_touched_path_is_saved_with_the_approval(world: Path, open_window: OpenWindow) -> None:
    repository = polite(world / "shop")
    with open_window(repository.path) as window:
        window.open_file("pay", "vault.py")
        window.press("Control+Home")
        window.type("# mine")
        window.press("Enter")
        window.wait_for_code("# mine")
        window.show_view("Casework")
        window.row("Say please").click()
        window.wait_for_diff("review 1")
        window.press("a", "Shift+A")
        assert window.choices()[0].startswith("Save vault.py and approve: ")
        window.picture("40-save-and-approve")
        window.press("Enter")
        window.wait_for_notification("Nothing was approved")
        window.press("Shift+A")
        assert window.choices()[0].startswith("Land 1 on main")
        window.press("Enter")
        window.wait_for_status("Landed as ")
    assert repository.id("HEAD") == repository.id("polite")
    kept = (repository.path / "pay/vault.py").read_text()
    assert kept.startswith("# mine\n")
    assert kept.endswith("# please\n")


def test_a_question_waits_in_the_sidebar_and_is_answered_with_one_choice(world: Path, open_window: OpenWindow) -> None:
    repository = shop(world / "shop")
    script = {
        "steps": [
            {
                "do": "ask",
                "text": "May the vault forget old tokens?",
                "why": "They are kept for ever now.",
                "choices": ["Yes, after a day", "No"],
            },
            {"do": "write", "path": "pay/answer.txt", "content": "{answer}\n", "use_answer": True},
            {"do": "finish", "comment": "As you said."},
        ]
    }
    repository.write({"scripts/ask.casework.json": json.dumps(script)})
    casework("task", "add", "Forget old tokens", cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        row = window.row("Forget old tokens")
        row.hover()
        row.get_by_role("button", name="Start").click()
        assert window.choices() == [
            "The agent of your settings the builtin agent, unless you chose another",
            "ask.casework.json scripts/ask.casework.json",
            "expired.casework.json scripts/expired.casework.json",
            "Another script ... the scripted agent plays it",
        ]
        window.type("ask.")
        window.pick("ask.casework.json")
        window.wait_for_row("asks: May the vault forget old tokens?")
        assert window.notifications() == []
        window.press(*NEXT)
        assert window.choices() == ["Yes, after a day", "No", "Something else ..."]
        window.picture("41-a-question")
        window.press("Enter")
        window.wait_for_row("review · 1 hunk")
        window.press(*NEXT)
        window.wait_for_diff("answer.txt · review 1")
        assert "Yes, after a day" in window.proposed()


def test_a_verdict_given_elsewhere_is_told_with_its_giver_and_nothing_is_done_twice(
    world: Path, open_window: OpenWindow
) -> None:
    repository = polite(world / "shop")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.row("Say please").click()
        window.wait_for_diff("review 1")
        shown = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))["shown"]
        casework("approve", "1", "--shown", shown, cwd=repository.path)
        window.wait_for_row("NEEDS YOU nothing")
        window.wait_for_status("Review 1: 1 to judge · landed")
        landed = repository.id("HEAD")
        window.press("Shift+A")
        window.wait_for_notification("Review 1 was approved by")
        assert repository.id("HEAD") == landed


def test_a_code_action_in_the_users_own_file_opens_the_review_as_a_diff(world: Path, open_window: OpenWindow) -> None:
    repository = polite(world / "shop")
    with open_window(repository.path) as window:
        window.open_file("pay", "vault.py")
        window.press("Control+End", "ArrowUp")
        window.wait_for_status("1 needs you")
        window.press("Control+.")
        window.wait_for_action("Casework: Open review 1")
        window.picture("43-code-actions")
        window.press("Enter")
        window.wait_for_diff("vault.py · review 1")


def test_after_the_window_is_loaded_anew_the_review_is_one_key_away_with_what_was_decided(
    world: Path, open_window: OpenWindow
) -> None:
    repository = polite(world / "shop")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.row("Say please").click()
        window.wait_for_diff("review 1")
        window.press("a")
        window.wait_for_status("Review 1: 1 accepted")
        window.page.reload()
        window.wait_for_row("1 Say please", timeout_s=60)
        window.press(*NEXT)
        window.wait_for_diff("review 1")
        window.wait_for_text_in_diff("accepted")
        window.wait_for_comment("Say please")


def test_what_has_no_lines_is_judged_as_a_whole_and_any_name_can_be_shown(world: Path, open_window: OpenWindow) -> None:
    repository = Repository.new(world / "odd")
    repository.commit("Before", {"gone.txt": "bye\n", "old name.txt": numbered(9), "run.sh": "true\n"})
    repository.git("switch", "-q", "-c", "odd")
    changed: Files = {
        "gone.txt": None,
        "old name.txt": None,
        "new name.txt": numbered(9),
        "run.sh": Program("true\n"),
        "picture.bin": bytes(range(256)),
        b"caf\xe9 $(check) [x](command:y).txt": "bytes\n",
    }
    repository.commit("After", changed)
    repository.git("switch", "-q", "main")
    casework("review", "branch", "odd", cwd=repository.path)
    with open_window(repository.path) as window:
        window.widen_sidebar(520)
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        expand(window, "After")
        window.wait_for_row("picture.bin")
        window.press(*NEXT)
        window.wait_for_diff("review 1 · 1 of 5")
        for judged in range(1, 6):
            window.press("a")
            window.wait_for_status(f"{judged} accepted")
            if judged < 5:
                window.wait_for_text_in_diff(f"{judged + 1} of 5")
                window.wait_for_focus_in_diff()
        wait_until(
            lambda: sum(row.endswith("accepted") for row in window.rows()) == 6,
            description="the sidebar shows five accepted files, and the one rename that is a decision of its own",
        )
        window.picture("42-judged-as-a-whole")
