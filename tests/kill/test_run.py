"""kill -9 of the daemon in a run: the next one goes on behind it, and nothing is lost or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kill.checker import Damage
from tests.kill.errands import check_run, desk, kill_in_a_run
from tests.kill.keeper import Keeper
from tests.kill.switch import Order

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("half", [0, 1], ids=["before a row", "after a row"])
def test_a_run_goes_on_behind_a_kill_at_any_row(half: int, world: Path) -> None:
    with Keeper(world / "switch") as keeper:
        keeper.start()
        repository = desk(world / "undisturbed")
        trace, end = kill_in_a_run(keeper, repository, Order(), world)
        check_run(trace, end, repository)
        places = [passed.place for passed in trace if not passed.is_note]
        assert end.status == "in_review"
        assert len(places) > 20
        for n, place in enumerate(places):
            if n % 2 != half:
                continue
            repository = desk(world / f"{n}")
            trace, end = kill_in_a_run(keeper, repository, Order(kill_at=n), world)
            try:
                check_run(trace, end, repository)
            except Damage as damage:
                raise Damage(f"killed at {n} ({place}): {damage}") from damage
