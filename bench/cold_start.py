"""How long an editor waits when nothing runs yet: until `initialize` is answered, and until it has the board.

Beside it a trivial server on pygls, started by the editor itself, that answers the same board from a file.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.client import Client
from bench.contest import Contest, Outcome, hold
from bench.repository import make_small
from bench.world import ATTACH, HERE, World, world

_TIMES: Final = 3
_BOARD: Final = "casework/board/read"


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold both contests in a repository with one review that waits."""
    repository = make_small(scratch / "small")
    answers = scratch / "answers.json"
    trivial = (sys.executable, str(HERE / "trivial.py"), str(answers))
    with world() as here:
        with Client(ATTACH, folder=repository, environment=here.environment) as client:
            client.initialize()
            client.request("casework/review/open", {"kind": "range", "name": "main~3..main"})
            answers.write_text(json.dumps({"board": client.request(_BOARD, {})}), encoding="utf-8")

        def cold(ask: Callable[[Client], object]) -> Callable[[], float]:
            def once() -> float:
                here.stop()
                return _until(ATTACH, repository, here, ask)

            return lambda: statistics.median(once() for _ in range(_TIMES)) * 1000

        def beside(ask: Callable[[Client], object]) -> Callable[[], float]:
            return lambda: statistics.median(_until(trivial, repository, here, ask) for _ in range(_TIMES)) * 1000

        return [
            hold(Contest(name, "trivial pygls server", "ms", bound=bound), ours=cold(ask), other=beside(ask))
            for name, bound, ask in (
                ("cold start, until `initialize` is answered", 1.2, lambda _: None),
                ("cold start, until the board is there", 1.5, lambda client: client.request(_BOARD, {})),
            )
        ]


def _until(command: Sequence[str], repository: Path, here: World, ask: Callable[[Client], object]) -> float:
    begin = time.perf_counter()
    with Client(command, folder=repository, environment=here.environment) as client:
        client.initialize()
        ask(client)
        return time.perf_counter() - begin
