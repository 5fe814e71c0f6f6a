"""The composition root: the only place that knows which adapter stands behind which port.

What the first board does without is imported where it is first needed, because an editor waits for the rest.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import casework.lsp.methods  # noqa: F401 - registers every method
from casework import __version__, paths
from casework.agents.registry import agents
from casework.checks.confined import ConfinedChecks
from casework.core.desk import Desk, KnownRepositories
from casework.core.recorder import Recorder
from casework.core.repository import Checkout, ChosenChecks, Limits, Repository
from casework.core.rulebook import KnownRules, Rulebook
from casework.daemon.application import Session, SessionHandler
from casework.detectors import detectors
from casework.domain.board import Board
from casework.domain.envelope import Draft, Recorded
from casework.domain.errors import Refused
from casework.domain.ids import uuid7
from casework.domain.redaction import redact_event
from casework.lsp.desktop import Desktop
from casework.lsp.documents import OpenTexts
from casework.lsp.service import SessionService
from casework.lsp.session import DaemonFacts
from casework.permissions import Closed, RuleWeigher
from casework.ports.agent import Briefing
from casework.ports.journal import Journal
from casework.ports.sandbox import Boxed
from casework.ports.tools import Toolboxes
from casework.ports.watching import Moved
from casework.ports.workspace import Identity
from casework.sandbox.choose import Chosen
from casework.store.directory import StateDirectory
from casework.store.unfinished import UnfinishedFiles
from casework.workspace.landing.lander import GitLander
from casework.workspace.repositories import GitRepositories

if TYPE_CHECKING:
    from casework.ports.sandbox import WaysOut
    from casework.settings import SettingsFile
    from casework.workspace.watching import Watcher

logger = logging.getLogger(__name__)


class SystemClock:
    """The system's time, and uuid7 (RFC 9562) for names."""

    def now_us(self) -> int:
        """Give UTC microseconds."""
        return time.time_ns() // 1000

    def new_id(self) -> str:
        """Give a new uuid7."""
        return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


class CaseworkApplication:
    """What the daemon runs."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._state = StateDirectory(paths.state_directory(), self._clock.now_us)
        self._known = KnownRepositories()
        self._known_rules = KnownRules()
        self._texts = OpenTexts()
        self._desktop = Desktop(self)
        self._repositories = GitRepositories(
            state=str(paths.state_directory()), known=self._known.places.get, trusted=self._is_trusted
        )
        self._sandbox = Chosen()
        self._weigher = RuleWeigher(_closed())
        self._rules: Rulebook
        self._agents = agents(
            lambda: self._settings.current(), self._confine_worker, self._confine_survey, self._confine_model
        )
        self._desk: Desk | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._started_at = self._clock.now_us()

    async def start(self) -> None:
        """Open the user's journal; repositories are opened when somebody asks for them."""
        user = await self._recorder(await self._state.open_user_journal(), self._of_the_user)
        self._rules = Rulebook(user, self._known_rules, self._clock)
        unfinished = UnfinishedFiles(paths.state_directory())
        self._desk = Desk(self._repositories, user, self._known, self._open_repository, self._clock, unfinished)
        self._recovering = asyncio.create_task(self._desk.recover(), name="recovering")
        self._recovering.add_done_callback(_log_end)

    def _of_the_user(self, row: Recorded) -> None:
        self._known.apply(row)
        self._known_rules.apply(row)

    async def stop(self) -> None:
        """Finish landings, end workers so that the next start resumes their runs, close every journal."""
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.gather(self._recovering, return_exceptions=True)
        await self._desktop.close()
        if self._desk is not None:
            await self._desk.close()
        for agent in self._agents.values():
            await agent.close()

    def busy(self) -> bool:
        """Tell whether anything runs or lands."""
        recovering = self._recovering is not None and not self._recovering.done()
        return recovering or (self._desk is not None and self._desk.busy())

    def open_session(self, session: Session) -> SessionHandler:
        """Give what serves one client."""
        assert self._desk is not None, "sessions are opened after the start"
        return SessionService(
            session.client,
            session.id,
            self._desk,
            self._facts(session),
            self._texts.session(),
            self._desktop,
        )

    def _check_out(self, wanted: Identity, top: str) -> Checkout:
        try:
            found = wanted if top == wanted.top else self._repositories.identify(top)
        except Refused:
            # The work tree is gone, or moved with its clone: the one that is here will do, since a landing looks at
            # the branch it is for and refuses on any other.
            found = wanted
        if found.id != wanted.id:
            raise Refused(
                f"{top} is another repository by now, so nothing can land there; "
                "open the review again where it belongs.",
                code="another_repository",
            )
        workspace = self._repositories.open(found)
        return Checkout(found.top, workspace, GitLander(workspace.git))

    @asynccontextmanager
    async def watch(self, top: str) -> AsyncIterator[AsyncIterator[Moved]]:
        """Do what `ports.watching.Watching` promises."""
        watcher = await asyncio.to_thread(self._watcher, top)
        async with watcher:
            yield watcher.events()

    def _watcher(self, top: str) -> Watcher:
        found = self._repositories.identify(top)
        from casework.workspace.watching import Watcher  # while git ran, the first board was answered

        return Watcher(self._repositories.open(found).git)

    @cached_property
    def _settings(self) -> SettingsFile:
        from casework.settings import SettingsFile

        return SettingsFile(paths.config_directory())

    @cached_property
    def _toolboxes(self) -> Toolboxes:
        from casework.agents.toolbox import ProcessToolboxes

        return ProcessToolboxes(self._sandbox)

    def _limits(self) -> Limits:
        settings = self._settings.current()
        if self._settings.warning:
            logger.warning("%s", self._settings.warning)
        return Limits(
            runs_at_once=settings.runs_at_once,
            follow_ups_per_run=settings.follow_ups_per_run,
            protected_branches=tuple(settings.protected_branches),
            default_agent=settings.default_agent,
            check_runs=settings.check_runs,
            check_seconds=settings.check_seconds,
            checks_sent_back=settings.checks_sent_back,
            survey_budget_s=settings.survey_budget_s,
        )

    @cached_property
    def _ways_out(self) -> WaysOut:
        from casework.sandbox.proxy import Proxies

        return Proxies(paths.runtime_directory)

    def _confine_worker(self, command: Sequence[str], briefing: Briefing) -> Boxed | None:
        """Put the worker of an agent that runs no programs into a box, where there is one."""
        from casework.core.boxes import worker_box

        facts = self._sandbox.facts()
        return self._sandbox.command(command, worker_box(briefing.worktree, facts)) if facts.confines else None

    def _confine_survey(self, command: Sequence[str], briefing: Briefing) -> Boxed:
        """Put the survey's worker into a box with the project's environment; without one it does not start."""
        from casework.core.boxes import survey_box
        from casework.ports.survey import SurveyOrder

        order = SurveyOrder.model_validate_json(briefing.script)
        return self._sandbox.command(command, survey_box(briefing.worktree, self._sandbox.facts(), order.places))

    @asynccontextmanager
    async def _confine_model(self, command: Sequence[str], host: str) -> AsyncIterator[Boxed | None]:
        """Put what talks to a model into a box from which that one host is reached.

        Not where this machine itself reaches the network through a proxy only: ours knows no way through it.
        """
        from casework.core.boxes import model_box

        facts = await asyncio.to_thread(self._sandbox.facts)
        proxied = any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"))
        if not facts.confines or not facts.closes_network or not host or proxied:
            yield None
            return
        async with self._ways_out.lead(host) as socket:
            yield await asyncio.to_thread(self._sandbox.command, command, model_box(socket))

    def _is_trusted(self, identity: Identity) -> bool:
        return self._desk is not None and self._desk.is_trusted(identity)

    async def _recorder(self, journal: Journal, told: Callable[[Recorded], object]) -> Recorder:
        board = Board()
        async for row in journal.read():
            board.apply(row)
            told(row)
        recorder = Recorder(journal, board, redacted)
        recorder.start()
        return recorder

    async def _open_repository(self, identity: Identity) -> tuple[Repository, str]:
        journal = await self._state.open_repository_journal(identity.id)
        recorder = await self._recorder(journal, lambda _: None)
        repository = Repository(
            identity=identity,
            recorder=recorder,
            blobs=self._state.blobs(identity.id),
            drafts=self._state.drafts(identity.id),
            check_out=self._check_out,
            agents=self._agents,
            clock=self._clock,
            documents=self._texts,
            is_trusted=lambda: self._is_trusted(identity),
            weigher=self._weigher,
            rules=self._rules,
            sandbox=self._sandbox,
            toolboxes=self._toolboxes,
            ways_out=self._ways_out,
            checks=ConfinedChecks(self._sandbox),
            limits=self._limits,
            chosen_checks=lambda: self._known.checks.get(identity.id, ChosenChecks()),
            detectors=detectors(),
        )
        moved = f"This repository was at {identity.moved_from} before." if identity.moved_from else ""
        state = journal.state
        return repository, " ".join(text for text in (state.read_only, state.repaired, moved) if text)

    def _facts(self, session: Session) -> DaemonFacts:
        def connections() -> int:
            sessions = session.daemon.status()["sessions"]
            return len(sessions) if isinstance(sessions, list) else 0

        return DaemonFacts(
            version=__version__,
            build=session.build,
            pid=os.getpid(),
            socket=str(paths.socket_path()),
            state_directory=str(paths.state_directory()),
            log=str(paths.log_directory() / "daemon.log"),
            started_at=self._started_at,
            connections=connections,
            stop=session.daemon.stop,
        )


def _closed() -> Closed:
    ours = (paths.state_directory(), paths.config_directory(), paths.log_directory(), paths.socket_path().parent)
    return Closed(ours=tuple(map(str, ours)), home=str(Path.home()))


def redacted(draft: Draft) -> Draft:
    """Redact the free text of an event at the border, before it is hashed or written."""
    event = redact_event(draft.event)
    return draft if event is draft.event else replace(draft, event=event)


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("recovering what was unfinished failed", exc_info=task.exception())


def build() -> CaseworkApplication:
    """Give the application, not started yet."""
    return CaseworkApplication()
