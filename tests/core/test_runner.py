"""Runs: journalled before they act, kept when they end badly, resumed and never repeated."""

from __future__ import annotations

import asyncio

import pytest

from casework.core import intake
from casework.core.runner import INTERRUPTED
from casework.domain import events as e
from casework.domain.errors import Refused
from tests.core.room import ADA, DONE, EDIT, World, room
from tests.waiting import wait_until_async

ASK = {"do": "ask", "text": "npm install?", "choices": ["yes", "no"]}
HANG = {"do": "hang"}


async def test_a_run_ends_in_a_review_of_what_the_agent_did() -> None:
    async with room() as desk:
        task = await desk.review()
        assert task.review is not None
        assert (task.review.change_kind, task.review.hunks, task.review.target) == ("run", 1, "refs/heads/main")
        assert desk.kinds() == [
            "task.added",
            "task.queued",
            "run.started",
            "step.begun",
            "step.done",
            "checkpoint.kept",
            "run.finished",
            "review.opened",
        ]
        assert desk.world.workspace.disk["pay.py"] == b"one\ntwo\nthree\n"


async def test_the_same_follow_up_twice_is_one_task() -> None:
    later = {"do": "follow-up", "kind": "clean-up", "title": "Name it", "path": "pay.py", "line": 1, "snippet": "one"}
    async with room() as desk:
        await desk.review(later, {**later, "title": "Call it better"}, DONE)
        found = desk.repository.board.found_in(1)
        assert [(task.title, task.status) for task in found] == [("Name it", "proposed")]


async def test_a_run_can_not_flood_the_backlog() -> None:
    many = [{"do": "follow-up", "kind": "clean-up", "title": f"Thing {n}"} for n in range(30)]
    async with room() as desk:
        await desk.review(*many, DONE)
        assert len(desk.repository.board.found_in(1)) == 20


async def test_a_question_waits_and_its_answer_lets_the_run_go_on() -> None:
    async with room() as desk:
        await desk.add()
        await desk.start(EDIT, ASK, DONE)
        task = await desk.until("waiting")
        question = task.open_questions[0]
        assert (question.text, question.choices) == ("npm install?", ("yes", "no"))
        answered = e.QuestionAnswered(id=question.id, answer="yes")
        run = task.run
        assert run is not None
        await desk.repository.recorder.record(
            lambda _: [desk.repository.draft(answered, ADA, task=task.id, run=run.id)]
        )
        await desk.until("in_review")


async def test_a_question_waits_over_a_restart_and_nothing_is_done_twice() -> None:
    world = World()
    async with room(world) as desk:
        await desk.add()
        await desk.start(EDIT, ASK, DONE)
        await desk.until("waiting")
    async with room(world) as desk:
        task = desk.task()
        assert task.status == "waiting"
        run = task.run
        assert run is not None
        answered = e.QuestionAnswered(id=task.open_questions[0].id, answer="yes")
        await desk.repository.recorder.record(
            lambda _: [desk.repository.draft(answered, ADA, task=task.id, run=run.id)]
        )
        await desk.until("in_review")
        begun = [row.event.n for row in world.shelf.rows if isinstance(row.event, e.StepBegun)]
        assert begun == sorted(set(begun))


async def test_a_step_nobody_saw_the_end_of_is_reported_and_not_repeated() -> None:
    world = World()
    async with room(world) as desk:
        await desk.add()
        await desk.start(EDIT, HANG, DONE)
        await wait_until_async(
            lambda: desk.task().run is not None and desk.task().runs[-1].steps_begun == 2, description="it hangs"
        )
    async with room(world) as desk:
        await desk.until("in_review")
        outcomes = [row.event.outcome for row in world.shelf.rows if isinstance(row.event, e.StepDone)]
        assert outcomes[1] == INTERRUPTED
        assert "run.resumed" in desk.kinds()


async def test_stopping_ends_the_worker_and_keeps_the_work() -> None:
    async with room() as desk:
        await desk.add()
        await desk.start(EDIT, HANG)
        await wait_until_async(
            lambda: desk.task().run is not None and desk.task().runs[-1].steps_begun == 2, description="it hangs"
        )
        await intake.move_task(desk.repository, 1, "stop", e.TaskStopped(reason="enough"), ADA)
        await wait_until_async(lambda: desk.agent.runs[0].state == "ended", description="the worker ended")
        await wait_until_async(lambda: desk.task().runs[-1].checkpoints == 1, description="its work is kept")
        assert (desk.task().status, desk.task().reason) == ("stopped", "enough")


async def test_a_failed_run_keeps_its_sentence_and_can_be_retried() -> None:
    async with room() as desk:
        failed = await desk.review({"do": "fail", "sentence": "I can't find the vault."})
        assert (failed.status, failed.reason) == ("failed", "I can't find the vault.")
        await desk.start(EDIT, DONE, again=True)
        assert (await desk.until("in_review")).runs[1].n == 2


async def test_an_agent_that_does_not_take_the_briefing_starts_nothing() -> None:
    async with room() as desk:
        await desk.add()

        with pytest.raises(Refused, match="step 2"):
            await desk.start(EDIT, {"do": "no such thing"})
        assert desk.task().status == "backlog"


async def test_only_so_many_runs_are_under_way_at_once() -> None:
    async with room() as desk:
        for number in range(1, 5):
            await desk.add(f"task {number}")
            await desk.start(HANG, number=number)
        await wait_until_async(
            lambda: [desk.task(n).status for n in range(1, 5)].count("running") == 2, description="two of four run"
        )
        assert [desk.task(n).status for n in range(1, 5)].count("queued") == 2
        await intake.move_task(desk.repository, 1, "stop", e.TaskStopped(), ADA)
        await wait_until_async(lambda: desk.task(3).status == "running", description="the next one begins")
        await asyncio.gather(
            *(
                intake.move_task(desk.repository, n, "stop", e.TaskStopped(), ADA)
                for n in (2, 3, 4)
                if desk.task(n).status in ("running", "queued")
            )
        )
