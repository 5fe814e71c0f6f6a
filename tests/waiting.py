"""The only place in the tests that may sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], *, description: str, timeout_s: float = 20.0) -> T:
    """Give back the first true answer of `predicate`; after `timeout_s` seconds fail with `description`."""
    end = time.monotonic() + timeout_s
    pause_s = 0.002
    while True:
        found = predicate()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain until {description}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.1)


async def wait_until_async(predicate: Callable[[], T], *, description: str, timeout_s: float = 20.0) -> T:
    """As `wait_until`, for tests that await: the event loop goes on meanwhile."""
    end = time.monotonic() + timeout_s
    pause_s = 0.002
    while True:
        found = predicate()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain until {description}")
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.1)
