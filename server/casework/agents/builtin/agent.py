"""The builtin agent, the daemon's side: one warm worker process that serves every run, and the runs in it.

The worker is started with the first run and kept, because importing the SDK takes a second. When it dies, every run in
it is lost, and each goes on in the next worker from the turns that were kept. Not here: what the agent does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from casework.agents.frames import (
    PROTOCOL,
    Beat,
    Configure,
    Hello,
    ModelAccess,
    Renew,
    Report,
    Start,
    Welcome,
)
from casework.agents.mailbox import Mailbox
from casework.agents.orders import Orders
from casework.agents.pipe import Broken, WorkerPipe
from casework.agents.process import ENVIRONMENT, STOPPED, Patience, lost
from casework.domain.errors import Trouble
from casework.domain.ids import QuestionId, RunId
from casework.ports.agent import (
    AgentFacts,
    AgentReport,
    AgentRun,
    AgentState,
    Asked,
    BackInReach,
    Briefing,
    Failed,
    Finished,
    Halted,
    Lost,
    OutOfReach,
)
from casework.ports.sandbox import Boxed
from casework.ports.tools import Outcome

logger = logging.getLogger(__name__)

SERVING: Final = (sys.executable, "-I", "-m", "casework.agents.builtin.serving")
NETWORK: Final = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE")
"""What else of the daemon's environment this worker is given: how this machine reaches the network."""
LOOK_AT_SETTINGS_S: Final = 2.0
"""Between two looks whether settings or key have changed, while a run is under way."""
_MAILBOX: Final = 256

Enter = Callable[[Sequence[str], str], AbstractAsyncContextManager[Boxed | None]]
"""Puts the worker into a box from which one host, `name:port`, is reached; None where nothing confines."""


@asynccontextmanager
async def no_box(_command: Sequence[str], _host: str) -> AsyncIterator[Boxed | None]:
    """Give no box."""
    yield None


class BuiltinAgent:
    """The agent named `builtin`."""

    def __init__(
        self,
        access: Callable[[], ModelAccess],
        *,
        enter: Enter = no_box,
        command: Sequence[str] = SERVING,
        patience: Patience | None = None,
    ) -> None:
        """`access` gives how the model is reached now; it may block, and is called in a thread."""
        self._enter = enter
        self._access = access
        self._command = tuple(command)
        self._patience = patience or Patience()
        self._worker: _Worker | None = None
        self._starting = asyncio.Lock()

    @property
    def name(self) -> str:
        """The name people type."""
        return "builtin"

    @property
    def goes_on(self) -> bool:
        """Every turn is kept, so a run whose worker died goes on at the next one."""
        return True

    def check(self, briefing: Briefing) -> None:
        """Every briefing can be worked on; a missing key is waited for."""

    def describe(self) -> AgentFacts:
        """Say where the key was found and where the model is; never the key."""
        access = self._access()
        if access.trouble:
            return AgentFacts(ok=False, sentence=access.trouble, mend="see docs/how-to/let-an-agent-work.md")
        return AgentFacts(ok=True, sentence=f"{access.model} at {access.base_url}, key from the {access.key_place}")

    async def start(self, briefing: Briefing) -> AgentRun:
        """Begin a run in the warm worker, which is started where there is none.

        Raises:
            Trouble (`agent_not_started`): it can't be started.
        """
        access = await asyncio.to_thread(self._access)
        async with self._starting:
            worker = self._worker
            if worker is None or worker.dead:
                worker = self._worker = await self._begin(_host(access))
        worker.configure(access)
        return worker.begin(briefing)

    async def close(self) -> None:
        """End the worker; runs in it are lost."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.end()

    async def _begin(self, host: str) -> _Worker:
        async with AsyncExitStack() as opened:
            try:
                boxed = await opened.enter_async_context(self._enter(self._command, host))
                if boxed is None:
                    names = [name for name in (*ENVIRONMENT, *NETWORK) if name in os.environ]
                    boxed = Boxed(self._command, {name: os.environ[name] for name in names}, "/")
                pipe = await WorkerPipe.spawn(boxed)
            except OSError as error:
                raise _not_started(error.strerror or "the system said no") from error
            opened.push_async_callback(pipe.end, self._patience.grace_s)
            try:
                async with asyncio.timeout(self._patience.start_s):
                    hello = await pipe.receive()
                if not isinstance(hello, Hello) or hello.protocol != PROTOCOL or self.name not in hello.agents:
                    raise Broken("it did not begin with a proper hello")
            except (Broken, TimeoutError) as error:
                late = isinstance(error, TimeoutError) and f"it said nothing for {self._patience.start_s:g} seconds"
                await pipe.end(self._patience.grace_s)
                raise _not_started(late or str(error) or pipe.epitaph()) from error
            pipe.send(Welcome(protocol=PROTOCOL, lease_s=self._patience.lease_s, beat_s=self._patience.beat_s))
            return _Worker(pipe, self._patience, self._access, host, opened.pop_all())


class _Worker:
    """The warm worker while it lives."""

    def __init__(
        self,
        pipe: WorkerPipe,
        patience: Patience,
        access: Callable[[], ModelAccess],
        host: str,
        opened: AsyncExitStack,
    ) -> None:
        """`opened` ends the process and closes its way out."""
        self.dead = False
        self._host = host
        self._opened = opened
        self._pipe = pipe
        self._patience = patience
        self._access = access
        self._told: ModelAccess | None = None
        self._runs: dict[RunId, SharedRun] = {}
        self._living = asyncio.create_task(self._live(), name=f"builtin-worker-{pipe.pid}")
        self._renewing = asyncio.create_task(self._renew(), name=f"builtin-lease-{pipe.pid}")
        self._looking = asyncio.create_task(self._look(), name=f"builtin-settings-{pipe.pid}")

    @property
    def pid(self) -> int:
        return self._pipe.pid

    def configure(self, access: ModelAccess) -> None:
        if access != self._told:
            self._told = access
            self._pipe.send(Configure(access=access))

    def begin(self, briefing: Briefing) -> SharedRun:
        run = SharedRun(self._pipe, briefing, lambda: self._runs.pop(briefing.run, None))
        self._runs[briefing.run] = run
        self._pipe.send(Start(agent="builtin", briefing=briefing))
        return run

    async def end(self) -> None:
        self._living.cancel()
        await asyncio.gather(self._living, return_exceptions=True)

    async def _live(self) -> None:
        why = "Casework ended its worker"
        try:
            why = await self._listen()
        except Exception:
            logger.exception("listening to the builtin agent's worker %s", self.pid)
            why = "Casework made a mistake listening to it, which stands in the daemon's log"
        finally:
            self.dead = True
            self._renewing.cancel()
            self._looking.cancel()
            await asyncio.shield(self._opened.aclose())
            for run in list(self._runs.values()):
                await run.end(lost(why or self._pipe.epitaph()))

    async def _listen(self) -> str:
        """Pass frames to their runs until there will be none; gives why."""
        silent_at = 0
        while True:
            try:
                async with asyncio.timeout(self._patience.silence_s / 2):
                    frame = await self._pipe.receive()
            except TimeoutError:
                silent_at += 1
                if silent_at < 2:  # the daemon itself may have stood still
                    continue
                return f"it gave no sign of life for {self._patience.silence_s:g} seconds"
            except Broken as broken:
                return str(broken)
            silent_at = 0
            match frame:
                case Beat():
                    pass
                case Hello():
                    return "it said hello twice"
                case Report():
                    run = self._runs.get(frame.run)
                    if run is not None and run.epoch == frame.epoch:
                        await run.take(frame)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._patience.lease_s / 4)
            self._pipe.send(Renew())

    async def _look(self) -> None:
        """Tell the worker when settings or key change: a run that waits for the model goes on then."""
        while True:
            await asyncio.sleep(LOOK_AT_SETTINGS_S)
            if not self._runs:
                continue
            access = await asyncio.to_thread(self._access)
            if _host(access) != self._host:  # its way out leads elsewhere: the runs go on in another worker
                self._living.cancel()
                return
            self.configure(access)


class SharedRun:
    """One run among others in the warm worker."""

    def __init__(self, pipe: WorkerPipe, briefing: Briefing, forget: Callable[[], object]) -> None:
        self.epoch = briefing.epoch
        self._pipe = pipe
        self._orders = Orders(pipe, briefing)
        self._forget = forget
        self._mail = Mailbox(_MAILBOX)
        self._seq = 0
        self._waits_for: set[QuestionId] = set()
        self._lost_model = False
        self._ended = False

    @property
    def state(self) -> AgentState:
        """Where the run stands; `waiting` while a question is open or the model is out of reach."""
        if self._ended:
            return "ended"
        return "waiting" if self._waits_for or self._lost_model else "working"

    @property
    def pid(self) -> int:
        """Of the worker, which other runs share."""
        return self._pipe.pid

    async def take(self, frame: Report) -> None:
        """Take the next report of the worker; one that breaks the rules ends the run."""
        self._seq += 1
        report = frame.report
        if frame.seq != self._seq or isinstance(report, Lost):
            await self.end(lost("its worker broke the rules of the pipe"))
            return
        self._orders.came(report, frame.seq)
        match report:
            case Finished() | Halted() | Failed():
                await self.end(report)
                return
            case Asked():
                self._waits_for.add(report.id)
            case OutOfReach():
                self._lost_model = True
            case BackInReach():
                self._lost_model = False
            case _:
                pass
        if not await self._mail.put_now(report):
            await self.end(lost("it reports faster than anybody can follow"))

    async def end(self, last: AgentReport) -> None:
        """Give the last report."""
        if not self._ended:
            self._ended = True
            self._forget()
            await self._mail.end(last)

    async def reports(self) -> AsyncIterator[AgentReport]:
        """Give the reports in order."""
        async for report in self._mail.reports():
            self._orders.given_out(report)
            yield report

    async def proceed(self) -> None:
        """Let the worker go on behind the gate that was given out; without one nothing happens."""
        self._orders.proceed()

    async def answer(self, question: QuestionId, text: str) -> None:
        """Hand over the answer; the first one to a question counts."""
        self._waits_for.discard(question)
        self._orders.answer(question, text)

    async def result(self, call: str, outcome: Outcome) -> None:
        """Hand over what came of an action."""
        self._orders.result(call, outcome)

    async def cancel(self) -> None:
        """Stop the run: nobody listens to it any more, and what it asks the model is broken off. Starts no processes,
        so nothing is left to be ended.
        """
        if not self._ended:
            self._orders.cancel()
            await self.end(STOPPED)


def _host(access: ModelAccess) -> str:
    """Give the one host that is to be reached, as `name:port`; empty where the address is none."""
    try:
        parts = urlsplit(access.base_url)
        name, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ""
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}" if name else ""


def _not_started(why: str) -> Trouble:
    return Trouble(
        f"The agent builtin could not be started: {why}; the task keeps what it has, retry it.",
        code="agent_not_started",
    )
