"""A house for the builtin agent: a repository, settings that lead to a scripted model, and the daemon's processes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import psutil

from tests.cli.shell import casework, printed
from tests.conftest import MARK
from tests.model.script import Call, Script, Turn, call
from tests.model.server import KEY, ModelServer
from tests.repositories import Repository

SERVING: Final = "casework.agents.builtin.serving"
DAEMON: Final = "casework.daemon"
PATIENCE_S: Final = "90"
_NEW_TEST: Final = "from pay import fee\n\n\ndef test_fee():\n    assert fee(100) == 2\n"


def house(world: Path, model: ModelServer, **settings: Any) -> Path:
    """Make a repository with a small module, and settings under which the builtin agent asks `model`."""
    repository = Repository.new(world / "shop")
    repository.commit(
        "first",
        {
            "src/pay.py": "def fee(amount):\n    return 1\n\n\ndef total(amount):\n    return amount + fee(amount)\n",
            "src/text.py": "\n".join(f"LINE_{n} = {n}" for n in range(1, 200)) + "\n",
            "README.md": "# Shop\n",
        },
    )
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"model_base_url": model.url, **settings}.items()]
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "casework"
    folder.mkdir(exist_ok=True)
    (folder / "settings.toml").write_text("\n".join(lines) + "\n")
    return repository.path


def begin(top: Path, title: str = "Charge two per cent", key: str = KEY) -> None:
    """Add a task and start it."""
    printed(casework("task", "add", title, at=top, ANTHROPIC_API_KEY=key))
    printed(casework("task", "start", "1", at=top, ANTHROPIC_API_KEY=key))


def wait(top: Path, *statuses: str, key: str = KEY) -> dict[str, Any]:
    """Wait for a status of task 1 and give the task."""
    wanted = [word for status in statuses for word in ("--for", status)]
    printed(casework("wait", "1", *wanted, "--timeout", PATIENCE_S, at=top, ANTHROPIC_API_KEY=key))
    return task(top)


def task(top: Path) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(printed(casework("task", "show", "1", "--json", at=top, ANTHROPIC_API_KEY=KEY)))
    return shown


def journal(top: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(printed(casework("journal", "--json", "--limit", "1000", at=top)))["rows"]
    return rows


def kinds(top: Path) -> list[str]:
    return [row["kind"] for row in journal(top)]


def land(top: Path) -> str:
    """Approve what is shown, wait until it has landed, and give the tree."""
    shown = json.loads(printed(casework("review", "show", "1", "--json", at=top)))["shown"]
    printed(casework("approve", "1", "--shown", shown, at=top))
    wait(top, "landed")
    return Repository(top).text("rev-parse", "HEAD^{tree}")


def processes(what: str) -> list[psutil.Process]:
    """Give this test's processes whose command line has `what` in it."""
    mine = os.environ[MARK]
    found = []
    for process in psutil.process_iter():
        try:
            if what in process.cmdline() and process.environ().get(MARK, mine) == mine:
                found.append(process)
        except psutil.Error:
            continue
    return found


def twenty_calls() -> Script:
    """Twenty uses of tools: looks, edits and a new file; then the hand-in."""
    looks = [call("read", path="src/text.py", start=1 + 10 * n, lines=20) for n in range(8)]
    edits = [
        call("edit", path="src/text.py", old=f"LINE_{n} = {n}\n", new=f"LINE_{n} = {n * 2}\n") for n in (5, 50, 150)
    ]
    return Script(
        [
            Turn(say="I look first.", calls=[Call("read", {"path": "."}), Call("read", {"path": "src/pay.py"})]),
            call("search", pattern=r"fee\(", path="src"),
            *looks,
            *edits,
            call("edit", path="src/pay.py", old="    return 1\n", new="    return amount * 0.02\n"),
            call("read", path="src/pay.py"),
            call("edit", path="tests/test_pay.py", old="", new=_NEW_TEST),
            call("read", path="tests/test_pay.py"),
            call("search", pattern="LINE_5 "),
            call("file_followup", kind="missing-tests", title="Nobody tests total", path="src/pay.py", line=5),
            call("finish", comment="The fee is two per cent now.", claims=[]),
        ]
    )  # fmt: skip
