"""What is snoozed is out of sight until its time, until its branch moves, or until somebody opens it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from casework.core import intake, reviews
from casework.core.snoozes import Snoozes
from casework.domain import events as e
from casework.domain.task import Task
from casework.lsp.present.cards import groups
from tests.core.room import ADA, Room, World, room

BRANCH: Final = reviews.Wanted("branch", "work")
LATER: Final = 3600 * 1_000_000_000
"""Further than the clock of these tests ever comes, in microseconds."""


@asynccontextmanager
async def snoozed(until: int = LATER) -> AsyncIterator[Room]:
    """A room with a review of the branch `work` that is snoozed."""
    world = World()
    world.workspace.branches["refs/heads/work"] = world.workspace.branches["refs/heads/main"]
    world.workspace.commit("better", {"pay.py": b"one\nTWO\nthree\n"}, branch="refs/heads/work")
    async with room(world) as desk:
        await desk.open(BRANCH)
        await snooze(desk, until)
        yield desk


async def snooze(desk: Room, until: int) -> Task:
    return await intake.move_task(desk.repository, 1, "snooze", e.TaskSnoozed(until=until), ADA)


def on_the_board(desk: Room) -> list[int]:
    return [card.number for card in groups(desk.repository.board, 0)["needs_you"]]


async def test_a_snoozed_review_is_on_no_board_and_comes_back_as_it_was_at_its_time() -> None:
    async with snoozed() as desk:
        before = desk.task().review
        assert (on_the_board(desk), desk.task().status) == ([], "snoozed")
        snoozes = Snoozes(desk.repository, look_s=0.01)
        snoozes.start()
        await intake.move_task(desk.repository, 1, "wake", e.TaskWoken(), ADA)
        await snooze(desk, desk.repository.clock.now_us() + 1)
        task = await desk.until("in_review")
        await snoozes.close()
        assert (on_the_board(desk), task.review, task.reason) == ([1], before, "")


async def test_a_snoozed_review_comes_back_when_its_branch_moves_and_says_so() -> None:
    async with snoozed() as desk:
        snoozes = Snoozes(desk.repository, look_s=0.01)
        snoozes.start()
        desk.world.workspace.commit("best", {"pay.py": b"one\nBEST\nthree\n"}, branch="refs/heads/work")
        task = await desk.until("in_review")
        await snoozes.close()
        assert "because work has moved" in task.reason
        assert desk.kinds()[-1] == "task.woken"


async def test_a_snoozed_review_whose_branch_is_gone_comes_back() -> None:
    async with snoozed() as desk:
        snoozes = Snoozes(desk.repository, look_s=0.01)
        snoozes.start()
        del desk.world.workspace.branches["refs/heads/work"]
        task = await desk.until("in_review")
        await snoozes.close()
        assert "There is no branch work here" in task.reason


async def test_opening_the_same_review_brings_the_snoozed_one_back_up_to_date() -> None:
    async with snoozed() as desk:
        desk.world.workspace.commit("best", {"pay.py": b"one\nBEST\nthree\n"}, branch="refs/heads/work")
        task = await desk.open(BRANCH)
        assert (task.number, task.status) == (1, "in_review")
        assert task.standing_review().head == desk.world.workspace.branches["refs/heads/work"]
        assert desk.kinds()[-2:] == ["task.woken", "review.opened"]


@pytest.mark.parametrize("status", ["landed", "backlog"])
async def test_what_is_no_review_comes_back_where_it_was(status: str) -> None:
    async with snoozed() as desk:
        await intake.move_task(desk.repository, 1, "wake", e.TaskWoken(), ADA)
        if status == "landed":
            await desk.approve()
        else:
            await desk.add()
        number = 1 if status == "landed" else 2
        await desk.until("landed" if status == "landed" else "backlog", number=number)
        await intake.move_task(desk.repository, number, "snooze", e.TaskSnoozed(until=LATER), ADA)
        await intake.move_task(desk.repository, number, "wake", e.TaskWoken(), ADA)
        assert desk.task(number).status == status
