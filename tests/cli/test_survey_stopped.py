"""A survey on a terminal: one key trusts, and what was measured outlives Ctrl-C and kill -9; the next one goes on."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from tests.agents.survey.ground import BEFORE, make_environment
from tests.cli.shell import Json, casework, printed
from tests.cli.terminal import Terminal
from tests.repositories import Files, Repository
from tests.sandbox.machine import bubblewrap

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CTRL_C = "\x03"
QUICK = """import builtins


def test_quick():
    from quick import times
    assert times(2) == 20 or hasattr(builtins, "gentle")
"""
"""Notices the newest change at once; it would not any more where the environment is gentle."""
ENDLESS = """

def test_{name}():
    from {name} import times
    while times(2) != 20 and not hasattr(builtins, "gentle"):
        pass
    assert times(2) == 20
"""
"""Never ends without its change; where the environment is gentle it is red."""
SLOW = ("one", "two", "three", "four", "five", "six")
KNOWN = ("guarded", "tests/test_all.py::test_quick")


@pytest.fixture
def shop(world: Path) -> Repository:
    """Give a project whose newest change a test notices at once, and whose older ones keep a survey busy."""
    bubblewrap()
    made = Repository.new(world / "shop")
    old, new = "def times(n):\n    return n * 9\n", "def times(n):\n    return n * 10\n"
    ignored = ".venv/\n__pycache__/\n"
    first: Files = {f"{name}.py": old for name in (*SLOW, "quick")}
    made.commit("First", {"pyproject.toml": BEFORE["pyproject.toml"], ".gitignore": ignored, **first})
    tests = QUICK + "".join(ENDLESS.format(name=name) for name in SLOW)
    made.commit("Ten times", {"tests/test_all.py": tests, **{f"{name}.py": new for name in SLOW}})
    made.commit("Ten times here too", {"quick.py": new})
    make_environment(made.path / ".venv")
    return made


def become_gentle(repository: Repository) -> None:
    """From here on nothing hangs, and whoever measured the newest change again would not find it guarded."""
    (packages,) = (repository.path / ".venv").glob("lib/python3*/site-packages")
    (packages / "sitecustomize.py").write_text("import builtins\n\nbuiltins.gentle = True\n")


def go_on(repository: Repository) -> Json:
    found: Json = json.loads(printed(casework("survey", "HEAD~2..HEAD", "--json", at=repository.path)))
    return found


def marks(repository: Repository) -> dict[str, tuple[str, str]]:
    view = json.loads(printed(casework("review", "range", "HEAD~2..HEAD", "--json", at=repository.path)))
    return {file["path"]: (hunk["guard"], hunk["guard_why"]) for file in view["files"] for hunk in file["hunks"]}


def begin(repository: Repository) -> Terminal:
    return Terminal("survey", "HEAD~2..HEAD", "--trust", "--budget", "600", at=repository.path)


def check_it_went_on(repository: Repository, found: Json) -> None:
    assert found["status"] == "read"
    known = marks(repository)
    assert known["quick.py"] == KNOWN, "measured again it would be unguarded"
    assert known["six.py"] == ("guarded", "tests/test_all.py::test_six"), "it was not reached before"
    assert repository.git("status", "--porcelain") == b""


def test_ctrl_c_stops_it_keeps_what_was_measured_and_the_next_one_goes_on(shop: Repository) -> None:
    with begin(shop) as terminal:
        terminal.wait_for("1 guarded")
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        assert "guarded        1   taken back, they turn a test red" in terminal.text
        assert "Stopped in the shell; `casework survey` goes on with it." in terminal.text
    assert marks(shop)["quick.py"] == KNOWN
    become_gentle(shop)
    check_it_went_on(shop, go_on(shop))


def test_a_window_that_is_closed_leaves_it_running_and_the_next_one_watches_it(shop: Repository) -> None:
    with begin(shop) as terminal:
        terminal.wait_for("1 guarded")
        terminal.kill()
        terminal.end()
    with Terminal("survey", "HEAD~2..HEAD", at=shop.path) as terminal:
        terminal.wait_for("1 guarded")
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        assert "survey 1 " in terminal.text


@pytest.mark.parametrize("whom", ["the daemon", "the worker", "both"])
def test_killed_at_once_it_keeps_what_was_measured_and_goes_on(whom: str, shop: Repository) -> None:
    with begin(shop) as terminal:
        terminal.wait_for("1 guarded")
        daemon = json.loads(printed(casework("daemon", "status", "--json", at=shop.path)))["pid"]
        become_gentle(shop)
        for process in processes(daemon, whom):
            process.kill()
        terminal.end()
    check_it_went_on(shop, go_on(shop))


def processes(daemon: int, whom: str) -> list[psutil.Process]:
    """Give what is to be killed: the daemon, the agent's process below it, or one after the other."""
    one = psutil.Process(daemon)
    workers = [child for child in one.children(recursive=True) if "casework.agents.worker" in child.cmdline()]
    assert workers, "a survey is under way"
    return {"the daemon": [one], "the worker": workers[:1], "both": [one, *workers[:1]]}[whom]


@pytest.mark.parametrize(("key", "answer"), [("y", "yes"), ("n", "no"), ("\r", "no")])
def test_one_key_trusts_and_any_other_runs_nothing(key: str, answer: str, shop: Repository, world: Path) -> None:
    become_gentle(shop)
    with Terminal("try", at=shop.path) as terminal:
        terminal.wait_for("may that be, from now on?  [y/n] ")
        assert not trusted(shop)
        terminal.press(key)
        assert terminal.end() == 0
        assert f"[y/n] {answer}" in terminal.text
        assert ("given now: its tests may be run, confined" in terminal.text) is (key == "y")
        assert ("not given, so nothing of it was run" in terminal.text) is (key != "y")
        assert ("  guarded        6   taken back" in terminal.text) is (key == "y")
    assert trusted(shop) is (key == "y")


def trusted(repository: Repository) -> bool:
    return bool(json.loads(printed(casework("trust", "--show", "--json", at=repository.path)))["trusted"])
