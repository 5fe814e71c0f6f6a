"""kill -9 of the daemon at random times of a landing. `python -m tests.kill.at_random` does it many times more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kill.at_random import SEGMENTS, Drawing
from tests.kill.keeper import Keeper
from tests.kill.stories import CROWDED
from tests.kill.trials import Trials

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

TIMES, EACH = 20, 2


def test_a_daemon_killed_at_any_time_leaves_it_landed_whole_or_handed_back(world: Path) -> None:
    seed = random.randrange(1_000_000)  # pytest-randomly prints what it comes from
    with Keeper(world / "switch") as keeper:
        figures = Drawing(Trials(keeper, CROWDED, world / "trials"), seed, lambda _: None).draw(TIMES, EACH)
    assert len(figures.kills) >= TIMES
    assert all(len(figures.of(segment)) >= EACH for segment in SEGMENTS.values()), figures
    assert {kill.landed for kill in figures.kills} == {True, False}
