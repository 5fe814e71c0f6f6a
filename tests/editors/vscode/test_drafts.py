"""A half-written comment is the human's: whatever is killed, it stands in the same place again, ready to be sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.test_living import NEXT, polite
from tests.editors.vscode.workbench import Workbench
from tests.model.twenty_calls import processes
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HALF: Final = "Say thank you as w"
REST: Final = "ell"
OTHER: Final = "And say it twice"


def test_a_half_written_comment_survives_a_kill_of_everything_and_is_sent_from_the_same_place(
    world: Path, open_window: OpenWindow
) -> None:
    repository = polite(world / "shop")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.row("Say please").click()
        window.wait_for_diff("review 1")
        window.wait_for_text_in_diff("1 of 1 · a r c")
        window.press("c")
        window.type_comment(HALF)
        wait_until(lambda: HALF in kept(world), description="it is on the disk", timeout_s=5)
        kill_everything(window)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.row("Say please").click()
        window.wait_for_diff("review 1")
        window.wait_for_comment(f"You, not sent yet {HALF}")
        window.wait_for_focus_in_diff()
        window.wait_for_text_in_diff("1 of 1 · a r c")
        window.picture("90-half-written-and-kept")
        window.press("c")
        window.type_comment(REST)
        wait_until(lambda: HALF + REST in kept(world), description="what is added is kept too", timeout_s=5)
        window.press("Control+Enter")
        window.wait_for_comment(f"root {HALF}{REST}")
        wait_until(lambda: HALF not in kept(world), description="what was sent is no draft any more")
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    (hunk,) = [hunk for file in told["files"] for hunk in file["hunks"]]
    assert [one["text"] for one in hunk["comments"]] == [HALF + REST], "it is about the hunk that it was written at"


def test_what_is_thrown_away_does_not_come_back(world: Path, open_window: OpenWindow) -> None:
    repository = polite(world / "shop")
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.press(*NEXT)
        window.wait_for_diff("review 1")
        window.wait_for_text_in_diff("1 of 1 · a r c")
        window.press("c")
        window.type_comment(HALF)
        wait_until(lambda: HALF in kept(world), description="it is on the disk", timeout_s=5)
        window.page.locator(".review-widget:visible").get_by_role("button", name="Discard").click()
        wait_until(lambda: HALF not in kept(world), description="it is thrown away")


def test_what_was_begun_in_another_editor_is_gone_on_with_here_and_the_other_way_round(
    world: Path, open_window: OpenWindow
) -> None:
    repository = polite(world / "shop")
    told = json.loads(casework("review", "show", "1", "--json", cwd=repository.path))
    (hunk,) = [hunk["id"] for file in told["files"] for hunk in file["hunks"]]
    casework("draft", "keep", "1", f"comment/{hunk}", HALF, cwd=repository.path)
    with open_window(repository.path) as window:
        window.show_view("Casework")
        window.wait_for_row("NEEDS YOU 1")
        window.press(*NEXT)
        window.wait_for_diff("review 1")
        window.wait_for_comment(f"Half-written, and kept You, not sent yet {HALF}")
        window.picture("90-begun-in-the-shell")
        window.press("c")
        window.type_comment(REST)
        wait_until(lambda: drafts(repository) == [HALF + REST], description="the shell has what was added")
        window.press("Control+Enter")
        window.wait_for_comment(f"root {HALF}{REST}")
        wait_until(lambda: drafts(repository) == [], description="what was sent is no draft in any editor")

        casework("draft", "keep", "1", f"comment/{hunk}", OTHER, cwd=repository.path)
        window.wait_for_focus_in_diff()
        window.press("c")
        window.type_comment("!")
        wait_until(lambda: drafts(repository) == [f"{OTHER}!"], description="the box had it at once", timeout_s=10)
        window.page.locator(".review-widget:visible").get_by_role("button", name="Discard").click()
        wait_until(lambda: drafts(repository) == [], description="what is thrown away is gone in every editor")


def drafts(repository: Repository) -> list[str]:
    """What every editor has, as the shell shows it."""
    told = json.loads(casework("draft", "list", "--json", cwd=repository.path))
    return [one["text"] for one in told["drafts"]]


def kept(world: Path) -> str:
    """What stands in the extension's files of half-written comments."""
    found = (world / "vscode").rglob("drafts/*.json")
    return "".join(read(path) for path in found)


def read(path: Path) -> str:
    """Read a file that may go at any moment."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def kill_everything(window: Workbench) -> None:
    """Kill the editor's processes and the daemon with the signal that nobody can answer, and the window with them."""
    victims = [*processes("--type=extensionHost"), *processes("casework.daemon"), *node_processes()]
    for victim in victims:
        victim.kill()
    psutil.wait_procs(victims, timeout=20)
    window.page.close(run_before_unload=False)


def node_processes() -> list[psutil.Process]:
    """Every process of the editor's server."""
    return [one for name in ("--auth", "--bind-addr") for one in processes(name)]
