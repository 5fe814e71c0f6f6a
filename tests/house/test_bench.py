"""The table of the benchmark says what was measured, and says when a bound does not hold."""

from __future__ import annotations

import pytest

from bench.contest import Contest, Outcome, hold, table


def test_a_row_has_both_medians_their_ratio_and_every_figure() -> None:
    contest = Contest("attach", "bare interpreter", "ms", bound=1.5)
    outcome = Outcome(contest, ours=(3.0, 1.0, 2.0, 9.0, 2.5), others=(2.0, 2.0, 1.0, 2.0, 4.0))
    assert table([outcome]).splitlines()[2] == (
        "| attach | 2.5 ms | 2 ms (bare interpreter) | 1.25 | ≤ 1.5 | yes | 3 1 2 9 2.5; 2 2 1 2 4 |"
    )


@pytest.mark.parametrize(
    ("ours", "more_is_better", "holds"),
    [(1.5, False, True), (1.51, False, False), (1.5, True, True), (1.4, True, False)],
)
def test_a_bound_holds_up_to_itself(ours: float, more_is_better: bool, holds: bool) -> None:
    contest = Contest("x", "y", "ms", bound=1.5, more_is_better=more_is_better)
    assert Outcome(contest, (ours,) * 5, (1.0,) * 5).holds is holds
    assert ("**no**" in table([Outcome(contest, (ours,) * 5, (1.0,) * 5)])) is not holds


def test_both_are_measured_in_turn_and_the_first_one_changes() -> None:
    order: list[str] = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    hold(Contest("x", "y", "ms", bound=1), ours=lambda: measure("ours"), other=lambda: measure("other"))
    assert order == ["ours", "other", "other", "ours", "ours", "other", "other", "ours", "ours", "other"]
