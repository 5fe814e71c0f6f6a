"""The core over fakes: one repository in memory, a scripted agent without a process, all else as in the daemon."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from casework.agents.scripted import Files
from casework.core import intake, reviews, verdicts
from casework.core.landings import Landings
from casework.core.recorder import Recorder
from casework.core.repository import Checkout, Repository
from casework.core.rulebook import KnownRules, Rulebook
from casework.core.runner import Runner
from casework.detectors import detectors
from casework.domain.board import Board
from casework.domain.envelope import Actor
from casework.domain.events import TaskStopped
from casework.domain.ids import StreamId
from casework.domain.status import Status
from casework.domain.task import Task
from casework.domain.verdict import Choice, shown_hash
from casework.ports.agent import Agent, Briefing
from tests.fakes.agent import FakeAgent, MemoryFiles
from tests.fakes.blobs import MemoryBlobs
from tests.fakes.checks import FakeChecks
from tests.fakes.drafts import MemoryDrafts
from tests.fakes.journal import MemoryJournal, Shelf
from tests.fakes.landing import MemoryLander
from tests.fakes.permissions import FakeWeigher
from tests.fakes.sandbox import FakeSandbox, FakeWaysOut
from tests.fakes.tools import FakeToolboxes
from tests.fakes.workspace import MemoryRepositories, MemoryWorkspace
from tests.waiting import wait_until_async

ADA: Final = Actor(kind="human", id="ada", via="test")
BOB: Final = Actor(kind="human", id="bob", via="other")


@dataclass(slots=True)
class Counter:
    """Time and names that only count."""

    count: int = 0

    def now_us(self) -> int:
        self.count += 1
        return self.count * 1_000_000

    def new_id(self) -> str:
        self.count += 1
        return f"00000000-0000-7000-8000-{self.count:012}"


@dataclass(slots=True)
class Documents:
    """What is unsaved in some editor."""

    dirty: set[str] = field(default_factory=set)

    def unsaved(self, paths: Collection[str]) -> list[str]:
        return [path for path in paths if path in self.dirty]


class WorktreeFiles(MemoryFiles):
    """What the agent writes lands in the worktree of the workspace in memory."""

    def __init__(self, disk: dict[str, bytes]) -> None:
        super().__init__()
        self._disk = disk
        self.contents = {path.encode(): data for path, data in disk.items()}

    def write(self, path: bytes, content: bytes, *, spare: bytes) -> None:
        super().write(path, content, spare=spare)
        self._disk[path.decode()] = content

    def delete(self, path: bytes) -> None:
        super().delete(path)
        self._disk.pop(path.decode(), None)


@dataclass(slots=True)
class World:
    """What outlives the daemon."""

    shelf: Shelf = field(default_factory=Shelf)
    user: Shelf = field(default_factory=Shelf)
    """The user's own journal."""
    weigher: FakeWeigher = field(default_factory=FakeWeigher)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    repositories: MemoryRepositories = field(default_factory=MemoryRepositories)
    clock: Counter = field(default_factory=Counter)
    documents: Documents = field(default_factory=Documents)
    checks: FakeChecks = field(default_factory=FakeChecks)
    trusted: bool = False
    workspace: MemoryWorkspace = field(init=False)
    lander: MemoryLander = field(init=False)

    def __post_init__(self) -> None:
        self.workspace = self.repositories.add()
        self.workspace.commit("first", {"pay.py": b"one\ntwo\nthree\n", "other.py": b"x\n"})
        self.lander = MemoryLander(self.workspace)


@dataclass(slots=True)
class Room:
    """One life of the daemon, with what a human does in it."""

    world: World
    repository: Repository
    agent: FakeAgent
    landings: Landings
    runner: Runner

    def task(self, number: int = 1) -> Task:
        return self.repository.board.number(number)

    async def stop(self, number: int = 1) -> Task:
        return await intake.move_task(self.repository, number, "stop", TaskStopped(), ADA)

    async def until(self, *statuses: Status, number: int = 1) -> Task:
        await wait_until_async(
            lambda: self.task(number).status in statuses, description=f"task {number} is {statuses}", timeout_s=5
        )
        return self.task(number)

    async def add(self, title: str = "Refuse expired cards") -> Task:
        return await intake.add_task(self.repository, intake.NewTask(title), ADA)

    async def start(self, *steps: dict[str, Any], number: int = 1, again: bool = False) -> Task:
        script = json.dumps({"steps": list(steps)})
        return await intake.start_task(self.repository, number, ADA, agent="scripted", script=script, again=again)

    async def play(self, *runs: list[dict[str, Any]], number: int = 1) -> Task:
        """Start it with a script that has a part for each run."""
        script = json.dumps({"runs": [{"steps": steps} for steps in runs]})
        return await intake.start_task(self.repository, number, ADA, agent="scripted", script=script, again=False)

    async def review(self, *steps: dict[str, Any]) -> Task:
        """Let the agent work, and wait for its review."""
        await self.add()
        await self.start(*(steps or (EDIT, DONE)))
        return await self.until("in_review", "failed")

    async def approve(
        self, number: int = 1, *, actor: Actor = ADA, shown: str | None = None, choice: Choice | None = None
    ) -> Task:
        hashed = shown or self.shown(number, choice)
        approval = verdicts.Approval(
            hashed,
            rest=choice.rest if choice is not None else None,
            only_accepted=choice is not None and choice.only_accepted,
        )
        return await verdicts.approve(self.repository, number, approval, actor)

    async def send_back(self, message: str, number: int = 1) -> Task:
        request = verdicts.Request(self.shown(number), message)
        return await verdicts.request_changes(self.repository, number, request, ADA)

    async def open(self, wanted: reviews.Wanted) -> Task:
        return await reviews.open_review(self.repository, wanted, ADA)

    def shown(self, number: int = 1, choice: Choice | None = None) -> str:
        self.task(number).standing_review()
        return shown_hash(self.task(number), choice)

    def kinds(self) -> list[str]:
        return [row.event.kind for row in self.world.shelf.rows]


EDIT: Final = {"do": "edit", "path": "pay.py", "old": "two", "new": "TWO"}
DONE: Final = {"do": "finish", "comment": "Two is written large."}


@asynccontextmanager
async def room(
    world: World | None = None,
    *,
    lands: bool = True,
    more_agents: Mapping[str, Agent] | None = None,
    toolboxes: FakeToolboxes | None = None,
) -> AsyncIterator[Room]:
    """Start the daemon's core on a world; leaving it is an orderly end. Without `lands` it ends before it lands."""
    world = world or World()
    journal = MemoryJournal(StreamId("10000000-0000-7000-8000-000000000000"), world.shelf)
    board = Board()
    async for row in journal.read():
        board.apply(row)
    recorder = Recorder(journal, board, lambda draft: draft)

    def files(briefing: Briefing) -> Files:
        return WorktreeFiles(world.workspace.worktrees[briefing.worktree])

    agent = FakeAgent("scripted", files)
    checkout = Checkout(world.workspace.identity.top, world.workspace, world.lander)
    user = Recorder(MemoryJournal(StreamId("20000000-0000-7000-8000-000000000000"), world.user), Board(), lambda d: d)
    known = KnownRules()
    for row in world.user.rows:
        known.apply(row)
    rules = Rulebook(user, known, world.clock)
    user.start()
    repository = Repository(
        identity=world.workspace.identity,
        recorder=recorder,
        blobs=world.blobs,
        drafts=MemoryDrafts(),
        check_out=lambda _identity, _top: checkout,
        agents={"scripted": agent, **(more_agents or {})},
        clock=world.clock,
        documents=world.documents,
        weigher=world.weigher,
        rules=rules,
        is_trusted=lambda: world.trusted,
        checks=world.checks,
        detectors=detectors(),
        sandbox=FakeSandbox(),
        toolboxes=toolboxes or FakeToolboxes(),
        ways_out=FakeWaysOut(),
    )
    recorder.start()
    made = Room(world, repository, agent, Landings(repository), Runner(repository))
    await made.landings.recover()
    if lands:
        made.landings.start()
    await made.runner.recover()
    try:
        yield made
    finally:
        await made.runner.close()
        await made.landings.close()
        await recorder.close()
        await user.close()
