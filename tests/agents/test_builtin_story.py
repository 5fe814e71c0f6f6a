"""A ticket worked by the builtin agent: real daemon, real worker, real SDK, a model that plays a script.

The same twenty calls give the same tree whatever goes wrong on the way.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.builtin_house import (
    DAEMON,
    SERVING,
    begin,
    house,
    journal,
    kinds,
    land,
    processes,
    task,
    twenty_calls,
    wait,
)
from tests.cli.shell import casework
from tests.model.script import Fault, Script, status
from tests.model.server import ModelServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def daemon_ends(world: Path) -> Iterator[None]:
    yield
    casework("daemon", "stop", "--force", at=world)


def kill_once(model: ModelServer, at: int, what: str) -> None:
    """Have every process named `what` killed when the model is asked for its answer number `at`, once."""
    pending = [at]

    def before(n: int) -> None:
        if n in pending:
            pending.clear()
            for process in processes(what):
                os.kill(process.pid, signal.SIGKILL)

    model.before = before


def work(world: Path, model: ModelServer) -> tuple[str, Path]:
    top = house(world, model)
    begin(top)
    wait(top, "in_review", "failed", "stopped")
    assert task(top)["card"]["status"] == "in_review", task(top)["reason"]
    return land(top), top


def clean_tree(world: Path) -> str:
    with ModelServer(twenty_calls()) as model:
        (world / "clean").mkdir()
        tree, top = work(world / "clean", model)
        assert kinds(top).count("step.done") == 19  # and one call that leaves a task
    casework("daemon", "stop", "--force", at=world)
    return tree


def test_twenty_calls_are_reviewed_and_landed_and_each_request_begins_with_the_one_before(world: Path) -> None:
    with ModelServer(twenty_calls()) as model:
        _, top = work(world, model)
    assert (top / "src/pay.py").read_text().startswith("def fee(amount):\n    return amount * 0.02\n")
    rows = kinds(top)
    assert (rows.count("step.begun"), rows.count("step.done")) == (19, 19)
    assert "Nobody tests total" in casework("task", "list", at=top).stdout


@pytest.mark.parametrize("victim", [DAEMON, SERVING], ids=["the daemon is killed", "the worker is killed"])
def test_faults_and_a_kill_in_the_middle_give_the_same_tree(victim: str, world: Path) -> None:
    expected = clean_tree(world)
    script = Script(twenty_calls().turns, faults={2: [status(529, "overloaded_error")], 5: [Fault("cut", events=2)]})
    with ModelServer(script) as model:
        kill_once(model, 11, victim)
        top = house(world, model)
        begin(top)
        wait_until(lambda: len(model.requests) > 11, description="the model was asked that often", timeout_s=60)
        if victim == DAEMON:
            wait_until(lambda: not processes(SERVING), description="the worker ended with its daemon", timeout_s=30)
        wait(top, "in_review", "failed", "stopped")
        assert task(top)["card"]["status"] == "in_review", task(top)["reason"]
        assert land(top) == expected
    rows = journal(top)
    assert sum(row["kind"] == "run.resumed" for row in rows) == 1
    assert sum(row["kind"] == "step.begun" for row in rows) == 19, "nothing was done twice"
    assert not any("interrupted" in str(row) for row in rows)
