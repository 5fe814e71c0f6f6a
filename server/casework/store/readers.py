"""Readers of event shapes that were released once: how a row of any age becomes an event of today.

A shape that was released never changes. When a kind gets a new shape, `events.VERSIONS` counts it up and `LIFTS` gets
the step from the old shape to the next one; steps are chained, so that each is written once and never touched again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, get_args

from pydantic import JsonValue

from casework.domain.events import (
    VERSIONS,
    CheckEvent,
    Event,
    LandingEvent,
    LedgerEvent,
    ReviewEvent,
    RunEvent,
    TaskEvent,
    UserEvent,
)
from casework.domain.survey_events import SurveyEvent

Lift = Callable[[dict[str, JsonValue]], dict[str, JsonValue]]

LIFTS: Final[Mapping[tuple[str, int], Lift]] = MappingProxyType({})
"""From (kind, kind_v) of a released shape: the function that gives the data of the next version."""

KINDS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        shape.model_fields["kind"].default: shape
        for union in (TaskEvent, RunEvent, ReviewEvent, LandingEvent, UserEvent, CheckEvent, SurveyEvent, LedgerEvent)
        for shape in get_args(union)
    }
)
"""Every kind of event there is today."""


def version_of(kind: str) -> int:
    """Give today's `kind_v` of a kind."""
    return VERSIONS.get(kind, 1)


def is_known(kind: str, kind_v: int) -> bool:
    """Say whether today's code can read rows of this kind and version."""
    return kind in KINDS and 1 <= kind_v <= version_of(kind)


def event_of(kind: str, kind_v: int, data: str, lifts: Mapping[tuple[str, int], Lift] = LIFTS) -> Event:
    """Parse the data of one row, lifted to today's shape.

    Raises:
        ValueError: the data does not fit the shape, or no reader knows (kind, kind_v).
    """
    shape = KINDS.get(kind)
    if shape is None:
        raise ValueError(f"no reader knows the kind {kind!r}")
    today = version_of(kind)
    if kind_v == today:
        return shape.model_validate_json(data)
    found = json.loads(data)
    for version in range(kind_v, today):
        lift = lifts.get((kind, version))
        if lift is None:
            raise ValueError(f"no reader lifts version {version} of {kind!r}")
        found = lift(found)
    if kind_v > today:
        raise ValueError(f"version {kind_v} of {kind!r} is newer than {today}")
    return shape.model_validate(found)
