"""When a landing happens, and what is journalled about it. How it happens is the workspace's (ports/landing.py).

One landing at a time and repository. Announced before, confirmed after; on restart the repository is looked at before
anything is repeated. A verdict stands until its landing has an end: landed, or handed back with a reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from casework.core import rest
from casework.core.landing_plans import landing_request, plan_in, plan_undo, reshown, task_top, was_shown, where_it_is
from casework.core.repository import DAEMON, Repository
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, ActorKind, Draft, Recorded
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import CommitId, LandingId, TaskId
from casework.domain.status import check_move
from casework.domain.task import Landing, Review, Task
from casework.domain.verdict import Choice
from casework.ports.landing import Announcement, Held, Landed, Lander, LandingPlan, TakenBack

logger = logging.getLogger(__name__)

_TRIES = 3
"""How often one verdict starts a landing anew after the world moved under it."""


class Landings:
    """Lands what was approved, one after the other."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._todo: asyncio.Queue[TaskId] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._stop_listening = repository.recorder.listen(self._heard)
        self.turn = asyncio.Lock()
        """Held while the repository is being changed, by a landing or by an undo."""

    def start(self) -> None:
        """Begin to land; `recover` comes first."""
        self._worker = asyncio.create_task(self._work(), name="landings")

    async def close(self) -> None:
        """Stop between two landings; one under way is finished first."""
        self._stop_listening()
        if self._worker is not None:
            async with self.turn:
                self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def busy(self) -> bool:
        """Tell whether something is being landed or waits for it."""
        return self.turn.locked() or not self._todo.empty()

    def _lander(self, task: Task) -> Lander:
        return self._repository.checkout(task_top(self._repository, task.id)).lander

    def _sweep(self, known: list[str]) -> None:
        """Clear up what was never announced, in every work tree that has landings."""
        tops = {task.review.top for task in self._repository.board.tasks.values() if task.review and task.landing}
        for top in {"", *tops}:
            try:
                self._repository.checkout(top).lander.sweep(known)
            except CaseworkError as no:
                logger.info("nothing to clear up in %s: %s", top, no.sentence)

    def _heard(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            if isinstance(row.event, e.ReviewAnswered) and row.event.verdict == "approve" and row.task is not None:
                self._todo.put_nowait(row.task)

    async def _work(self) -> None:
        while True:
            name = await self._todo.get()
            async with self.turn:
                try:
                    await self._land(name)
                except Exception:
                    logger.exception("a landing failed in a way nobody foresaw")
                    await self._after_a_mistake(name)

    async def _after_a_mistake(self, name: TaskId) -> None:
        """A mistake of ours in the middle of a landing: look what became of it, as after a kill, and give it an end."""
        task = self._repository.board.tasks[name]
        if task.status == "landing" and task.landing is not None and task.landing.state == "announced":
            try:
                await self._recover_landing(task, task.landing)
            except Exception:
                logger.exception("looking what became of it failed too")
        if self._repository.board.tasks[name].status == "landing":
            await self._hand_back(
                name, "Casework failed while landing it; the log has the details, and nothing was lost."
            )

    async def _land(self, name: TaskId) -> None:
        for _ in range(_TRIES):
            task = self._repository.board.tasks[name]
            if task.status != "landing" or task.landing is None:
                return
            try:
                ended = await self._attempt(task, task.landing)
            except CaseworkError as no:
                await self._hand_back(name, no.sentence)
                return
            if ended:
                return
        await self._hand_back(
            name, "The repository kept moving while it was being landed; approve it again in a quiet moment."
        )

    async def _attempt(self, task: Task, landing: Landing) -> bool:
        """Try once; False means that the world moved and nothing was changed."""
        repository = self._repository
        review = task.review
        assert review is not None, "an approved task has its review"
        plan = repository.planned.pop(task.id, None)
        if plan is None or plan.request.landing != landing.id:
            plan = await asyncio.to_thread(self._plan, task, review, landing)
        if plan.differs and not was_shown(review, plan):
            await self._hand_back(task.id, f"What would land is not what was shown any more: {plan.why_differs}", plan)
            return True
        try:
            announcement = await asyncio.to_thread(self._lander(task).prepare, plan)
        except Refused as no:
            if no.code == "plan_stale":
                return False
            raise
        await self.announce(task, announcement, undo_of=None)
        return await self._enter(task.id, announcement)

    def _plan(self, task: Task, review: Review, landing: Landing) -> LandingPlan:
        """Compute it anew: the world moved, or the daemon was started since the verdict. Blocks: called in a thread."""
        repository = self._repository
        words = repository.text(review.message)
        choice = Choice(landing.rest, landing.only_accepted)
        branch = landing.branch or ""
        request = landing_request(repository, task, review, landing.id, landing.mode, branch, words, choice)
        return plan_in(repository, review.top, request)

    async def _enter(self, name: TaskId, announcement: Announcement) -> bool:
        repository = self._repository
        end = await asyncio.to_thread(self._lander(repository.board.tasks[name]).enter, announcement)
        match end:
            case Landed():
                await self._confirm(name, announcement, end)
                return True
            case TakenBack(again=True):
                logger.info("landing %s starts over: %s", announcement.landing, end.reason)
                return False
            case TakenBack():
                await self._hand_back(name, end.reason, kept_aside=end.kept_aside)
                return True

    async def announce(self, task: Task, announcement: Announcement, *, undo_of: LandingId | None) -> None:
        """Record, fully synced, what is about to happen."""
        repository = self._repository
        plan = await asyncio.to_thread(repository.blobs.put, announcement.model_dump_json().encode())
        event = e.LandingAnnounced(
            landing=LandingId(announcement.landing),
            plan=plan,
            commit=announcement.commit,
            branch=announcement.branch,
            undo_of=undo_of,
        )

        def decide(board: Board) -> Sequence[Draft]:
            now = board.tasks[task.id]
            events: list[e.Event] = [event]
            if undo_of is not None:
                check_undo(now)
                if now.status in ("queued", "running", "waiting"):
                    events.insert(0, e.TaskStopped(reason="Stopped, because what had landed of it is being undone."))
            elif now.status != "landing":
                raise Refused(f"Task {now.number} is {now.status} and not landing any more.", code="wrong_status")
            return [repository.draft(event, DAEMON, task=task.id) for event in events]

        await repository.recorder.record(decide, full_sync=True)

    async def _confirm(self, name: TaskId, announcement: Announcement, landed: Landed) -> None:
        repository = self._repository
        note = " ".join(text for text in (where_it_is(announcement), landed.note) if text)
        event = e.LandingConfirmed(
            landing=LandingId(announcement.landing), commit=landed.commit, how_seen=landed.how_seen, note=note
        )

        new = await asyncio.to_thread(rest.new_task, repository, repository.board.tasks[name])

        def decide(board: Board) -> Sequence[Draft]:
            task = board.tasks[name]
            goes_back = task.landing is not None and task.landing.rest == "back"
            check_move("land_part" if goes_back else "land", task.status, number=task.number, actor="daemon")
            return [repository.draft(event, DAEMON, task=name), *rest.drafts(repository, board, task, new)]

        await repository.recorder.record(decide, full_sync=True)
        await asyncio.to_thread(self._lander(repository.board.tasks[name]).finish, announcement)

    async def _hand_back(
        self, name: TaskId, reason: str, plan: LandingPlan | None = None, kept_aside: tuple[str, ...] = ()
    ) -> None:
        """Give the verdict back to the human, with the reason and, where there is one, the result shown again."""
        repository = self._repository
        again = (
            await asyncio.to_thread(reshown, repository, task_top(repository, name), plan) if plan is not None else None
        )

        def decide(board: Board) -> Sequence[Draft]:
            task = board.tasks[name]
            check_move("hand_back", task.status, number=task.number, actor="daemon")
            landing = task.landing.id if task.landing is not None else None
            events: list[e.Event] = [e.LandingUndone(landing=landing, reason=reason[:2000], kept_aside=kept_aside)]
            if again is not None:
                events.append(again)
            return [repository.draft(event, DAEMON, task=name) for event in events]

        await repository.recorder.record(decide, full_sync=True)

    # ---- undo -------------------------------------------------------------------------------------------------------

    async def undo(self, number: int, actor: Actor, *, revert: bool = False) -> Task:
        """Take a landed approval back: the exact bytes where nothing was built on top; with `revert`, by a new commit.

        Raises:
            Refused: something was built on top or it was pushed and no `revert` was asked for, or the table has no
                such move.
        """
        repository = self._repository
        async with self.turn:
            task = repository.board.number(number)
            check_undo(task, actor.kind)
            landing = task.landing
            if landing is None or landing.plan is None:
                raise Refused(f"Task {number} has no landing to take back.", code="no_landing")
            before = Announcement.model_validate_json(repository.blobs.get(landing.plan))
            undo = LandingId(repository.clock.new_id())
            plan = await asyncio.to_thread(plan_undo, self._lander(task), number, before, undo, revert=revert)
            announcement = await asyncio.to_thread(self._lander(task).prepare, plan)
            await self.announce(task, announcement, undo_of=landing.id)
            end = await asyncio.to_thread(self._lander(task).enter, announcement)
            if isinstance(end, TakenBack):
                await self._undo_failed(task.id, undo, end.reason, actor)
                stopped = repository.board.tasks[task.id].status == "stopped"
                more = f" The run with its rest is stopped: `casework task retry {number}` goes on." if stopped else ""
                raise Refused(f"Task {number} could not be undone: {end.reason}{more}", code="undo_failed")
            await self._taken_back(task.id, landing.id, announcement, actor, end.commit if revert else None)
            return repository.board.tasks[task.id]

    async def _taken_back(
        self, name: TaskId, landing: LandingId, undo: Announcement, actor: Actor, commit: CommitId | None = None
    ) -> None:
        repository = self._repository
        event = e.LandingTakenBack(landing=landing, undo=LandingId(undo.landing), commit=commit)

        def decide(board: Board) -> Sequence[Draft]:
            return [
                repository.draft(event, actor, task=name),
                *rest.taken_back(repository, board, landing, actor),
            ]

        await repository.recorder.record(decide, full_sync=True)
        await asyncio.to_thread(self._lander(repository.board.tasks[name]).finish, undo)

    async def _undo_failed(self, name: TaskId, undo: LandingId, reason: str, actor: Actor) -> None:
        repository = self._repository
        event = e.LandingUndone(landing=undo, reason=reason[:2000])
        await repository.recorder.record(lambda _: [repository.draft(event, actor, task=name)], full_sync=True)

    # ---- recovery ---------------------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Look at every landing that has no end in the journal, and give it one. Before anything else at a start."""
        repository = self._repository
        unsettled: list[str] = []  # only their stages stay: one landing may have left others, never announced
        for task in list(repository.board.in_status("landing")):
            landing = task.landing
            is_announced = landing is not None and landing.state == "announced"
            if landing is not None and is_announced and not await self._recover_landing(task, landing):
                unsettled.append(landing.id)
            self._todo.put_nowait(task.id)
        for task in list(repository.board.tasks.values()):
            if task.is_being_undone and task.landing is not None and task.landing.undo is not None:
                undo = task.landing.undo
                if not await self._recover_undo(task, task.landing):
                    unsettled.append(undo)
        await asyncio.to_thread(self._sweep, unsettled)

    async def _recover_landing(self, task: Task, landing: Landing) -> bool:
        """Give it an end; whether it could be told what became of it."""
        repository = self._repository
        assert landing.plan is not None, "an announced landing has its plan"
        try:
            announcement = Announcement.model_validate_json(repository.blobs.get(landing.plan))
            end = await asyncio.to_thread(self._lander(task).recover, announcement)
        except CaseworkError as no:
            await self._hand_back(task.id, f"Casework could not look whether it had landed: {no.sentence}")
            return False
        match end:
            case Landed():
                await self._confirm(task.id, announcement, end)
            case TakenBack():
                if end.kept_aside or not end.again:
                    await self._hand_back(task.id, end.reason, kept_aside=end.kept_aside)
            case Held():
                await self._hand_back(task.id, end.sentence)
                return False
        return True

    async def _recover_undo(self, task: Task, landing: Landing) -> bool:
        """Give it an end; whether it could be told what became of it."""
        repository = self._repository
        assert landing.undo_plan is not None, "an announced undo has its plan"
        assert landing.undo is not None, "an announced undo has its id"
        try:
            announcement = Announcement.model_validate_json(repository.blobs.get(landing.undo_plan))
            end = await asyncio.to_thread(self._lander(task).recover, announcement)
        except CaseworkError as no:
            await self._undo_failed(task.id, landing.undo, no.sentence, DAEMON)
            return False
        match end:
            case Landed():
                made = end.commit if announcement.plan.known_commit is None else None
                await self._taken_back(task.id, landing.id, announcement, DAEMON, made)
            case TakenBack():
                await self._undo_failed(task.id, landing.undo, end.reason, DAEMON)
            case Held():
                await self._undo_failed(task.id, landing.undo, end.sentence, DAEMON)
                return False
        return True


def check_undo(task: Task, actor: ActorKind = "human") -> None:
    """Let an undo pass that takes back what the task's last verdict did, and nothing that somebody decided since.

    Where a part has landed and the rest went back, that is possible until the next review opens: its run is stopped.

    Raises:
        Refused: the table has no such move, or a later review stands on what landed.
    """
    landing, review = task.landing, task.review
    in_part = landing is not None and (landing.state, landing.rest) == ("landed", "back")
    if not in_part:
        check_move("undo", task.status, number=task.number, actor=actor)
        return
    if review is not None and review.verdict != "approve" and landing is not None:
        raise Refused(
            f"What landed of task {task.number} can't be undone here any more: its next review stands on it, and "
            "nothing was changed. Decide on that review, or take that back "
            + ("by hand." if landing.mode == "files" else f"by hand: `git revert {landing.commit}`."),
            code="stood_upon",
        )
    check_move("undo_part", task.status, number=task.number, actor=actor)
