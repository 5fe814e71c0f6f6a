"""Workers that break the rules or flood: the daemon's side of the pipe stands all of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from casework.agents.process import Patience, ProcessAgent, WorkerRun
from casework.domain.errors import Trouble
from casework.ports.agent import Failed, Finished, Lost, Said, StepBegun, TurnEnded
from tests.agents.hostile import HELLO, briefing, living, session, walk, worker


async def why_lost(agent: ProcessAgent, worktree: Path) -> str:
    """Listen to a run, let it through no gate, and say why it was lost, without the words that are always there."""
    run = await agent.start(briefing(worktree))
    assert isinstance(run, WorkerRun)
    last = [report async for report in run.reports()][-1]
    assert isinstance(last, Lost)
    assert not living(session(run.pid))
    begin, end = "The agent was lost before it handed in its work: ", "; what it wrote is kept, so retry the task."
    assert last.sentence.startswith(begin)
    assert last.sentence.endswith(end)
    return last.sentence[len(begin) : -len(end)]


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("os._exit(3)", "its process ended with exit code 3"),
        ("os.kill(os.getpid(), 11)", "its process was killed by SIGSEGV"),
        (
            "sys.stderr.write('first\\nMemory is \\x1b[31mfull\\n\\n'); sys.exit(1)",
            'its process ended with exit code 1, its last words were "Memory is ?[31mfull"',
        ),
        ('os.write(1, b\'{"kind": "beat"\'); os._exit(0)', "its last message was cut off"),
        ("os.write(1, b'x' * 3_000_000 + b'\\n'); hear('never')", "it sent a message of more than 1048576 bytes"),
        ("while True: os.write(1, b'x' * 65536)", "it sent a message of more than 1048576 bytes"),
        ("send(kind='hello', protocol=1, agents=[]); hear('never')", "it said hello twice"),
        ("report(2, kind='said', text='x'); hear('never')", "it sent report 2 where 1 was due"),
        (
            "report(1, kind='said', text='x'); report(1, kind='said', text='x'); hear('never')",
            "it sent report 1 where 2 was due",
        ),
        ("report(1, kind='lost', sentence='x'); hear('never')", "it called itself lost"),
        (
            "report(1, kind='step_begun', n=1, what='w'); report(2, kind='step_done', n=1); hear('never')",
            "it went on before it was let",
        ),
        (
            "report(1, kind='turn_ended'); report(2, kind='finished', comment='x'); hear('never')",
            "it went on before it was let",
        ),
        ("while True: send(kind='beat')", "it floods the pipe with messages that say nothing"),
        (
            "while True: report(1, epoch=6, kind='said', text='x')",
            "it floods the pipe with messages that say nothing",
        ),
    ],
)
async def test_a_worker_that_breaks_the_rules_is_lost(tmp_path: Path, program: str, why: str) -> None:
    assert await why_lost(worker(program), tmp_path) == why


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "",
        "\\xff\\xfe",
        "[]",
        "null",
        '{"kind": "approve"}',
        '{"kind": "beat", "more": 1}',
        '{"kind": "report", "run": "r", "epoch": 7, "seq": 1, "report": {"kind": "verdict"}}',
        '{"kind": "report", "run": "r", "epoch": "x", "seq": 1, "report": {"kind": "said", "text": "x"}}',
        '{"kind": "report", "run": "r", "epoch": 7, "seq": 1, "report": {"kind": "said", "text": "\\ud800"}}',
        '{"kind": "start", "agent": "scripted"}',
        '{"kind":' * 300,
    ],
)
async def test_a_message_that_is_none_loses_the_worker(tmp_path: Path, line: str) -> None:
    program = f"os.write(1, {line.encode('latin-1')!r} + b'\\n'); hear('never')"
    assert (await why_lost(worker(program), tmp_path)).startswith("it sent a message that is none (")


async def test_reports_of_another_epoch_or_run_are_dropped(tmp_path: Path) -> None:
    agent = worker(
        """
        report(1, epoch=6, kind="said", text="from the epoch before")
        report(1, epoch=8, kind="finished", comment="from the one to come")
        report(1, run="other", kind="said", text="of another run")
        report(1, kind="said", text="mine")
        report(2, kind="finished", comment="done")
        hear("never")
        """
    )
    assert await walk(await agent.start(briefing(tmp_path))) == [Said(text="mine"), Finished(comment="done")]


async def test_what_comes_behind_the_last_report_is_not_heard(tmp_path: Path) -> None:
    agent = worker(
        """
        report(1, kind="failed", sentence="I can't.")
        report(2, kind="finished", comment="or can I?")
        hear("never")
        """
    )
    assert await walk(await agent.start(briefing(tmp_path))) == [Failed(sentence="I can't.")]


async def test_a_worker_without_a_sign_of_life_is_lost(tmp_path: Path) -> None:
    agent = worker("time.sleep(60)", patience=Patience(silence_s=0.4))
    assert await why_lost(agent, tmp_path) == "it gave no sign of life for 0.4 seconds"


async def test_a_worker_that_beats_is_not_lost_however_long_it_says_nothing(tmp_path: Path) -> None:
    agent = worker(
        """
        for _ in range(20):
            send(kind="beat"); time.sleep(0.1)
        report(1, kind="finished", comment="at last")
        hear("never")
        """,
        patience=Patience(silence_s=1.5),
    )
    assert await walk(await agent.start(briefing(tmp_path))) == [Finished(comment="at last")]


async def test_a_worker_is_not_lost_because_nobody_reads_its_reports(tmp_path: Path) -> None:
    patience = Patience(beat_s=0.05, silence_s=1.5, lease_s=1.5)
    agent = ProcessAgent("scripted", lambda _: None, patience=patience)
    run = await agent.start(briefing(tmp_path, {"do": "say", "text": "x" * 5000, "times": 2000}))
    reports = run.reports()
    await anext(reports)
    await run.proceed()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 2.5)
    assert isinstance(run, WorkerRun)
    assert len(run._mail._held) <= 16
    found = [report async for report in reports]
    assert len([report for report in found if isinstance(report, Said)]) == 2000
    assert isinstance(found[-1], Finished)


async def test_a_worker_is_not_lost_because_the_daemon_itself_stood_still(tmp_path: Path) -> None:
    agent = ProcessAgent("scripted", lambda _: None, patience=Patience(beat_s=0.05, silence_s=1.0))
    run = await agent.start(briefing(tmp_path, {"do": "say", "text": "still here"}))
    reports = run.reports()
    assert isinstance(await anext(reports), StepBegun)
    threading.Event().wait(1.2)
    await run.proceed()
    assert await anext(reports) == Said(text="still here")
    await run.cancel()


async def test_what_was_not_given_out_yet_is_not_let_through(tmp_path: Path) -> None:
    run = await worker(
        "report(1, kind='turn_ended'); hear('proceed'); report(2, kind='finished', comment='x'); hear('never')"
    ).start(briefing(tmp_path))
    assert isinstance(run, WorkerRun)
    for _ in range(2000):
        if run._orders._gate:
            break
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    assert run._orders._gate == 1
    await run.proceed()
    reports = run.reports()
    assert await anext(reports) == TurnEnded()
    following = asyncio.ensure_future(anext(reports))
    await asyncio.wait({following}, timeout=0.2)
    assert not following.done()
    await run.proceed()
    assert await following == Finished(comment="x")


async def test_a_flood_on_standard_error_neither_fills_memory_nor_stops_the_run(tmp_path: Path) -> None:
    agent = worker(
        """
        for _ in range(2000):
            os.write(2, b"e" * 65536)
        report(1, kind="finished", comment="done")
        hear("never")
        """
    )
    assert await walk(await agent.start(briefing(tmp_path))) == [Finished(comment="done")]


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (
            "sys.exit('no module named x')",
            'its process ended with exit code 1, its last words were "no module named x"',
        ),
        ("send(kind='beat'); hear('never')", "it did not begin with a hello"),
        (
            "send(kind='hello', protocol=2, agents=['scripted']); hear('never')",
            "it speaks protocol 2, and this Casework protocol 1",
        ),
        ("send(kind='hello', protocol=1, agents=['other']); hear('never')", "its worker does not know that agent"),
        ("hear('never')", "it said nothing for 0.5 seconds"),
    ],
)
async def test_a_worker_without_a_proper_hello_is_trouble(tmp_path: Path, program: str, why: str) -> None:
    slow = "nothing" in why
    agent = worker(program, patience=Patience(start_s=0.5 if slow else 30), hello=HELLO)
    with pytest.raises(Trouble) as trouble:
        await agent.start(briefing(tmp_path))
    assert trouble.value.code == "agent_not_started"
    assert trouble.value.sentence == (
        f"The agent scripted could not be started: {why}; the task keeps what it has, retry it."
    )


async def test_a_program_that_is_not_there_is_trouble(tmp_path: Path) -> None:
    agent = ProcessAgent("scripted", lambda _: None, command=("/nowhere/worker",))
    with pytest.raises(Trouble) as trouble:
        await agent.start(briefing(tmp_path))
    assert trouble.value.sentence == (
        "The agent scripted could not be started: No such file or directory; the task keeps what it has, retry it."
    )


async def test_a_worker_gets_no_more_of_the_environment_than_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    agent = worker('report(1, kind="finished", comment=" ".join(os.environ) + ":" + os.getcwd()); hear("never")')
    (last,) = await walk(await agent.start(briefing(tmp_path)))
    assert isinstance(last, Finished)
    names, _, folder = last.comment.partition(":")
    assert set(names.split()) <= {"LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ"}
    assert folder == str(tmp_path)


async def test_a_worker_inherits_no_file_of_ours(tmp_path: Path) -> None:
    kept = os.open(tmp_path, os.O_RDONLY)
    try:
        agent = worker('report(1, kind="finished", comment=" ".join(os.listdir("/proc/self/fd"))); hear("never")')
        (last,) = await walk(await agent.start(briefing(tmp_path)))
    finally:
        os.close(kept)
    assert isinstance(last, Finished)
    assert set(last.comment.split()) <= {"0", "1", "2", "3"}  # 3: the listing itself


def test_neither_side_of_the_pipe_loads_more_than_it_needs() -> None:
    heavy = ("anthropic", "pygls", "lsprotocol", "git", "sqlite3", "watchfiles", "typer")
    for module, more in (("casework.agents.registry", ()), ("casework.agents.worker", ("asyncio", "casework.core"))):
        program = f"import sys, {module}; print(*sorted(set(sys.modules) & set({(*heavy, *more)!r})))"
        found = subprocess.run(
            [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, timeout=30
        )
        assert found.stdout.strip() == "", module
