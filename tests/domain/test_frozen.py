"""A changed copy is what `dataclasses.replace` would give: whole, equal, and as frozen as the first."""

from __future__ import annotations

import dataclasses

import pytest

from casework.domain.frozen import replace
from tests.domain.history import ADDED, OPENED, QUEUED, STARTED, the_task


def test_a_changed_copy_is_the_one_that_the_standard_library_makes() -> None:
    task = the_task(ADDED, QUEUED, STARTED, OPENED)
    copy = replace(task, status="dropped", reason="No.")
    assert copy == dataclasses.replace(task, status="dropped", reason="No.")
    assert type(copy) is type(task)
    assert repr(copy) == repr(dataclasses.replace(task, status="dropped", reason="No."))
    assert (task.status, task.reason) == ("in_review", "")


def test_a_copy_can_not_be_changed() -> None:
    run = the_task(ADDED, QUEUED, STARTED).runs[0]
    copy = replace(run, state="lost")
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.state = "running"  # type: ignore[misc]
    assert hash(copy) == hash(dataclasses.replace(run, state="lost"))


def test_a_field_that_is_not_there_is_no_field_of_the_copy() -> None:
    with pytest.raises(AttributeError):
        replace(the_task(ADDED), colour="red")  # type: ignore[call-arg]
