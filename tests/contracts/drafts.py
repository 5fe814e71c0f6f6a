"""Drafts for tests of journals: short to write, all different."""

from __future__ import annotations

from itertools import count

from casework.domain.envelope import Actor, Draft
from casework.domain.events import Event, TaskAdded
from casework.domain.ids import RunId, TaskId

_numbers = count(1)


def draft(
    title: str = "Rename the parser",
    *,
    task: str | None = None,
    command: str | None = None,
    event: Event | None = None,
    run: str | None = None,
) -> Draft:
    """Give a draft with an id of its own; by default a task that is added."""
    n = next(_numbers)
    return Draft(
        id=f"00000000-0000-7000-8000-{n:012x}",
        event=event or TaskAdded(number=n, task_kind="change", title=title, status="backlog"),
        actor=Actor(kind="human", id="ada", via="lsp", session="s1"),
        task=TaskId(task if task is not None else f"10000000-0000-7000-8000-{n:012x}"),
        run=RunId(run) if run else None,
        command=command,
        at=1_790_000_000_000_000 + n,
    )
