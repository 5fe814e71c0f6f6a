"""The sandboxes that this machine has; a test that needs one it lacks is skipped with the reason."""

from __future__ import annotations

from functools import cache

import pytest

from casework.domain.errors import Refused
from casework.ports.sandbox import Sandbox
from casework.sandbox.bubblewrap import probe


@cache
def _bubblewrap() -> Sandbox | str:
    try:
        return probe()
    except Refused as no:
        return no.sentence


def bubblewrap() -> Sandbox:
    """Give bubblewrap."""
    found = _bubblewrap()
    if isinstance(found, str):
        pytest.skip(found)
    return found
