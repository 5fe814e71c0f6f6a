"""Which runs are under way: begins what is queued, ends what is stopped, and goes on after a restart.

What happens inside one run is in driving.py. Runs are resumed, never repeated: a step that nobody saw the end of is
reported as "interrupted, outcome unknown".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from casework.core.driving import Drive
from casework.core.repository import DAEMON, Repository
from casework.core.surveys import asked_of
from casework.core.turns import INTERRUPTED as INTERRUPTED
from casework.core.turns import keep_result, open_call
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Draft, Recorded
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import CommitId, RunId, TaskId
from casework.domain.status import check_move
from casework.domain.task import Run, Task
from casework.ports.survey import SURVEY

logger = logging.getLogger(__name__)

_TOLD = f"{INTERRUPTED}: Casework ended while this was under way. Look before you do it again."
LOSSES = 3
"""Workers that one run may lose without getting anywhere, before it counts as lost itself."""


class Runner:
    """Looks after the runs of one repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._drives: dict[TaskId, Drive] = {}
        self._beginning: set[TaskId] = set()
        self._losses: dict[RunId, tuple[int, int]] = {}
        """How many workers a run has lost since it last kept a turn, and how many it had kept then."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._stop_listening = repository.recorder.listen(self._heard)

    def busy(self) -> bool:
        """Tell whether anything runs."""
        return bool(self._tasks)

    def running(self) -> int:
        """Count the runs under way."""
        return len(self._drives)

    async def close(self) -> None:
        """End every worker and leave the tasks as they are: the next start resumes them."""
        self._closing = True
        self._stop_listening()
        for drive in list(self._drives.values()):
            await drive.end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def recover(self) -> None:
        """After a start: take up every run the journal calls under way, then begin what is queued."""
        for task in list(self._repository.board.in_status("running", "waiting")):
            run = task.run
            if run is not None and run.state == "running" and (task.status == "running" or task.model_lost):
                await self._take_up(task, run)
        self._pump()

    async def _take_up(self, task: Task, run: Run) -> None:
        repository = self._repository
        try:
            kept = await asyncio.to_thread(repository.workspace.checkpoints, task.id)
        except CaseworkError as no:
            await self._lose(task.id, run.id, f"Its checkpoints could not be read after a restart: {no.sentence}")
            return
        events: list[e.Event] = [
            e.CheckpointKept(n=n, commit=commit)
            for (of_run, n), commit in sorted(kept.items())
            if of_run == run.n and n > run.checkpoints
        ]
        if run.steps_begun > run.steps_done:
            events.append(e.StepDone(n=run.steps_begun, outcome=INTERRUPTED))
            call = await open_call(repository, task)
            if call:
                content = keep_result(repository, _TOLD, is_error=True)
                events.append(e.TurnKept(n=run.turns + 1, role="result", content=content, call=call))
        if not task.model_lost:  # else the sentence that it waits for would be gone
            events.append(e.RunResumed(after_step=run.steps_begun))
        await repository.recorder.record(
            lambda _: [repository.draft(event, DAEMON, task=task.id, run=run.id) for event in events]
        )
        self._drive(task.id, run.id, run.steps_begun)

    async def _lose(self, name: TaskId, run: RunId, reason: str) -> None:
        repository = self._repository

        def decide(board: Board) -> Sequence[Draft]:
            task = board.tasks[name]
            check_move("fail", task.status, number=task.number, actor="daemon")
            return [repository.draft(e.RunFailed(reason=reason[:2000], lost=True), DAEMON, task=name, run=run)]

        await repository.recorder.record(decide)

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            name = row.task
            if name is None or self._closing:
                continue
            drive = self._drives.get(name)
            match row.event:
                case e.TaskStopped() | e.TaskDropped():
                    if drive is not None:
                        self._spawn(drive.end(), f"stop {name}")
                case e.QuestionAnswered() as answered:
                    if drive is not None:
                        self._spawn(drive.answer(answered.id, answered.answer), f"answer {name}")
                    else:
                        self._spawn(self._go_on(name), f"resume {name}")
                case _:
                    pass
        self._pump()

    async def _go_on(self, name: TaskId) -> None:
        """A question was answered while no worker lived: start one behind the steps that are done."""
        task = self._repository.board.tasks[name]
        if task.status == "running" and task.run is not None and name not in self._drives:
            await self._take_up(task, task.run)

    def _pump(self) -> None:
        board = self._repository.board
        queued = sorted(board.in_status("queued"), key=lambda task: task.changed_seq)
        for task in queued:
            if self._closing or self._working() + len(self._beginning) >= self._repository.limits().runs_at_once:
                return
            if task.id not in self._beginning and task.id not in self._drives:
                self._beginning.add(task.id)
                self._spawn(self._begin(task.id), f"begin {task.number}")

    def _working(self) -> int:
        """Count the runs that do not wait: a question or an outage stops no other work."""
        board = self._repository.board
        return sum(board.tasks[name].status != "waiting" for name in self._drives)

    async def _begin(self, name: TaskId) -> None:
        repository = self._repository
        task = repository.board.tasks[name]
        run = RunId(repository.clock.new_id())
        n = len(task.runs) + 1
        try:
            base = await asyncio.to_thread(self._base, task)
            worktree = await asyncio.to_thread(repository.workspace.create_worktree, name, n, base)
            event = e.RunStarted(n=n, agent=task.agent, base=base, worktree=worktree.path)

            def decide(board: Board) -> Sequence[Draft]:
                now = board.tasks[name]
                check_move("begin", now.status, number=now.number, actor="daemon")
                return [repository.draft(event, DAEMON, task=name, run=run)]

            await repository.recorder.record(decide)
        except CaseworkError as no:
            await self._could_not_begin(name, no.sentence)
            return
        finally:
            self._beginning.discard(name)
        self._drive(name, run, 0)

    def _base(self, task: Task) -> CommitId:
        """The run stands on the last one's work or what landed of it, on what is reviewed or surveyed, or on HEAD."""
        last, ground = task.run, task.ground
        if last is not None and last.head is not None and (ground is None or last.n > ground.runs):
            return last.head
        if ground is not None:
            return ground.begins
        if task.review is not None:
            return task.review.head
        if task.agent == SURVEY:
            return asked_of(self._repository, task).head
        head, _ = self._repository.checkout(task.top).workspace.head()
        if head is None:
            raise Refused(
                f"Task {task.number} could not begin: the repository has no commit yet. "
                "Make a first commit, then retry.",
                code="no_commit",
            )
        return head

    async def _could_not_begin(self, name: TaskId, reason: str) -> None:
        repository = self._repository

        def decide(board: Board) -> Sequence[Draft]:
            task = board.tasks[name]
            if task.status != "queued":
                return []
            return [repository.draft(e.TaskStopped(reason=reason[:2000]), DAEMON, task=name)]

        await repository.recorder.record(decide)

    def _drive(self, name: TaskId, run: RunId, resume_after: int) -> None:
        drive = Drive(self._repository, name, run, resume_after)
        self._drives[name] = drive
        self._spawn(self._follow(name, drive), f"run of {name}")

    async def _follow(self, name: TaskId, drive: Drive) -> None:
        try:
            await drive.go()
        except CaseworkError as no:
            await drive.fail(no.sentence)
        except Exception:
            logger.exception("driving a run failed in a way nobody foresaw")
            await drive.fail("Casework failed while following the run; the log has the details. Retry it.")
        finally:
            await drive.end()
            self._drives.pop(name, None)
            if not self._closing:
                await self._again(name, drive)
                self._pump()

    async def _again(self, name: TaskId, drive: Drive) -> None:
        """Have a run whose worker died go on in another one, unless it gets nowhere."""
        task = self._repository.board.tasks[name]
        run = task.run
        if not drive.lost or run is None or run.state != "running":
            return
        turns, losses = self._losses.get(run.id, (run.turns, 0))
        losses = losses + 1 if turns == run.turns else 1
        self._losses[run.id] = (run.turns, losses)
        if losses > LOSSES:
            await drive.give_up(drive.lost)
        else:
            logger.warning("task %s goes on in another worker: %s", task.number, drive.lost)
            await self._take_up(task, run)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("%s failed", task.get_name(), exc_info=task.exception())
