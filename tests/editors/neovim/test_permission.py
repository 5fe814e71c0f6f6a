"""What an agent wants beyond its box, asked and answered in a real Neovim: y, a, n and e, with the rule shown first."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.stage import PROGRAM, Stage
from tests.model.script import Script, call
from tests.model.server import KEY, ModelServer
from tests.repositories import Repository

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

WHY: Final = "The lock file names a version with an advisory."
WANTS: Final = Script(
    [
        call("shell", command="npm install undici@7", hosts=["packages.example:443"], why=WHY),
        call("shell", command="true", hosts=["example.org:443"]),
        call("finish", comment="The client stays as it is."),
    ]
)


@pytest.fixture
def model(world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A model that wants two things, and settings that lead to it."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with ModelServer(WANTS) as served:
        folder = Path(os.environ["XDG_CONFIG_HOME"]) / "casework"
        folder.mkdir(exist_ok=True)
        (folder / "settings.toml").write_text(f"model_base_url = {json.dumps(served.url)}\n")
        yield served


@pytest.fixture
def stage(world: Path, model: ModelServer) -> Iterator[Stage]:
    """A shop, and nothing started."""
    repository = Repository.new(world / "shop")
    repository.commit("A shop", {"pay.py": "FEE = 2\n", "package.json": "{}\n"})
    with ExitStack() as editors:
        made = Stage(world, repository, editors)
        made.casework("trust", "--trust")  # or no program is run, and nobody is asked
        yield made
    subprocess.run([PROGRAM, "daemon", "stop", "--force"], capture_output=True, timeout=60, check=False)


def test_a_question_is_answered_with_a_no_and_why_and_the_next_one_with_a_rule(
    stage: Stage, model: ModelServer
) -> None:
    nvim = stage.neovim("pay.py")
    nvim.sees("FEE = 2")
    nvim.keys(":Casework<CR>:Casework task add Upgrade the HTTP client<CR>")
    nvim.sees("1  Upgrade the HTTP client")
    nvim.keys("<C-w>l:Casework task start 1<CR>")
    nvim.sees("? 1  Upgrade the HTTP client", timeout_s=60)
    assert nvim.lua("return vim.fn.expand('%:.')") == "pay.py", "the focus is where the user left it"

    nvim.keys("]v")
    nvim.sees("npm install undici@7", "packages.example:443", "because", WHY, "y  once", "a  always", "e  no, and why")
    nvim.picture("18-permission")
    nvim.keys("a")
    nvim.sees("From now on agents may", "1  `npm install undici@7`", "2  `npm install *`", "q goes back")
    nvim.picture("19-permission-rule-first")
    nvim.keys("q")
    nvim.sees("y  once")
    nvim.keys("e")
    nvim.sees("No to 1:")
    nvim.keys("Not before the release.<C-s>")

    nvim.sees("asks: May it run `true`?", timeout_s=60)
    assert "The user said no: Not before the release." in json.dumps(model.requests[-1])
    nvim.keys("]v")
    nvim.sees("example.org:443", "y  once", "a  always")
    nvim.keys("a")
    nvim.sees("1  `true`, reaching example.org:443")
    nvim.keys("1")
    nvim.sees("● 1  Upgrade the HTTP client", timeout_s=60)
    rules = stage.told("rules", "list")["rules"]
    assert [one["text"] for one in rules] == ["`true`, reaching example.org:443"]
