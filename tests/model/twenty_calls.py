"""The story of twenty calls: its shop, what the model says, what goes wrong on the way, and how its end is known.

The shell tells it (tests/agents/test_builtin_story.py), and so do real editors (tests/editors), each time with the same
faults: the same calls must give the same tree as without them.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil

from tests.conftest import MARK
from tests.model.script import Call, Fault, Script, Turn, call, status
from tests.model.server import ModelServer, answers_in
from tests.repositories import Repository
from tests.waiting import wait_until

TITLE: Final = "Charge two per cent"
COMMENT: Final = "The fee is two per cent now."
FOLLOW_UP: Final = "Nobody tests total"
FILES: Final = ("src/pay.py", "src/text.py", "tests/test_pay.py")
"""What the change touches: three places in the second one."""
SERVING: Final = "casework.agents.builtin.serving"
DAEMON: Final = "casework.daemon"
KILL_AT: Final = 11
"""At the model's answer of this number somebody is killed: all but one of the looks are done, no edit is."""
FAULTS: Final = {2: [status(529, "overloaded_error")], 5: [Fault("cut", events=2)]}
"""By the number of the answer that they come in place of, once each."""
STEPS: Final = 19
"""What the journal has: each call, but for the one that leaves a task and the hand-in."""
_NEW_TEST: Final = "from pay import fee\n\n\ndef test_fee():\n    assert fee(100) == 2\n"


def shop(folder: Path) -> Repository:
    """Make the repository that the story is about."""
    repository = Repository.new(folder)
    repository.commit(
        "first",
        {
            "src/pay.py": "def fee(amount):\n    return 1\n\n\ndef total(amount):\n    return amount + fee(amount)\n",
            "src/text.py": "\n".join(f"LINE_{n} = {n}" for n in range(1, 200)) + "\n",
            "README.md": "# Shop\n",
        },
    )
    return repository


def settings(model: ModelServer, **more: Any) -> None:
    """Write settings under which the builtin agent asks `model`."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"model_base_url": model.url, **more}.items()]
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "casework"
    folder.mkdir(exist_ok=True)
    (folder / "settings.toml").write_text("\n".join(lines) + "\n")


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
            call("file_followup", kind="missing-tests", title=FOLLOW_UP, path="src/pay.py", line=5),
            call("finish", comment=COMMENT, claims=[]),
        ]
    )  # fmt: skip


def with_faults() -> Script:
    """The same calls; on the way the model is overloaded once (529), and one of its streams is cut."""
    return Script(twenty_calls().turns, faults=FAULTS)


class Kill:
    """Kills every process named `what` when the model is asked for its answer number KILL_AT, once."""

    def __init__(self, model: ModelServer, what: str) -> None:
        self._what = what
        self._dying: list[psutil.Process] = []
        self._done = threading.Event()
        model.before = self._before

    def wait(self) -> None:
        """Wait until it has happened, and nothing is left of those that were killed, nor of the worker they had."""
        wait_until(self._done.is_set, description="somebody was killed in the middle", timeout_s=60)
        wait_until(self._is_over, description="nothing is left of those that were killed", timeout_s=30)

    def _is_over(self) -> bool:
        return not any(_lives(process) for process in self._dying)

    def _before(self, n: int) -> None:
        if n == KILL_AT and not self._done.is_set():
            victims = processes(self._what)
            self._dying = [*victims, *processes(SERVING)]
            for process in victims:
                with suppress(psutil.Error):  # a child of the daemon's that was about to become git, and has ended
                    process.kill()
            self._done.set()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def were_played(model: ModelServer) -> None:
    """Hold the model to it: the request with the 529, the one that was cut and the one of the kill were repeated."""
    asked = Counter(answers_in(body) for body in model.requests)
    assert {n: times for n, times in asked.items() if times > 1} == dict.fromkeys((*FAULTS, KILL_AT), 2)


def went_on(rows: Sequence[dict[str, Any]]) -> None:
    """Hold the journal to it: the run went on after the kill, and nothing was done twice or left in the dark."""
    assert any(row["kind"] == "run.resumed" for row in rows), [row["kind"] for row in rows]
    assert sum(row["kind"] == "step.begun" for row in rows) == STEPS, "nothing was done twice"
    assert not any("interrupted" in str(row) for row in rows)


def processes(what: str) -> list[psutil.Process]:
    """Give this test's processes whose command line has `what` in it."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if what in process.cmdline() and any(map(_is_ours, [process, *process.parents()])):
                found.append(process)
    return found


def _is_ours(process: psutil.Process) -> bool:
    """Tell by its environment; what runs in a box has none of ours, and is known by who started it."""
    try:
        return process.environ().get(MARK) == os.environ[MARK]
    except psutil.Error:
        return False
