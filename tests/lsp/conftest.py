"""Tests of this folder start a real daemon; it is told to end when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from casework.domain.errors import Trouble
from casework.transport import Channel


@pytest.fixture(autouse=True)
def daemon_ends(world: Path) -> Iterator[None]:
    """End the daemon the test started."""
    yield
    stop_daemon()


def stop_daemon() -> None:
    """End the daemon of this world, and wait until it is gone."""
    channel = Channel.attach("test", start=False, ask="stop", force=True)
    if channel is not None:
        with channel, suppress(Trouble, TimeoutError):
            while True:
                channel.receive(20.0)
