"""What a keystroke costs does not grow with what the journal holds."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import Final

import pytest

from tests.lsp.light import Light, light
from tests.lsp.test_floor import shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

TASKS: Final = 10_000
AT_ONCE: Final = 250
ASKED: Final = 200
GENEROUS: Final = 3.0
"""A cost per task would be seen as a factor of thousands; this leaves room for a machine that does other things."""


async def cost(client: Light, path: Path, line: int) -> float:
    """Seconds from question to answer: the median of many."""
    took = []
    for _ in range(ASKED):
        begin = time.perf_counter()
        await client.actions(path, line)
        took.append(time.perf_counter() - begin)
    return statistics.median(took)


async def test_code_actions_cost_the_same_beside_ten_thousand_tasks(world: Path) -> None:
    repository = shop(world / "shop")
    path, other = repository.path / "a.txt", repository.path / "b.txt"
    async with light(repository.path) as client:
        client.open(path)
        await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        assert len(await client.actions(path, 20)) == 5
        before = [await cost(client, path, 20), await cost(client, other, 1)]
        for first in range(0, TASKS, AT_ONCE):
            added = ({"title": f"Task {n}", "anchor": {"path": "c.txt"}} for n in range(first, first + AT_ONCE))
            await asyncio.gather(*(client.ask("casework/task/add", one) for one in added))
        assert len(await client.actions(path, 20)) == 5
        after = [await cost(client, path, 20), await cost(client, other, 1)]
    assert after[0] <= GENEROUS * before[0], (before, after)
    assert after[1] <= GENEROUS * before[1], (before, after)
