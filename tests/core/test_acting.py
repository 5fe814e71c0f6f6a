"""Agents that want things done and talk to a model: weighed, announced, done, kept; waiting, lost, stopped, gone on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from casework.agents.mailbox import Mailbox
from casework.agents.process import STOPPED
from casework.core import intake
from casework.core.runner import LOSSES
from casework.domain import events as e
from casework.domain.ids import QuestionId
from casework.ports import agent as a
from casework.ports.tools import Outcome, ReadCall, ShellCall
from tests.core.room import ADA, Room, World, room
from tests.fakes.tools import FakeToolboxes
from tests.waiting import wait_until_async

SECRET = "AKIAIOSFODNN7EXAMPLE"


class Puppet:
    """An agent whose reports the test gives, one at a time."""

    name = "puppet"
    goes_on = True

    def __init__(self) -> None:
        self.runs: list[PuppetRun] = []

    def check(self, briefing: a.Briefing) -> None:
        pass

    def describe(self) -> a.AgentFacts:
        return a.AgentFacts(ok=True, sentence="pulled by a test")

    async def close(self) -> None:
        pass

    async def start(self, briefing: a.Briefing) -> a.AgentRun:
        run = PuppetRun(briefing)
        self.runs.append(run)
        return run


class PuppetRun:
    def __init__(self, briefing: a.Briefing) -> None:
        self.briefing = briefing
        self.results: dict[str, Outcome] = {}
        self._mail = Mailbox(64)

    @property
    def state(self) -> a.AgentState:
        return "working"

    def reports(self) -> AsyncIterator[a.AgentReport]:
        return self._mail.reports()

    async def say(self, *reports: a.AgentReport) -> None:
        for report in reports:
            if isinstance(report, a.Finished | a.Halted | a.Failed | a.Lost):
                await self._mail.end(report)
            else:
                await self._mail.put(report)

    async def proceed(self) -> None:
        pass

    async def answer(self, question: QuestionId, text: str) -> None:
        pass

    async def result(self, call: str, outcome: Outcome) -> None:
        self.results[call] = outcome

    async def cancel(self) -> None:
        await self._mail.end(STOPPED)


class Stage:
    """A room with a puppet in it."""

    def __init__(self, desk: Room, puppet: Puppet, toolboxes: FakeToolboxes) -> None:
        self.desk = desk
        self.puppet = puppet
        self.toolboxes = toolboxes

    async def run(self, n: int = 1) -> PuppetRun:
        """Wait for the `n`th worker."""
        await wait_until_async(lambda: len(self.puppet.runs) >= n, description=f"worker {n} works", timeout_s=5)
        return self.puppet.runs[n - 1]

    async def begin(self) -> PuppetRun:
        await self.desk.add()
        await intake.start_task(self.desk.repository, 1, ADA, agent="puppet", script="", again=False)
        return await self.run()

    async def until(self, says: Callable[[], object], what: str) -> None:
        await wait_until_async(says, description=what, timeout_s=5)

    async def has(self, kind: str, count: int = 1) -> None:
        await self.until(lambda: self.desk.kinds().count(kind) >= count, f"{count} {kind} are recorded")


@asynccontextmanager
async def stage(world: World | None = None) -> AsyncIterator[Stage]:
    puppet, toolboxes = Puppet(), FakeToolboxes()
    async with room(world, more_agents={"puppet": puppet}, toolboxes=toolboxes) as desk:
        yield Stage(desk, puppet, toolboxes)


def answer(*calls: str) -> a.TurnKept:
    content = [{"type": "tool_use", "id": call, "name": "read", "input": {}} for call in calls]
    return a.TurnKept(role="assistant", content=json.dumps({"content": content}), input_tokens=10, output_tokens=2)


def user(text: str = "Do it.") -> a.TurnKept:
    return a.TurnKept(role="user", content=json.dumps({"text": text}))


def wanted(call: str = "c1") -> a.ActionWanted:
    return a.ActionWanted(call=call, action=ReadCall(path="pay.py"))


async def test_an_action_is_announced_done_kept_and_given_back_in_this_order() -> None:
    async with stage() as here:
        run = await here.begin()
        here.toolboxes.answer = lambda _: Outcome(text=f"key {SECRET}", changed=True)
        await run.say(user(), answer("c1"), wanted())
        await here.until(lambda: run.results, "the result is given")
        assert SECRET not in run.results["c1"].text
        assert here.toolboxes.done == [ReadCall(path="pay.py")]
        kinds = [kind for kind in here.desk.kinds() if kind != "checkpoint.kept"]  # taken beside the work
        assert kinds[3:] == ["turn.kept", "turn.kept", "usage.counted", "step.begun", "step.done", "turn.kept"]
        assert not any(SECRET.encode() in (blob or b"") for blob in here.desk.world.blobs.contents.values())
        task = here.desk.task()
        assert task.run is not None
        assert (task.run.turns, task.run.input_tokens, task.run.last_step) == (3, 10, "pay.py")


async def test_what_the_gate_refuses_is_not_done_and_the_model_is_told_why() -> None:
    async with stage() as here:
        run = await here.begin()
        closed = a.ActionWanted(call="c1", action=ShellCall(command="curl x", hosts=("never.example:443",)))
        await run.say(user(), answer("c1"), closed)
        await here.until(lambda: run.results, "the result is given")
        assert (run.results["c1"].is_error, "never.example" in run.results["c1"].text) == (True, True)
        assert here.toolboxes.done == []


async def test_a_tool_that_was_running_at_a_kill_is_told_as_interrupted_and_not_done_again() -> None:
    world = World()
    async with stage(world) as here:
        run = await here.begin()
        await run.say(user(), answer("c1", "c2"))
        await here.has("turn.kept", 2)
        task = here.desk.task()
        assert task.run is not None
        begun = e.StepBegun(n=1, what="read", summary="pay.py")
        draft = here.desk.repository.draft(begun, ADA, task=task.id, run=task.run.id)
        await here.desk.repository.recorder.record(lambda _: [draft])
    async with stage(world) as here:
        run = await here.run()
        kept = run.briefing.turns
        assert [(turn.role, turn.call) for turn in kept] == [("user", ""), ("assistant", ""), ("result", "c1")]
        assert json.loads(kept[-1].content)["text"].startswith("interrupted, outcome unknown")
        assert here.toolboxes.done == []
        await run.say(a.ActionWanted(call="c2", action=ReadCall(path="other.py")))
        await here.until(lambda: run.results, "the other one is done")
        assert here.toolboxes.done == [ReadCall(path="other.py")]
        assert here.toolboxes.places[0].again


async def test_a_worker_that_dies_is_followed_by_another_one_with_the_same_conversation() -> None:
    async with stage() as here:
        first = await here.begin()
        await first.say(user(), answer("c1"), wanted(), a.Lost(sentence="It died."))
        second = await here.run(2)
        assert [turn.role for turn in second.briefing.turns] == ["user", "assistant", "result"]
        assert second.briefing.spent_tokens == 12
        await second.say(a.Finished(comment="Done."))
        assert (await here.desk.until("in_review", "failed")).status == "in_review"


async def test_workers_that_die_without_getting_anywhere_are_not_started_for_ever() -> None:
    async with stage() as here:
        run = await here.begin()
        for n in range(1, LOSSES + 2):
            run = await here.run(n)
            await run.say(a.Lost(sentence="It died."))
        task = await here.desk.until("failed")
        assert (task.reason, len(here.puppet.runs)) == ("It died.", LOSSES + 1)


async def test_an_outage_makes_the_task_wait_and_go_on_by_itself_and_stops_no_other() -> None:
    async with stage() as here:
        run = await here.begin()
        await run.say(user(), a.OutOfReach(sentence="The model can't be reached."))
        task = await here.desk.until("waiting")
        assert (task.reason, task.model_lost, task.open_questions) == ("The model can't be reached.", True, ())
        for number in range(2, 5):  # more than may run at once
            await here.desk.add(f"Task {number}")
            await intake.start_task(here.desk.repository, number, ADA, agent="puppet", script="", again=False)
        await here.run(3)
        await run.say(a.BackInReach(), answer())
        task = await here.desk.until("running")
        assert (task.reason, task.model_lost) == ("", False)


async def test_an_outage_is_waited_for_over_a_restart() -> None:
    world = World()
    async with stage(world) as here:
        run = await here.begin()
        await run.say(user(), a.OutOfReach(sentence="No key."))
        await here.desk.until("waiting")
    async with stage(world) as here:
        run = await here.run()
        assert (here.desk.task().status, here.desk.task().reason) == ("waiting", "No key.")
        await run.say(a.OutOfReach(sentence="No key."), answer())
        await here.desk.until("running")
        assert here.desk.kinds().count("model.out_of_reach") == 1


async def test_a_waiting_task_can_be_stopped() -> None:
    async with stage() as here:
        run = await here.begin()
        await run.say(a.OutOfReach(sentence="No key."))
        await here.desk.until("waiting")
        await intake.move_task(here.desk.repository, 1, "stop", e.TaskStopped(reason="no"), ADA)
        task = await here.desk.until("stopped")
        assert not task.model_lost


async def test_a_limit_stops_the_task_with_a_checkpoint_and_a_retry_goes_on_with_the_conversation() -> None:
    async with stage() as here:
        run = await here.begin()
        await run.say(user(), answer("c1"), wanted(), a.Halted(sentence="It has used 3 turns."))
        task = await here.desk.until("stopped")
        assert task.run is not None
        assert (task.reason, task.run.checkpoints, task.run.state) == ("It has used 3 turns.", 1, "stopped")
        await intake.start_task(here.desk.repository, 1, ADA, agent="", script="", again=True)
        second = await here.run(2)
        assert [(turn.role, turn.earlier) for turn in second.briefing.turns] == [
            ("user", True), ("assistant", True), ("result", True),
        ]  # fmt: skip
        assert second.briefing.spent_tokens == 0, "a new run has its limits anew"


async def test_after_a_failure_the_conversation_begins_anew() -> None:
    async with stage() as here:
        run = await here.begin()
        await run.say(user(), a.Failed(sentence="The model declined."))
        await here.desk.until("failed")
        await intake.start_task(here.desk.repository, 1, ADA, agent="", script="", again=True)
        assert (await here.run(2)).briefing.turns == ()


async def test_a_lost_result_is_told_as_interrupted_and_nothing_is_done_again() -> None:
    world = World()
    async with stage(world) as here:
        run = await here.begin()
        await run.say(user(), answer("c1"), wanted())
        await here.until(lambda: run.results, "the result is given")
        rows = [row.event for row in world.shelf.rows if isinstance(row.event, e.TurnKept)]
        world.blobs.contents.pop(rows[-1].content)
    async with stage(world) as here:
        run = await here.run()
        assert [turn.role for turn in run.briefing.turns] == ["user", "assistant", "result"]
        assert json.loads(run.briefing.turns[-1].content)["text"] == "interrupted, outcome unknown"
        assert here.toolboxes.done == []


async def test_a_lost_answer_takes_its_results_along_and_what_came_after_stays() -> None:
    world = World()
    async with stage(world) as here:
        run = await here.begin()
        await run.say(user(), answer("c1"), wanted())
        await here.until(lambda: run.results, "the result is given")
        rows = [row.event for row in world.shelf.rows if isinstance(row.event, e.TurnKept)]
        await run.say(answer("c2"))
        await here.has("turn.kept", 4)
        world.blobs.contents.pop(rows[1].content)
    async with stage(world) as here:
        run = await here.run()
        assert [(turn.role, turn.call) for turn in run.briefing.turns] == [("user", ""), ("assistant", "")]


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"content": 3}', "{}"])
async def test_a_turn_that_is_none_ends_the_run_with_a_sentence(content: str) -> None:
    async with stage() as here:
        run = await here.begin()
        await run.say(a.TurnKept(role="assistant", content=content))
        task = await here.desk.until("failed")
        assert task.reason == "The agent kept a turn that is none, so its run can't go on; retry the task."
