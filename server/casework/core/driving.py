"""One run: what the agent reports becomes events, its turns become checkpoints, its end becomes a review.

What an agent is about to do is journalled before it does it: the worker waits for `proceed`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import assert_never

from casework.core.detecting import found_drafts, look_over
from casework.core.follow_ups import Proposal, follow_up_drafts, settled
from casework.core.handing_in import hand_in
from casework.core.repository import DAEMON, Repository, preview
from casework.core.surveys import order_of
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import Refused, Trouble
from casework.domain.ids import QuestionId, RunId, TaskId
from casework.domain.survey_events import HunksSurveyed
from casework.domain.task import Run, Task
from casework.ports import agent as a
from casework.ports.survey import SURVEY
from casework.ports.workspace import Worktree

logger = logging.getLogger(__name__)


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
        self._actor = Actor(kind="agent", id=self._now().agent)

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
        if self._worker is not None:
            await self._worker.cancel()

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
        briefing = await asyncio.to_thread(self._briefing)
        worker.check(briefing)
        self._worker = await worker.start(briefing)
        try:
            async for report in self._worker.reports():
                await self._handle(report)
        except RunOver:
            logger.info("run %s was ended by a human", self._run)
        if self._now().status in ("stopped", "dropped"):
            await self._checkpoint("stopped")

    def _briefing(self) -> a.Briefing:
        repository, task, run = self._repository, self._now(), self._my_run()
        return a.Briefing(
            task=task.id,
            run=run.id,
            n=run.n,
            epoch=repository.recorder.journal.state.epoch,
            title=task.title,
            ticket=repository.text(task.ticket),
            spec=task.spec,
            worktree=run.worktree,
            comments=tuple(self._asked_for(task)),
            script=order_of(repository, task) if task.agent == SURVEY else repository.text(task.script),
            resume_after=self._resume_after,
            answers=tuple((q.id, q.answer) for q in task.questions if q.run == run.id and q.answer is not None),
        )

    def _asked_for(self, task: Task) -> list[str]:
        """What the human said of the last run: comments, and rejected hunks with their reasons."""
        review = task.review
        if review is None:
            return []
        said = [
            f"{comment.anchor.path}:{comment.anchor.line}: {self._repository.text(comment.text)}"
            if comment.anchor is not None
            else self._repository.text(comment.text)
            for comment in task.comments
            if comment.review_head == review.head
        ]
        change = self._repository.change(review.manifest)
        for file in change.files:
            for hunk in file.judged:
                decided = review.decisions.get(hunk)
                if decided is not None and decided.decision == "rejected":
                    said.append(f"rejected: {file.path}, hunk {hunk}: {decided.reason or 'no reason given'}")
        return said

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
            case a.Finished():
                await self._finished(report)
            case a.Failed():
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

    async def _followed_up(self, report: a.FollowedUp) -> None:
        repository, top = self._repository, self._now().top or self._repository.identity.top
        placed = await asyncio.to_thread(settled, repository.workspace, self._my_run(), top, report)
        proposal = Proposal(placed, self._actor)
        await self._record_drafts(lambda board: follow_up_drafts(repository, board, self._now(), [proposal]))

    async def _lost(self, report: a.Lost) -> None:
        if self._ended or self._now().status == "waiting":
            return  # ended by us; or the question waits without a worker, and its answer starts a new one
        await self._checkpoint("lost")
        await self.fail(report.sentence, lost=True)

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
        await self._checkpoint("finished")
        repository, task = self._repository, self._now()
        events = await hand_in(repository, task, report)
        opened = next((event for event in events if isinstance(event, e.ReviewOpened)), None)
        if opened is None:  # nothing was left to judge
            await self._record(*events)
            return
        change = await asyncio.to_thread(repository.change, opened.manifest)
        looked = await asyncio.to_thread(look_over, repository, task, change, top=opened.top)
        await self._record_drafts(
            lambda board: [
                *(repository.draft(v, self._actor, task=self._task, run=self._run) for v in events),
                *found_drafts(repository, board, self._now(), looked),
            ]
        )

    async def _record(self, *events: e.Event) -> None:
        await self._record_drafts(
            lambda _: [self._repository.draft(v, self._actor, task=self._task, run=self._run) for v in events]
        )

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
