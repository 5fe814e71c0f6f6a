"""An agent in a process of its own: the daemon's side of the port.

A worker is started as the head of a session, in the run's worktree, with an environment by allow-list; what it writes
is bounded, and whatever breaks the rules of `frames` is ended and reported as `Lost`. Before the last report of a run
is given out, its process tree is gone. Not here: what an agent does, what a report means for a task.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, assert_never

from casework.agents.frames import (
    PROTOCOL,
    Beat,
    FromWorker,
    Hello,
    Renew,
    Report,
    Start,
    Welcome,
)
from casework.agents.mailbox import Mailbox
from casework.agents.orders import Orders
from casework.agents.pipe import Broken, WorkerPipe
from casework.domain.errors import Trouble
from casework.domain.ids import QuestionId
from casework.ports.agent import (
    AgentFacts,
    AgentReport,
    AgentRun,
    AgentState,
    Asked,
    Briefing,
    Failed,
    Finished,
    Halted,
    Lost,
    StepBegun,
    StepDone,
    TurnEnded,
)
from casework.ports.sandbox import Boxed
from casework.ports.tools import Outcome

logger = logging.getLogger(__name__)

WORKER: Final = (sys.executable, "-I", "-m", "casework.agents.worker")
ENVIRONMENT: Final = ("LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ")
"""What of the daemon's environment a worker is given: nothing that holds a secret, a display or a repository."""
STOPPED: Final = Lost(sentence="The agent was stopped before it handed in its work; what it wrote is kept.")

Confine = Callable[[Sequence[str], Briefing], Boxed | None]
"""Puts the worker of a run into a box; None where nothing confines and it may do without. Blocks."""

_MAILBOX: Final = 16
_IDLE_FRAMES_A_SECOND: Final = 100
_FRAMES_IN_ONE_GO: Final = 32


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what, in seconds."""

    start_s: float = 30.0
    """For a worker's first word."""
    beat_s: float = 3.0
    """Between two signs of life of a worker."""
    silence_s: float = 20.0
    """Without any before a worker counts as lost."""
    lease_s: float = 30.0
    """That a worker lives on without a sign of life from us."""
    polite_s: float = 0.5
    """For a cancelled run to end by itself."""
    grace_s: float = 0.75
    """Between TERM and KILL, for the head and again for its group."""


def unconfined(_command: Sequence[str], _briefing: Briefing) -> Boxed | None:
    """Give no box."""
    return None


class ProcessAgent:
    """An agent whose runs are worker processes, one each."""

    def __init__(
        self,
        name: str,
        check: Callable[[Briefing], None],
        *,
        command: Sequence[str] = WORKER,
        environment: Sequence[str] = ENVIRONMENT,
        patience: Patience | None = None,
        confine: Confine = unconfined,
    ) -> None:
        """`check` raises `Refused` for a briefing that can't be worked on.

        `environment` names what a worker gets where `confine` gives no box.
        """
        self._name = name
        self._check = check
        self._command = tuple(command)
        self._environment = tuple(environment)
        self._patience = patience or Patience()
        self._confine = confine

    @property
    def name(self) -> str:
        """The name people type."""
        return self._name

    @property
    def goes_on(self) -> bool:
        """No: what a worker of this kind was about when it died, nobody knows."""
        return False

    def describe(self) -> AgentFacts:
        """Say that it is there; it needs nothing."""
        return AgentFacts(ok=True, sentence="ready; it needs neither a key nor a network")

    async def close(self) -> None:
        """Nothing is kept between runs."""

    def check(self, briefing: Briefing) -> None:
        """Raise `Refused` when the briefing can't be worked on."""
        self._check(briefing)

    async def start(self, briefing: Briefing) -> AgentRun:
        """Start a worker in the briefing's worktree.

        Raises:
            Trouble (`agent_not_started`): there is no such folder or program, or it does not say a proper hello.
        """
        try:
            boxed = await asyncio.to_thread(self._confine, self._command, briefing)
            if boxed is None:
                given = {name: os.environ[name] for name in self._environment if name in os.environ}
                boxed = Boxed(self._command, given, briefing.worktree)
            pipe = await WorkerPipe.spawn(boxed)
        except OSError as error:
            raise self._not_started(error.strerror or "the system said no") from error
        try:
            async with asyncio.timeout(self._patience.start_s):
                await self._shake_hands(pipe, briefing)
        except (Broken, TimeoutError, OSError) as error:
            await pipe.end(self._patience.grace_s)
            late = f"it said nothing for {self._patience.start_s:g} seconds" if isinstance(error, TimeoutError) else ""
            raise self._not_started(late or str(error) or pipe.epitaph()) from error
        except BaseException:
            await pipe.end(self._patience.grace_s)
            raise
        return WorkerRun(briefing, self._patience, pipe)

    async def _shake_hands(self, pipe: WorkerPipe, briefing: Briefing) -> None:
        hello = await pipe.receive()
        if not isinstance(hello, Hello):
            raise Broken("it did not begin with a hello")
        if hello.protocol != PROTOCOL:
            raise Broken(f"it speaks protocol {hello.protocol}, and this Casework protocol {PROTOCOL}")
        if self._name not in hello.agents:
            raise Broken("its worker does not know that agent")
        pipe.send(Welcome(protocol=PROTOCOL, lease_s=self._patience.lease_s, beat_s=self._patience.beat_s))
        pipe.send(Start(agent=self._name, briefing=briefing))
        await pipe.flush()

    def _not_started(self, why: str) -> Trouble:
        return Trouble(
            f"The agent {self._name} could not be started: {why}; the task keeps what it has, retry it.",
            code="agent_not_started",
        )


class WorkerRun:
    """One run in one worker process, which was told to start."""

    def __init__(self, briefing: Briefing, patience: Patience, pipe: WorkerPipe) -> None:
        self._briefing = briefing
        self._patience = patience
        self._pipe = pipe
        self._mail = Mailbox(_MAILBOX)
        self._stop = asyncio.Event()
        self._ended = False
        self._open_questions: set[QuestionId] = set()
        self._seq = 0
        self._orders = Orders(pipe, briefing)
        self._frames = 0
        self._idle_frames = 0
        self._idle_since = 0.0
        self._living = asyncio.create_task(self._live(), name=f"agent-run-{pipe.pid}")

    @property
    def state(self) -> AgentState:
        """Where the worker stands; `waiting` while a question is open."""
        if self._ended:
            return "ended"
        return "waiting" if self._open_questions else "working"

    @property
    def pid(self) -> int:
        """Of the worker, and of its session and group."""
        return self._pipe.pid

    async def reports(self) -> AsyncIterator[AgentReport]:
        """Give the reports in order; the worker's whole tree is gone before the last one is given."""
        async for report in self._mail.reports():
            self._orders.given_out(report)
            yield report

    async def proceed(self) -> None:
        """Let the worker go on behind the gate that was given out; without one nothing happens."""
        self._orders.proceed()

    async def answer(self, question: QuestionId, text: str) -> None:
        """Hand over the answer; the first one to a question counts."""
        self._open_questions.discard(question)
        self._orders.answer(question, text)

    async def result(self, call: str, outcome: Outcome) -> None:
        """Hand over what came of an action."""
        self._orders.result(call, outcome)

    async def cancel(self) -> None:
        """End the tree: asked first, then TERM, then KILL to all in the worker's session (outside Linux: its group).

        Without a box, what began a session of its own is not reached.
        """
        self._stop.set()
        await asyncio.shield(self._living)

    async def _live(self) -> None:
        renewing = asyncio.create_task(self._renew(), name=f"agent-lease-{self.pid}")
        last: AgentReport = STOPPED
        broken: str | None = None
        try:
            last = await self._listen_until_stopped()
        except Broken as error:
            broken = str(error)
        except Exception:
            logger.exception("listening to worker %s", self.pid)
            broken = "Casework made a mistake listening to it, which stands in the daemon's log"
        finally:
            renewing.cancel()
            await self._pipe.end(self._patience.grace_s)
            self._ended = True
            await self._mail.end(last if broken is None else lost(broken or self._pipe.epitaph()))

    async def _listen_until_stopped(self) -> AgentReport:
        listening = asyncio.create_task(self._listen(), name=f"agent-listen-{self.pid}")
        stopping = asyncio.create_task(self._stop.wait(), name=f"agent-stop-{self.pid}")
        try:
            await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                return listening.result()
            await self._mail.close()
            self._orders.cancel()
            await asyncio.wait({listening}, timeout=self._patience.polite_s)
            return STOPPED
        finally:
            listening.cancel()
            stopping.cancel()
            await asyncio.gather(listening, stopping, return_exceptions=True)

    async def _listen(self) -> AgentReport:
        """Pass reports on until the last one; raises `Broken` when there will be none."""
        while True:
            match await self._next_frame():
                case Beat():
                    self._count_idle()
                case Hello():
                    raise Broken("it said hello twice")
                case Report() as frame:
                    if (frame.run, frame.epoch) != (self._briefing.run, self._briefing.epoch):
                        self._count_idle()
                        logger.warning("worker %s reported for another run or epoch; dropped", self.pid)
                        continue
                    report = self._checked(frame)
                    if isinstance(report, Finished | Halted | Failed):
                        return report
                    await self._mail.put(report)
                case other:
                    assert_never(other)

    async def _next_frame(self) -> FromWorker:
        self._frames += 1
        if self._frames % _FRAMES_IN_ONE_GO == 0:
            await asyncio.sleep(0)  # what has arrived is given without a pause, and others want the loop too
        # Two halves: when the daemon itself stood still, the first may end although the worker spoke all the time.
        for _ in range(2):
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.silence_s / 2):
                    return await self._pipe.receive()
        raise Broken(f"it gave no sign of life for {self._patience.silence_s:g} seconds")

    def _checked(self, frame: Report) -> AgentReport:
        """Hold the worker to the rules: each report once and in order, nothing done before it may be."""
        self._seq += 1
        if frame.seq != self._seq:
            raise Broken(f"it sent report {frame.seq} where {self._seq} was due")
        report = frame.report
        if isinstance(report, Lost):
            raise Broken("it called itself lost")
        if self._orders.waits and isinstance(report, StepBegun | StepDone | TurnEnded | Finished):
            raise Broken("it went on before it was let")
        self._orders.came(report, frame.seq)
        if isinstance(report, Asked):
            self._open_questions.add(report.id)
        return report

    def _count_idle(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._idle_since > 1.0:
            self._idle_since, self._idle_frames = now, 0
        self._idle_frames += 1
        if self._idle_frames > _IDLE_FRAMES_A_SECOND:
            raise Broken("it floods the pipe with messages that say nothing")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._patience.lease_s / 4)
            self._pipe.send(Renew())


def lost(why: str) -> Lost:
    """Give the last report of a run whose worker is not there any more."""
    return Lost(
        sentence=f"The agent was lost before it handed in its work: {why}; what it wrote is kept, so retry the task."
    )
