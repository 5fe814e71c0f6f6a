"""The agent port's contract, on the scripted agent in its real process and on the fake."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from casework.agents.confined import Worktree
from casework.agents.process import Patience, ProcessAgent
from casework.agents.registry import agents
from casework.domain.errors import Refused, Trouble
from casework.domain.ids import QuestionId, RunId, TaskId
from casework.ports.agent import (
    Agent,
    AgentReport,
    AgentRun,
    AgentState,
    Asked,
    Briefing,
    Failed,
    Finished,
    FollowedUp,
    Lost,
    Said,
    StepBegun,
    StepDone,
    TurnEnded,
    Used,
)
from casework.settings import Settings
from tests.fakes.agent import FakeAgent

RUN = RunId("0192f0c0-0000-7000-8000-000000000002")


@pytest.fixture(params=["process", "fake"])
def agent(request: pytest.FixtureRequest) -> Agent:
    if request.param == "fake":
        return FakeAgent(files=lambda briefing: Worktree(briefing.worktree))
    return agents(Settings)["scripted"]


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    folder = tmp_path / "worktree"
    folder.mkdir()
    return folder


def briefing(worktree: Path, *steps: dict[str, Any], script: str | None = None, **more: Any) -> Briefing:
    told: dict[str, Any] = {
        "task": TaskId("0192f0c0-0000-7000-8000-000000000001"),
        "run": RUN,
        "n": 1,
        "epoch": 7,
        "title": "Greet the world",
        "worktree": str(worktree),
        "script": script if script is not None else json.dumps({"steps": steps}),
    }
    return Briefing(**(told | more))


async def walk(run: AgentRun, answers: tuple[str, ...] = ()) -> list[AgentReport]:
    """Let a run through every gate, answer its questions in turn, and give all that it reported."""
    left = list(answers)
    found = []
    async for report in run.reports():
        found.append(report)
        if isinstance(report, StepBegun | TurnEnded):
            await run.proceed()
        if isinstance(report, Asked):
            await run.answer(report.id, left.pop(0))
    return found


async def until(run: AgentRun, kind: type[AgentReport]) -> AsyncIterator[AgentReport]:
    """Walk until a report of that kind came; give the reports behind it, still to be asked for."""
    reports = run.reports()
    async for report in reports:
        if isinstance(report, kind):
            return reports
        if isinstance(report, StepBegun | TurnEnded):
            await run.proceed()
    raise AssertionError(f"no {kind} came")


def state_of(run: AgentRun) -> AgentState:
    """Ask anew: a type checker takes an attribute for what it was a moment ago."""
    return run.state


def is_last(report: AgentReport) -> bool:
    return isinstance(report, Finished | Failed | Lost)


async def test_everything_an_agent_does_is_reported_in_its_order(agent: Agent, worktree: Path) -> None:
    run = await agent.start(
        briefing(
            worktree,
            {"do": "plan", "items": ["look", "write"]},
            {"do": "write", "path": "src/hello.py", "content": "print('hello')\n"},
            {"do": "usage", "input_tokens": 12, "cost_microdollars": 5},
            {"do": "turn"},
            {"do": "follow-up", "kind": "missing-tests", "title": "Nobody tests hello", "path": "src/hello.py"},
            {"do": "finish", "comment": "It greets.", "claims": ["A1"]},
        )
    )
    found = await walk(run)
    assert found == [
        StepBegun(n=1, what="plan", summary="look"),
        Said(text="1. look\n2. write"),
        StepDone(n=1, outcome="done"),
        StepBegun(n=2, what="write", summary="src/hello.py"),
        StepDone(n=2, outcome="15 bytes"),
        StepBegun(n=3, what="usage"),
        Used(input_tokens=12, output_tokens=None, cost_microdollars=5),
        StepDone(n=3, outcome="done"),
        StepBegun(n=4, what="turn"),
        TurnEnded(),
        StepDone(n=4, outcome="done"),
        StepBegun(n=5, what="follow-up", summary="Nobody tests hello"),
        FollowedUp(
            task_kind="missing-tests",
            title="Nobody tests hello",
            anchor={"path": "src/hello.py", "snippet": "print('hello')"},  # type: ignore[arg-type]
        ),
        StepDone(n=5, outcome="done"),
        Finished(comment="It greets.", claims=("A1",)),
    ]
    assert run.state == "ended"
    assert (worktree / "src/hello.py").read_text() == "print('hello')\n"


async def test_nothing_is_done_before_the_announcement_was_let_through(agent: Agent, worktree: Path) -> None:
    run = await agent.start(briefing(worktree, {"do": "write", "path": "a", "content": "x"}))
    reports = run.reports()
    await run.proceed()  # for nothing: it lets nothing through that comes later
    assert await anext(reports) == StepBegun(n=1, what="write", summary="a")
    following = asyncio.ensure_future(anext(reports))
    await asyncio.wait({following}, timeout=0.2)
    assert not following.done()
    assert not (worktree / "a").exists()
    await run.proceed()
    await run.proceed()
    assert await following == StepDone(n=1, outcome="1 bytes")
    assert (worktree / "a").read_text() == "x"
    await run.cancel()


async def test_one_proceed_opens_one_gate(agent: Agent, worktree: Path) -> None:
    steps = [{"do": "write", "path": name, "content": ""} for name in "ab"]
    run = await agent.start(briefing(worktree, *steps))
    reports = run.reports()
    await anext(reports)
    for _ in range(5):
        await run.proceed()
    assert await anext(reports) == StepDone(n=1, outcome="0 bytes")
    assert await anext(reports) == StepBegun(n=2, what="write", summary="b")
    following = asyncio.ensure_future(anext(reports))
    await asyncio.wait({following}, timeout=0.2)
    assert not following.done()
    assert not (worktree / "b").exists()
    await run.cancel()
    assert isinstance(await following, Lost)


async def test_a_question_waits_for_its_own_answer_and_the_first_one_counts(agent: Agent, worktree: Path) -> None:
    run = await agent.start(
        briefing(
            worktree,
            {"do": "ask", "text": "Which greeting?", "why": "two are in use", "choices": ["hi", "hello"]},
            {"do": "write", "path": "a", "content": "<{answer}>", "use_answer": True},
        )
    )
    assert state_of(run) == "working"
    reports = run.reports()
    await anext(reports)
    await run.proceed()
    asked = await anext(reports)
    assert isinstance(asked, Asked)
    assert (asked.text, asked.why, asked.choices) == ("Which greeting?", "two are in use", ("hi", "hello"))
    assert state_of(run) == "waiting"
    await run.answer(QuestionId("another"), "no")
    following = asyncio.ensure_future(anext(reports))
    await asyncio.wait({following}, timeout=0.2)
    assert not following.done()
    await run.answer(asked.id, "hej \ud800")
    await run.answer(asked.id, "too late")
    assert await following == StepDone(n=1, outcome="answered: hej ?")
    assert state_of(run) == "working"
    await walk(run)
    assert (worktree / "a").read_text() == "<hej ?>"


@pytest.mark.parametrize("when", [StepBegun, Asked, Said])
async def test_a_cancelled_run_ends_within_five_seconds_with_one_last_report(
    agent: Agent, worktree: Path, when: type[AgentReport]
) -> None:
    steps: list[dict[str, Any]] = [{"do": "say", "text": "well", "times": 500}, {"do": "ask", "text": "Really?"}]
    run = await agent.start(briefing(worktree, *steps))
    reports = await until(run, when)
    began = time.monotonic()
    await asyncio.gather(run.cancel(), run.cancel())
    await run.cancel()
    assert time.monotonic() - began < 5
    assert run.state == "ended"
    left = [report async for report in reports]
    assert [report for report in left if is_last(report)] == left[-1:]
    assert isinstance(left[-1], Lost)
    assert left[-1].sentence == "The agent was stopped before it handed in its work; what it wrote is kept."
    assert [report async for report in run.reports()] == []


async def test_a_run_that_nobody_listens_to_can_be_cancelled(agent: Agent, worktree: Path) -> None:
    run = await agent.start(briefing(worktree, {"do": "say", "text": "well", "times": 500}))
    await run.cancel()
    assert run.state == "ended"


@pytest.mark.parametrize("how", [{}, {"stubborn": True}])
async def test_a_run_that_hangs_can_be_cancelled(agent: Agent, worktree: Path, how: dict[str, bool]) -> None:
    run = await agent.start(briefing(worktree, {"do": "hang", **how}))
    reports = await until(run, StepBegun)
    await run.proceed()
    began = time.monotonic()
    await run.cancel()
    assert time.monotonic() - began < 5
    assert isinstance(await anext(reports), Lost)


async def test_cancelling_what_has_finished_changes_nothing(agent: Agent, worktree: Path) -> None:
    run = await agent.start(briefing(worktree, {"do": "finish", "comment": "done"}))
    assert await walk(run) == [Finished(comment="done")]
    await run.cancel()
    await run.proceed()
    await run.answer(QuestionId("x"), "y")
    assert run.state == "ended"


async def test_what_was_written_before_a_cancel_stays(agent: Agent, worktree: Path) -> None:
    run = await agent.start(briefing(worktree, {"do": "write", "path": "a", "content": "x"}, {"do": "hang"}))
    await until(run, StepDone)
    await run.cancel()
    assert (worktree / "a").read_text() == "x"


async def test_a_resumed_run_goes_on_behind_its_last_step_and_repeats_none(agent: Agent, worktree: Path) -> None:
    steps = [{"do": "write", "path": name, "content": name} for name in "abc"]
    found = await walk(await agent.start(briefing(worktree, *steps, resume_after=2)))
    assert found == [
        StepBegun(n=3, what="write", summary="c"),
        StepDone(n=3, outcome="1 bytes"),
        Finished(comment="The script came to its end."),
    ]
    assert [name for name in "abc" if (worktree / name).exists()] == ["c"]


async def test_a_step_that_was_running_at_the_crash_is_not_run_again(agent: Agent, worktree: Path) -> None:
    steps = [{"do": "say", "text": "so far"}, {"do": "crash"}, {"do": "say", "text": "behind it"}]
    found = await walk(await agent.start(briefing(worktree, *steps)))
    begun = [report.n for report in found if isinstance(report, StepBegun)]
    assert isinstance(found[-1], Lost)
    again = await walk(await agent.start(briefing(worktree, *steps, resume_after=begun[-1], epoch=8)))
    assert [report.text for report in again if isinstance(report, Said)] == ["behind it"]
    assert isinstance(again[-1], Finished)


async def test_an_open_question_is_asked_again_under_its_own_name_after_a_crash(agent: Agent, worktree: Path) -> None:
    steps: list[dict[str, Any]] = [
        {"do": "ask", "text": "Which?"},
        {"do": "write", "path": "a", "content": "{answer}", "use_answer": True},
    ]
    first = await agent.start(briefing(worktree, *steps))
    reports = first.reports()
    await anext(reports)
    await first.proceed()
    asked = await anext(reports)
    await first.cancel()
    again = await walk(await agent.start(briefing(worktree, *steps, resume_after=1)), answers=("this",))
    assert again[0] == asked
    assert (worktree / "a").read_text() == "this"


@pytest.mark.parametrize("resume_after", [0, 1])
async def test_a_question_answered_while_no_worker_lived_is_not_asked_again(
    agent: Agent, worktree: Path, resume_after: int
) -> None:
    steps: list[dict[str, Any]] = [
        {"do": "ask", "text": "Which?"},
        {"do": "write", "path": "a", "content": "{answer}", "use_answer": True},
    ]
    first = await agent.start(briefing(worktree, *steps))
    reports = first.reports()
    await anext(reports)
    await first.proceed()
    asked = await anext(reports)
    await first.cancel()
    assert isinstance(asked, Asked)
    answers = ((asked.id, "that"),)
    again = await agent.start(briefing(worktree, *steps, resume_after=resume_after, answers=answers))
    assert not [report for report in await walk(again) if isinstance(report, Asked)]
    assert (worktree / "a").read_text() == "that"


async def test_a_worker_that_dies_is_lost_after_all_it_said(agent: Agent, worktree: Path) -> None:
    run = await agent.start(briefing(worktree, {"do": "say", "text": "I feel ill"}, {"do": "crash"}))
    assert await walk(run) == [
        StepBegun(n=1, what="say", summary="I feel ill"),
        Said(text="I feel ill"),
        StepDone(n=1, outcome="done"),
        StepBegun(n=2, what="crash"),
        Lost(
            sentence="The agent was lost before it handed in its work: its process was killed by SIGKILL; what it "
            "wrote is kept, so retry the task."
        ),
    ]
    assert run.state == "ended"


async def test_a_flood_arrives_whole_and_in_order_however_slowly_it_is_read(agent: Agent, worktree: Path) -> None:
    text = "x" * 1000
    run = await agent.start(briefing(worktree, {"do": "say", "text": text, "times": 3000}))
    said = 0
    async for report in run.reports():
        if isinstance(report, StepBegun):
            await run.proceed()
        if isinstance(report, Said):
            said += 1
            if said % 500 == 0:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.02)
    assert said == 3000


async def test_two_runs_at_once_keep_their_reports_apart(agent: Agent, worktree: Path) -> None:
    runs = [
        await agent.start(briefing(worktree, {"do": "say", "text": text}, run=RunId(f"run-{text}"), epoch=epoch))
        for text, epoch in (("one", 1), ("two", 2))
    ]
    found = await asyncio.gather(*(walk(run) for run in runs))
    assert [[report.text for report in reports if isinstance(report, Said)] for reports in found] == [["one"], ["two"]]


@pytest.mark.parametrize(("n", "said"), [(1, "first"), (2, "second"), (9, "second")])
async def test_each_run_of_a_task_plays_its_own_part_of_the_script(
    agent: Agent, worktree: Path, n: int, said: str
) -> None:
    parts = [{"steps": [{"do": "say", "text": text}]} for text in ("first", "second")]
    run = await agent.start(briefing(worktree, script=json.dumps({"runs": parts}), n=n))
    assert [report.text for report in await walk(run) if isinstance(report, Said)] == [said]


async def test_a_step_that_can_not_be_done_fails_the_run_with_a_sentence(agent: Agent, worktree: Path) -> None:
    run = await agent.start(
        briefing(worktree, {"do": "say", "text": "now"}, {"do": "edit", "path": "a", "old": "x", "new": "y"})
    )
    assert (await walk(run))[-1] == Failed(
        sentence="Step 2 (edit a) could not be done: No such file or directory; the steps before it are kept in the "
        "worktree, so correct the script and retry the task."
    )


async def test_a_script_at_fault_is_refused_before_anything_starts(agent: Agent, worktree: Path) -> None:
    told = briefing(worktree, {"do": "turn"}, {"do": "write", "path": "a"})
    with pytest.raises(Refused) as refused:
        agent.check(told)
    assert refused.value.sentence == (
        "The script can't be played, step 2: give either `content` or `content_b64`; nothing was started. "
        "Correct it and start the task again."
    )
    assert await walk(await agent.start(told)) == [Failed(sentence=refused.value.sentence)]


async def test_a_worktree_that_is_gone_is_trouble(agent: Agent, worktree: Path) -> None:
    with pytest.raises(Trouble) as trouble:
        await agent.start(briefing(worktree / "gone", {"do": "turn"}))
    assert trouble.value.code == "agent_not_started"
    assert trouble.value.sentence.endswith(".")


async def test_a_silent_worker_is_lost(worktree: Path) -> None:
    told = briefing(worktree, {"do": "hang", "silent": True})
    patience = Patience(beat_s=0.05, silence_s=1.0)
    for agent in (ProcessAgent("scripted", lambda told: None, patience=patience), FakeAgent()):
        found = await walk(await agent.start(told))
        assert isinstance(found[-1], Lost)
        assert "it gave no sign of life" in found[-1].sentence
