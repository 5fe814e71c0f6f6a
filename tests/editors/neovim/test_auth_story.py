"""An agent changes how one signs in and forgets the tests: what a human has before them in a real Neovim, by keys only.

The same story is told in VS Code and in an editor with no plug-in.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.stage import PROGRAM, Stage
from tests.lsp.auth_story import script, shop
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

TITLE: Final = "Refuse every wrong sign-in in the same time"


@pytest.fixture
def stage(world: Path) -> Iterator[Stage]:
    """The shop of the story, and nothing started."""
    with ExitStack() as editors:
        yield Stage(world, shop(world / "shop"), editors)
    subprocess.run([PROGRAM, "daemon", "stop"], capture_output=True, timeout=60, check=False)


def test_it_ends_with_one_security_review_one_skeleton_and_one_comment(stage: Stage) -> None:
    nvim = stage.neovim("shop/auth.py", init="vim.diagnostic.config({ virtual_text = true })", size=(150, 36))
    played = stage.world / "sign-in.json"
    played.write_text(script())
    nvim.sees("def sign_in")
    nvim.keys(f":Casework<CR>:Casework task add {TITLE}<CR>")
    nvim.sees("◇ 1  ")
    nvim.keys(f":Casework task start 1 {played}<CR>")
    nvim.sees("● 1  ", "⚑ 2  Hashes are compared", "⚑ 3  Cover sign_in", "skeleton ready")
    told = stage.told("task", "list")["tasks"]
    assert [one["kind"] for one in told] == ["change", "security-review", "missing-tests"]
    nvim.sees("3 Cover sign_in in shop/auth.py (missing-tests", "2 Hashes are compared in a time that tells")
    nvim.picture("auth-01-board-and-code")

    nvim.keys("]v")
    nvim.sees("proposed", "Both are hashed now before anything is said", "left for later 2", "left for later 3")
    nvim.picture("auth-02-the-review")
    nvim.keys("q")

    nvim.loses("left for later 2")
    nvim.keys(":Casework task open 3<CR>")
    nvim.sees("def test_sign_in():", "not written yet: sign_in(users, name, password)")
    assert nvim.lua("return vim.api.nvim_get_current_line()") == "def test_sign_in():"
    assert ".git/casework/skeletons/3/test_auth.py" in nvim.lua("return vim.api.nvim_buf_get_name(0)")
    nvim.picture("auth-03-the-skeleton")
    assert stage.shop.text("status", "--porcelain") == "", "nothing of an agent's is in the work tree"

    nvim.keys(":Casework skeleton take 3<CR>")
    nvim.sees("is yours to write")
    wait_until(lambda: stage.shop.at("tests/test_auth.py").exists(), description="it is in the work tree")
    assert nvim.lua("return vim.fn.expand('%:.')") == "tests/test_auth.py"
    nvim.sees("◇ 3  Cover sign_in")
    nvim.picture("auth-04-taken")
    assert stage.shop.text("status", "--porcelain") == "?? tests/test_auth.py"


def test_the_sidebar_opens_takes_and_tells(stage: Stage) -> None:
    nvim = stage.neovim("shop/auth.py")
    played = stage.world / "sign-in.json"
    played.write_text(script())
    stage.casework("task", "add", TITLE)
    stage.casework("task", "start", "1", "--script", str(played))
    stage.casework("wait", "1", "--for", "in_review")
    nvim.sees("def sign_in")
    nvim.keys(":Casework<CR>")
    nvim.sees("⚑ 3  Cover sign_in")
    nvim.keys("/Cover<CR>K")
    nvim.sees("The change says anew what these do", "Skeleton", ":Casework skeleton take 3")
    nvim.keys("<C-w>h<CR>")
    nvim.sees("def test_sign_in():")
    nvim.keys("<C-w>ht")
    nvim.sees("is yours to write")
    wait_until(lambda: stage.shop.at("tests/test_auth.py").exists(), description="it is in the work tree")
    nvim.sees("backlog · skeleton taken")
    nvim.keys("<C-w>ht")
    nvim.sees("3 is backlog: it can not be taken into the work tree now.")
