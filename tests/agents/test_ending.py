"""Nothing of a worker outlives its run, or the daemon that started it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from casework.agents.process import WorkerRun
from casework.ports.agent import Briefing, Said
from tests.agents.hostile import GREET, briefing, living, session, worker
from tests.waiting import wait_until

_CLINGING = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.close(2)
for act in ("sleep 300", "set -m; sleep 300 & wait"):
    # Two generations down, deaf to TERM; the second one in a group of its own, as job control does it.
    subprocess.Popen(["/bin/bash", "-c", f"trap '' TERM HUP; ({act}) & exit 0"], stdin=subprocess.DEVNULL).wait()
report(1, kind="said", text="here to stay")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which session a process is in")
@pytest.mark.parametrize("how", ["cancel", "finish", "die"])
async def test_nothing_of_a_workers_session_outlives_its_last_report(tmp_path: Path, how: str) -> None:
    rest = {
        "cancel": "while True: time.sleep(1)",
        "finish": "report(2, kind='finished', comment='x'); time.sleep(60)",
        "die": "hear('cancel') if False else os.kill(os.getpid(), 9)",
    }
    run = await worker(_CLINGING + rest[how], hello=GREET).start(briefing(tmp_path))
    assert isinstance(run, WorkerRun)
    reports = run.reports()
    assert isinstance(await anext(reports), Said)
    began = time.monotonic()
    if how == "cancel":
        assert len(living(session(run.pid))) >= 3
        await run.cancel()
    left = [report async for report in reports]
    assert time.monotonic() - began < 5
    assert living(session(run.pid)) == []
    assert len(left) == 1
    assert run.state == "ended"


@pytest.mark.parametrize("steps", [[{"do": "hang"}], [{"do": "hang", "stubborn": True}], [{"do": "ask", "text": "?"}]])
async def test_a_worker_and_its_children_die_with_a_daemon_that_is_killed(
    tmp_path: Path, steps: list[dict[str, Any]]
) -> None:
    daemon = _daemon(tmp_path, briefing(tmp_path, *steps))
    pid = await asyncio.to_thread(_pid_when_busy, daemon)
    assert living(session(pid))
    daemon.kill()
    daemon.communicate(timeout=10)
    wait_until(lambda: not living(session(pid)), description="the worker and its children died", timeout_s=10)


async def test_a_worker_whose_daemon_stands_still_ends_when_its_lease_runs_out(tmp_path: Path) -> None:
    daemon = _daemon(tmp_path, briefing(tmp_path, {"do": "hang"}), "lease_s=1.0")
    try:
        pid = await asyncio.to_thread(_pid_when_busy, daemon)
        daemon.send_signal(signal.SIGSTOP)
        wait_until(lambda: not living(session(pid)), description="the lease ran out", timeout_s=10)
    finally:
        daemon.kill()
        daemon.communicate(timeout=10)


_DAEMON = """
import asyncio, sys
from casework.agents.process import Patience, ProcessAgent
from casework.ports.agent import Briefing, StepBegun
async def main():
    agent = ProcessAgent("scripted", lambda _: None, patience=Patience({patience}))
    run = await agent.start(Briefing.model_validate_json(sys.argv[1]))
    print(run.pid, flush=True)
    async for report in run.reports():
        if isinstance(report, StepBegun):
            await run.proceed()
            print("busy", flush=True)
asyncio.run(main())
"""


def _daemon(folder: Path, told: Briefing, patience: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _DAEMON.replace("{patience}", patience), told.model_dump_json()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)


def _pid_when_busy(daemon: subprocess.Popen[str]) -> int:
    assert daemon.stdout is not None
    pid = int(daemon.stdout.readline())
    assert daemon.stdout.readline() == "busy\n"
    return pid
