"""Tests of this folder run the real command line, which starts a real daemon; it is told to end when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import casework


@pytest.fixture(autouse=True)
def daemon_ends(world: Path) -> Iterator[None]:
    """End the daemon the test started."""
    yield
    casework("daemon", "stop", "--force", at=world)
