"""Stories with the real daemon: an honest agent, one that lies, one that deletes, and one whose work stays red."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.checks.shop import FILES, install, lay, put_environment
from tests.cli.shell import Json, casework, printed
from tests.repositories import Repository
from tests.sandbox.machine import bubblewrap
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TEST: Final = "tests/test_price.py::test_discount"
WITH_TEST: Final = """\
from shop.price import total

def test_total():
    assert total([1, 2]) == 3

def test_nothing():
    assert total([]) == 0

def test_discount():
    assert total([60, 60]) == 108
"""
DISCOUNT: Final = "def total(prices):\n    full = sum(prices)\n    return full * 9 // 10 if full > 100 else full\n"
FINISH: Final = {
    "do": "finish",
    "comment": "Large orders cost less. All tests pass.",
    "claims": ["AC1"],
    "proofs": [{"criterion": "AC1", "test": TEST}],
}


@pytest.fixture
def shop(world: Path, template: Path) -> Iterator[Path]:
    """The user's repository, its package installed editable, trusted."""
    bubblewrap()
    top = lay(world / "shop", {**FILES, ".gitignore": ".venv\n__pycache__\n"})
    repository = Repository.new(top)
    install(top, put_environment(template, top))
    repository.commit("first", {})
    printed(casework("trust", "--trust", at=top))
    yield top
    casework("daemon", "stop", "--force", at=top)


def judged(top: Path, *steps: dict[str, Any]) -> Json:
    """Let the scripted agent work on a task with one criterion, and give the review that opens."""
    script = top.parent / "script.json"
    script.write_text(json.dumps({"steps": list(steps)}))
    printed(casework("task", "add", "Large orders cost less", "--criterion", "A tenth off above 100.", at=top))
    printed(casework("task", "start", "1", "--script", str(script), at=top))
    waited = casework("wait", "1", "--for", "in_review", "--for", "failed", "--timeout", "200", at=top)
    assert "in review" in printed(waited)
    found: Json = json.loads(printed(casework("review", "show", "1", "--json", at=top)))
    return found


def write(path: str, content: str) -> dict[str, Any]:
    return {"do": "write", "path": path, "content": content}


def state(review: Json) -> tuple[str, str]:
    (criterion,) = review["criteria"]
    return criterion["state"], criterion["sentence"]


def test_an_honest_agent_is_verified(shop: Path) -> None:
    review = judged(shop, write("src/shop/price.py", DISCOUNT), write("tests/test_price.py", WITH_TEST), FINISH)
    assert review["checks"] == "Green: `pytest`: 3 passed."
    assert state(review) == ("verified", f"{TEST}, red before, green now")
    assert "> Large orders cost less. All tests pass." in review["comment"]
    assert f"- verified: AC1 A tenth off above 100. ({TEST}, red before, green now)" in review["comment"]
    assert not (shop / ".pytest_cache").exists()


def test_an_agent_that_lies_about_its_tests_is_only_claimed(shop: Path) -> None:
    review = judged(shop, write("src/shop/price.py", DISCOUNT), FINISH)
    assert review["checks"] == "Green: `pytest`: 2 passed."
    assert state(review) == ("claimed", f"The agent names {TEST}, which no check has seen pass.")


def test_an_agent_that_deletes_a_failing_test_is_found_out(shop: Path) -> None:
    broken = "def total(prices):\n    full = sum(prices)\n    return full * 9 // 10\n"
    quiet = WITH_TEST.replace("def test_total():\n    assert total([1, 2]) == 3\n\n", "")
    review = judged(shop, write("src/shop/price.py", broken), write("tests/test_price.py", quiet), FINISH)
    gone = "1 test is gone with the change: tests/test_price.py::test_total"
    assert review["checks"] == f"Green: `pytest`: 2 passed. But {gone}."
    assert state(review) == ("claimed", f"The agent names {TEST}, red before, green now, but {gone}.")


def test_an_agent_that_fakes_green_in_conftest_is_found_out(shop: Path) -> None:
    conftest = "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'discount' in i.name]\n"
    review = judged(
        shop,
        write("src/shop/price.py", "def total(prices):\n    return 108\n"),
        write("tests/test_price.py", WITH_TEST),
        write("conftest.py", conftest),
        FINISH,
    )
    assert (
        "But the change touches what decides this check (conftest.py): read that first; 2 tests are gone"
        in (review["checks"])
    )
    assert state(review)[0] == "claimed"


def test_work_that_stays_red_reaches_the_human_as_red(shop: Path) -> None:
    broken = "def total(prices):\n    return 0\n"
    review = judged(shop, write("src/shop/price.py", broken), write("tests/test_price.py", WITH_TEST), FINISH)
    assert review["checks"].startswith("Red: `pytest`: 1 passed, 2 failed. ")
    assert review["checks"].endswith("It went back to its agent 2 times.")
    assert state(review) == ("claimed", f"The agent names {TEST}, and `pytest` is red.")
    assert review["run"] == 3


def test_a_working_tree_is_checked_when_a_human_asks(shop: Path) -> None:
    (shop / "src/shop/price.py").write_text("def total(prices):\n    return 0\n")
    printed(casework("review", "working-tree", at=shop))
    found = json.loads(printed(casework("review", "check", "1", "--json", at=shop)))
    assert found["checks"].startswith(
        "Red: `pytest`: 1 passed, 1 failed. tests/test_price.py::test_total: assert 0 == 3."
    )


def test_a_check_can_ask_git_about_the_tree_and_nothing_of_the_users(shop: Path) -> None:
    Repository(shop).git("remote", "add", "origin", "https://example.org/shop.git")
    command = (
        'git log -1 --format=%s && git status --short && test -z "$(git remote)" && test ! -e .venv/../../script.json'
    )
    printed(casework("checks", "choose", command, at=shop))
    (shop / "src/shop/price.py").write_text("def total(prices):\n    return sum(prices, 0)\n")
    printed(casework("review", "working-tree", at=shop))
    found = json.loads(printed(casework("review", "check", "1", "--json", at=shop)))
    assert found["checks"].startswith(
        f"Not checked: `{command}`: it ended well, but nothing tells that it ran the code"
    )


def test_a_daemon_that_is_killed_while_it_checks_begins_the_checks_anew(shop: Path) -> None:
    slow = "import time\n\ndef test_slow():\n    time.sleep(3)\n"
    (shop.parent / "script.json").write_text(
        json.dumps({"steps": [write("src/shop/price.py", DISCOUNT), write("tests/test_slow.py", slow), FINISH]})
    )
    printed(casework("task", "add", "Large orders cost less", at=shop))
    printed(casework("task", "start", "1", "--script", str(shop.parent / "script.json"), at=shop))
    wait_until(lambda: "checks.begun" in kinds(shop), description="the checks have begun", timeout_s=60)
    killed = json.loads(printed(casework("daemon", "status", "--json", at=shop)))["pid"]
    os.kill(killed, signal.SIGKILL)
    printed(casework("wait", "1", "--for", "in_review", "--timeout", "200", at=shop))
    assert kinds(shop).count("checks.begun") == 2
    assert kinds(shop)[-2:] == ["run.finished", "review.opened"]
    state = Path(os.environ["XDG_STATE_HOME"]) / "casework" / "throwaways"
    assert list(state.glob("*/*")) == []


def kinds(top: Path) -> list[str]:
    rows = json.loads(printed(casework("journal", "--json", at=top)))["rows"]
    return [row["kind"] for row in rows]
