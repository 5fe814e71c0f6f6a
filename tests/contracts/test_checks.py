"""The contract of `Checks`, on the confined ones and on the fake."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from casework.checks.confined import ConfinedChecks
from casework.code.project.environment import Environment
from casework.domain.evidence import Seen
from casework.ports.checks import Checks, WantedCheck
from casework.sandbox.nothing import Nothing
from tests.fakes.checks import FakeChecks
from tests.sandbox.machine import bubblewrap


def told(wanted: WantedCheck) -> Seen:
    """What the fake is told beforehand: as the confined ones see these commands."""
    if wanted.command == "exit 3":
        return Seen(colour="red", sentence="`exit 3`: exit code 3. It said nothing.", exit_code=3)
    return Seen(colour="green", sentence=f"`{wanted.command}`: exit code 0.", exit_code=0)


def lies_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.fixture(params=["confined", "fake"])
def checks(request: pytest.FixtureRequest) -> Checks:
    return FakeChecks(told) if request.param == "fake" else ConfinedChecks(bubblewrap())


def wanted(folder: Path, command: str) -> WantedCheck:
    return WantedCheck(command=command, folder=str(folder), top="/home/ada/shop", environment=Environment())


async def test_a_command_ends_green_or_red_with_a_sentence_and_is_not_proven_by_that(
    checks: Checks, tmp_path: Path
) -> None:
    good = (await checks.run(wanted(tmp_path, "true"))).seen
    assert (good.colour, good.sentence, good.exit_code, good.proven) == ("green", "`true`: exit code 0.", 0, False)
    bad = (await checks.run(wanted(tmp_path, "exit 3"))).seen
    assert (bad.colour, bad.sentence, bad.exit_code) == ("red", "`exit 3`: exit code 3. It said nothing.", 3)


async def test_output_is_heard_and_kept(checks: Checks, tmp_path: Path) -> None:
    heard: list[bytes] = []
    done = await checks.run(wanted(tmp_path, "echo said"), heard.append)
    assert (b"".join(heard), done.output) == (b"said\n", b"said\n")


async def test_cancelling_ends_it(checks: Checks, tmp_path: Path) -> None:
    begun = asyncio.Event()
    if isinstance(checks, FakeChecks):
        checks.held = asyncio.Event()
    running = asyncio.create_task(checks.run(wanted(tmp_path, "echo; sleep 1000"), lambda _: begun.set()), name="check")
    await asyncio.wait_for(begun.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)


def test_what_can_be_run_has_no_refusal(checks: Checks) -> None:
    assert checks.refusal() == ""


async def test_without_a_sandbox_nothing_is_run_and_the_sentence_says_why(tmp_path: Path) -> None:
    checks = ConfinedChecks(Nothing("bubblewrap is not installed"))
    assert checks.refusal() == (
        "Nothing can be confined on this machine, so no shell and no check is run: bubblewrap is not installed."
    )
    done = await checks.run(wanted(tmp_path, "touch made"))
    assert done.seen.colour == "not_checked"
    assert lies_in(tmp_path) == []
