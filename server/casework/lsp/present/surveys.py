"""A survey for people, also while it runs."""

from __future__ import annotations

from collections import Counter

from casework.core.repository import Repository
from casework.core.surveys import asked_of
from casework.domain.errors import Refused
from casework.domain.task import Task
from casework.ports.survey import SURVEY
from casework.wire.views import SurveyRow, SurveyView


def survey_view(repository: Repository, task: Task) -> SurveyView:
    """Give everything a client needs to show a survey. Reads blobs: called in a thread.

    Raises:
        Refused: the task is none.
    """
    if task.agent != SURVEY:
        raise Refused(f"Task {task.number} is no survey; `casework survey` begins one.", code="no_survey")
    asked = asked_of(repository, task)
    marks = task.surveyed.values()
    rows = Counter((mark.guard, "" if mark.guard == "guarded" else mark.why) for mark in marks)
    guards = Counter(mark.guard for mark in marks)
    run = task.run
    return SurveyView(
        number=task.number,
        status=task.status,
        changed_seq=task.changed_seq,
        range_text=asked.range_text,
        budget_s=asked.budget_s,
        step=run.last_step if run is not None and task.status == "running" else "",
        reason=task.reason,
        guarded=guards["guarded"],
        unguarded=guards["unguarded"],
        not_looked_at=guards["not_looked_at"],
        rows=[SurveyRow(guard=guard, why=why, hunks=count) for (guard, why), count in rows.most_common()],
        comment=repository.text(run.comment) if run is not None else "",
        tests=task.review.files if task.review is not None and task.status == "in_review" else 0,
    )
