"""Old shapes are lifted step by step, and only those that were released."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from casework.domain import events
from casework.domain.events import TaskDropped
from casework.store.readers import KINDS, LIFTS, event_of, is_known, version_of

Data = dict[str, JsonValue]


def _from_1(data: Data) -> Data:
    return {"kind": data["kind"], "why": data["text"]}


def _from_2(data: Data) -> Data:
    return {"kind": data["kind"], "reason": f"{data['why']}."}


@pytest.fixture
def third_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """`task.dropped` as if it had been released in two other shapes before."""
    monkeypatch.setitem(events.VERSIONS, "task.dropped", 3)


_STEPS = {("task.dropped", 1): _from_1, ("task.dropped", 2): _from_2}


@pytest.mark.usefixtures("third_shape")
@pytest.mark.parametrize(
    ("version", "data"), [(1, '{"kind":"task.dropped","text":"old"}'), (2, '{"kind":"task.dropped","why":"old"}'),
                          (3, '{"kind":"task.dropped","reason":"old."}')],
)  # fmt: skip
def test_every_released_shape_becomes_the_one_of_today(version: int, data: str) -> None:
    assert event_of("task.dropped", version, data, _STEPS) == TaskDropped(reason="old.")


@pytest.mark.usefixtures("third_shape")
def test_a_shape_without_a_reader_is_said_by_name() -> None:
    with pytest.raises(ValueError) as caught:
        event_of("task.dropped", 1, "{}", {})
    assert str(caught.value) == "no reader lifts version 1 of 'task.dropped'"


@pytest.mark.parametrize(("kind", "version"), [("task.praised", 1), ("task.dropped", 2), ("task.dropped", 0)])
def test_what_only_a_newer_casework_wrote_is_not_known(kind: str, version: int) -> None:
    assert not is_known(kind, version)
    with pytest.raises(ValueError):
        event_of(kind, version, '{"kind":"task.dropped"}')


def test_every_version_of_today_is_reached_from_the_first() -> None:
    assert {(kind, version) for kind in KINDS for version in range(1, version_of(kind))} == set(LIFTS)
    assert set(events.VERSIONS) <= set(KINDS)


@pytest.mark.parametrize(
    "data", ["", "{", "[]", '{"kind":"task.dropped","reason":1}', '{"kind":"task.added"}', '{"more":1}']
)
def test_data_that_does_not_fit_its_kind_is_a_value_error(data: str) -> None:
    with pytest.raises(ValueError):
        event_of("task.dropped", 1, data)
