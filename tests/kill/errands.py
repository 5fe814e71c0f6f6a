"""A run that is killed, and what must be true of it afterwards: nothing lost, no step played twice, no worker left."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from casework.cli.connection import Daemon
from casework.domain.errors import Trouble
from tests.kill.checker import Damage, check_rows
from tests.kill.keeper import Keeper
from tests.kill.switch import Order, Passed
from tests.kill.trials import journal_of
from tests.repositories import Repository
from tests.store.looking import raw_rows
from tests.waiting import wait_until

INTERRUPTED: Final = "interrupted, outcome unknown"
ANSWER: Final = "by lunch"
LOG: Final = "log.txt"
COMMENT: Final = "It logs three things."
_STOPS: Final = ["backlog", "waiting", "in_review", "failed", "stopped"]
_PATIENCE_S: Final = 40.0


def adds(line: str) -> dict[str, Any]:
    """A step that would be seen twice if it were played twice."""
    return {"do": "edit", "path": LOG, "old": "END", "new": f"{line}\nEND"}


STEPS: Final[Sequence[dict[str, Any]]] = (
    adds("one"),
    {"do": "turn"},
    adds("two"),
    {"do": "say", "text": "Half of it stands."},
    {"do": "ask", "text": "When is it needed?"},
    {"do": "write", "path": "answer.txt", "content": "{answer}\n", "use_answer": True},
    adds("three"),
    {"do": "finish", "comment": COMMENT},
)


@dataclass(frozen=True, slots=True)
class Ended:
    """Where the task stands when nothing moves any more."""

    status: str
    reason: str
    rows: tuple[tuple[str, dict[str, Any]], ...]
    """Kind and data of every row."""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Give the data of the rows of a kind."""
        return [data for each, data in self.rows if each == kind]

    @property
    def interrupted(self) -> list[int]:
        """Steps that nobody saw the end of."""
        return [data["n"] for data in self.of("step.done") if data["outcome"] == INTERRUPTED]


def desk(path: Path) -> Repository:
    """A repository with a log."""
    made = Repository.new(path)
    made.commit("First", {LOG: "END\n"})
    return made


def add_task(client: Daemon, repository: Repository) -> int:
    """Add the task; its number."""
    number: int = client.ask("casework/task/add", str(repository.path), title="Log it")["card"]["number"]
    return number


def start(client: Daemon, repository: Repository, number: int, steps: Sequence[dict[str, Any]] = STEPS) -> None:
    """Let the scripted agent play the steps."""
    client.ask(
        "casework/task/start",
        str(repository.path),
        number=number,
        agent="scripted",
        script=json.dumps({"steps": steps}),
    )


def wait(client: Daemon, repository: Repository, number: int, *statuses: str) -> dict[str, Any]:
    """Wait for a status."""
    return client.ask(
        "casework/task/wait", str(repository.path), number=number, statuses=list(statuses), timeout_s=_PATIENCE_S
    )


def to_the_end(client: Daemon, repository: Repository, number: int) -> None:
    """Wait until it stops by itself, answering what is asked on the way."""
    while True:
        view = wait(client, repository, number, *_STOPS)
        if view["card"]["status"] != "waiting":
            return
        question = view["card"]["questions"][0]
        client.ask(
            "casework/question/answer", str(repository.path), number=number, question=question["id"], answer=ANSWER
        )


def ended(client: Daemon, repository: Repository, number: int) -> Ended:
    """Look where it stands."""
    view = client.ask("casework/task/show", str(repository.path), number=number)
    rows = tuple((row[5], json.loads(row[13])) for row in raw_rows(journal_of(repository)))
    return Ended(view["card"]["status"], view["reason"], rows)


def workers(world: Path) -> list[psutil.Process]:
    """Every process of an agent of this world, by the folder it works in."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.cwd().startswith(str(world)) and "casework.agents" in " ".join(process.cmdline()):
                found.append(process)
    return found


def kill_in_a_run(keeper: Keeper, repository: Repository, order: Order, world: Path) -> tuple[list[Passed], Ended]:
    """Start the run, have the daemon killed as ordered, start another one, and let it come to its end."""
    with keeper.client() as client:
        number = add_task(client, repository)
        keeper.switch.forget()
        keeper.switch.give(order)
        with suppress(Trouble):
            start(client, repository, number)
            to_the_end(client, repository, number)
    pid = keeper.pid
    keeper.kill()
    trace = keeper.switch.trace(pid)
    wait_until(lambda: not workers(world), description="the agent's processes ended with the daemon")
    keeper.switch.give(Order())
    keeper.start()
    with keeper.client() as client:
        client.ask("casework/daemon/status")
        wait_until(lambda: _waits_for_a_human(repository), description="the run went on unasked")
        to_the_end(client, repository, number)
        return trace, ended(client, repository, number)


def _waits_for_a_human(repository: Repository) -> bool:
    """Whether the journal's last word is one that only a human can follow."""
    kinds = ["task.added", *(row[5] for row in raw_rows(journal_of(repository)))]
    for kind in reversed(kinds):
        if kind in ("task.queued", "run.started", "run.resumed", "question.answered"):
            return False
        if kind in ("task.added", "question.asked", "review.opened", "run.failed", "task.stopped"):
            return True
    raise AssertionError("a journal begins with its first task")


def check_run(trace: Sequence[Passed], end: Ended, repository: Repository) -> None:
    """Raise `Damage` when a row is lost, a step was played twice or its interruption is kept from the human."""
    check_rows(trace, journal_of(repository))
    for kind in ("step.begun", "step.done"):
        twice = [n for n, times in Counter(data["n"] for data in end.of(kind)).items() if times > 1]
        if twice:
            raise Damage(f"{kind} twice for {twice}")
    begun, done = (
        {_number_of(passed) for passed in trace if passed.is_row(kind)} for kind in ("step.begun", "step.done")
    )
    if len(end.interrupted) != len(begun) - len(done):
        raise Damage(f"{len(begun) - len(done)} steps were interrupted, and these are said to be: {end.interrupted}")
    questions = end.of("question.asked")
    if len(questions) > 1:
        raise Damage(f"it was asked {len(questions)} times")
    _check_outcome(end, repository)
    comment = hashlib.sha256(COMMENT.encode()).hexdigest()
    if any(data["comment"] != comment for data in end.of("run.finished")):
        raise Damage("the agent's comment is another one")


def _number_of(passed: Passed) -> int:
    return int(passed.place.split(" ")[2])


def _check_outcome(end: Ended, repository: Repository) -> None:
    if not end.of("task.queued"):
        if end.status != "backlog":
            raise Damage(f"nobody started it, and it is {end.status}")
        return
    if end.status != "in_review":
        raise Damage(f"it is {end.status}: {end.reason}")
    head = end.of("review.opened")[-1]["head"]
    log = repository.git("show", f"{head}:{LOG}").decode().splitlines()
    lines = [line for line in ("one", "two", "three") if line in log]
    if log != [*lines, "END"]:
        raise Damage(f"the log reads {log}")
    missing = {"one": 1, "two": 3, "three": 7}
    for line, step in missing.items():
        if line not in log and step not in end.interrupted:
            raise Damage(f"step {step} was not interrupted, and what it wrote is not there")
