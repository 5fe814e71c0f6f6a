"""The board: a dict of tasks, with what is looked up on every keystroke kept beside it.

A board is changed only by `apply`, one recorded event at a time, by the one writer. Tasks themselves never change, so
whoever holds one holds it as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from casework.domain.envelope import Recorded
from casework.domain.errors import Refused
from casework.domain.evolve import evolve
from casework.domain.ids import HunkId, TaskId
from casework.domain.status import Status
from casework.domain.survey import HunkMark
from casework.domain.survey_events import HunksSurveyed
from casework.domain.task import Task


@dataclass(slots=True)
class Board:
    """All tasks of one repository."""

    tasks: dict[TaskId, Task] = field(default_factory=dict)
    by_number: dict[int, TaskId] = field(default_factory=dict)
    by_status: dict[Status, dict[TaskId, None]] = field(default_factory=dict)
    by_fingerprint: dict[str, tuple[TaskId, ...]] = field(default_factory=dict)
    by_source: dict[int, dict[TaskId, None]] = field(default_factory=dict)
    """Tasks by the number of the task they were found in."""
    marks: dict[HunkId, HunkMark] = field(default_factory=dict)
    """What the last survey found out about each hunk, wherever the same hunk is shown."""
    last_number: int = 0
    last_seq: int = 0

    def apply(self, row: Recorded) -> Task | None:
        """Fold one event; give the task as it now is."""
        self.last_seq = row.seq
        name = row.draft.task
        if name is None:
            return None
        before = self.tasks.get(name)
        after = evolve(before, row)
        self.put(after, before)
        event = row.draft.event
        if isinstance(event, HunksSurveyed):
            self.marks.update({mark.hunk: mark for mark in event.marks})
        return after

    def put(self, task: Task, before: Task | None) -> None:
        """Put a task in place of `before`, and keep the indexes true."""
        self.tasks[task.id] = task
        if before is None:
            self.by_number[task.number] = task.id
            self.last_number = max(self.last_number, task.number)
            if task.found_in is not None:
                self.by_source.setdefault(task.found_in, {})[task.id] = None
            if task.fingerprint:
                self.by_fingerprint[task.fingerprint] = (*self.by_fingerprint.get(task.fingerprint, ()), task.id)
        if before is None or before.status != task.status:
            if before is not None:
                self.by_status[before.status].pop(task.id, None)
            self.by_status.setdefault(task.status, {})[task.id] = None

    def forget(self, task: Task) -> None:
        """Take back a task that was put tentatively and never recorded."""
        self.tasks.pop(task.id, None)
        self.by_number.pop(task.number, None)
        self.by_status.get(task.status, {}).pop(task.id, None)
        if task.found_in is not None:
            self.by_source.get(task.found_in, {}).pop(task.id, None)
        if task.fingerprint:
            rest = tuple(name for name in self.by_fingerprint.get(task.fingerprint, ()) if name != task.id)
            self.by_fingerprint[task.fingerprint] = rest

    def with_fingerprint(self, fingerprint: str) -> list[Task]:
        """Give the tasks with this fingerprint, oldest first."""
        return [self.tasks[name] for name in self.by_fingerprint.get(fingerprint, ())]

    def found_in(self, number: int) -> list[Task]:
        """Give the tasks that were found while working on this one."""
        return [self.tasks[name] for name in self.by_source.get(number, ())]

    def number(self, number: int) -> Task:
        """Give the task people call by this number.

        Raises:
            Refused: there is none.
        """
        found = self.by_number.get(number)
        if found is None:
            known = f"the last one is {self.last_number}" if self.last_number else "this repository has none yet"
            raise Refused(
                f"There is no task {number} here: {known}; `casework task list` shows them.", code="unknown_task"
            )
        return self.tasks[found]

    def in_status(self, *statuses: Status) -> Iterator[Task]:
        """Give the tasks in these statuses, in the order in which they came into them."""
        for status in statuses:
            for task in list(self.by_status.get(status, ())):
                yield self.tasks[task]
