"""The sandboxes that this machine has; a test that needs one it lacks is skipped with the reason."""

from __future__ import annotations

from functools import cache

import pytest

from casework.domain.errors import Refused
from casework.ports.sandbox import Sandbox
from casework.sandbox.bubblewrap import probe
from casework.sandbox.landlock import probe as probe_landlock


@cache
def _bubblewrap() -> Sandbox | str:
    try:
        return probe()
    except Refused as no:
        return no.sentence


@cache
def _landlock() -> Sandbox | str:
    try:
        return probe_landlock()
    except Refused as no:
        return no.sentence


def landlock() -> Sandbox:
    """Give Landlock."""
    found = _landlock()
    if isinstance(found, str):
        pytest.skip(found)
    return found


def bubblewrap() -> Sandbox:
    """Give bubblewrap."""
    found = _bubblewrap()
    if isinstance(found, str):
        pytest.skip(found)
    return found
