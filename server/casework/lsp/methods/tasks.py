"""`casework/task/...` and `casework/question/answer`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from casework.core import answering, intake
from casework.core.desk import OpenRepository
from casework.core.drafting import forget_sent
from casework.domain import events as e
from casework.domain.envelope import Recorded
from casework.domain.errors import Refused
from casework.domain.spec import Spec
from casework.domain.status import MoveName
from casework.domain.task import Task
from casework.lsp.endpoint import endpoint
from casework.lsp.present.cards import card
from casework.lsp.present.reviews import task_view
from casework.lsp.session import Session
from casework.wire import requests as r
from casework.wire.views import TaskView


async def show(opened: OpenRepository, task: Task) -> TaskView:
    """Give the view of a task."""
    return await asyncio.to_thread(task_view, opened.repository, task)


@endpoint("casework/task/add", r.AddTask, TaskView)
async def add_task(session: Session, params: r.AddTask) -> TaskView:
    """Add a task to the backlog."""
    opened = await session.repository(params.repository)
    spec = Spec(
        intent=params.intent,
        criteria=tuple(params.criteria),
        scope=tuple(params.scope),
        checks=tuple(params.checks),
    )
    new = intake.NewTask(params.title, params.kind, spec, params.ticket, params.anchor)
    return await show(opened, await intake.add_task(opened.repository, new, session.actor, command=params.command))


@endpoint("casework/task/list", r.ListTasks, r.TaskList)
async def list_tasks(session: Session, params: r.ListTasks) -> r.TaskList:
    """List tasks by their numbers."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    wanted = set(params.statuses)
    now_us = repository.clock.now_us()
    tasks = sorted(repository.board.tasks.values(), key=lambda task: task.number)
    return r.TaskList(
        tasks=[
            card(task, now_us=now_us)
            for task in tasks
            if (task.status in wanted if wanted else task.status != "dropped")
        ]
    )


@endpoint("casework/task/show", r.TaskParams, TaskView)
async def show_task(session: Session, params: r.TaskParams) -> TaskView:
    """Show one task."""
    opened = await session.repository(params.repository)
    return await show(opened, opened.repository.board.number(params.number))


async def _move(session: Session, params: r.TaskDeed, move: MoveName, event: e.Event) -> TaskView:
    opened = await session.repository(params.repository)
    task = await intake.move_task(opened.repository, params.number, move, event, session.actor, command=params.command)
    return await show(opened, task)


@endpoint("casework/task/accept", r.TaskDeed, TaskView)
async def accept_task(session: Session, params: r.TaskDeed) -> TaskView:
    """Take a proposed task into the backlog."""
    return await _move(session, params, "accept", e.TaskAccepted())


@endpoint("casework/task/dismiss", r.ReasonDeed, TaskView)
async def dismiss_task(session: Session, params: r.ReasonDeed) -> TaskView:
    """Turn a proposed task down."""
    return await _move(session, params, "dismiss", e.TaskDismissed(reason=params.reason))


@endpoint("casework/task/stop", r.ReasonDeed, TaskView)
async def stop_task(session: Session, params: r.ReasonDeed) -> TaskView:
    """Stop the work on a task."""
    return await _move(session, params, "stop", e.TaskStopped(reason=params.reason))


@endpoint("casework/task/snooze", r.SnoozeTask, TaskView)
async def snooze_task(session: Session, params: r.SnoozeTask) -> TaskView:
    """Put a task out of sight."""
    return await _move(session, params, "snooze", e.TaskSnoozed(until=params.until))


@endpoint("casework/task/wake", r.TaskDeed, TaskView)
async def wake_task(session: Session, params: r.TaskDeed) -> TaskView:
    """Bring a snoozed task back."""
    return await _move(session, params, "wake", e.TaskWoken())


@endpoint("casework/task/drop", r.ReasonDeed, TaskView)
async def drop_task(session: Session, params: r.ReasonDeed) -> TaskView:
    """Give a task up."""
    return await _move(session, params, "drop", e.TaskDropped(reason=params.reason))


@endpoint("casework/task/restore", r.TaskDeed, TaskView)
async def restore_task(session: Session, params: r.TaskDeed) -> TaskView:
    """Put a dropped task back into the backlog."""
    return await _move(session, params, "restore", e.TaskRestored())


@endpoint("casework/task/start", r.StartTask, TaskView)
async def start_task(session: Session, params: r.StartTask) -> TaskView:
    """Let an agent work on a task."""
    return await _start(session, params, again=False)


@endpoint("casework/task/retry", r.StartTask, TaskView)
async def retry_task(session: Session, params: r.StartTask) -> TaskView:
    """Try a stopped or failed task again."""
    return await _start(session, params, again=True)


async def _start(session: Session, params: r.StartTask, *, again: bool) -> TaskView:
    opened = await session.repository(params.repository)
    task = await intake.start_task(
        opened.repository,
        params.number,
        session.actor,
        agent=params.agent,
        script=params.script,
        again=again,
        top=await session.top(params.repository),
        command=params.command,
    )
    return await show(opened, task)


@endpoint("casework/question/answer", r.AnswerQuestion, TaskView)
async def answer_question(session: Session, params: r.AnswerQuestion) -> TaskView:
    """Answer a question."""
    opened = await session.repository(params.repository)
    task = await answering.answer_question(
        opened.repository,
        params.number,
        params.question,
        params.answer,
        session.actor,
        everywhere=params.everywhere,
        command=params.command,
    )
    forget_sent(opened.repository, params.number, f"question/{params.question}", params.answer)
    return await show(opened, task)


@endpoint("casework/task/wait", r.WaitForTask, TaskView)
async def wait_for_task(session: Session, params: r.WaitForTask) -> TaskView:
    """Wait until a task is in one of the statuses; it has landed also where a rest of it went back at once."""
    opened = await session.repository(params.repository)
    repository = opened.repository
    wanted = set(params.statuses)
    arrived = asyncio.Event()
    name = repository.board.number(params.number).id

    there: list[Task] = []

    def heard(_: Sequence[Recorded]) -> None:
        task = repository.board.tasks[name]
        if task.status in wanted or ("landed" in wanted and task.has_landed_part and task.status != "dropped"):
            there.append(task)  # as it was then: a quick run may have opened the next review meanwhile
            arrived.set()

    stop_listening = repository.recorder.listen(heard)
    try:
        heard(())
        async with asyncio.timeout(params.timeout_s):
            await arrived.wait()
    except TimeoutError:
        task = repository.board.tasks[name]
        raise Refused(
            f"Task {task.number} is {task.status.replace('_', ' ')} and did not become "
            f"{' or '.join(status.replace('_', ' ') for status in params.statuses)} within {params.timeout_s:g} s.",
            code="timeout",
        ) from None
    finally:
        stop_listening()
    return await show(opened, there[0])
