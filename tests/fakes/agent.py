"""A scripted agent without a process: plays the same scripts in the loop, in memory unless told otherwise.

For tests of the core, which want an agent's reports and not its processes. It keeps the port's contract
(`tests/contracts/test_agent.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import NoReturn

from casework.agents.mailbox import Mailbox
from casework.agents.process import STOPPED, lost
from casework.agents.script import Crash, Hang, parse_script
from casework.agents.scripted import Files, play
from casework.domain.errors import Refused, Trouble
from casework.domain.ids import QuestionId
from casework.ports.agent import (
    ActionWanted,
    AgentFacts,
    AgentReport,
    AgentRun,
    AgentState,
    Asked,
    Briefing,
    Failed,
    Finished,
    Lost,
    StepBegun,
    TurnEnded,
)
from casework.ports.tools import Outcome


class MemoryFiles:
    """Files in a dict: content by path; `modes` and `links` beside it."""

    def __init__(self) -> None:
        self.contents: dict[bytes, bytes] = {}
        self.modes: dict[bytes, int] = {}
        self.links: dict[bytes, bytes] = {}

    def read(self, path: bytes) -> bytes:
        if path not in self.contents:
            raise FileNotFoundError(2, os.strerror(2))
        return self.contents[path]

    def write(self, path: bytes, content: bytes, *, spare: bytes) -> None:
        self.contents[path] = content

    def clear(self, path: bytes, *, spare: bytes) -> None:
        pass

    def delete(self, path: bytes) -> None:
        if self.links.pop(path, None) is None:
            self.read(path)
            del self.contents[path]

    def rename(self, path: bytes, to: bytes) -> None:
        if to in self.contents:
            raise Refused(f"{to!r} exists already")
        self.contents[to] = self.read(path)
        del self.contents[path]

    def chmod(self, path: bytes, mode: int) -> None:
        self.read(path)
        self.modes[path] = mode

    def symlink(self, path: bytes, target: bytes) -> None:
        self.links[path] = target


class FakeAgent:
    """Plays scripts in the loop; `runs` keeps what was started, for tests that look behind the port."""

    def __init__(self, name: str = "scripted", files: Callable[[Briefing], Files] | None = None) -> None:
        self._name = name
        self._files = files or (lambda _briefing: MemoryFiles())
        self.runs: list[FakeRun] = []
        self.refuses_to_start = ""
        """A sentence: `start` raises it as `Trouble`."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def goes_on(self) -> bool:
        return False

    def describe(self) -> AgentFacts:
        return AgentFacts(ok=True, sentence="ready")

    async def close(self) -> None:
        pass

    def check(self, briefing: Briefing) -> None:
        parse_script(briefing.script)

    async def start(self, briefing: Briefing) -> AgentRun:
        if self.refuses_to_start:
            raise Trouble(self.refuses_to_start, code="agent_not_started")
        try:
            files = self._files(briefing)
        except OSError as error:
            raise Trouble(f"The agent could not be started: {error.strerror}.", code="agent_not_started") from error
        run = FakeRun(briefing, files)
        self.runs.append(run)
        return run


class _Died(Exception):
    pass


class FakeRun:
    """One run, played by a task of the loop."""

    def __init__(self, briefing: Briefing, files: Files) -> None:
        self.briefing = briefing
        self.files = files
        self._mail = Mailbox(16)
        self._gate = asyncio.Event()
        self._gate_given_out = False
        self._answers: dict[QuestionId, asyncio.Future[str]] = {}
        self._results: dict[str, asyncio.Future[Outcome]] = {}
        self._open = 0
        self._ended = False
        self._lost_by: str | None = None
        self._living = asyncio.create_task(self._live())

    @property
    def state(self) -> AgentState:
        if self._ended:
            return "ended"
        return "waiting" if self._open else "working"

    async def reports(self) -> AsyncIterator[AgentReport]:
        async for report in self._mail.reports():
            if isinstance(report, StepBegun | TurnEnded):
                self._gate_given_out = True
            yield report

    async def proceed(self) -> None:
        if self._gate_given_out:
            self._gate_given_out = False
            self._gate.set()

    async def answer(self, question: QuestionId, text: str) -> None:
        future = self._answer_to(question)
        if not future.done():
            future.set_result(text.encode("utf-8", "replace").decode())

    async def result(self, call: str, outcome: Outcome) -> None:
        future = self._result_of(call)
        if not future.done():
            future.set_result(outcome)

    async def cancel(self) -> None:
        await self._mail.close()
        self._living.cancel()
        await asyncio.wait({self._living})
        if not self._ended:  # cancelled before it had begun
            await self._end(STOPPED)

    async def lose(self, sentence: str = "The agent was lost.") -> None:
        """End as if the worker had died now."""
        self._lost_by = sentence
        await self.cancel()

    async def _live(self) -> None:
        last: AgentReport = STOPPED
        try:
            last = await self._play()
        except asyncio.CancelledError:
            if self._lost_by is not None:
                last = Lost(sentence=self._lost_by)
        except _Died as died:
            last = lost(str(died))
        finally:
            await self._end(last)

    async def _end(self, last: AgentReport) -> None:
        self._ended = True
        await self._mail.end(last)

    async def _play(self) -> AgentReport:
        playing = play(self.briefing, self.files)
        answer: str | None = None
        while True:
            move = playing.send(answer)
            answer = None
            match move:
                case Finished() | Failed():
                    return move
                case Hang():
                    await _hang(move)
                case Crash():
                    raise _Died("its process was killed by SIGKILL")
                case Asked():
                    await self._mail.put(move)
                    self._open += 1
                    answer = await self._answer_to(move.id)
                    self._open -= 1
                case ActionWanted():
                    await self._mail.put(move)
                    answer = (await self._result_of(move.call)).text
                case StepBegun() | TurnEnded():
                    self._gate.clear()
                    await self._mail.put(move)
                    await self._gate.wait()
                case _:
                    await self._mail.put(move)

    def _result_of(self, call: str) -> asyncio.Future[Outcome]:
        return self._results.setdefault(call, asyncio.get_running_loop().create_future())

    def _answer_to(self, question: QuestionId) -> asyncio.Future[str]:
        return self._answers.setdefault(question, asyncio.get_running_loop().create_future())


async def _hang(step: Hang) -> NoReturn:
    if step.silent:
        raise _Died("it gave no sign of life")
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")
