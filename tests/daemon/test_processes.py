"""Process groups and deaths, on real processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework import processes
from tests.waiting import wait_until

QUIET = subprocess.DEVNULL


def spawn(code: str, folder: Path) -> subprocess.Popen[bytes]:
    """A shell script as the head of a group."""
    return processes.spawn_group(
        ["/bin/sh", "-c", code], cwd=folder, env=os.environ, stdin=QUIET, stdout=QUIET, stderr=QUIET
    )


def pid_in(path: Path) -> int:
    """The number a script wrote, once it did."""
    wait_until(lambda: path.exists() and path.read_text().strip(), description=f"{path.name} is written")
    return int(path.read_text())


def is_gone(pid: int) -> bool:
    """Dead, or a zombie that only init has to see."""
    if not processes.is_alive(pid):
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


GROUPED = Path("/proc/self/autogroup")


@pytest.mark.skipif(not GROUPED.exists(), reason="this system does not weigh sessions against each other")
def test_what_works_for_a_task_makes_way_as_a_session_too(tmp_path: Path) -> None:
    before = GROUPED.read_text()
    expected = max(processes.NICE, os.getpriority(os.PRIO_PROCESS, 0))  # who runs this may make way himself
    head = spawn("exec sleep 60", tmp_path)
    try:
        assert os.getpriority(os.PRIO_PROCESS, head.pid) == expected
        assert Path(f"/proc/{head.pid}/autogroup").read_text().split()[-1] == str(expected)
        assert GROUPED.read_text() == before, "ours stays as it was"
    finally:
        processes.end_group(head)


def test_a_group_is_ended_with_its_grandchildren(tmp_path: Path) -> None:
    head = spawn("sh -c 'sleep 60 & echo $! >grandchild; wait' & wait", tmp_path)
    grandchild = pid_in(tmp_path / "grandchild")
    assert processes.end_group(head) != 0
    wait_until(lambda: is_gone(grandchild), description="the grandchild is gone")


def test_a_process_that_ignores_a_polite_signal_is_killed(tmp_path: Path) -> None:
    head = spawn("trap '' TERM; echo $$ >ready; while :; do sleep 0.05; done", tmp_path)
    pid_in(tmp_path / "ready")
    began = time.monotonic()
    assert processes.end_group(head, grace_s=0.3) == -9
    assert time.monotonic() - began < 5


def test_a_child_that_outlives_its_polite_head_is_killed(tmp_path: Path) -> None:
    head = spawn("(trap '' TERM; sh -c 'echo $PPID' >child; while :; do sleep 0.05; done) & wait", tmp_path)
    child = pid_in(tmp_path / "child")
    processes.end_group(head, grace_s=0.3)
    wait_until(lambda: is_gone(child), description="the child is gone")


def test_ending_what_has_ended_is_no_mistake(tmp_path: Path) -> None:
    head = spawn("exit 7", tmp_path)
    head.wait(10)
    assert processes.end_group(head) == 7


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1, 2**31, 2**70])
def test_numbers_that_are_no_process_are_dead(pid: int) -> None:
    assert not processes.is_alive(pid)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is killed."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


async def test_the_death_of_a_process_is_noticed_before_anybody_reaps_it(child: subprocess.Popen[bytes]) -> None:
    watching = asyncio.create_task(processes.wait_for_death(child.pid))
    assert not await has_ended(watching)
    child.kill()
    await asyncio.wait_for(watching, 10)


async def test_without_pidfd_a_death_is_noticed_by_looking(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_open_pidfd", lambda _: None)
    monkeypatch.setattr(processes, "_POLL_S", 0.01)
    watching = asyncio.create_task(processes.wait_for_death(child.pid))
    assert not await has_ended(watching)
    child.kill()
    child.wait(10)
    await asyncio.wait_for(watching, 10)


async def test_a_process_that_is_not_there_died_already() -> None:
    await asyncio.wait_for(processes.wait_for_death(2**22 + 1), 5)


async def test_cancelling_a_watch_leaves_no_descriptor_open(child: subprocess.Popen[bytes]) -> None:
    before = descriptors()
    watching = asyncio.create_task(processes.wait_for_death(child.pid))
    assert not await has_ended(watching)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert descriptors() == before


async def has_ended(task: asyncio.Task[None]) -> bool:
    """Whether `task` ended after it could begin."""
    done, _ = await asyncio.wait([task], timeout=0.01)
    return bool(done)


def descriptors() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_the_repository_of_whoever_started_us_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    named = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True)
    for name in named.stdout.split():
        monkeypatch.setenv(name, "/elsewhere")
    processes.forget_repository_of_starter()
    assert [name for name in named.stdout.split() if name in os.environ] == []


def test_what_is_started_has_none_of_our_descriptors(tmp_path: Path) -> None:
    secret = os.open(os.devnull, os.O_RDONLY)
    try:
        head = spawn(f"{sys.executable} -c 'import os; os.fstat({secret})'", tmp_path)
        assert head.wait(20) == 1
    finally:
        os.close(secret)
