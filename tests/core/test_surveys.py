"""Surveys in the core: trust first, marks that stay, a good end without a change, and going on after a stop."""

from __future__ import annotations

import json

import pytest

from casework.core.surveys import order_of, start_survey
from casework.domain.errors import Refused
from casework.domain.ids import HunkId
from casework.domain.survey import HunkMark
from casework.domain.survey_events import HunksSurveyed
from casework.ports.survey import SurveyOrder
from tests.core.room import ADA, Room, World, room

HUNK = HunkId("0123456789abcdef")


def trusted(desk: Room) -> None:
    desk.repository.is_trusted = lambda: True


def world() -> World:
    made = World()
    made.workspace.commit("second", {"pay.py": b"one\nTWO\nthree\n", "other.py": b"x\n"})
    return made


async def test_without_trust_nothing_begins() -> None:
    async with room(world()) as desk:
        with pytest.raises(Refused, match="you have not said that you trust it"):
            await start_survey(desk.repository, "", ADA, top="")
        assert desk.kinds() == []


async def test_it_is_a_task_whose_agent_is_told_the_texts_before() -> None:
    async with room(world()) as desk:
        trusted(desk)
        task = await start_survey(desk.repository, "", ADA, top="", budget_s=7.5)
        assert (task.kind, task.agent) == ("missing-tests", "survey")
        order = SurveyOrder.model_validate_json(order_of(desk.repository, task))
        assert order.asked.budget_s == 7.5
        assert [(file.path, file.status, len(file.hunks)) for file in order.files] == [("pay.py", "modified", 1)]
        assert order.files[0].messages == ("second",)


async def test_what_was_measured_stands_at_the_hunk_and_is_told_to_the_next_run() -> None:
    async with room(world()) as desk:
        trusted(desk)
        repository = desk.repository
        task = await start_survey(repository, "", ADA, top="")
        mark = HunkMark(hunk=HUNK, guard="guarded", why="tests/test_pay.py::test_two")
        draft = repository.draft(HunksSurveyed(marks=(mark,)), ADA, task=task.id)
        await repository.recorder.record(lambda _: [draft])
        assert repository.board.marks == {HUNK: mark}
        task = desk.task()
        assert task.surveyed == {HUNK: mark}
        assert json.loads(order_of(repository, task))["known"] == [mark.model_dump()]
    async with room(desk.world) as again:
        assert again.repository.board.marks == {HUNK: mark}


async def test_the_same_range_is_not_surveyed_twice_at_once() -> None:
    async with room(world()) as desk:
        trusted(desk)
        first = await start_survey(desk.repository, "", ADA, top="")
        await desk.until("failed", "stopped", "running", "queued", number=first.number)
        second = await start_survey(desk.repository, "", ADA, top="")
        assert second.number == first.number
