"""Redaction of whole events: every free text of every kind, and nothing else."""

from __future__ import annotations

import pytest

from casework.domain.anchor import Anchor
from casework.domain.events import (
    Event,
    HunkDecided,
    LandingUndone,
    QuestionAsked,
    ReviewAnswered,
    TaskAccepted,
    TaskAdded,
    TaskDropped,
    TrustGranted,
)
from casework.domain.redaction import fixed_texts, free_texts, redact_event
from casework.domain.spec import Criterion, Spec
from casework.store.readers import KINDS

_SECRET = "AKIAIOSFODNN7EXAMPLE"
_GONE = "[redacted: aws-access-key]"


def test_every_free_text_of_an_event_is_redacted() -> None:
    event = TaskAdded(
        number=1,
        task_kind="change",
        title=f"Use {_SECRET}",
        status="backlog",
        spec=Spec(
            intent=_SECRET,
            criteria=(Criterion(id="a1", text=f"no {_SECRET}"), Criterion(id="a2", text="fine")),
            checks=(f"AWS_ACCESS_KEY_ID={_SECRET} pytest", "pytest"),
            scope=("src/**",),
        ),
        anchor=Anchor(path="a.py", snippet=f"key = '{_SECRET}'"),
        why=_SECRET,
    )
    redacted = redact_event(event)
    assert _SECRET not in redacted.model_dump_json()
    assert redacted == TaskAdded.model_validate_json(event.model_dump_json().replace(_SECRET, _GONE))


def test_choices_are_redacted_one_by_one() -> None:
    asked = QuestionAsked.model_validate({"id": "q", "text": "Which?", "choices": [_SECRET, "none"]})
    assert redact_event(asked).choices == (_GONE, "none")


@pytest.mark.parametrize(
    "event",
    [
        TaskAccepted(),
        TaskDropped(reason="not needed"),
        TaskAdded(number=1, task_kind="change", title="Sort", status="backlog", spec=Spec(checks=("pytest",))),
        HunkDecided.model_validate({"hunks": ["0123456789abcdef"], "decision": "accepted"}),
    ],
    ids=lambda event: str(event.kind),
)
def test_an_event_without_secrets_is_the_very_same_object(event: Event) -> None:
    assert redact_event(event) is event


def test_names_paths_and_hashes_stay_what_they_are() -> None:
    for event in (
        TrustGranted(repository="r", path=f"/home/ada/{_SECRET}"),
        ReviewAnswered(verdict="approve", shown=_SECRET, branch=_SECRET),
        LandingUndone(landing=None, reason="", kept_aside=(_SECRET,)),
        TaskDropped(reason=""),
    ):
        assert redact_event(event) is event


def test_a_text_that_grows_over_its_greatest_length_is_cut_to_it() -> None:
    full = "pwd=a1b2c3d4 " * 38
    dropped = redact_event(TaskDropped(reason=full))
    assert len(full) <= 500 == len(dropped.reason)
    assert "a1b2c3d4" not in dropped.reason
    assert TaskDropped.model_validate_json(dropped.model_dump_json()) == dropped


def test_it_is_known_of_every_text_of_every_event_whether_it_is_free() -> None:
    free = {f"{kind}: {name}" for kind, shape in KINDS.items() for name in free_texts(shape)}
    fixed = {f"{kind}: {name}" for kind, shape in KINDS.items() for name in fixed_texts(shape)}
    assert sorted(fixed) == FIXED
    assert sorted(free) == FREE


FREE = [
    "action.ruled: reason",
    "action.ruled: what",
    "agent.said: preview",
    "checks.begun: commands",
    "checks.chosen: commands",
    "checks.ended: sentence",
    "comment.added: anchor.snippet",
    "comment.added: preview",
    "evidence.captured: command",
    "evidence.captured: sentence",
    "follow_up.left_out: title",
    "hunk.decided: reason",
    "hunks.carried: back_reason",
    "hunks.carried: reason",
    "hunks.carried: was_reason",
    "hunks.surveyed: marks.why",
    "landing.confirmed: how_seen",
    "landing.confirmed: note",
    "landing.undone: reason",
    "model.out_of_reach: why",
    "question.answered: answer",
    "question.asked: choices",
    "question.asked: text",
    "question.asked: why",
    "review.reshown: why",
    "run.failed: reason",
    "run.finished: claims",
    "run.finished: proofs.criterion",
    "run.finished: proofs.test",
    "run.resumed: note",
    "run.sent_back: sentence",
    "step.begun: summary",
    "step.begun: what",
    "step.done: outcome",
    "task.added: anchor.snippet",
    "task.added: spec.checks",
    "task.added: spec.criteria.text",
    "task.added: spec.intent",
    "task.added: title",
    "task.added: why",
    "task.dismissed: reason",
    "task.dropped: reason",
    "task.settled: reason",
    "task.stopped: reason",
    "task.woken: reason",
]
FIXED = [
    "action.ruled: digest",
    "action.ruled: grants.hosts",
    "action.ruled: grants.readable",
    "action.ruled: grants.writable",
    "action.ruled: rule",
    "checks.begun: part",
    "checks.chosen: environment",
    "checks.chosen: repository",
    "comment.added: anchor.path",
    "comment.added: path",
    "hunk.joined: cuts",
    "hunk.split: cuts",
    "landing.announced: branch",
    "landing.undone: kept_aside",
    "question.asked: wanted.digest",
    "question.asked: wanted.grants.hosts",
    "question.asked: wanted.grants.readable",
    "question.asked: wanted.grants.writable",
    "question.asked: wanted.shapes.host",
    "question.asked: wanted.shapes.hosts",
    "question.asked: wanted.shapes.outside",
    "question.asked: wanted.shapes.path",
    "question.asked: wanted.shapes.words",
    "repository.seen: common_dir",
    "repository.seen: path",
    "repository.seen: repository",
    "review.answered: branch",
    "review.answered: shown",
    "review.opened: cuts",
    "review.opened: diff_hash",
    "review.opened: range_text",
    "review.opened: target",
    "review.opened: top",
    "review.reshown: from_tree",
    "review.reshown: result_tree",
    "rule.added: path",
    "rule.added: repository",
    "rule.added: shape.host",
    "rule.added: shape.hosts",
    "rule.added: shape.outside",
    "rule.added: shape.path",
    "rule.added: shape.words",
    "run.started: agent",
    "run.started: worktree",
    "skeleton.kept: path",
    "skeleton.taken: path",
    "task.added: anchor.path",
    "task.added: fingerprint",
    "task.added: spec.criteria.id",
    "task.added: spec.scope",
    "task.queued: agent",
    "task.queued: top",
    "trust.granted: path",
    "trust.granted: repository",
    "trust.revoked: path",
    "trust.revoked: repository",
    "turn.kept: call",
]
