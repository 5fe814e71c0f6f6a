"""How tasks come to be and move before and beside their runs: each function is one deed of a human."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.anchor import Anchor
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft, Origin
from casework.domain.errors import Refused
from casework.domain.ids import RunId, TaskId
from casework.domain.spec import Spec, TaskKind
from casework.domain.status import MoveName, check_move
from casework.domain.task import Task
from casework.ports.agent import Briefing


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a human asks for."""

    title: str
    kind: TaskKind = "change"
    spec: Spec = field(default_factory=Spec)
    ticket: str = ""
    anchor: Anchor | None = None
    origin: Origin = "user"


async def add_task(repository: Repository, new: NewTask, actor: Actor, *, command: str | None = None) -> Task:
    """Add a task to the backlog."""
    name = TaskId(repository.clock.new_id())
    ticket = repository.keep(new.ticket) if new.ticket else None

    def decide(board: Board) -> Sequence[Draft]:
        check_move("add", None, number=None, actor=actor.kind)
        event = e.TaskAdded(
            number=board.last_number + 1,
            task_kind=new.kind,
            title=one_line(new.title),
            status="backlog",
            spec=new.spec,
            ticket=ticket,
            anchor=new.anchor,
        )
        return [repository.draft(event, actor, task=name, origin=new.origin)]

    rows = await repository.recorder.record(decide, command=command)
    return task_of_rows(repository, rows[0].task)


async def move_task(
    repository: Repository, number: int, move: MoveName, event: e.Event, actor: Actor, *, command: str | None = None
) -> Task:
    """Record one event of a human's that moves one task, if the table has that move.

    Raises:
        Refused: it does not.
    """

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        check_move(move, task.status, number=number, actor=actor.kind)
        if task.is_being_undone:
            raise Refused(f"Task {number} is being undone; wait for the end of that.", code="being_undone")
        return [repository.draft(event, actor, task=task.id, origin=task.origin)]

    rows = await repository.recorder.record(decide, command=command)
    return task_of_rows(repository, rows[0].task)


async def start_task(
    repository: Repository,
    number: int,
    actor: Actor,
    *,
    agent: str,
    script: str,
    again: bool,
    top: str = "",
    command: str | None = None,
) -> Task:
    """Queue a task for an agent; `again` after it was stopped or failed.

    Raises:
        Refused: the move is not legal, there is no such agent, or the agent finds its briefing impossible.
    """
    task = repository.board.number(number)
    name = agent or ("scripted" if script else "") or task.agent or repository.limits().default_agent
    chosen = repository.agents.get(name)
    if chosen is None:
        known = ", ".join(sorted(repository.agents)) or "none"
        raise Refused(
            f"There is no agent {name!r}, so task {number} was not started; the agents here are: {known}.",
            code="no_agent",
        )
    blob = repository.blobs.put(script.encode()) if script else task.script
    text = repository.text(blob)
    chosen.check(
        Briefing(task=task.id, run=RunId(""), n=len(task.runs) + 1, epoch=0, title=task.title, worktree="", script=text)
    )
    event = e.TaskQueued(agent=name, script=blob, top=top)
    return await move_task(repository, number, "retry" if again else "start", event, actor, command=command)


async def done_before(repository: Repository, command: str | None) -> Task | None:
    """Give the task of a deed that was recorded under this key before, as it is now; None where it is new."""
    rows = await repository.recorder.journal.answered(command) if command is not None else []
    return task_of_rows(repository, rows[0].task) if rows else None


def task_of_rows(repository: Repository, name: TaskId | None) -> Task:
    """Give the task that recorded rows are about, as it is now."""
    assert name is not None, "rows of a deed name their task"
    return repository.board.tasks[name]


def one_line(text: str) -> str:
    """Give a title: one line, no control characters, at most 200 characters."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not words:
        raise Refused("A task needs a title with at least one word in it; nothing was added.", code="no_title")
    return words if len(words) <= 200 else words[:199] + "\u2026"
