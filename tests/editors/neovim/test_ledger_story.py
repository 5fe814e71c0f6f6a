"""Ten hunks in a real Neovim, by keys only; it is killed, an editor without a plug-in goes on, and Neovim after it.

The same story is told in VS Code and in an editor with no plug-in alone.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import PROGRAM, Stage
from tests.editors.neovim.test_judging import review
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

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def stage(world: Path) -> Iterator[Stage]:
    """The shop of the story, and nothing started."""
    with ExitStack() as editors:
        yield Stage(world, shop(world / "shop"), editors)
    subprocess.run([PROGRAM, "daemon", "stop"], capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("background", ["light", "dark"])
def test_what_was_judged_stands_in_the_next_editor_after_a_kill_a_next_version_and_a_moved_base(
    stage: Stage, background: str
) -> None:
    nvim = opened(stage, background)
    nvim.sees("10 left", "hunk 1/10", "A Land 10 on main")
    nvim.picture(f"ledger-{background}-1-ten-hunks")
    judge(nvim, background)
    nvim.kill()
    assert asyncio.run(goes_on(stage.shop)) == CHANGED

    nvim = opened(stage, background)
    nvim.sees("5 accepted", "1 rejected", "hunk 3/10", "↻ changed", "1 changed since read")
    nvim.sees("You had accepted it", f"-better {PLACES[CHANGES]}", f"+{BEST}")
    nvim.picture(f"ledger-{background}-4-one-is-stale")
    move_base(stage.shop)
    nvim.keys(":Casework review branch work<CR>")
    nvim.sees(" 47 best of all", "hunk 3/10", "You had accepted it")
    nvim.loses("unsaved")  # what lies open here, untouched, is read anew from the disk
    assert told(review(stage)) == CHANGED
    nvim.picture(f"ledger-{background}-5-the-base-moved")
    land(nvim, background)
    has_landed(stage.shop)


def opened(stage: Stage, background: str) -> Neovim:
    """Open the review of the branch in a Neovim of its own."""
    nvim = stage.neovim("numbers.txt", init=f"vim.o.background = '{background}'")
    nvim.sees("line 1")
    nvim.keys(":Casework review branch work<CR>")
    nvim.sees("proposed", "Review 1", timeout_s=60)
    return nvim


def judge(nvim: Neovim, background: str) -> None:
    """Accept six, reject one with a reason, comment on one."""
    for count in range(1, 7):
        nvim.keys("a")
        nvim.sees(f"{count} accepted", f"hunk {count + 1}/10")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys(f"{REASON}<CR>")
    nvim.sees("1 rejected", "hunk 8/10")
    nvim.picture(f"ledger-{background}-2-judged")
    nvim.keys("c")
    nvim.sees("Comment · numbers.txt:145")
    nvim.keys(f"{QUESTION}<C-s>")
    nvim.loses("Comment ·")
    nvim.sees("┃ ", QUESTION, "6 accepted · 1 rejected · 3 left")
    nvim.sees("A Land 9, leave 1 out on main")  # everything was acknowledged
    nvim.picture(f"ledger-{background}-3-asked")


def land(nvim: Neovim, background: str) -> None:
    """Accept what is left, and approve."""
    for count, place in zip(range(6, 9), (8, 9, 10), strict=True):
        nvim.keys("a")
        nvim.sees(f"{count} accepted", f"hunk {place}/10")
    nvim.keys("a")
    nvim.sees("9 accepted · 1 rejected", "all is judged", "A Land 9, leave 1 out on main")
    nvim.picture(f"ledger-{background}-6-all-is-judged")
    nvim.keys("A")
    nvim.sees("Landed as ")
    nvim.picture(f"ledger-{background}-7-landed")
