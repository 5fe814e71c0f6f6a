"""kill -9 of the daemon at every boundary of a landing and of an undo, and a new daemon that nobody helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kill.checker import Damage
from tests.kill.keeper import Keeper
from tests.kill.stories import STORIES
from tests.kill.switch import Order
from tests.kill.trials import Trials

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("story", STORIES)
def test_a_daemon_killed_at_any_boundary_leaves_it_done_whole_or_handed_back(story: str, world: Path) -> None:
    with Keeper(world / "switch") as keeper:
        trials = Trials(keeper, STORIES[story], world / "trials")
        outcomes = set()
        for n, place in enumerate(trials.boundaries):
            try:
                trial = trials.run(Order(kill_at=n))
            except Damage as damage:
                raise Damage(f"killed at {n} ({place}): {damage}") from damage
            assert trial.places[-1] == place == trials.boundaries[n], (trial.places, place)
            outcomes.add(trial.done)
        assert True in outcomes, "somewhere it was done all the same"
