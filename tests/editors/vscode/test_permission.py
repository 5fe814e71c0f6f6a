"""What an agent wants beyond its box, asked and answered in a real VS Code; a rule is shown whole before it is made."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import PROGRAMS, OpenWindow, casework
from tests.model.script import Script, call
from tests.model.server import KEY, ModelServer
from tests.repositories import Repository

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

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
        subprocess.run(
            [PROGRAMS / "casework", "daemon", "stop", "--force"], check=False, capture_output=True, timeout=60
        )


def test_a_question_is_answered_with_a_no_and_why_and_the_next_one_with_a_rule(
    world: Path, open_window: OpenWindow, model: ModelServer
) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("A shop", {"pay.py": "FEE = 2\n", "package.json": "{}\n"})
    casework("trust", "--trust", cwd=repository.path)  # or no program is run, and nobody is asked
    casework("task", "add", "Upgrade the HTTP client", cwd=repository.path)
    casework("task", "start", "1", cwd=repository.path)
    casework("wait", "1", "--for", "waiting", cwd=repository.path)
    with open_window(repository.path) as window:
        window.widen_sidebar(460)
        window.open_file("pay.py")
        window.show_view("Casework")
        window.wait_for_row("1 Upgrade the HTTP client asks: May it run `npm install undici@7`?")
        assert window.tabs() == ["pay.py"], "nothing came up by itself"

        window.press("Control+k", "Control+g")
        assert window.choices() == [
            "y once packages.example:443",
            "a always ... shows the rule first",
            "n no",
            "e no, and why ... the agent is told",
        ]
        assert window.hint() == f"because: {WHY} (its words)"
        window.picture("13-permission")
        window.type("e")
        window.pick("e no, and why")
        window.answer("Not before the release.")

        window.wait_for_row("asks: May it run `true`?", timeout_s=60)
        assert "The user said no: Not before the release." in json.dumps(model.requests[-1])
        window.press("Control+k", "Control+g")
        assert "May it run `true`?" in window.box()
        window.type("a")
        window.pick("a always")
        assert "From now on" in window.box()
        assert window.choices() == ["`true`, reaching example.org:443"]
        window.picture("14-permission-rule-first")
        window.press("Enter")
        window.wait_for_row("1 Upgrade the HTTP client review", timeout_s=60)
        rules = json.loads(casework("rules", "list", "--json", cwd=repository.path))["rules"]
        assert [one["text"] for one in rules] == ["`true`, reaching example.org:443"]
