"""The checker itself: a recovery that repeats without looking first must turn it red."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kill.checker import Damage
from tests.kill.keeper import Keeper
from tests.kill.stories import STORIES
from tests.kill.switch import Order
from tests.kill.trials import Trials

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

BEHIND_THE_BRANCH = ("branch moved", "index installed", "lock released", "entered", "before landing.confirmed")


def test_a_recovery_that_does_not_look_before_it_repeats_is_found_out(world: Path) -> None:
    with Keeper(world / "switch") as keeper:
        trials = Trials(keeper, STORIES["commit"], world / "trials")
        for place in BEHIND_THE_BRANCH:
            order = Order(kill_at=trials.boundaries.index(place))
            with pytest.raises(Damage, match="it is in_review, and 1 commits carry the landing's id"):
                trials.run(order, blind=True)
            assert trials.run(order).done, "and the one that looks is not"
