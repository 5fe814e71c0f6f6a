"""From the first rejection on, what would land is checked by itself, anew with each decision, and said as it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from casework.core import intake, reviews
from casework.core.checking import say_interrupted
from casework.core.rechecking import Rechecks
from casework.domain.events import Decision
from casework.domain.evidence import Seen
from casework.domain.ids import HunkId
from casework.domain.spec import Spec
from casework.lsp.present.reviews import review_view
from casework.ports.checks import WantedCheck
from tests.core.room import ADA, DONE, Room, World, room
from tests.waiting import wait_until_async

BEFORE = b"".join(b"line %d\n" % n for n in range(1, 61))
GOOD = {"do": "edit", "path": "long.txt", "old": "line 3\n", "new": "three\n"}
BAD = {"do": "edit", "path": "long.txt", "old": "line 25\n", "new": "BROKEN\n"}
MORE = {"do": "edit", "path": "long.txt", "old": "line 50\n", "new": "fifty\n"}


def checked_world(*, trusted: bool = True) -> World:
    made = World()
    made.trusted = trusted
    made.workspace.commit("longer", {"long.txt": BEFORE})

    def seen(wanted: WantedCheck) -> Seen:
        text = made.workspace.worktrees[wanted.folder]["long.txt"]
        colour = "red" if b"BROKEN" in text else "green"
        return Seen.model_validate({"colour": colour, "sentence": f"`pytest`: {colour}.", "proven": True})

    made.checks.seen = seen
    return made


@asynccontextmanager
async def checking(made: World) -> AsyncIterator[tuple[Room, Rechecks, tuple[HunkId, ...]]]:
    """A review of three hunks, the second of which is red."""
    async with room(made) as desk:
        rechecks = Rechecks(desk.repository)
        try:
            new = intake.NewTask("Write numbers out", spec=Spec(checks=("pytest",)))
            await intake.add_task(desk.repository, new, ADA)
            await desk.play([GOOD, BAD, MORE, DONE], [DONE], [DONE], [DONE])
            await desk.until("in_review")
            yield desk, rechecks, desk.repository.change(desk.task().standing_review().manifest).judged
        finally:
            await rechecks.close()


async def decide(desk: Room, hunk: HunkId, decision: Decision = "rejected") -> None:
    await reviews.decide_hunks(desk.repository, 1, [hunk], decision, "", ADA)


async def quiet(rechecks: Rechecks) -> None:
    await wait_until_async(lambda: not rechecks.busy(), description="nothing is checked any more")


def said(desk: Room) -> str:
    return review_view(desk.repository, desk.task()).checks


async def test_what_would_land_without_the_rejected_hunk_is_checked_and_the_whole_stays_what_it_was() -> None:
    async with checking(checked_world()) as (desk, rechecks, hunks):
        assert said(desk).startswith("Red: ")
        await decide(desk, hunks[1])
        await quiet(rechecks)
        assert said(desk).startswith("Red: ")
        assert "What would land without the rest was checked by itself. Green: `pytest`: green." in said(desk)
        part, whole = desk.task().checked_part, desk.task().checked
        assert part is not None
        assert whole is not None
        assert (part.colour, whole.colour) == ("green", "red")
        await decide(desk, hunks[0])
        await quiet(rechecks)
        assert "checked by itself. Green" in said(desk)
        await decide(desk, hunks[1], "none")
        await quiet(rechecks)
        assert "checked by itself. Red" in said(desk)
        await decide(desk, hunks[0], "none")
        assert "would land" not in said(desk)


async def test_a_new_decision_ends_the_check_of_the_part_before_and_a_verdict_ends_it_for_good() -> None:
    made = checked_world()
    async with checking(made) as (desk, rechecks, hunks):
        made.checks.held = asyncio.Event()
        before = len(made.checks.ran)
        await decide(desk, hunks[1])
        await wait_until_async(lambda: len(made.checks.ran) == before + 1, description="the first part is checked")
        await decide(desk, hunks[0])
        await wait_until_async(lambda: len(made.checks.ran) == before + 2, description="the second part is checked")
        assert "What would land without the rest is being checked." in said(desk)
        assert len(rechecks._running) == 1
        await desk.approve()
        await quiet(rechecks)
        made.checks.held.set()
        await desk.until("queued", "running", "in_review")
        assert desk.kinds().count("checks.begun") >= 3


async def test_nothing_is_checked_where_the_whole_was_not() -> None:
    made = checked_world(trusted=False)
    async with checking(made) as (desk, rechecks, hunks):
        await decide(desk, hunks[1])
        assert not rechecks.busy()
        assert made.checks.ran == []


async def test_a_check_of_a_part_that_the_daemon_took_with_it_is_said_to_be_interrupted() -> None:
    made = checked_world()
    async with checking(made) as (desk, rechecks, hunks):
        made.checks.held = asyncio.Event()
        before = len(made.checks.ran)
        await decide(desk, hunks[1])
        await wait_until_async(lambda: len(made.checks.ran) > before, description="the part is checked")
        rechecks._cancel(desk.task().id)
        await say_interrupted(desk.repository)
        assert "without the rest was checked by itself. Not checked: that was interrupted" in said(desk)
