"""The time that `casework task snooze` is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from casework.cli.snoozing import snoozed_until
from casework.domain.errors import Refused

NOW = datetime(2026, 12, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("span", "later"),
    [("30m", timedelta(minutes=30)), ("3h", timedelta(hours=3)), ("2d", timedelta(days=2)), ("1w", timedelta(days=7))],
)
def test_a_span_counts_from_now(span: str, later: timedelta) -> None:
    assert snoozed_until("", span, NOW) == NOW + later


def test_a_time_is_of_the_zone_one_is_in_unless_it_names_another() -> None:
    assert snoozed_until("2026-12-24T09:00", "", NOW) == datetime(2026, 12, 24, 7, 0, tzinfo=UTC)
    assert snoozed_until("2026-12-24T09:00+00:00", "", NOW) == datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
    assert snoozed_until("2026-12-24", "", NOW) == datetime(2026, 12, 23, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "span"),
    [("", ""), ("", "3 parsecs"), ("", "0m"), ("tomorrow", ""), ("2026-12-01T10:30", ""), ("2026-12-24", "3h")],
)
def test_what_is_no_time_to_come_is_refused(until: str, span: str) -> None:
    with pytest.raises(Refused, match="Name one time to come"):
        snoozed_until(until, span, NOW)
