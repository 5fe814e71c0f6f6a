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
            if not trials.story.goes_back:  # there the rows of the next run come in between
                assert trial.places[-1] == place == trials.boundaries[n], (trial.places, place)
            outcomes.add(trial.done)
        assert True in outcomes, "somewhere it was done all the same"


@pytest.mark.parametrize("first", ["file 0 moved", "branch moved"])
def test_a_recovery_that_is_killed_too_is_finished_by_the_next_daemon(first: str, world: Path) -> None:
    with Keeper(world / "switch") as keeper:
        trials = Trials(keeper, STORIES["commit"], world / "trials")
        order = Order(kill_at=trials.boundaries.index(first))
        undisturbed = trials.run(order, then=Order())
        places = undisturbed.places[len(trials.boundaries[: order.kill_at]) + 1 :]
        assert "recovered" in places
        for n in range(0, len(places), 3):
            try:
                trials.run(order, then=Order(kill_at=n))
            except Damage as damage:
                raise Damage(f"killed at {first}, and recovering at {n} ({places[n]}): {damage}") from damage
