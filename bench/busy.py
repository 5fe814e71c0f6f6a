"""How long a keystroke waits while the house is busy: eight runs at work, and 10,000 files that change.

The same question is asked of the same daemon at rest. Requests are sent as an editor sends them, every 20 ms, because
nobody types faster; a figure is the p99 of 500.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from bench.actions import make_branches, open_reviews, questions_of, settled
from bench.client import Client
from bench.contest import Contest, Outcome, hold
from bench.world import ATTACH, World, world

RUNS: Final = 8
BURST: Final = 10_000
_REQUESTS: Final = 500
_PACE_S: Final = 0.02
_STEPS: Final = 4_000
_STEPS_A_TURN: Final = 25
_bursts: Final = count(1)
_WRITE: Final = """
import sys
for n in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/file{n}.txt", "w") as file:
        file.write(str(n))
"""


def contests(scratch: Path) -> Sequence[Outcome]:
    """Ask at rest and in the middle of it, in turn."""
    repository = make_branches(scratch / "busy")
    with world() as here, Client(ATTACH, folder=repository, environment=here.environment) as client:
        _allow_eight(here)
        client.initialize()
        open_reviews(client)
        questions = questions_of(repository, client)
        settled(client, questions)
        contest = Contest(
            f"code actions, p99 of {_REQUESTS}, {RUNS} runs and a burst of {BURST:,} files", "at rest", "ms", bound=3.0
        )
        return [
            hold(
                contest, ours=lambda: _busy(repository, client, here, questions), other=lambda: _p99(client, questions)
            )
        ]


def _allow_eight(here: World) -> None:
    folder = Path(here.environment["XDG_CONFIG_HOME"]) / "casework"
    folder.mkdir(mode=0o700)
    (folder / "settings.toml").write_text(f"runs_at_once = {RUNS}\n", encoding="utf-8")


def _busy(repository: Path, client: Client, here: World, questions: Sequence[dict[str, Any]]) -> float:
    with _runs(repository, here), _burst(repository):
        return _p99(client, questions)


def _p99(client: Client, questions: Sequence[dict[str, Any]]) -> float:
    took = []
    for turn in range(_REQUESTS):
        begin = time.perf_counter()
        client.request("textDocument/codeAction", questions[turn % len(questions)])
        took.append(time.perf_counter() - begin)
        time.sleep(max(0.0, _PACE_S - took[-1]))
    return statistics.quantiles(took, n=100)[98] * 1000


@contextmanager
def _runs(repository: Path, here: World) -> Iterator[None]:
    """Have eight agents at work; another editor starts and stops them."""
    steps: list[dict[str, str]] = []
    for n in range(_STEPS):
        steps.append({"do": "write", "path": f"a{n % 50}", "content": f"{n}"})
        if n % _STEPS_A_TURN == 0:
            steps.append({"do": "turn"})
    script = json.dumps({"runs": [{"steps": [*steps, {"do": "finish", "comment": "done"}]}]}, separators=(",", ":"))
    with Client(ATTACH, folder=repository, environment=here.environment) as starter:
        starter.initialize()
        numbers = []
        for n in range(RUNS):
            task = starter.request("casework/task/add", {"title": f"Busy {n}"})
            numbers.append(task["card"]["number"])
            starter.request("casework/task/start", {"number": numbers[-1], "agent": "scripted", "script": script})
        for number in numbers:
            starter.request("casework/task/wait", {"number": number, "statuses": ["running"]})
        try:
            yield
            stood = {starter.request("casework/task/show", {"number": number})["card"]["status"] for number in numbers}
            assert stood == {"running"}, f"the runs were to last until the end, and are {stood}"
        finally:
            for number in numbers:
                starter.request("casework/task/stop", {"number": number, "reason": "measured"})


@contextmanager
def _burst(repository: Path) -> Iterator[None]:
    """Write 10,000 files into the working tree meanwhile; another process does, or it would hold up who measures."""
    folder = repository / f"burst{next(_bursts)}"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", _WRITE, str(folder), str(BURST)]) as writer:
        yield
        assert writer.wait() == 0, "the files were written"
