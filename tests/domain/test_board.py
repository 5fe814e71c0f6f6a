"""The board's indexes say the same as a search through all tasks would."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.errors import Refused
from casework.domain.status import Status
from tests.domain.history import ADDED, OPENED, QUEUED, STARTED, told

LATER: tuple[e.Event, ...] = (
    QUEUED,
    STARTED,
    OPENED,
    e.TaskStopped(),
    e.TaskDropped(),
    e.TaskRestored(),
    e.TaskSnoozed(until=1),
    e.TaskWoken(),
)


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(LATER)), max_size=40))
def test_the_indexes_agree_with_a_search(moves: list[tuple[int, e.Event]]) -> None:
    board = Board()
    for number in range(1, 5):
        added = ADDED.model_copy(update={"number": number, "fingerprint": f"f{number % 2}", "found_in": number % 3})
        told(added, task=f"task-{number}", board=board)
    for number, event in moves:
        task = board.number(number)
        if isinstance(event, e.ReviewOpened) and not task.runs:
            continue
        told(event, task=task.id, board=board)
    for status in get_args(Status):
        assert {task.number for task in board.in_status(status)} == {
            task.number for task in board.tasks.values() if task.status == status
        }
    assert [task.number for task in board.with_fingerprint("f1")] == [1, 3]
    assert [task.number for task in board.found_in(1)] == [1, 4]


def test_a_task_put_tentatively_is_forgotten_without_a_trace() -> None:
    board = told(ADDED)
    told(ADDED.model_copy(update={"number": 2, "fingerprint": "f", "found_in": 1}), task="task-2", board=board)
    board.forget(board.number(2))
    assert board.with_fingerprint("f") == []
    assert board.found_in(1) == []
    assert [task.number for task in board.in_status("backlog")] == [1]


def test_an_unknown_number_is_refused_with_the_last_one() -> None:
    with pytest.raises(Refused) as refusal:
        told(ADDED).number(9)
    assert refusal.value.sentence == "There is no task 9 here: the last one is 1; `casework task list` shows them."
