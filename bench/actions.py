"""How long a keystroke waits for code actions in a full house: 10,000 tasks, 100 of them reviews that wait.

They are opened through the daemon, which then starts anew and reads them from its journal. Every request is asked at a
place that has a review. Beside it a trivial server on pygls that has the same actions ready.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from bench.client import Client
from bench.contest import Contest, Outcome, hold
from bench.repository import begin, git, lines_of
from bench.world import ATTACH, HERE, World, world

TASKS: Final = 10_000
REVIEWS: Final = 100
_REQUESTS: Final = 5_000


def contests(scratch: Path) -> Sequence[Outcome]:
    """Fill the house, then hold the contest."""
    repository = make_branches(scratch / "branches")
    answers = scratch / "answers.json"
    with world() as here:
        fill(repository, here)
        here.stop()
        with Client(ATTACH, folder=repository, environment=here.environment) as ours:
            ours.initialize()
            questions = questions_of(repository, ours)
            actions = settled(ours, questions)
            answers.write_text(json.dumps({"actions": actions}), encoding="utf-8")
            trivial = (sys.executable, str(HERE / "trivial.py"), str(answers))
            with Client(trivial, folder=repository, environment=here.environment) as other:
                other.initialize()
                assert len(other.request("textDocument/codeAction", questions[0])) == len(actions)
                contest = Contest(
                    f"code actions, p99 of {_REQUESTS:,}, {TASKS:,} tasks, {REVIEWS} reviews",
                    f"trivial pygls, as many actions ({len(actions)})",
                    "ms",
                    bound=1.5,
                )
                return [hold(contest, ours=_p99(ours, questions), other=_p99(other, questions))]


def make_branches(folder: Path) -> Path:
    """A repository with many branches that change one file each; `main` is checked out."""
    begin(folder)
    for number in range(REVIEWS):
        _file(folder, number).write_bytes(lines_of(number, 0))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")
    for number in range(REVIEWS):
        git(folder, "switch", "-q", "-c", f"change{number}", "main")
        _file(folder, number).write_bytes(lines_of(number, 1))
        git(folder, "commit", "-q", "-a", "-m", f"Change {number}")
    git(folder, "switch", "-q", "main")
    return folder


def fill(repository: Path, here: World) -> None:
    """Open the reviews and add the tasks."""
    with Client(ATTACH, folder=repository, environment=here.environment) as client:
        client.initialize()
        open_reviews(client)
        for number in range(TASKS - REVIEWS):
            client.request("casework/task/add", {"title": f"Task {number}"})


def open_reviews(client: Client) -> None:
    """Open a review of every branch."""
    for number in range(REVIEWS):
        client.request("casework/review/open", {"kind": "branch", "name": f"change{number}"})


def _file(folder: Path, number: int) -> Path:
    return folder / f"file{number:03}.py"


def questions_of(repository: Path, client: Client) -> list[dict[str, Any]]:
    """Open every changed file, and give the question for a changed line of each."""
    return [_question(repository, client, number) for number in range(REVIEWS)]


def _question(repository: Path, client: Client, number: int) -> dict[str, Any]:
    """Open a file as an editor does, and give the question for its second changed line."""
    path = _file(repository, number)
    document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": path.read_text(encoding="utf-8")}
    client.notify("textDocument/didOpen", {"textDocument": document})
    place = {"line": 30, "character": 0}
    return {
        "textDocument": {"uri": path.as_uri()},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
    }


def settled(client: Client, questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Wait until every place is known, which the daemon finds out in the background; give the actions of one."""
    until = time.monotonic() + 120
    while True:
        found = [client.request("textDocument/codeAction", question) for question in questions]
        if all(found):
            sys.stderr.write(f"actions at each place: {sorted({len(actions) for actions in found})}\n")
            return list(found[0])
        if time.monotonic() > until:
            raise TimeoutError("some places have no actions after two minutes")


def _p99(client: Client, questions: Sequence[dict[str, Any]]) -> Callable[[], float]:
    def once() -> float:
        took = [client.timed("textDocument/codeAction", questions[turn % len(questions)]) for turn in range(_REQUESTS)]
        return statistics.quantiles(took, n=100)[98] * 1000

    return once
