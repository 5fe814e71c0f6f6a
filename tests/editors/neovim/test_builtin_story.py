"""A ticket worked by the builtin agent, told in a real Neovim by keys: twenty calls, everything that can go wrong on
the way, a review, and the same tree as without the faults.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import PROGRAM, Stage
from tests.model.script import Script
from tests.model.server import KEY, ModelServer
from tests.model.twenty_calls import (
    COMMENT,
    DAEMON,
    FOLLOW_UP,
    STEPS,
    TITLE,
    Kill,
    settings,
    shop,
    twenty_calls,
    went_on,
    were_played,
    with_faults,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

PLACES = 5
"""One in the module, three in the long text, and the new test."""


@pytest.fixture(autouse=True)
def key(world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A key of the model, where the editor and the daemon that it starts find it."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    yield
    subprocess.run([PROGRAM, "daemon", "stop", "--force"], capture_output=True, timeout=60, check=False)


def test_faults_and_a_killed_daemon_in_the_middle_give_the_same_tree(world: Path) -> None:
    expected, rows = told(world / "clean", twenty_calls(), faults=False)
    assert sum(row["kind"] == "step.done" for row in rows) == STEPS
    tree, rows = told(world / "faults", with_faults(), faults=True)
    assert tree == expected
    went_on(rows)


def told(folder: Path, script: Script, *, faults: bool) -> tuple[str, list[dict[str, object]]]:
    """Tell the story once, from the ticket to the landing, and give the tree and the journal."""
    folder.mkdir()
    with ExitStack() as editors, ModelServer(script) as model:
        settings(model)
        stage = Stage(folder, shop(folder / "shop"), editors)
        nvim = stage.neovim("src/pay.py")
        nvim.sees("def fee")
        it_is_worked_on(nvim, model, faults=faults)
        it_is_judged(nvim, folder.name)
        rows = stage.told("journal", "--limit", "1000")["rows"]
        if faults:
            were_played(model)
        stage.casework("daemon", "stop", "--force")
    return stage.shop.text("rev-parse", "HEAD^{tree}"), rows


def it_is_worked_on(nvim: Neovim, model: ModelServer, *, faults: bool) -> None:
    """The ticket is written and started; whatever happens meanwhile, the user's file stays in front."""
    kill = Kill(model, DAEMON) if faults else None
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU", "New task")
    nvim.keys("+")
    nvim.sees("New task:")
    nvim.keys(f"{TITLE}<CR>")
    nvim.sees(f"◇ 1  {TITLE}")
    nvim.keys("s<C-w>l")
    if kill:
        kill.wait()
        nvim.sees("RUNNING", f"◌ 1  {TITLE}", timeout_s=60)
        nvim.picture("builtin-01-it-goes-on-after-the-kill")
    nvim.sees(f"● 1  {TITLE}", f"⚑ 2  {FOLLOW_UP}", timeout_s=90)
    assert nvim.lua("return vim.fn.expand('%:.')") == "src/pay.py", "the focus is where the user left it"
    assert "Press ENTER" not in nvim.screen()


def it_is_judged(nvim: Neovim, name: str) -> None:
    """What needs the human is opened, read and accepted place by place, and landed; by keys only."""
    nvim.keys("]v")
    nvim.sees("proposed", COMMENT, "file 1/3", f"{PLACES} hunks", f"A Land {PLACES} on main")
    nvim.picture(f"builtin-02-the-review-{name}")
    for accepted in range(1, PLACES + 1):
        nvim.keys("a")
        nvim.sees(f"{accepted} accepted")
    nvim.sees(f"A Land {PLACES} on main")
    nvim.keys("A")
    nvim.sees("Landed as ")
    nvim.picture(f"builtin-03-landed-{name}")
