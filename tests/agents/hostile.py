"""Hostile workers: small programs of their own, which speak the frames as far as their mischief needs."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from casework.agents.process import Patience, ProcessAgent
from casework.domain.ids import RunId, TaskId
from casework.ports.agent import AgentReport, AgentRun, Briefing, StepBegun, TurnEnded

HELLO = """
import json, os, signal, subprocess, sys, time
def send(**frame):
    os.write(1, json.dumps(frame).encode() + b"\\n")
def report(seq, *, run="r", epoch=7, **report):
    send(kind="report", run=run, epoch=epoch, seq=seq, report=report)
def hear(kind):
    for line in sys.stdin:
        if json.loads(line)["kind"] == kind:
            return json.loads(line)
"""
GREET = HELLO + 'send(kind="hello", protocol=1, agents=["scripted"]); hear("start")\n'


def worker(program: str, *, patience: Patience | None = None, hello: str = GREET) -> ProcessAgent:
    """Give an agent whose worker says hello, hears its start, and then runs `program`."""
    command = (sys.executable, "-I", "-S", "-c", hello + textwrap.dedent(program))
    return ProcessAgent("scripted", lambda _: None, command=command, patience=patience)


def briefing(worktree: Path, *steps: dict[str, Any]) -> Briefing:
    script = json.dumps({"steps": steps or ({"do": "hang"},)})
    return Briefing(task=TaskId("t"), run=RunId("r"), n=1, epoch=7, title="x", worktree=str(worktree), script=script)


async def walk(run: AgentRun) -> list[AgentReport]:
    """Let a run through every gate and give all that it reported."""
    found = []
    async for report in run.reports():
        found.append(report)
        if isinstance(report, StepBegun | TurnEnded):
            await run.proceed()
    return found


def session(head: int) -> list[psutil.Process]:
    """Give the processes of the session that `head` began."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == head:
                found.append(process)
        except ProcessLookupError:
            continue
    return found


def living(processes: Sequence[psutil.Process]) -> list[int]:
    """Give the numbers of those that have not ended."""
    found = []
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return found
