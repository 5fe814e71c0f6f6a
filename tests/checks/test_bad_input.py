"""Whatever a check does, it ends, costs what is allowed, and comes to one sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from casework.checks import confined
from casework.checks.confined import ConfinedChecks
from casework.domain.evidence import Seen
from tests.checks.shop import lay, tree, wanted


def system_libraries() -> list[str]:
    return [path.name for path in Path("/usr/lib").iterdir()]


async def seen(checks: ConfinedChecks, shop: Path, folder: Path, command: str, **more: object) -> Seen:
    return (await checks.run(wanted(shop, folder, command, **more))).seen


async def check(
    checks: ConfinedChecks, shop: Path, tmp_path: Path, command: str, files: dict[str, str], said: str, **more: object
) -> None:
    found = await seen(checks, shop, tree(shop, tmp_path / "head", files), command, **more)
    assert (found.colour, found.sentence) == ("not_checked", said)


async def test_no_such_program(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    said = "`vitest run` could not be started: there is no such program (Python 3.11 of .venv)."
    await check(checks, shop, tmp_path, "vitest run", {}, said)


async def test_no_runner_installed(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    said = "`python -m nox` could not be started: nox is not installed (Python 3.11 of .venv)."
    await check(checks, shop, tmp_path, "python -m nox", {}, said)


async def test_dependencies_that_are_missing(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    files = {"tests/test_price.py": "import requests\n\ndef test_total():\n    pass\n"}
    said = (
        "`pytest -q`: 1 error; all that failed, failed for want of something: requests is not installed (Python "
        "3.11 of .venv); install what the project needs, or name its environment."
    )
    await check(checks, shop, tmp_path, "pytest -q", files, said)


async def test_no_tests(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    files = {"tests/test_price.py": "import shop\n"}
    await check(checks, shop, tmp_path, "pytest -q", files, "`pytest -q` found no tests.")


async def test_a_suite_that_needs_a_network(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    files = {
        "tests/test_price.py": """\
            import socket
            import shop

            def test_total():
                socket.create_connection(("example.org", 80), timeout=5)
            """
    }
    said = (
        "`pytest -q`: 1 failed; all that failed, failed for want of something: it needs a network, and a check has "
        "none."
    )
    await check(checks, shop, tmp_path, "pytest -q", files, said)


async def test_a_suite_that_writes_outside(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    files = {
        "tests/test_price.py": """\
            import pathlib
            import shop

            def test_total():
                pathlib.Path("/usr/lib/made").write_text("x")
            """
    }
    said = (
        "`pytest -q`: 1 failed; all that failed, failed for want of something: it writes outside of its folder, and a "
        "check may not."
    )
    await check(checks, shop, tmp_path, "pytest -q", files, said)
    assert "made" not in system_libraries()


async def test_a_suite_that_hangs(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    files = {"tests/test_price.py": "import threading\n\ndef test_total():\n    threading.Event().wait()\n"}
    said = "`pytest -q` did not end within 3 s and was ended, so it says nothing."
    await check(checks, shop, tmp_path, "pytest -q", files, said, wall_s=3.0)


async def test_ten_gigabytes_of_output(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    folder = tree(shop, tmp_path / "head")
    done = await checks.run(wanted(shop, folder, "head -c 10000000000 /dev/zero"))
    assert not done.seen.proven
    assert len(done.output) < confined.OUTPUT_BYTES + 200


async def test_a_fork_bomb(checks: ConfinedChecks, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "PROCESSES", 60)
    found = await seen(
        checks, shop, tree(shop, tmp_path / "head"), "bomb() { bomb | bomb & }; bomb; wait; cat", wall_s=20.0
    )
    assert not found.proven  # the shell says 0 although it could not start what it was asked to


async def test_stopping_a_check_leaves_nothing(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    begun = asyncio.Event()
    folder = tree(shop, tmp_path / "head")
    running = asyncio.create_task(
        checks.run(wanted(shop, folder, "echo begun; sleep 1000"), lambda _: begun.set()), name="check"
    )
    await asyncio.wait_for(begun.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)


async def test_without_an_environment_the_programs_of_the_system_are_used(
    checks: ConfinedChecks, tmp_path: Path
) -> None:
    top = lay(tmp_path / "plain", {"Makefile": "test:\n\tgrep -q word file\n", "file": "a word\n"})
    found = await seen(checks, top, tree(top, tmp_path / "head"), "make test")
    assert (found.colour, found.proven) == ("green", False)


async def test_unittest_is_proven_by_what_it_loads(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    files = {
        "tests/test_price.py": """\
            import unittest
            from shop.price import total

            class Prices(unittest.TestCase):
                def test_total(self):
                    self.assertEqual(total([1, 2]), 3)
            """
    }
    found = await seen(checks, shop, tree(shop, tmp_path / "head", files), "python -m unittest discover -s tests")
    assert (found.colour, found.proven) == ("green", True)
    assert "src/shop/price.py" in [file.path for file in found.loaded]


async def test_a_report_that_the_command_writes_is_read(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    report = '<testsuite><testcase file="a.test.js" name="adds"><failure message="1 is 2"/></testcase></testsuite>'
    command = f"echo '{report}' > $CASEWORK_REPORTS/junit.xml; exit 1"
    found = await seen(checks, shop, tree(shop, tmp_path / "head"), command)
    assert found.colour == "red"
    assert [(case.id, case.outcome, case.why) for case in found.cases] == [("a.test.js::adds", "failed", "1 is 2")]
