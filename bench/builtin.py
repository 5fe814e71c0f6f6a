"""The builtin agent beside the barest loop over the same SDK: a step, the first request, tokens, and memory.

A scripted model (`tests/model`) answers both, in this process; it notes when requests come and counts their tokens.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import psutil

from bench.client import Client
from bench.contest import ROUNDS, Contest, Outcome
from bench.repository import begin, git, lines_of, path_of
from bench.world import ATTACH, HERE, World, world
from tests.model.script import Script, Turn, call
from tests.model.server import KEY, ModelServer, tokens

FILES: Final = 5_000
STEPS: Final = 20
FURTHER: Final = 7
_SERVING: Final = "casework.agents.builtin.serving"
_MIB: Final = 1024 * 1024
_PATIENCE_S: Final = 120.0


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold them all on one repository of 5,000 files; the same runs give step, first request and tokens."""
    repository = _make(scratch / "shop")
    with ModelServer(_twenty()) as model, _house(repository, model) as (here, client):
        ours, bare = _Ours(client, model), _Bare(repository, model, scratch)
        ours.run()  # the worker is warm from here on
        pairs = [(ours.run(), bare.run()) if n % 2 else (bare.run(), ours.run())[::-1] for n in range(ROUNDS)]

        def of(name: str, beside: str, unit: str, bound: float, figure: Callable[[_Figures], float]) -> Outcome:
            mine, theirs = (tuple(figure(pair[side]) for pair in pairs) for side in (0, 1))
            return Outcome(Contest(f"builtin agent, {name}", beside, unit, bound=bound), mine, theirs)

        outcomes = [
            of("one step, journalled", "bare SDK loop with SQLite", "ms", 1.25, lambda run: run.step_ms),
            of(
                "accepted to first request, warm, 5,000 files",
                "bare SDK process, cold",
                "ms",
                0.3,
                lambda run: run.first_ms,
            ),
            of("input tokens of 20 steps", "bare SDK loop", "tokens", 1.2, lambda run: run.tokens),
            Outcome(
                Contest("builtin agent, memory of each further run", "allowed", "MiB", bound=1.0),
                (ours.further() / _MIB,),
                (16.0,),
            ),
        ]
        here.stop()
        return outcomes


class _Figures:
    """What the model saw of one run."""

    def __init__(self, model: ModelServer, began: float) -> None:
        arrivals = model.arrivals
        assert len(arrivals) == STEPS + 1, f"{len(arrivals)} requests"
        steps = [after - before for before, after in pairwise(arrivals)]
        self.step_ms = statistics.median(steps) * 1000
        self.first_ms = (arrivals[0] - began) * 1000
        self.tokens = float(sum(_counted(body) for body in model.requests))


def _counted(body: dict[str, Any]) -> int:
    return tokens([body.get("system"), body.get("tools"), body["messages"]])


class _Ours:
    """Runs of the builtin agent in a daemon that stays."""

    def __init__(self, client: Client, model: ModelServer) -> None:
        self._client = client
        self._model = model

    def run(self) -> _Figures:
        """Work on a new task, from its start to its review."""
        number = self._add()
        self._model.requests.clear()
        self._model.arrivals.clear()
        began = time.monotonic()
        self._client.request("casework/task/start", {"number": number, "agent": "builtin"})
        self._wait(number)
        return _Figures(self._model, began)

    def further(self) -> float:
        """Weigh worker, daemon and tools with one run that waits for its answer and with more; what each adds."""
        self._model.open.clear()
        try:
            numbers = [self._begin()]
            one = _weight(1)
            numbers += [self._begin() for _ in range(FURTHER)]
            many = _weight(1 + FURTHER)
        finally:
            self._model.open.set()
        for number in numbers:
            self._wait(number)
        return (many - one) / FURTHER

    def _add(self) -> int:
        card = self._client.request("casework/task/add", {"title": "Charge more"})["card"]
        return int(card["number"])

    def _begin(self) -> int:
        number = self._add()
        seen = len(self._model.arrivals)
        self._client.request("casework/task/start", {"number": number, "agent": "builtin"})
        until = time.monotonic() + _PATIENCE_S
        while len(self._model.arrivals) == seen and time.monotonic() < until:
            time.sleep(0.01)
        return number

    def _wait(self, number: int) -> None:
        wanted = {"number": number, "statuses": ["in_review"], "timeout_s": _PATIENCE_S}
        self._client.request("casework/task/wait", wanted)


class _Bare:
    """A process that does the same with nothing around it."""

    def __init__(self, repository: Path, model: ModelServer, scratch: Path) -> None:
        self._repository = repository
        self._model = model
        self._scratch = scratch

    def run(self) -> _Figures:
        """Start it on a fresh copy of the files it touches, and wait for its end."""
        folder = self._scratch / f"bare-{time.monotonic_ns()}"
        folder.mkdir()
        for number in range(STEPS):
            (folder / f"file{number}.py").write_bytes(lines_of(number, 0))
        self._model.requests.clear()
        self._model.arrivals.clear()
        began = time.monotonic()
        subprocess.run(
            [sys.executable, str(HERE / "bare_loop.py"), self._model.url, KEY, str(folder)],
            check=True,
            timeout=_PATIENCE_S,
        )
        return _Figures(self._model, began)


def _twenty() -> Script:
    """Ten times a look at a file of some 60 lines and a change in it, then the end."""
    turns: list[Turn] = []
    for number in range(STEPS // 2):
        first = lines_of(number, 0).decode().splitlines()[0]
        turns += [
            call("read", path=f"file{number}.py"),
            call("edit", path=f"file{number}.py", old=f"{first}\n", new=f"{first}  # seen\n"),
        ]
    return Script([*turns, call("finish", comment="Done.")])


def _make(folder: Path) -> Path:
    begin(folder)
    for number in range(FILES):
        path = folder / path_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines_of(number, 0))
    for number in range(STEPS):
        (folder / f"file{number}.py").write_bytes(lines_of(number, 0))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


@contextmanager
def _house(repository: Path, model: ModelServer) -> Iterator[tuple[World, Client]]:
    with world() as here:
        folder = Path(here.environment["XDG_CONFIG_HOME"]) / "casework"
        folder.mkdir()
        settings = f'model_base_url = "{model.url}"\nruns_at_once = 16\n'
        (folder / "settings.toml").write_text(settings, encoding="utf-8")
        environment = {**here.environment, "ANTHROPIC_API_KEY": KEY}
        with Client(ATTACH, folder=repository, environment=environment) as client:
            client.initialize()
            client.request("casework/trust/grant", {})
            yield here, client


def _weight(_runs: int) -> float:
    """Add up what is resident of the worker, its daemon and the tools, without what they share."""
    total = 0
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        if _SERVING in words or "casework.daemon" in words or "toolbox_process" in words:
            total += process.memory_full_info().uss
    return float(total)
