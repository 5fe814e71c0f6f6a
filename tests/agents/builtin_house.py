"""The builtin agent by the shell: a shop, settings that lead to a scripted model, and the words of one task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.cli.shell import casework, printed
from tests.model.server import KEY, ModelServer
from tests.model.twenty_calls import TITLE, settings, shop
from tests.repositories import Repository

PATIENCE_S: Final = "90"


def house(world: Path, model: ModelServer, **more: Any) -> Path:
    """Make a repository with a small module, and settings under which the builtin agent asks `model`."""
    settings(model, **more)
    return shop(world / "shop").path


def begin(top: Path, title: str = TITLE, key: str = KEY) -> None:
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


def work(world: Path, model: ModelServer) -> tuple[str, Path]:
    """Have the task worked, land it, and give the tree and where it lies."""
    top = house(world, model)
    begin(top)
    wait(top, "in_review", "failed", "stopped")
    assert task(top)["card"]["status"] == "in_review", task(top)["reason"]
    return land(top), top
