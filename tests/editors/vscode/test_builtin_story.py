"""A ticket worked by the builtin agent, from its first word to its landing in a real VS Code, with faults on the way.

The shell tells the same story (tests/agents/test_builtin_story.py), and so does Neovim; the tree must be the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.builtin_house import journal, work
from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.workbench import Workbench
from tests.model.server import KEY, ModelServer
from tests.model.twenty_calls import (
    COMMENT,
    DAEMON,
    FILES,
    FOLLOW_UP,
    TITLE,
    Kill,
    settings,
    shop,
    twenty_calls,
    went_on,
    were_played,
    with_faults,
)
from tests.repositories import Repository

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

NEXT = ("Control+k", "Control+g")
HUNKS = 5


@pytest.fixture
def expected(world: Path) -> str:
    """The tree that the story gives when nothing goes wrong."""
    with ModelServer(twenty_calls()) as model:
        (world / "clean").mkdir()
        tree, _ = work(world / "clean", model)
    casework("daemon", "stop", "--force", cwd=world)
    return tree


@pytest.fixture(autouse=True)
def daemon_ends(world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    yield
    casework("daemon", "stop", "--force", cwd=world)


def test_a_ticket_is_added_worked_through_faults_and_a_kill_judged_and_landed(
    world: Path, open_window: OpenWindow, expected: str
) -> None:
    with ModelServer(with_faults()) as model:
        kill = Kill(model, DAEMON)
        settings(model)
        repository = shop(world / "shop")
        with open_window(repository.path) as window:
            window.widen_sidebar(460)
            window.open_file("README.md")
            window.show_view("Casework")
            window.wait_for_row("NEEDS YOU nothing")
            add_and_start(window)
            kill.wait()
            # Nobody touched the window: it started the daemon again, and the run went on where it was.
            window.wait_for_row(f"1 {TITLE} review · {HUNKS} hunks", timeout_s=120)
            window.wait_for_row(FOLLOW_UP)
            assert window.notifications() == []
            assert window.tabs() == ["README.md"], "nothing came up by itself"
            window.picture("60-worked-through-faults")
            judge(window)
            land(window, repository)
            assert repository.text("rev-parse", "HEAD^{tree}") == expected
        were_played(model)
    went_on(journal(repository.path))


def add_and_start(window: Workbench) -> None:
    window.run("Casework: New Task")
    window.answer(TITLE)
    row = window.row(TITLE)
    row.hover()
    row.get_by_role("button", name="Start").click()
    window.look_away()


def judge(window: Workbench) -> None:
    """Read what and why, then each hunk, by keys."""
    window.press(*NEXT)
    window.wait_for_diff(f"review 1 · 1 of {len(FILES)}")
    window.wait_for_comment(COMMENT)
    window.wait_for_comment(FOLLOW_UP)
    window.wait_for_text_in_diff(f"1 of {HUNKS}")
    window.picture("61-the-agents-review")
    for judged in range(1, HUNKS + 1):
        window.press("a")
        window.wait_for_status(f"{judged} accepted")
        if judged < HUNKS:
            window.wait_for_text_in_diff(f"{judged + 1} of {HUNKS} · a r c")
            window.wait_for_focus_in_diff()
    window.picture("62-the-agents-review-judged")


def land(window: Workbench, repository: Repository) -> None:
    before = repository.id("HEAD")
    window.press("Shift+A")
    window.wait_for_status("Landed as ")
    window.wait_for_row("DONE TODAY 1")
    window.picture("63-landed-after-faults")
    assert repository.id("HEAD~1") == before
    assert repository.text("status", "--porcelain") == ""
    shown = json.loads(casework("task", "show", "1", "--json", cwd=repository.path))
    assert shown["commit"] == repository.id("HEAD")
