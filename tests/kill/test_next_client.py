"""The product's own daemon, killed, and started again by whatever client comes next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from casework.cli.connection import Daemon
from tests.kill.errands import (
    ANSWER,
    LOG,
    add_task,
    adds,
    desk,
    ended,
    start,
    to_the_end,
    wait,
    workers,
)
from tests.kill.keeper import Keeper, client_of
from tests.kill.stories import STORIES
from tests.kill.switch import Order
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

FINISH = {"do": "finish", "comment": "Logged."}


@pytest.fixture
def stopped_afterwards(world: Path) -> Iterator[None]:
    yield
    _shell(world, "daemon", "stop", "--force")


def _shell(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "casework.cli.main", *words], cwd=folder, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def _kill(client: Daemon) -> None:
    process = psutil.Process(client.ask("casework/daemon/status")["pid"])
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(process.pid) or process.status() == psutil.STATUS_ZOMBIE,
               description="the daemon is dead")  # fmt: skip


def _begin(repository: Repository, steps: Sequence[dict[str, Any]], until: str, world: Path) -> int:
    """Start the run, wait until the journal holds a row of a kind with this data, and kill the daemon."""
    with client_of(start=True) as client:
        number = add_task(client, repository)
        start(client, repository, number, steps)

        def seen() -> bool:
            rows = client.ask("casework/journal/read", str(repository.path), number=number)["rows"]
            return any(until in f"{row['kind']} {row['data']}" for row in rows)

        wait_until(seen, description=f"{until} is journalled")
        assert workers(world)
        _kill(client)
    wait_until(lambda: not workers(world), description="the agent's processes ended with the daemon")
    return number


def _show(repository: Repository, number: int) -> dict[str, Any]:
    """Show the task from the shell, which starts the daemon."""
    shown: dict[str, Any] = json.loads(_shell(repository.path, "task", "show", str(number), "--json"))
    return shown


@pytest.mark.usefixtures("stopped_afterwards")
def test_a_step_that_was_under_way_is_said_to_be_interrupted_and_the_run_goes_on_behind_it(world: Path) -> None:
    repository = desk(world / "desk")
    number = _begin(repository, [adds("one"), {"do": "hang"}, adds("two"), FINISH], 'step.begun {"n":2', world)
    assert _show(repository, number)["card"]["status"] in ("running", "in_review")
    with client_of() as client:
        to_the_end(client, repository, number)
        end = ended(client, repository, number)
    assert end.status == "in_review"
    assert end.interrupted == [2]
    assert [data["n"] for data in end.of("step.begun")] == [1, 2, 3]
    assert _head(repository, end.of("review.opened")[-1]["head"]) == "one\ntwo\nEND\n"


@pytest.mark.usefixtures("stopped_afterwards")
def test_a_checkpoint_outlives_the_daemon_and_the_run_stands_on_it(world: Path) -> None:
    repository = desk(world / "desk")
    steps = [adds("one"), {"do": "turn"}, {"do": "hang", "silent": True}, adds("two"), FINISH]
    number = _begin(repository, steps, 'step.begun {"n":3', world)
    _show(repository, number)
    with client_of() as client:
        to_the_end(client, repository, number)
        end = ended(client, repository, number)
    first, last = end.of("checkpoint.kept")[0], end.of("checkpoint.kept")[-1]
    assert _head(repository, first["commit"]) == "one\nEND\n"
    assert _head(repository, last["commit"]) == "one\ntwo\nEND\n"
    assert end.of("run.resumed")[0]["after_step"] == 3
    assert end.status == "in_review"


@pytest.mark.usefixtures("stopped_afterwards")
def test_a_question_waits_over_a_kill_and_its_answer_resumes_the_run(world: Path) -> None:
    repository = desk(world / "desk")
    steps = [
        adds("one"),
        {"do": "ask", "text": "When is it needed?"},
        {"do": "write", "path": "answer.txt", "content": "{answer}\n", "use_answer": True},
        FINISH,
    ]
    number = _begin(repository, steps, "question.asked", world)
    card = _show(repository, number)["card"]
    assert card["status"] == "waiting"
    (question,) = card["questions"]
    assert question["text"] == "When is it needed?"
    _shell(repository.path, "answer", str(number), ANSWER)
    with client_of() as client:
        wait(client, repository, number, "in_review")
        end = ended(client, repository, number)
    head = end.of("review.opened")[-1]["head"]
    assert repository.git("show", f"{head}:answer.txt").decode() == f"{ANSWER}\n"
    assert _head(repository, head) == "one\nEND\n"
    assert [data["n"] for data in end.of("step.begun")] == [1, 2, 3]
    assert end.interrupted == [2], "nobody saw the end of the step that asked"


@pytest.mark.usefixtures("stopped_afterwards")
def test_a_landing_that_was_killed_is_finished_when_an_editor_or_a_shell_comes_next(world: Path) -> None:
    story = STORIES["commit"]
    repository = story.make(world / "project")
    with Keeper(world / "switch") as keeper:
        keeper.start()
        with keeper.client() as client:
            number = story.to_the_brink(client, repository.path)
            keeper.switch.give(Order(anchor="branch moved", delay_ns=1))
            story.last_act(client, repository.path, number)
            wait_until(lambda: not psutil.pid_exists(keeper.pid) or _is_zombie(keeper.pid), description="it is killed")
        keeper.kill()
    with client_of(start=True) as client:  # in no repository at all
        client.ask("casework/daemon/status")
    wait_until(lambda: not (repository.path / ".git/index.lock").exists(), description="its lock is gone")
    shown = json.loads(_shell(repository.path, "wait", str(number), "--for", "landed", "--json"))
    assert shown["commit"] == repository.id("HEAD")


def _is_zombie(pid: int) -> bool:
    return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def _head(repository: Repository, commit: str) -> str:
    return repository.git("show", f"{commit}:{LOG}").decode()
