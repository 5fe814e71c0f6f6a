"""The desk: every repository this user's daemon has open, and what belongs to the user and not to one repository.

Repositories are opened when somebody first asks for them, once, and recovered before anybody else sees them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from casework.core.checking import say_interrupted
from casework.core.landings import Landings
from casework.core.rechecking import Rechecks
from casework.core.recorder import Recorder
from casework.core.repository import ChosenChecks, Repository
from casework.core.runner import Runner
from casework.core.snoozes import Snoozes
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.errors import CaseworkError
from casework.ports.clock import Clock
from casework.ports.unfinished import Unfinished
from casework.ports.workspace import Identity, Repositories

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class OpenRepository:
    """A repository with what moves in it."""

    repository: Repository
    landings: Landings
    runner: Runner
    snoozes: Snoozes
    rechecks: Rechecks
    warning: str = ""
    """What the human must know about its journal, as a sentence."""


OpenIt = Callable[[Identity], Awaitable[tuple[Repository, str]]]
"""Builds a repository's core over its opened and folded journal; the text is the warning."""


@dataclass(slots=True)
class KnownRepositories:
    """What the user's own journal tells: where repositories were seen, and which of them are trusted."""

    places: dict[str, str] = field(default_factory=dict)
    """Repository id to the git common directory it was last seen at."""
    trusted: set[tuple[str, str]] = field(default_factory=set)
    """Trust is bound to the id and to the place."""
    checks: dict[str, ChosenChecks] = field(default_factory=dict)
    """What checks a repository, where the user said so."""

    def apply(self, row: Recorded) -> None:
        """Fold one row of the user's journal."""
        match row.event:
            case e.RepositorySeen() as seen:
                self.places[seen.repository] = seen.common_dir
            case e.TrustGranted() as granted:
                self.trusted.add((granted.repository, granted.path))
            case e.TrustRevoked() as revoked:
                self.trusted.discard((revoked.repository, revoked.path))
            case e.ChecksChosen() as chosen:
                self.checks[chosen.repository] = ChosenChecks(chosen.commands, chosen.environment)
            case _:
                pass


class Desk:
    """Opens repositories and keeps them."""

    def __init__(
        self,
        repositories: Repositories,
        user: Recorder,
        known: KnownRepositories,
        open_it: OpenIt,
        clock: Clock,
        unfinished: Unfinished,
    ) -> None:
        self._repositories = repositories
        self._user = user
        self._known = known
        self._open_it = open_it
        self._clock = clock
        self._unfinished = unfinished
        self._open: dict[str, asyncio.Task[OpenRepository]] = {}
        self._identities: dict[str, Identity] = {}
        self._looking: dict[str, asyncio.Task[Identity]] = {}
        user.listen(self._fold)

    def _fold(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            self._known.apply(row)

    async def identify(self, path: str) -> Identity:
        """Tell which repository a path lies in; remembered as long as that repository stands there.

        Raises:
            Refused: none, or one that can't be read.
        """
        found = self._identities.get(path)
        if found is not None and await asyncio.to_thread(self._repositories.is_still, found):
            return found
        looking = self._looking.get(path)
        if looking is None:  # who asks meanwhile waits for the same answer: it takes git two processes
            looking = asyncio.create_task(self._look(path), name=f"identify {path}")
            self._looking[path] = looking
            looking.add_done_callback(lambda _: self._looking.pop(path, None))
        return await asyncio.shield(looking)

    async def _look(self, path: str) -> Identity:
        found = await asyncio.to_thread(self._repositories.identify, path)
        self._identities[path] = found
        if self._known.places.get(found.id) != found.common_dir:
            event = e.RepositorySeen(repository=found.id, path=found.top, common_dir=found.common_dir)
            await self._record(event, Actor(kind="daemon", id="casework"))
        return found

    async def open(self, path: str) -> OpenRepository:
        """Give the repository a path lies in, opened and recovered.

        Raises:
            Refused, Trouble: it can't be opened; the next call tries again.
        """
        identity = await self.identify(path)
        opening = self._open.get(identity.id)
        if opening is not None and opening.done() and not opening.cancelled() and opening.exception() is None:
            await self._follow_move(opening.result().repository, identity)
        if opening is None:
            opening = asyncio.create_task(self._begin(identity), name=f"open {identity.top}")
            self._open[identity.id] = opening
        try:
            return await asyncio.shield(opening)
        except Exception:
            if opening.done() and self._open.get(identity.id) is opening:
                del self._open[identity.id]
            raise

    async def _follow_move(self, repository: Repository, identity: Identity) -> None:
        """A clone that was moved while it was open is worked on where it stands now."""
        known = repository.identity
        if known.common_dir != identity.common_dir and not await asyncio.to_thread(self._repositories.is_still, known):
            repository.moved(identity)

    async def _begin(self, identity: Identity) -> OpenRepository:
        repository, warning = await self._open_it(identity)
        opened = OpenRepository(
            repository, Landings(repository), Runner(repository), Snoozes(repository), Rechecks(repository), warning
        )
        if not repository.recorder.journal.state.read_only:
            # Until it is closed in order: no row and no clearing up comes before the mark or stays behind without it.
            self._unfinished.mark(identity.id, unfinished=True)
            await opened.landings.recover()
            opened.landings.start()
            await asyncio.to_thread(repository.workspace.remove_throwaways)
            await say_interrupted(repository)
            await opened.runner.recover()
            opened.snoozes.start()
        return opened

    async def recover(self) -> None:
        """Open every repository that the last daemon had open when it was killed, or left with work under way.

        Nobody has to ask for them: what was approved gets its end, what ran is taken up again.
        """
        for repository in self._unfinished.names():
            place = self._known.places.get(repository)
            if place is None:
                continue
            try:
                await self.open(place)
            except CaseworkError as no:
                logger.warning("%s has unfinished work and can't be opened: %s", place, no.sentence)

    def opened(self) -> list[OpenRepository]:
        """Give the repositories that are open now."""
        return [
            task.result()
            for task in self._open.values()
            if task.done() and not task.cancelled() and not task.exception()
        ]

    def busy(self) -> bool:
        """Tell whether anything runs or lands."""
        return any(opened.runner.busy() or opened.landings.busy() or opened.rechecks.busy() for opened in self.opened())

    def is_trusted(self, identity: Identity) -> bool:
        """Tell whether the user trusts this repository at this place."""
        return (identity.id, identity.common_dir) in self._known.trusted

    async def trust(self, identity: Identity, actor: Actor, *, yes: bool) -> None:
        """Grant or revoke the user's trust. A deed of a human, never of anything Casework started."""
        if self.is_trusted(identity) == yes:
            return
        make = e.TrustGranted if yes else e.TrustRevoked
        await self._record(make(repository=identity.id, path=identity.common_dir), actor)

    async def choose_checks(self, identity: Identity, chosen: ChosenChecks, actor: Actor) -> None:
        """Keep what the user wants to be run for a repository: in the user's journal, never in the repository."""
        if self._known.checks.get(identity.id, ChosenChecks()) != chosen:
            event = e.ChecksChosen(repository=identity.id, commands=chosen.commands, environment=chosen.environment)
            await self._record(event, actor)

    async def _record(self, event: e.Event, actor: Actor) -> None:
        draft = Draft(id=self._clock.new_id(), event=event, actor=actor, at=self._clock.now_us())
        await self._user.record(lambda _: [draft])

    async def close(self) -> None:
        """End runs (they are resumed at the next start), finish landings, close every journal."""
        for opening in list(self._open.values()):
            opened = (await asyncio.gather(opening, return_exceptions=True))[0]
            if isinstance(opened, OpenRepository):
                await opened.snoozes.close()
                await opened.rechecks.close()
                await opened.runner.close()
                await opened.landings.close()
                await opened.repository.recorder.close()
                if not opened.repository.recorder.journal.state.read_only:
                    self._unfinished.mark(opened.repository.identity.id, unfinished=_has_work(opened.repository.board))
        await self._user.close()


def _has_work(board: Board) -> bool:
    """Whether somebody who is not a human has the next move."""
    if any(task.model_lost for task in board.in_status("waiting")):
        return True
    return any(True for _ in board.in_status("queued", "running", "landing")) or any(
        task.is_being_undone for task in board.tasks.values()
    )
