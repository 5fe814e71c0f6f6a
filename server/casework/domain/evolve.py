"""The fold of one event into its task.

`evolve` trusts the journal: legality is checked before an event is recorded (status.py), never here. It runs for every
event of every journal at start, so events are told apart by their kind's text: asking a model for its class runs
Python for each class that it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, assert_never, get_args

from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.evolve_checks import check_event
from casework.domain.evolve_ledger import decided, ledger_event, opened_anew
from casework.domain.frozen import replace
from casework.domain.ids import CommitId
from casework.domain.status import Status
from casework.domain.survey_events import SurveyEvent
from casework.domain.task import (
    Comment,
    Ground,
    Landing,
    LeftOut,
    Question,
    Reshown,
    Review,
    Run,
    RunState,
    Skeleton,
    Stamp,
    Task,
)


def evolve(task: Task | None, row: Recorded) -> Task:
    """Fold one event into its task; the first one makes it."""
    event = row.draft.event
    if task is None:
        if not isinstance(event, e.TaskAdded):
            raise ValueError(f"row {row.seq}: the first event of a task must be task.added, not {event.kind}")
        return _added(event, row)
    return FOLDS[type(event)](task, event, row)


def _stamp(row: Recorded) -> Stamp:
    draft = row.draft
    return Stamp(row.seq, draft.at, draft.actor)


def _added(event: e.TaskAdded, row: Recorded) -> Task:
    assert row.task is not None, "an event of a task names its task in the envelope"
    return Task(
        id=row.task,
        number=event.number,
        kind=event.task_kind,
        title=event.title,
        status=event.status,
        origin=row.draft.origin,
        added=_stamp(row),
        changed=_stamp(row),
        spec=event.spec,
        ticket=event.ticket,
        anchor=event.anchor,
        found_in=event.found_in,
        why=event.why,
        severity=event.severity,
        fingerprint=event.fingerprint,
    )


def _task_event(task: Task, event: e.TaskEvent, row: Recorded) -> Task:
    now = _stamp(row)
    match event.kind:
        case "task.added":
            raise ValueError(f"task {task.number} was added twice")
        case "task.accepted" | "task.restored":
            return replace(task, changed=now, status="backlog", reason="")
        case "task.dismissed" | "task.dropped":
            return replace(_ended_run(task, "stopped"), changed=now, status="dropped", reason=event.reason)
        case "task.queued":
            script, top = event.script or task.script, event.top or task.top
            return replace(task, changed=now, status="queued", agent=event.agent, script=script, top=top, reason="")
        case "task.stopped":
            return replace(_ended_run(task, "stopped"), changed=now, status="stopped", reason=event.reason)
        case "task.snoozed":
            return replace(task, changed=now, status="snoozed", before=task.status, snoozed_until=event.until)
        case "task.woken":
            back, reason = task.before or "backlog", event.reason or task.reason
            return replace(task, changed=now, status=back, before=None, snoozed_until=0, reason=reason)
        case "follow_up.left_out":
            left = LeftOut(event.reason, event.title, len(task.runs))
            return replace(task, changed=now, left_out=(*task.left_out, left))
        case "skeleton.kept":
            return replace(task, changed=now, skeleton=Skeleton(event.path, event.text, event.line))
        case "skeleton.taken":
            taken = replace(task.skeleton, path=event.path, taken=True) if task.skeleton is not None else None
            return replace(task, changed=now, skeleton=taken)
        case _:
            assert_never(event)


def _ended_run(task: Task, state: RunState) -> Task:
    run = task.run
    if run is None or run.state != "running":
        return task
    return replace(task, runs=_runs(task, replace(run, state=state)), model_lost=False)


def _runs(task: Task, last: Run) -> tuple[Run, ...]:
    return (*task.runs[:-1], last)


def _run_event(task: Task, event: e.RunEvent, row: Recorded) -> Task:
    now = _stamp(row)
    if isinstance(event, e.RunStarted):
        assert row.draft.run is not None, "an event of a run names its run in the envelope"
        run = Run(row.draft.run, event.n, event.agent, event.base, event.worktree)
        run = replace(run, started_at=row.draft.at, started_seq=row.seq)
        return replace(task, changed=now, status="running", runs=(*task.runs, run))
    last = task.run
    if last is None:
        raise ValueError(f"row {row.seq}: {event.kind} without a run")
    match event.kind:
        case "run.finished":
            finished = _runs(task, replace(last, state="finished", comment=event.comment))
            said = replace(task, claims=event.claims, proofs=event.proofs, words=event.words)
            return replace(said, changed=now, runs=finished)
        case "run.failed":
            ended = replace(last, state="lost" if event.lost else "failed", reason=event.reason)
            return replace(task, changed=now, runs=_runs(task, ended), status="failed", reason=event.reason)
        case "run.resumed":
            return replace(task, changed=now, reason=event.note)
        case "step.begun":
            return replace(
                task,
                changed=now,
                runs=_runs(task, replace(last, steps_begun=event.n, last_step=event.summary or event.what)),
            )
        case "step.done":
            return replace(task, changed=now, runs=_runs(task, replace(last, steps_done=event.n)))
        case "agent.said":
            return replace(task, changed=now)
        case "usage.counted":
            return replace(task, changed=now, runs=_runs(task, _counted(last, event)))
        case "checkpoint.kept":
            return replace(task, changed=now, runs=_runs(task, replace(last, checkpoints=event.n, head=event.commit)))
        case "question.asked":
            question = Question(event.id, event.text, event.why, event.choices, row.draft.run, wanted=event.wanted)
            return replace(task, changed=now, status="waiting", questions=(*task.questions, question))
        case "question.answered":
            return _answered(task, event, now)
        case "action.ruled":
            return replace(task, changed=now, questions=_used(task, event))
        case "turn.kept":
            return replace(task, changed=now, runs=_runs(task, replace(last, turns=event.n)))
        case "model.out_of_reach":
            return replace(task, changed=now, status="waiting", model_lost=True, reason=event.why)
        case "model.back":
            return _model_back(task, now)
        case _:
            assert_never(event)


def _model_back(task: Task, now: Stamp) -> Task:
    status: Status = "running" if task.status == "waiting" and not task.open_questions else task.status
    return replace(task, changed=now, status=status, model_lost=False, reason="")


def _counted(run: Run, event: e.UsageCounted) -> Run:
    return replace(
        run,
        input_tokens=_plus(run.input_tokens, event.input_tokens),
        output_tokens=_plus(run.output_tokens, event.output_tokens),
        cost_microdollars=_plus(run.cost_microdollars, event.cost_microdollars),
    )


def _plus(so_far: int | None, more: int | None) -> int | None:
    return so_far if more is None else (so_far or 0) + more


def _answered(task: Task, event: e.QuestionAnswered, now: Stamp) -> Task:
    questions = tuple(replace(q, answer=event.answer) if q.id == event.id else q for q in task.questions)
    waiting = task.model_lost or any(question.answer is None for question in questions)
    status: Status = "running" if task.status == "waiting" and not waiting else task.status
    return replace(task, changed=now, questions=questions, status=status)


def _used(task: Task, event: e.ActionRuled) -> tuple[Question, ...]:
    """A yes holds for one action: whoever wants the same again is asked again."""
    if event.question is None or not event.allowed:
        return task.questions
    return tuple(replace(q, used=True) if q.id == event.question else q for q in task.questions)


def _review_event(task: Task, event: e.ReviewEvent, row: Recorded) -> Task:
    now = _stamp(row)
    if isinstance(event, e.ReviewOpened):
        return replace(task, changed=now, status="in_review", review=_opened(event, row.seq, task.review), reason="")
    review = task.review
    if review is None:
        raise ValueError(f"row {row.seq}: {event.kind} without a review")
    match event.kind:
        case "review.reshown":
            shown = Reshown(event.onto, event.from_tree, event.result_tree, event.why, event.manifest)
            return replace(task, changed=now, review=replace(review, reshown=shown), reason=event.why)
        case "hunk.decided":
            return replace(task, changed=now, review=replace(decided(review, event), reshown=None))
        case "comment.added":
            return replace(task, changed=now, comments=(*task.comments, _comment(event, review, row)))
        case "review.answered":
            return _verdict(task, review, event, row)
        case "review.read":
            return replace(task, changed=now, status="read")
        case _:
            assert_never(event)


def _opened(event: e.ReviewOpened, seq: int, before: Review | None) -> Review:
    review = Review(
        change_kind=event.change_kind,
        base=event.base,
        head=event.head,
        diff_hash=event.diff_hash,
        manifest=event.manifest,
        comment=event.comment,
        target=event.target,
        files=event.files,
        hunks=event.hunks,
        minutes=event.minutes,
        run=event.run,
        range_text=event.range_text,
        authors=event.authors,
        top=event.top,
        diverged=event.diverged,
        opened_seq=seq,
        ledger=event.ledger,
        cuts=event.cuts,
    )
    return opened_anew(review, before) if before is not None and not event.carried else review


def _comment(event: e.CommentAdded, review: Review, row: Recorded) -> Comment:
    return Comment(
        event.id,
        event.text,
        event.preview,
        event.hunk,
        event.anchor,
        row.draft.actor,
        review.head,
        path=event.path,
        thread=event.thread,
    )


def _verdict(task: Task, review: Review, event: e.ReviewAnswered, row: Recorded) -> Task:
    now = _stamp(row)
    answered = replace(
        review,
        verdict=event.verdict,
        answered_by=row.draft.actor,
        answered_at=row.draft.at,
        answered_shown=event.shown,
        message=event.message,
    )
    if event.verdict == "request_changes":
        return replace(task, changed=now, status="queued", review=answered, reason="", sent_back=())
    assert event.landing is not None, "an approval names its landing"
    assert event.mode is not None, "an approval names its mode"
    landing = Landing(
        event.landing,
        event.mode,
        event.shown,
        branch=event.branch or None,
        rest=event.rest,
        only_accepted=event.only_accepted,
        left=event.left,
    )
    return replace(task, changed=now, status="landing", review=answered, landing=landing, reason="")


def _landing_event(task: Task, event: e.LandingEvent, row: Recorded) -> Task:
    now = _stamp(row)
    landing = task.landing
    if landing is None:
        raise ValueError(f"task {task.number}: {event.kind} without an approval")
    match event.kind:
        case "landing.announced":
            if event.undo_of is not None:
                return replace(task, changed=now, landing=replace(landing, undo=event.landing, undo_plan=event.plan))
            announced = replace(landing, state="announced", plan=event.plan, commit=event.commit, branch=event.branch)
            return replace(task, changed=now, landing=announced)
        case "landing.confirmed":
            landed = replace(landing, state="landed", commit=event.commit, note=event.note)
            done = replace(task, changed=now, status="landed", landing=landed, reason=event.note)
            return _went_back(done, event.commit) if landed.rest == "back" else done
        case "landing.undone":
            if landing.state == "landed":  # an undo that could not be done leaves the change landed
                return replace(
                    task, changed=now, landing=replace(landing, undo=None, undo_plan=None), reason=event.reason
                )
            undone = replace(landing, state="undone", reason=event.reason)
            return replace(_reopened(task), changed=now, landing=undone, reason=event.reason)
        case "landing.taken_back":
            back = replace(landing, state="taken_back", undo=event.undo)
            review = task.review
            ground = Ground(review.head, review.base, len(task.runs)) if review is not None else None
            return replace(_reopened(task), changed=now, landing=back, ground=ground, reason="Undone.")
        case _:
            assert_never(event)


def _went_back(task: Task, landed: CommitId) -> Task:
    """The rest starts the next run, on what has landed: in the same event, so that no kill comes between."""
    return replace(task, status="queued", ground=Ground(landed, landed, len(task.runs)), sent_back=())


def _reopened(task: Task) -> Task:
    review = replace(task.review, verdict=None, answered_by=None) if task.review else None
    return replace(task, status="in_review", review=review)


def _survey_event(task: Task, event: SurveyEvent, row: Recorded) -> Task:
    now = _stamp(row)
    match event.kind:
        case "hunks.surveyed":
            found = {**task.surveyed, **{mark.hunk: mark for mark in event.marks}}
            return replace(task, changed=now, surveyed=found)
        case "task.settled":
            return replace(task, changed=now, status="read", reason=event.reason)
        case _:
            assert_never(event)


def _user_event(task: Task, _event: e.UserEvent, _row: Recorded) -> Task:
    return task  # events of the user's journal have no task


FOLDS: Final[Mapping[type[e.Event], Callable[[Task, Any, Recorded], Task]]] = MappingProxyType(
    {
        shape: fold
        for family, fold in (
            (e.TaskEvent, _task_event),
            (e.RunEvent, _run_event),
            (e.ReviewEvent, _review_event),
            (e.LandingEvent, _landing_event),
            (SurveyEvent, _survey_event),
            (e.UserEvent, _user_event),
            (e.CheckEvent, check_event),
            (e.LedgerEvent, ledger_event),
        )
        for shape in get_args(family)
    }
)
