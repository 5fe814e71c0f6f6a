"""However many runs report at once, a turn of the loop serves one of them."""

from __future__ import annotations

import asyncio
from collections import Counter

from casework.core.turnstile import Turnstile

RUNS = 8
REPORTS = 20


async def test_a_turn_of_the_loop_serves_one_report() -> None:
    turnstile, turn, over = Turnstile(), 0, False
    loop = asyncio.get_running_loop()
    served: Counter[int] = Counter()
    order: list[int] = []

    def count() -> None:
        nonlocal turn
        turn += 1
        if not over:
            loop.call_soon(count)

    async def report(run: int) -> None:
        for _ in range(REPORTS):
            await turnstile.through()
            served[turn] += 1
            order.append(run)
            await recorded()

    async def recorded() -> None:
        done = loop.create_future()
        loop.call_soon(done.set_result, None)
        await done

    loop.call_soon(count)
    await asyncio.gather(*(report(run) for run in range(RUNS)))
    over = True
    assert max(served.values()) == 1
    assert sorted(order[:RUNS]) == list(range(RUNS)), "each in its turn"
    assert sum(served.values()) == RUNS * REPORTS


async def test_a_run_alone_does_not_wait() -> None:
    turnstile = Turnstile()
    passing = turnstile.through()
    try:
        passing.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited for nobody")


async def test_one_that_is_cancelled_before_its_turn_holds_up_nobody() -> None:
    turnstile = Turnstile()
    first, second, third = (asyncio.create_task(turnstile.through()) for _ in range(3))
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert (first.done(), second.cancelled(), third.done()) == (True, True, True)
    async with asyncio.timeout(5):
        await turnstile.through()
