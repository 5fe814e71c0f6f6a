"""One run: what the agent reports becomes events, its turns become checkpoints, its end becomes a review.

What an agent is about to do is journalled before it does it: the worker waits for `proceed`, or for the result of what
it wants done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import assert_never

from casework.core.acting import act, workplace
from casework.core.briefing import brief
from casework.core.detecting import found_drafts, look_over
from casework.core.follow_ups import Proposal, follow_up_drafts, settled
from casework.core.handing_in import hand_in
from casework.core.repository import DAEMON, Repository, preview
from casework.core.turns import conversation, keep_text, keep_turn, kept
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import Refused, Trouble
from casework.domain.ids import QuestionId, RunId, TaskId
from casework.domain.status import check_move
from casework.domain.survey_events import HunksSurveyed
from casework.domain.task import Run, Task
from casework.ports import agent as a
from casework.ports.tools import Outcome, Tools
from casework.ports.workspace import Worktree

logger = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 5.0
"""At least between two checkpoints that are taken beside the work; its end always has one."""


class RunOver(Exception):
    """The run was ended by somebody else while a report of it was under way."""


class Drive:
    """Follows one run from its worker's start to its review."""

    def __init__(self, repository: Repository, task: TaskId, run: RunId, resume_after: int) -> None:
        self._repository = repository
        self._task = task
        self._run = run
        self._resume_after = resume_after
        self._worker: a.AgentRun | None = None
        self._ended = False
        self._handing_in: asyncio.Task[Sequence[e.Event]] | None = None
        self._actor = Actor(kind="agent", id=self._now().agent)
        self._tools: Tools | None = None
        self._acting: asyncio.Task[Outcome] | None = None
        self._changed = False
        """Whether files may have changed since the last checkpoint."""
        self._passing: asyncio.Task[None] | None = None
        self._passed_at = 0.0
        self._one_checkpoint = asyncio.Lock()
        self._halted_with_checkpoint = False
        self.lost = ""
        """Why the worker is not there any more, of a run that can go on in another one."""

    def _now(self) -> Task:
        return self._repository.board.tasks[self._task]

    def _my_run(self) -> Run:
        run = self._now().run
        assert run is not None, "a driven task has a run"
        return run

    async def end(self) -> None:
        """End the worker and its whole process tree; what it wrote stays, and is kept as a checkpoint. Idempotent."""
        if self._ended:
            return
        self._ended = True
        if self._acting is not None:
            self._acting.cancel()
        if self._handing_in is not None:
            self._handing_in.cancel()
            await asyncio.gather(self._handing_in, return_exceptions=True)
        if self._worker is not None:
            await self._worker.cancel()
        await self._close_tools()

    async def _close_tools(self) -> None:
        tools, self._tools = self._tools, None
        if tools is not None:
            await tools.close()

    async def answer(self, question: QuestionId, text: str) -> None:
        """Hand the human's answer over."""
        if self._worker is not None:
            await self._worker.answer(question, text)

    async def go(self) -> None:
        """Start the worker and follow it to its end."""
        task = self._now()
        worker = self._repository.agents.get(task.agent)
        if worker is None:
            raise Refused(
                f"There is no agent {task.agent!r} any more; choose another one and retry task {task.number}."
            )
        turns = await conversation(self._repository, task) if worker.goes_on else ()
        briefing = await asyncio.to_thread(
            brief,
            self._repository,
            task,
            self._my_run(),
            worker,
            turns,
            resume_after=self._resume_after,
            began_s=asyncio.get_running_loop().time(),
        )
        worker.check(briefing)
        self._worker = await worker.start(briefing)
        try:
            async for report in self._worker.reports():
                await self._repository.turnstile.through()
                await self._handle(report)
        except RunOver:
            logger.info("run %s was ended by a human", self._run)
        finally:
            await self._close_tools()
            if self._passing is not None:
                await asyncio.gather(self._passing, return_exceptions=True)
        if self._now().status in ("stopped", "dropped") and not self._halted_with_checkpoint:
            await self._checkpoint("stopped")

    async def _handle(self, report: a.AgentReport) -> None:
        worker = self._worker
        assert worker is not None, "reports come from a worker"
        match report:
            case a.Said():
                blob = await asyncio.to_thread(self._repository.keep, report.text)
                await self._record(e.AgentSaid(text=blob, preview=preview(report.text)))
            case a.StepBegun():
                await self._record(e.StepBegun(n=report.n, what=report.what[:500], summary=report.summary[:500]))
                await worker.proceed()
            case a.StepDone():
                await self._record(e.StepDone(n=report.n, outcome=report.outcome[:500]))
            case a.Used():
                await self._record(e.UsageCounted(**report.model_dump(exclude={"kind"})))
            case a.Asked():
                await self._asked(report)
            case a.FollowedUp():
                await self._followed_up(report)
            case a.Surveyed():
                await self._record(HunksSurveyed(marks=report.marks))
            case a.TurnEnded():
                await self._checkpoint("turn")
                await worker.proceed()
            case a.TurnKept():
                await self._kept(report)
            case a.ActionWanted():
                await worker.result(report.call, await self._act(report))
                self._checkpoint_in_passing()
            case a.OutOfReach():
                await self._out_of_reach(report)
            case a.BackInReach():
                await self._record_drafts(self._model_back)
            case a.Finished():
                await self._finished(report)
            case a.Halted():
                await self._halted(report)
            case a.Failed():
                await self._close_tools()
                await self._checkpoint("failed")
                await self.fail(report.sentence)
            case a.Lost():
                await self._lost(report)
            case _:
                assert_never(report)

    async def _asked(self, report: a.Asked) -> None:
        known = next((q for q in self._now().questions if q.id == report.id), None)
        if known is None:
            await self._record(
                e.QuestionAsked(
                    id=report.id,
                    text=report.text[:2000],
                    why=report.why[:2000],
                    choices=tuple(choice[:500] for choice in report.choices),
                )
            )
        elif known.answer is not None:
            await self.answer(known.id, known.answer)

    async def _kept(self, report: a.TurnKept) -> None:
        """Keep a part of the conversation, with what it cost and what of it is meant for the human."""
        repository, words = self._repository, report.said
        content = await kept(len(report.content), lambda: keep_turn(repository, report))
        said = await kept(len(words), lambda: keep_text(repository, words)) if words else None
        more: list[e.Event] = []
        if report.input_tokens is not None or report.output_tokens is not None:
            counts = {"input_tokens", "output_tokens", "cost_microdollars"}
            more.append(e.UsageCounted(**report.model_dump(include=counts)))
        if said is not None:
            more.append(e.AgentSaid(text=said, preview=preview(report.said)))

        def drafts(board: Board) -> Sequence[Draft]:
            task = board.tasks[self._task]
            run = task.run
            assert run is not None, "it is under way"
            turn = e.TurnKept(n=run.turns + 1, role=report.role, content=content, call=report.call)
            back = self._model_back(board) if report.role == "assistant" else []
            return [*back, *(self._draft(event) for event in (turn, *more))]

        await self._record_drafts(drafts)

    def _model_back(self, board: Board) -> Sequence[Draft]:
        return [self._draft(e.ModelBack(), DAEMON)] if board.tasks[self._task].model_lost else []

    async def _act(self, wanted: a.ActionWanted) -> Outcome:
        if self._tools is None:
            place = await asyncio.to_thread(
                workplace, self._repository, self._now(), self._my_run(), again=self._resume_after > 0
            )
            self._tools = self._repository.toolboxes.open(place)
        self._acting = asyncio.create_task(
            act(self._repository, self._now(), self._my_run(), self._tools, wanted, lambda v: self._record(*v))
        )
        try:
            outcome = await self._acting
        except asyncio.CancelledError:
            if self._ended:
                raise RunOver from None
            raise
        self._changed = self._changed or outcome.changed
        return outcome

    def _checkpoint_in_passing(self) -> None:
        """Keep what has changed, beside the work: nobody waits for it, and it is not taken at every step."""
        now = asyncio.get_running_loop().time()
        under_way = self._passing is not None and not self._passing.done()
        if self._changed and not under_way and now - self._passed_at > CHECKPOINT_EVERY_S:
            self._changed, self._passed_at = False, now
            self._passing = asyncio.create_task(self._checkpoint("in passing"), name=f"checkpoint of {self._task}")

    async def _out_of_reach(self, report: a.OutOfReach) -> None:
        def drafts(board: Board) -> Sequence[Draft]:
            task = board.tasks[self._task]
            if task.model_lost and task.reason == report.sentence[:2000]:
                return []
            check_move("lose_model", task.status, number=task.number, actor="daemon")
            return [self._draft(e.ModelOutOfReach(why=report.sentence[:2000]), DAEMON)]

        await self._record_drafts(drafts)

    async def _halted(self, report: a.Halted) -> None:
        await self._close_tools()
        await self._checkpoint("stopped")
        self._halted_with_checkpoint = True

        def drafts(board: Board) -> Sequence[Draft]:
            task = board.tasks[self._task]
            check_move("stop", task.status, number=task.number, actor="daemon")
            return [self._draft(e.TaskStopped(reason=report.sentence[:2000]), DAEMON)]

        await self._record_drafts(drafts)

    async def _followed_up(self, report: a.FollowedUp) -> None:
        repository, top = self._repository, self._now().top or self._repository.identity.top
        placed = await asyncio.to_thread(settled, repository.workspace, self._my_run(), top, report)
        proposal = Proposal(placed, self._actor)
        await self._record_drafts(lambda board: follow_up_drafts(repository, board, self._now(), [proposal]))

    async def _lost(self, report: a.Lost) -> None:
        task = self._now()
        if self._ended or (task.status == "waiting" and not task.model_lost):
            return  # ended by us; or the question waits without a worker, and its answer starts a new one
        agent = self._repository.agents.get(task.agent)
        if agent is not None and agent.goes_on:
            self.lost = report.sentence
        else:
            await self.give_up(report.sentence)

    async def give_up(self, sentence: str) -> None:
        """End the run as lost; what stands in its worktree is kept."""
        await self._checkpoint("lost")
        await self.fail(sentence, lost=True)

    async def fail(self, reason: str, *, lost: bool = False) -> None:
        """Record that the run failed, where it has not ended otherwise."""
        event = e.RunFailed(reason=reason[:2000], lost=lost)

        def decide(board: Board) -> Sequence[Draft]:
            task = board.tasks[self._task]
            run = task.run
            if run is None or run.id != self._run or run.state != "running":
                return []
            return [self._repository.draft(event, DAEMON, task=self._task, run=self._run)]

        await self._repository.recorder.record(decide)

    async def _checkpoint(self, why: str) -> None:
        """Keep what stands in the worktree; costs what the change costs."""
        async with self._one_checkpoint:
            await self._keep_worktree(why)

    async def _keep_worktree(self, why: str) -> None:
        run = self._my_run()
        n = run.checkpoints + 1
        worktree = Worktree(run.worktree, run.base)
        message = f"{self._now().title}\n\nCheckpoint {n} of run {run.n} ({why}).\n"
        try:
            commit = await asyncio.to_thread(
                self._repository.workspace.checkpoint, worktree, self._task, run.n, n, message=message
            )
        except (Refused, Trouble) as no:
            if why in ("turn", "finished"):
                raise
            logger.warning("no checkpoint of run %s: %s", self._run, no.sentence)
            return
        event = e.CheckpointKept(n=n, commit=commit)
        draft = self._repository.draft(event, DAEMON, task=self._task, run=self._run)
        await self._repository.recorder.record(lambda _: [draft])

    async def _finished(self, report: a.Finished) -> None:
        await self._close_tools()
        await self._checkpoint("finished")
        self._handing_in = asyncio.create_task(hand_in(self._repository, self._now(), report), name="handing in")
        try:
            events = await self._handing_in
        except asyncio.CancelledError:
            if self._ended:  # stopped while its checks ran; a daemon that ends takes the run up again later
                raise RunOver from None
            raise
        repository, task = self._repository, self._now()
        opened = next((event for event in events if isinstance(event, e.ReviewOpened)), None)
        looked = None
        if opened is not None:
            change = await asyncio.to_thread(repository.change, opened.manifest)
            looked = await asyncio.to_thread(look_over, repository, task, change, top=opened.top)
        await self._record_drafts(
            lambda board: [
                *(self._draft(event) for event in events),
                *(found_drafts(repository, board, self._now(), looked) if looked is not None else ()),
            ]
        )

    async def _record(self, *events: e.Event) -> None:
        await self._record_drafts(lambda _: [self._draft(event) for event in events])

    def _draft(self, event: e.Event, actor: Actor | None = None) -> Draft:
        return self._repository.draft(event, actor or self._by(event), task=self._task, run=self._run)

    def _by(self, event: e.Event) -> Actor:
        return DAEMON if isinstance(event, e.RunSentBack | e.HunksCarried | e.ThreadsCarried) else self._actor

    async def _record_drafts(self, drafts: Callable[[Board], Sequence[Draft]]) -> None:
        """Record, as long as this run is the one under way.

        Raises:
            RunOver: it is not any more.
        """

        def decide(board: Board) -> Sequence[Draft]:
            task = board.tasks[self._task]
            run = task.run
            if (
                run is None
                or run.id != self._run
                or run.state != "running"
                or task.status not in ("running", "waiting")
            ):
                return []
            return drafts(board)

        if not await self._repository.recorder.record(decide) and self._over():
            raise RunOver

    def _over(self) -> bool:
        run = self._now().run
        return run is None or run.id != self._run or run.state != "running"
