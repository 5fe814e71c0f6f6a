"""One repository the daemon works on: the ports it was given, its recorder, and the texts the journal only names."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from casework.core.recorder import Recorder
from casework.core.rulebook import Rulebook
from casework.core.turnstile import Turnstile
from casework.domain.board import Board
from casework.domain.change import Change
from casework.domain.envelope import Actor, Draft, Origin
from casework.domain.events import Event
from casework.domain.evidence import Seen
from casework.domain.ids import BlobHash, RunId, TaskId
from casework.domain.redaction import redact
from casework.ports.agent import Agent
from casework.ports.blobs import Blobs
from casework.ports.checks import Checks
from casework.ports.clock import Clock
from casework.ports.detector import Detector
from casework.ports.documents import OpenDocuments
from casework.ports.drafts import Drafts
from casework.ports.landing import Lander, LandingPlan
from casework.ports.permissions import Weigher
from casework.ports.sandbox import Sandbox, WaysOut
from casework.ports.tools import Toolboxes
from casework.ports.workspace import Identity, Workspace

DAEMON = Actor(kind="daemon", id="casework")
_CHANGES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user may set."""

    runs_at_once: int = 2
    follow_ups_per_run: int = 20
    protected_branches: tuple[str, ...] = ()
    default_agent: str = "builtin"
    survey_budget_s: float = 45.0
    check_runs: bool = True
    check_seconds: int = 600
    checks_sent_back: int = 2


@dataclass(frozen=True, slots=True)
class ChosenChecks:
    """What the user chose for a repository; empty for what is found."""

    commands: tuple[str, ...] = ()
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Checkout:
    """One work tree of the repository: the main one, or a linked one of the user's."""

    top: str
    workspace: Workspace
    lander: Lander


@dataclass(slots=True)
class Repository:
    """Everything the core needs to move work in one repository."""

    identity: Identity
    recorder: Recorder
    blobs: Blobs
    drafts: Drafts
    check_out: Callable[[Identity, str], Checkout]
    """Opens a work tree by its top. Blocks. Raises `Refused` when it is gone or is another repository by now."""
    agents: Mapping[str, Agent]
    clock: Clock
    documents: OpenDocuments
    is_trusted: Callable[[], bool]
    weigher: Weigher
    rules: Rulebook
    """The user's own: they hold in this repository or in all."""
    toolboxes: Toolboxes
    sandbox: Sandbox
    ways_out: WaysOut
    checks: Checks
    limits: Callable[[], Limits] = Limits
    chosen_checks: Callable[[], ChosenChecks] = ChosenChecks
    one_check: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Checks of one repository run one after the other: they may use all there is of the machine."""
    turnstile: Turnstile = field(default_factory=Turnstile)
    """What every report of a run goes through."""
    seen_bases: OrderedDict[tuple[str, str], Seen] = field(default_factory=OrderedDict)
    """What commands came to on trees without the change, by commit and command; the last few."""
    detectors: tuple[Detector, ...] = ()
    """What looks at every change before a human does."""
    tops: dict[str, None] = field(default_factory=dict)
    """The work trees that somebody has open."""
    planned: dict[TaskId, LandingPlan] = field(default_factory=dict)
    """What a task's last approval was computed to do, until its landing begins; without one it is computed anew."""
    _checkouts: dict[str, Checkout] = field(default_factory=dict)
    _changes: OrderedDict[BlobHash, Change] = field(default_factory=OrderedDict)

    @property
    def board(self) -> Board:
        """The state as it is now."""
        return self.recorder.board

    @property
    def workspace(self) -> Workspace:
        """The work tree the repository was opened at: for whatever does not depend on which one it is."""
        return self.checkout("").workspace

    def moved(self, identity: Identity) -> None:
        """The repository stands at another place now."""
        self.identity = identity
        self._checkouts.clear()

    def checkout(self, top: str) -> Checkout:
        """Give a work tree by its top; empty for the one the repository was opened at. Blocks at the first call.

        Raises:
            Refused: it is gone.
        """
        wanted = top or self.identity.top
        found = self._checkouts.get(wanted)
        if found is None:
            found = self._checkouts[wanted] = self.check_out(self.identity, wanted)
        return found

    def draft(
        self,
        event: Event,
        actor: Actor,
        *,
        task: TaskId | None,
        run: RunId | None = None,
        origin: Origin = "user",
        cause: str | None = None,
    ) -> Draft:
        """Put an event into its envelope."""
        return Draft(
            id=self.clock.new_id(),
            event=event,
            actor=actor,
            task=task,
            run=run,
            origin=origin,
            cause=cause,
            at=self.clock.now_us(),
        )

    def keep(self, text: str) -> BlobHash:
        """Keep a text, with its secrets redacted before it is hashed."""
        return self.blobs.put(redact(text).encode("utf-8", "surrogatepass"))

    def text(self, name: BlobHash | None) -> str:
        """Give a kept text; empty for none."""
        return self.blobs.get(name).decode("utf-8", "surrogatepass") if name is not None else ""

    def keep_change(self, change: Change) -> BlobHash:
        """Keep a change's manifest: paths, places and ids, none of its lines."""
        name = self.blobs.put(change.model_dump_json().encode())
        self._remember(name, change)
        return name

    def change(self, name: BlobHash) -> Change:
        """Give a kept change."""
        found = self._changes.get(name)
        if found is None:
            found = Change.model_validate_json(self.blobs.get(name))
        self._remember(name, found)
        return found

    def _remember(self, name: BlobHash, change: Change) -> None:
        self._changes[name] = change
        self._changes.move_to_end(name)
        if len(self._changes) > _CHANGES_KEPT:
            self._changes.popitem(last=False)


def preview(text: str) -> str:
    """Give the first line of a text, redacted and cut, to be shown where the text itself is not loaded."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return redact(line)[:200]
