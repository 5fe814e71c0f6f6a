"""What becomes of the hunks that do not land: they start the next run, become a task of their own, or are left out."""

from __future__ import annotations

from typing import Any

import pytest

from casework.core import intake, reviews
from casework.domain import events as e
from casework.domain.errors import Refused
from casework.domain.ids import HunkId
from casework.domain.verdict import Choice, approve_label
from tests.core.room import ADA, DONE, Room, World, room

BEFORE = b"".join(b"line %d\n" % n for n in range(1, 31))
HALF = BEFORE.replace(b"line 3\n", b"three\n")
SHOUTED = HALF.replace(b"line 25\n", b"TWENTY-FIVE\n")
SPOKEN = HALF.replace(b"line 25\n", b"twenty-five\n")
WRITE = {"do": "edit", "path": "long.txt", "old": "line 3\n", "new": "three\n"}
SHOUT = {"do": "edit", "path": "long.txt", "old": "line 25\n", "new": "TWENTY-FIVE\n"}
SPEAK = {"do": "edit", "path": "long.txt", "old": "line 25\n", "new": "twenty-five\n"}
WAIT = {"do": "ask", "text": "How loud?"}


def long_world() -> World:
    world = World()
    world.workspace.commit("longer", {"long.txt": BEFORE})
    return world


async def two_hunks(desk: Room, second: list[dict[str, Any]]) -> HunkId:
    """Have a run change two places, and reject the second; the next run plays `second`."""
    await desk.add("Write numbers out")
    await desk.play([WRITE, SHOUT, DONE], second)
    task = await desk.until("in_review")
    assert task.review is not None
    first, last = desk.repository.change(task.review.manifest).judged
    await reviews.decide_hunks(desk.repository, 1, [last], "rejected", "do not shout", ADA)
    return first


async def test_the_rejected_hunk_and_its_reason_start_the_next_run_on_what_has_landed() -> None:
    world = long_world()
    async with room(world) as desk:
        await two_hunks(desk, [SPEAK, DONE])
        task = desk.task()
        assert task.review is not None
        label = approve_label(task, desk.repository.change(task.review.manifest))
        assert label == "Land 1, send 1 back (on main)"
        await desk.approve()
        task = await desk.until("in_review", "failed")
        landed = world.workspace.branches["refs/heads/main"]
        assert world.workspace.commits[landed].files["long.txt"] == HALF
        assert task.runs[1].base == landed
        told = "\n".join(desk.agent.runs[1].briefing.comments)
        assert "1 of the 2 hunks of your last change have landed" in told
        assert "long.txt, rejected: do not shout" in told
        assert "+TWENTY-FIVE" in told
        assert task.review is not None
        assert (task.review.base, task.review.run) == (landed, 2)
        await desk.approve()
        await desk.until("landed")
        assert world.workspace.disk["long.txt"] == SPOKEN
        assert desk.kinds().count("landing.confirmed") == 2


async def test_only_what_was_accepted_lands_and_what_nobody_decided_on_goes_back_too() -> None:
    world = long_world()
    async with room(world) as desk:
        first = await two_hunks(desk, [SPEAK, DONE])
        assert desk.task().review is not None
        shouted = desk.repository.change(desk.task().standing_review().manifest).judged[1]
        await reviews.decide_hunks(desk.repository, 1, [shouted], "none", "", ADA)
        await reviews.decide_hunks(desk.repository, 1, [first], "accepted", "", ADA)
        with pytest.raises(Refused) as refusal:
            await desk.approve(shown=desk.shown(), choice=Choice("back", only_accepted=True))
        assert refusal.value.code == "stale_review"
        await desk.approve(choice=Choice("back", only_accepted=True))
        await desk.until("in_review", "failed")
        assert world.workspace.disk["long.txt"] == HALF
        assert "long.txt, not accepted" in "\n".join(desk.agent.runs[1].briefing.comments)


async def test_the_rest_becomes_a_task_of_its_own_once_and_goes_with_the_undo() -> None:
    world = long_world()
    async with room(world) as desk:
        await two_hunks(desk, [DONE])
        await desk.approve(choice=Choice("follow_up"))
        await desk.until("landed")
        rest = desk.task(2)
        assert (rest.status, rest.kind, rest.found_in) == ("backlog", "change", 1)
        assert rest.title == "The rest of 1: Write numbers out"
        assert rest.anchor is not None
        assert rest.anchor.path == "long.txt"
        assert "rejected: do not shout" in desk.repository.text(rest.ticket)
        await desk.landings.undo(1, ADA)
        assert desk.task(2).status == "dropped"
        assert world.workspace.disk["long.txt"] == BEFORE
        await desk.approve(choice=Choice("drop"))
        await desk.until("landed")
        assert desk.repository.board.last_number == 2


async def test_undo_stops_the_run_with_the_rest_and_everything_is_as_before_the_approval() -> None:
    world = long_world()
    async with room(world) as desk:
        await two_hunks(desk, [WAIT, SPEAK, DONE])
        before = desk.task().standing_review()
        await desk.approve()
        await desk.until("waiting")
        task = await desk.landings.undo(1, ADA)
        assert task.status == "in_review"
        assert task.standing_review().decisions == before.decisions
        assert task.runs[1].state == "stopped"
        assert world.workspace.disk["long.txt"] == BEFORE
        await desk.send_back("then do it all anew")
        await desk.until("running", "waiting")
        assert desk.task().runs[2].base == before.head


async def test_once_the_next_review_stands_on_it_an_undo_says_why_it_is_too_late() -> None:
    async with room(long_world()) as desk:
        await two_hunks(desk, [SPEAK, DONE])
        await desk.approve()
        await desk.until("in_review")
        with pytest.raises(Refused, match=r"its next review stands on it.+git revert") as refusal:
            await desk.landings.undo(1, ADA)
        assert refusal.value.code == "stood_upon"
        await desk.send_back("once more")
        await desk.until("queued", "running", "failed", "in_review")
        with pytest.raises(Refused) as refusal:
            await desk.landings.undo(1, ADA)
        assert refusal.value.code == "stood_upon"


async def test_a_daemon_that_died_with_the_landing_done_sends_the_rest_back_once_when_it_is_back() -> None:
    world = long_world()
    async with room(world) as desk:
        await two_hunks(desk, [SPEAK, DONE])
        world.lander.at = _dies
        await desk.approve()
        await desk.until("in_review")
    world.lander.at = lambda _place: None
    rows = [row for row in world.shelf.rows if row.event.kind == "landing.announced"]
    world.shelf.rows[rows[0].seq :] = []  # what a killed daemon had recorded
    async with room(world) as desk:
        task = await desk.until("in_review", "failed")
        assert [run.n for run in task.runs] == [1, 2]
        assert desk.kinds().count("landing.confirmed") == 1
        assert world.workspace.disk["long.txt"] == HALF


def _dies(place: str) -> None:
    if place == "branch moved":
        raise RuntimeError("the daemon dies here")


async def test_a_branch_has_nobody_to_send_a_part_of_it_back_to() -> None:
    world = long_world()
    async with room(world) as desk:
        world.workspace.branches["refs/heads/topic"] = world.workspace.branches["refs/heads/main"]
        world.workspace.commit("shouted", {"long.txt": SHOUTED}, branch="refs/heads/topic")
        task = await desk.open(reviews.Wanted("branch", "topic", into="main"))
        last = desk.repository.change(task.standing_review().manifest).judged[-1]
        await reviews.decide_hunks(desk.repository, 1, [last], "rejected", "no", ADA)
        with pytest.raises(Refused, match="nobody to send a part of it back to") as refusal:
            await desk.approve(choice=Choice("back"))
        assert refusal.value.code == "rest"
        await desk.approve(choice=Choice("follow_up"))
        await desk.until("landed")
        assert desk.task(2).status == "backlog"


async def test_a_task_that_is_being_undone_moves_nowhere_else() -> None:
    async with room(long_world()) as desk:
        await two_hunks(desk, [WAIT, DONE])
        await desk.approve()
        task = await desk.until("waiting")
        assert task.landing is not None
        assert task.landing.plan is not None
        announced = e.LandingAnnounced(
            landing=task.landing.id, plan=task.landing.plan, commit=task.runs[0].base, undo_of=task.landing.id
        )
        await desk.repository.recorder.record(lambda _: [desk.repository.draft(announced, ADA, task=task.id)])
        with pytest.raises(Refused) as refusal:
            await intake.move_task(desk.repository, 1, "stop", e.TaskStopped(), ADA)
        assert refusal.value.code == "being_undone"
