"""One action of an agent: weighed, announced, done, confirmed; what comes of it is kept before the model is sent it.

Weighed first: an action that waits for the human has not begun. Announced before it is done: one that nobody saw the
end of is told to the model as interrupted, and never done again by us.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import assert_never

from casework.core.boxes import run_box
from casework.core.gate import weigh
from casework.core.repository import Repository, preview
from casework.core.turns import keep_result, kept
from casework.domain import events as e
from casework.domain.actions import Action, Grants, ReadFile, RunCommand, SearchFiles, WriteFile
from casework.domain.redaction import redact
from casework.domain.task import Run, Task
from casework.ports.agent import ActionWanted
from casework.ports.sandbox import Box
from casework.ports.tools import EditCall, Outcome, ReadCall, SearchCall, ShellCall, ToolCall, Tools, Workplace

Record = Callable[[Sequence[e.Event]], Awaitable[None]]


def action_of(call: ToolCall) -> Action:
    """Give what the gate weighs."""
    match call:
        case ReadCall():
            return ReadFile(path=call.path)
        case SearchCall():
            return SearchFiles(path="" if call.path == "." else call.path)
        case EditCall():
            return WriteFile(path=call.path)
        case ShellCall():
            return RunCommand(command=call.command, hosts=call.hosts, outside=call.outside, why=call.why)
        case _:
            assert_never(call)


def summary(call: ToolCall) -> str:
    """Say in a line what a call is about."""
    match call:
        case ReadCall() | EditCall():
            return call.path[:200]
        case SearchCall():
            return f"{call.pattern[:150]} in {call.path[:200]}"
        case ShellCall():
            return preview(call.command)
        case _:
            assert_never(call)


async def act(
    repository: Repository, task: Task, run: Run, tools: Tools, wanted: ActionWanted, record: Record
) -> Outcome:
    """Have one action done and give what came of it, its secrets taken out.

    `record` records events of this run, and raises when it is over.
    """
    call = wanted.action
    ruling = await weigh(repository, task.id, run.id, action_of(call))
    n = _steps(repository, task) + 1
    await record([e.StepBegun(n=n, what=call.tool, summary=summary(call))])
    if ruling.allowed:
        async with _wider(repository, task, run, ruling.grants) as box:
            outcome = await tools.do(call, wider=box)
    else:
        outcome = Outcome(text=ruling.why, is_error=True)
    outcome = outcome.model_copy(update={"text": redact(outcome.text)})
    text, is_error = outcome.text, outcome.is_error
    content = await kept(len(text), lambda: keep_result(repository, text, is_error=is_error))
    said = "refused" if not ruling.allowed else "error" if outcome.is_error else "done"
    turns = _turns(repository, task)
    await record(
        [e.StepDone(n=n, outcome=said), e.TurnKept(n=turns + 1, role="result", content=content, call=wanted.call)]
    )
    return outcome


def workplace(repository: Repository, task: Task, run: Run, *, again: bool) -> Workplace:
    """Give where the tools of a run work. Blocks: whether this machine confines anything is tried out once."""
    facts, trusted = repository.sandbox.facts(), repository.is_trusted()
    if not facts.confines:
        return Workplace(root=run.worktree, no_shell=facts.sentence, notes=trusted, again=again)
    box = run_box(repository.identity, facts, task.top, run.worktree)
    no_shell = "" if trusted else "this repository is not trusted, so no program is run in it."
    return Workplace(root=box.cwd, box=box, no_shell=no_shell, notes=trusted, again=again)


@asynccontextmanager
async def _wider(repository: Repository, task: Task, run: Run, grants: Grants) -> AsyncIterator[Box | None]:
    """Give the box of one action for which the human allowed more than the run's box does; None for no more."""
    if grants == Grants():
        yield None
        return
    async with AsyncExitStack() as open_now:
        socket = ""
        if grants.hosts:
            socket = await open_now.enter_async_context(repository.ways_out.open(grants.hosts))
        facts = await asyncio.to_thread(repository.sandbox.facts)
        yield await asyncio.to_thread(
            lambda: run_box(repository.identity, facts, task.top, run.worktree, grants=grants, socket=socket)
        )


def _steps(repository: Repository, task: Task) -> int:
    run = repository.board.tasks[task.id].run
    return run.steps_begun if run is not None else 0


def _turns(repository: Repository, task: Task) -> int:
    run = repository.board.tasks[task.id].run
    return run.turns if run is not None else 0
