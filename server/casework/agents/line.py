"""The worker's end of the pipe: what an agent sees of its run, the lease, and the end that comes with it.

Not here: what an agent does (`scripted`), how a worker begins (`worker`), the daemon's end (`process`).
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, NoReturn, assert_never

from casework.agents.frames import (
    ORDER_LIMIT,
    REPORT_LIMIT,
    ActionResult,
    Answer,
    Beat,
    Cancel,
    Configure,
    FromDaemon,
    FromWorker,
    Garbled,
    ModelAccess,
    Proceed,
    Renew,
    Report,
    Start,
    Welcome,
    encode,
    from_daemon,
)
from casework.domain.ids import QuestionId, RunId
from casework.ports.agent import ActionWanted, AgentReport, Asked, Briefing, Failed, StepBegun, TurnEnded

_FIRST_LEASE_S: Final = 60.0
"""Until the daemon has said how long a lease is."""


class Cancelled(BaseException):
    """Nobody waits for this run any more. Not an `Exception`, so that no agent catches it by accident."""


class Line:
    """One run's end of the pipe, as its agent sees it."""

    def __init__(self, pipe: Pipe, briefing: Briefing) -> None:
        self.briefing = briefing
        self._pipe = pipe
        self._news = threading.Condition()
        self._seq = 0
        self._let = 0
        self._answers: dict[QuestionId, str] = {}
        self._results: dict[str, ActionResult] = {}
        self._cancelled = False
        self.when_cancelled: Callable[[], None] = _nothing
        """Called, from another thread, when the run is cancelled: to leave what can't be waited for."""

    def report(self, report: AgentReport) -> None:
        """Send a report; behind `StepBegun` and `TurnEnded` wait until the daemon lets us go on.

        Raises:
            Cancelled: the run is to end.
        """
        self._check()
        self._send(report)
        if isinstance(report, StepBegun | TurnEnded):
            self._wait(lambda: self._let >= self._seq)

    def ask(self, question: Asked) -> str:
        """Send a question and wait for the answer, for days if need be; raises `Cancelled`."""
        self.report(question)
        self._wait(lambda: question.id in self._answers)
        return self._answers[question.id]

    def check(self) -> None:
        """Raise `Cancelled` when the run is to end: for agents that work for long without a report."""
        self._check()

    def act(self, wanted: ActionWanted) -> ActionResult:
        """Have a tool used and wait for what comes of it; raises `Cancelled`."""
        self._results.clear()
        self.report(wanted)
        self._wait(lambda: wanted.call in self._results)
        return self._results[wanted.call]

    def access(self) -> ModelAccess | None:
        """Give the model as it is configured now; None before anybody said."""
        return self._pipe.access

    def wait_for_access(self, old: ModelAccess | None, timeout_s: float) -> None:
        """Wait until the model is configured otherwise than `old`, or that time is over; raises `Cancelled`."""
        with self._news:
            self._news.wait_for(lambda: self._cancelled or self._pipe.access != old, timeout_s)
        self._check()

    def stir(self) -> None:
        """Have whoever waits look again: something that all runs share has changed."""
        with self._news:
            self._news.notify_all()

    def hang(self, *, silent: bool, deaf: bool) -> NoReturn:
        """Wait until the run is cancelled; `silent`: without a sign of life, `deaf`: for ever."""
        if silent:
            self._pipe.fall_silent()
        if deaf:
            threading.Event().wait()
        self._wait(lambda: False)
        raise Cancelled

    def bow_out(self) -> None:
        """Say that a cancelled run has come to rest, so that nobody has to wait or kill."""
        self._send(Failed(sentence="The agent was stopped before it handed in its work; retry the task."))

    def over(self) -> None:
        """Have the pipe forget this run."""
        self._pipe.ended(self)

    def take(self, order: Proceed | Answer | ActionResult | Cancel) -> None:
        """Called by the pipe's reader."""
        if order.epoch != self.briefing.epoch:
            return
        with self._news:
            match order:
                case Proceed():
                    self._let = max(self._let, order.seq)
                case Answer():
                    self._answers.setdefault(order.question, order.text)
                case ActionResult():
                    self._results[order.call] = order
                case Cancel():
                    self._cancelled = True
                case _:
                    assert_never(order)
            self._news.notify_all()
        if self._cancelled:
            self.when_cancelled()

    def _send(self, report: AgentReport) -> None:
        self._seq += 1
        self._pipe.send(Report(run=self.briefing.run, epoch=self.briefing.epoch, seq=self._seq, report=report))

    def _wait(self, predicate: Callable[[], bool]) -> None:
        with self._news:
            self._news.wait_for(lambda: self._cancelled or predicate())
        self._check()

    def _check(self) -> None:
        if self._cancelled:
            raise Cancelled


class Pipe:
    """Both directions of the pipe, the lease, and the lines of the runs that live in this worker."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._writing = threading.Lock()
        self._news = threading.Condition()
        self._starts: list[Start] = []
        self._lines: dict[RunId, Line] = {}
        self._lease_s = _FIRST_LEASE_S
        self._silent = threading.Event()
        self.access: ModelAccess | None = None

    def fall_silent(self) -> None:
        """Give no more sign of life."""
        self._silent.set()

    def send(self, frame: FromWorker) -> None:
        """Write one frame whole; blocks while the daemon does not read, which is how a flood is borne."""
        line = encode(frame)
        if len(line) > REPORT_LIMIT and isinstance(frame, Report):
            failed = Failed(sentence="A report of the agent was larger than 1 MiB; the run ends here, retry the task.")
            line = encode(frame.model_copy(update={"report": failed}))
        with self._writing:
            view = memoryview(line)
            while view:
                view = view[os.write(self._sink, view) :]

    def starts(self) -> Iterator[tuple[str, Line]]:
        """Give the runs that are to be worked on, as they come, for ever; each stays known until it has `ended`."""
        while True:
            with self._news:
                self._news.wait_for(lambda: self._starts)
                start = self._starts.pop(0)
            yield start.agent, self._lines[start.briefing.run]

    def ended(self, line: Line) -> None:
        """Forget a run that is over."""
        self._lines.pop(line.briefing.run, None)

    def listen(self) -> NoReturn:
        """Read orders until nobody is there to give any, then end this process and its group."""
        pending = bytearray()
        end = time.monotonic() + self._lease_s
        try:
            while select.select([self._source], [], [], max(0.0, end - time.monotonic()))[0]:
                chunk = os.read(self._source, 65536)
                pending += chunk
                if not chunk or len(pending) > ORDER_LIMIT:
                    break
                *lines, pending = pending.split(b"\n") if b"\n" in chunk else [pending]
                for line in lines:
                    self._take(from_daemon(bytes(line)))
                    end = time.monotonic() + self._lease_s
        except (OSError, Garbled) as error:
            os.write(2, f"the daemon's end of the pipe is broken: {error}\n".encode())
        finally:
            end_group()

    def _take(self, order: FromDaemon) -> None:
        match order:
            case Welcome():
                self._lease_s = order.lease_s
                threading.Thread(target=self._beat, args=(order.beat_s,), daemon=True, name="beat").start()
            case Renew():
                pass
            case Start():
                with self._news:
                    self._lines[order.briefing.run] = Line(self, order.briefing)
                    self._starts.append(order)
                    self._news.notify_all()
            case Configure():
                self.access = order.access
                for one in list(self._lines.values()):
                    one.stir()
            case Proceed() | Answer() | ActionResult() | Cancel():
                line = self._lines.get(order.run)
                if line is not None:
                    line.take(order)
            case _:
                assert_never(order)

    def _beat(self, beat_s: float) -> None:
        while not self._silent.wait(beat_s):
            try:
                self.send(Beat())
            except OSError:
                end_group()


def _nothing() -> None:
    pass


def end_group() -> NoReturn:
    """End this process at once, with everything in its process group when it heads one."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)
