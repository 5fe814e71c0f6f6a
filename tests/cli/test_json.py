"""Every command answers as JSON where asked for, and its errors too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from casework.cli.commands import app
from tests.cli.shell import Json, casework, said
from tests.repositories import ordinary

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

WITHOUT = {"lsp"}
"""Its output is the protocol."""


def commands(group: Any, *words: str) -> Iterator[tuple[str, Any]]:
    """Give every command by its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *words, name)
        else:
            yield " ".join([*words, name]), command


def test_every_command_can_answer_as_json() -> None:
    found = dict(commands(typer.main.get_command(app)))
    assert len(found) > 30
    without = {words for words, command in found.items() if not any("--json" in one.opts for one in command.params)}
    assert without == WITHOUT


def answer(*words: str, at: Path) -> Json:
    done = casework(*words, "--json", at=at)
    assert (done.returncode, done.stderr) == (0, ""), f"{words}: {done.stdout}{done.stderr}"
    found: Json = json.loads(done.stdout)
    return found


def test_a_whole_day_can_be_done_in_json(world: Path) -> None:
    repository = ordinary(world / "shop")
    top = repository.path
    assert answer("daemon", "status", at=top) == {"running": False}
    assert answer("task", "add", "Something", at=top)["card"]["number"] == 1
    assert [card["number"] for card in answer("task", "list", at=top)["tasks"]] == [1]
    assert answer("task", "drop", "1", at=top)["card"]["status"] == "dropped"
    assert answer("task", "restore", "1", at=top)["card"]["status"] == "backlog"
    assert answer("wait", "1", "--for", "backlog", at=top)["card"]["status"] == "backlog"
    opened = answer("review", "branch", "feature", at=top)
    assert (opened["number"], opened["change_kind"], opened["text_hunks"]) == (2, "branch", 3)
    assert answer("review", "show", "2", at=top) == opened
    assert answer("review", "diff", "2", at=top)["text"].count("\n@@ ") == 3
    assert Path(answer("review", "open", "2", at=top)["path"]).read_text("utf-8").startswith("# Review 2: ")
    accepted = answer("review", "accept", "2", "all", at=top)
    assert (accepted["accepted"], accepted["undecided"]) == (3, 0)
    assert answer("review", "reset", "2", "all", at=top)["shown"] == opened["shown"]
    assert answer("review", "comment", "2", "Fine.", at=top)["comments"][0]["text"] == "Fine."
    landed = answer("approve", "2", "--shown", opened["shown"], at=top)
    assert landed["commit"] == repository.id("HEAD") == repository.id("feature")
    assert answer("undo", "2", at=top)["card"]["status"] == "in_review"
    assert repository.id("HEAD") == repository.id("feature~2")
    assert [row["kind"] for row in answer("journal", "--task", "1", at=top)["rows"]] == [
        "task.added",
        "task.dropped",
        "task.restored",
    ]
    assert answer("trust", "--show", at=top)["trusted"] is False
    assert answer("purge", at=top)["leftovers"] == []
    assert answer("doctor", at=top)["ok"] is True
    assert answer("daemon", "status", at=top)["running"] is True
    assert any("begins" in line for line in answer("daemon", "log", at=top)["lines"])
    assert answer("version", at=top) == {"version": "0.1.0"}
    assert answer("editor-config", "helix", at=top)["editor"] == "helix"
    assert answer("daemon", "stop", at=top) == {"stopped": True}


def test_an_error_in_json_has_a_word_and_the_sentence_that_stderr_has(world: Path) -> None:
    top = ordinary(world / "shop").path
    for words, code in (
        (["task", "show", "7"], "unknown_task"),
        (["review", "branch", "nowhere"], "unknown_branch"),
        (["approve", "7"], "not_shown"),
        (["editor-config", "ed"], "no_editor"),
        (["task", "add", "Something", "-C", str(world)], "not_a_repository"),
    ):
        status, out, err = said(casework(*words, "--json", at=top))
        assert status == 1
        error = json.loads(out)["error"]
        assert error == {"code": code, "sentence": err}
        assert err[-1] in ".`", err
