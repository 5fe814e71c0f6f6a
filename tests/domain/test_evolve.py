"""The fold of one task, story by story."""

from __future__ import annotations

from typing import get_args

import pytest

from casework.domain import events as e
from casework.domain.evolve import FOLDS
from casework.domain.ids import CommentId, QuestionId
from tests.domain.history import (
    ADDED,
    ANNOUNCED,
    APPROVED,
    BLOB,
    CONFIRMED,
    LANDING,
    ONE,
    OPENED,
    QUEUED,
    STARTED,
    B,
    N,
    the_task,
    told,
)

QUESTION = e.QuestionAsked(id=QuestionId("q"), text="npm install?", choices=("yes", "no"))


def test_a_task_walks_from_the_backlog_to_landed_and_back() -> None:
    walk = (ADDED, QUEUED, STARTED, e.RunFinished(), OPENED, APPROVED, ANNOUNCED, CONFIRMED)
    seen = [the_task(*walk[: n + 1]).status for n in range(len(walk))]
    assert seen == ["backlog", "queued", "running", "running", "in_review", "landing", "landing", "landed"]
    landed = the_task(*walk)
    assert landed.landing is not None
    assert (landed.landing.commit, landed.landing.state) == (N, "landed")
    back = the_task(*walk, e.LandingTakenBack(landing=LANDING, undo=LANDING))
    assert back.status == "in_review"
    assert back.review is not None
    assert back.review.verdict is None


def test_a_question_makes_the_task_wait_until_its_answer() -> None:
    waiting = the_task(ADDED, QUEUED, STARTED, QUESTION)
    assert waiting.status == "waiting"
    assert [question.text for question in waiting.open_questions] == ["npm install?"]
    going = the_task(ADDED, QUEUED, STARTED, QUESTION, e.QuestionAnswered(id=QuestionId("q"), answer="yes"))
    assert going.status == "running"
    assert going.open_questions == ()


def test_two_open_questions_need_two_answers() -> None:
    second = QUESTION.model_copy(update={"id": QuestionId("r")})
    answer = e.QuestionAnswered(id=QuestionId("q"), answer="yes")
    assert the_task(ADDED, QUEUED, STARTED, QUESTION, second, answer).status == "waiting"


def test_a_landing_that_is_undone_hands_the_review_back_with_its_reason() -> None:
    undone = e.LandingUndone(landing=LANDING, reason="The disk is full.")
    task = the_task(ADDED, QUEUED, STARTED, OPENED, APPROVED, ANNOUNCED, undone)
    assert (task.status, task.reason) == ("in_review", "The disk is full.")
    assert task.review is not None
    assert task.review.verdict is None


def test_an_undo_that_can_not_be_done_leaves_the_change_landed() -> None:
    walk = (ADDED, QUEUED, STARTED, OPENED, APPROVED, ANNOUNCED, CONFIRMED)
    undoing = ANNOUNCED.model_copy(update={"landing": "undo-1", "undo_of": LANDING})
    failed = e.LandingUndone(landing=undoing.landing, reason="Something was built on top.")
    task = the_task(*walk, undoing, failed)
    assert task.status == "landed"
    assert task.landing is not None
    assert (task.landing.undo, task.reason) == (None, "Something was built on top.")


def test_decisions_are_kept_by_hunk_and_can_be_taken_back() -> None:
    rejected = e.HunkDecided(hunks=(ONE,), decision="rejected", reason="wrong")
    task = the_task(ADDED, QUEUED, STARTED, OPENED, rejected)
    assert task.review is not None
    assert task.review.decisions[ONE].reason == "wrong"
    back = the_task(ADDED, QUEUED, STARTED, OPENED, rejected, e.HunkDecided(hunks=(ONE,), decision="none"))
    assert back.review is not None
    assert ONE not in back.review.decisions


def test_decisions_on_hunks_stand_when_the_review_is_opened_anew() -> None:
    rejected = e.HunkDecided(hunks=(ONE,), decision="rejected", reason="wrong")
    again = OPENED.model_copy(update={"head": N})
    task = the_task(ADDED, QUEUED, STARTED, OPENED, rejected, again)
    assert task.review is not None
    assert task.review.head == N
    assert task.review.decisions[ONE].decision == "rejected"


def test_a_snoozed_task_comes_back_to_where_it_was() -> None:
    snoozed = the_task(ADDED, QUEUED, STARTED, OPENED, e.TaskSnoozed(until=5))
    assert (snoozed.status, snoozed.before) == ("snoozed", "in_review")
    assert the_task(ADDED, QUEUED, STARTED, OPENED, e.TaskSnoozed(until=5), e.TaskWoken()).status == "in_review"


def test_stopping_keeps_the_run_and_what_it_kept() -> None:
    kept = e.CheckpointKept(n=1, commit=B)
    task = the_task(ADDED, QUEUED, STARTED, e.StepBegun(n=1, what="write"), kept, e.TaskStopped(reason="enough"))
    assert (task.status, task.reason) == ("stopped", "enough")
    assert task.run is not None
    assert (task.run.state, task.run.head, task.run.steps_begun, task.run.steps_done) == ("stopped", B, 1, 0)


def test_unknown_costs_stay_unknown_and_known_ones_add_up() -> None:
    task = the_task(ADDED, QUEUED, STARTED, e.UsageCounted(input_tokens=5), e.UsageCounted(input_tokens=7))
    assert task.run is not None
    assert (task.run.input_tokens, task.run.cost_microdollars) == (12, None)


def test_a_comment_is_kept_whatever_the_status() -> None:
    comment = e.CommentAdded(id=CommentId("c"), text=BLOB, preview="hm", hunk=ONE)
    task = the_task(ADDED, QUEUED, STARTED, OPENED, APPROVED, comment)
    assert [one.preview for one in task.comments] == ["hm"]


@pytest.mark.parametrize("event", [QUEUED, OPENED, ANNOUNCED])
def test_a_history_that_can_not_be_is_a_bug_and_not_a_state(event: e.Event) -> None:
    with pytest.raises(ValueError, match="first event"):
        told(event)


def test_events_of_the_user_change_no_task() -> None:
    before = the_task(ADDED)
    after = the_task(ADDED, e.TrustGranted(repository="r", path="/r"))
    assert (after.status, after.title) == (before.status, before.title)


def test_every_kind_of_event_has_its_fold() -> None:
    union, _ = get_args(e.Event)
    assert set(FOLDS) == set(get_args(union))
