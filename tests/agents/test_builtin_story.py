"""A ticket worked by the builtin agent: real daemon, real worker, real SDK, a model that plays a script.

The same twenty calls give the same tree whatever goes wrong on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.builtin_house import begin, house, journal, kinds, land, task, wait, work
from tests.cli.shell import casework
from tests.model.server import ModelServer
from tests.model.twenty_calls import (
    DAEMON,
    FOLLOW_UP,
    SERVING,
    STEPS,
    Kill,
    twenty_calls,
    went_on,
    were_played,
    with_faults,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def daemon_ends(world: Path) -> Iterator[None]:
    yield
    casework("daemon", "stop", "--force", at=world)


def clean_tree(world: Path) -> str:
    with ModelServer(twenty_calls()) as model:
        (world / "clean").mkdir()
        tree, top = work(world / "clean", model)
        assert kinds(top).count("step.done") == STEPS
    casework("daemon", "stop", "--force", at=world)
    return tree


def test_twenty_calls_are_reviewed_and_landed_and_each_request_begins_with_the_one_before(world: Path) -> None:
    with ModelServer(twenty_calls()) as model:
        _, top = work(world, model)
    assert (top / "src/pay.py").read_text().startswith("def fee(amount):\n    return amount * 0.02\n")
    rows = kinds(top)
    assert (rows.count("step.begun"), rows.count("step.done")) == (STEPS, STEPS)
    assert FOLLOW_UP in casework("task", "list", at=top).stdout


@pytest.mark.parametrize("victim", [DAEMON, SERVING], ids=["the daemon is killed", "the worker is killed"])
def test_faults_and_a_kill_in_the_middle_give_the_same_tree(victim: str, world: Path) -> None:
    expected = clean_tree(world)
    with ModelServer(with_faults()) as model:
        kill = Kill(model, victim)
        top = house(world, model)
        begin(top)
        kill.wait()
        wait(top, "in_review", "failed", "stopped")
        assert task(top)["card"]["status"] == "in_review", task(top)["reason"]
        assert land(top) == expected
        were_played(model)
    went_on(journal(top))
