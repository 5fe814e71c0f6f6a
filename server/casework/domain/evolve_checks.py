"""The fold of what was checked into its task."""

from __future__ import annotations

from typing import assert_never

from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.frozen import replace
from casework.domain.ids import CommitId
from casework.domain.task import Captured, Checked, Stamp, Task


def check_event(task: Task, event: e.CheckEvent, row: Recorded) -> Task:
    """Fold one event about checks; those of a tree that is not the last one begun are no news any more."""
    now = Stamp(row.seq, row.draft.at, row.draft.actor)
    match event.kind:
        case "checks.begun":
            begun = Checked(event.head, event.commands, at=now.at, part=event.part)
            return replace(task, changed=now, checked_part=begun) if event.part else _put(task, begun, now)
        case "evidence.captured":
            checked = _of(task, event.head)
            captured = Captured(event.command, event.colour, event.sentence, event.result, event.output, row.seq)
            return _put(task, replace(checked, evidence=(*checked.evidence, captured)), now)
        case "checks.ended":
            ended = replace(_of(task, event.head), ended=True, colour=event.colour, sentence=event.sentence, at=now.at)
            return _put(task, ended, now)
        case "run.sent_back":
            told = (*task.sent_back, event.said)
            return replace(task, changed=now, status="queued", reason=event.sentence, sent_back=told)
        case _:
            assert_never(event)


def _put(task: Task, checked: Checked, now: Stamp) -> Task:
    return (
        replace(task, changed=now, checked_part=checked)
        if checked.part
        else replace(task, changed=now, checked=checked)
    )


def _of(task: Task, head: CommitId) -> Checked:
    part, checked = task.checked_part, task.checked
    if part is not None and part.head == head:
        return part
    return checked if checked is not None and checked.head == head else Checked(head)
