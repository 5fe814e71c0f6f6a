"""kill -9 of editor, daemon and agent while somebody judges, writes and answers: what was acknowledged is there again.

`CASEWORK_TEST_FULL=1` kills a hundred times; docs/explanation/killed-at-any-time.md has what came out.
"""

from __future__ import annotations

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from casework.cli.connection import Daemon
from tests.kill.checker import Damage
from tests.kill.errands import workers
from tests.kill.keeper import ROOT, Keeper
from tests.kill.reviewer import ASKING, REVIEW
from tests.kill.reviewing import Known, Place, asking, check, found
from tests.kill.trials import journal_of
from tests.lsp.ledger_story import hunks, shop
from tests.repositories import Repository
from tests.store.looking import assert_sound, raw_rows
from tests.waiting import wait_until

FULL: Final = bool(os.environ.get("CASEWORK_TEST_FULL"))
KILLS: Final = 100 if FULL else 9
WHOM: Final = ("editor", "daemon", "agent")
RESULTS: Final = ROOT / "artefacts" / "kill" / "reviewing.json"
LONGEST_S: Final = 0.4
"""A kill comes at some time within so many seconds of the editor's first deed."""

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1800 if FULL else 240)]


def test_what_was_acknowledged_is_there_again_whoever_is_killed_when(world: Path) -> None:
    seed = random.randrange(1_000_000)  # pytest-randomly prints what it comes from
    chosen = random.Random(seed)
    repository, log = shop(world / "shop"), world / "editor.log"
    behind: list[float] = []
    known = Known({})
    with Keeper(world / "switch") as keeper:
        keeper.start()
        names = _begin(keeper, repository)
        for n in range(KILLS):
            whom = WHOM[n % len(WHOM)]
            with _editor(repository, log, chosen.randrange(1_000_000)) as editor:
                killed_ns = _kill(whom, keeper, editor, world, chosen.random() * LONGEST_S)
                if whom != "editor":
                    _lives_on(log)
                    killed_ns = time.monotonic_ns()
            known = Known({name: Place() for name in names}, killed_ns=killed_ns)
            known.read(log)
            try:
                behind.append(_check(known, keeper, repository, log))
            except Damage as damage:
                raise Damage(f"kill {n}, of the {whom}, seed {seed}: {damage}") from damage
        _check_the_checker(known, keeper, repository)
        keeper.kill()
    assert_sound(journal_of(repository))
    _answered_once(known, repository)
    assert max(behind) < 1.0, behind
    _write_down(known.deeds, behind)


def _begin(keeper: Keeper, repository: Repository) -> list[str]:
    """Open the review, and let an agent ask; the names of the hunks."""
    top = str(repository.path)
    with keeper.client() as client:
        view = client.ask("casework/review/open", top, kind="branch", name="work")
        client.ask("casework/task/add", top, title="Ask and ask")
        client.ask("casework/task/start", top, number=ASKING, agent="scripted", script=_script())
        client.ask("casework/task/wait", top, number=ASKING, statuses=["waiting"])
    return [hunk["id"] for hunk in hunks(view)]


@contextmanager
def _editor(repository: Repository, log: Path, seed: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start an editor, and wait until it has done something; at the end it is killed."""
    before = _size(log)
    command = [sys.executable, "-m", "tests.kill.reviewer", str(repository.path), str(log), str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: _size(log) > before, description="the editor does something", timeout_s=60)
        yield process
    finally:
        process.kill()
        process.wait(20)


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _lives_on(log: Path) -> None:
    """Wait until the editor was answered again."""
    before = _size(log)
    wait_until(lambda: b"acknowledged" in log.read_bytes()[before:], description="the editor goes on", timeout_s=60)


def _kill(whom: str, keeper: Keeper, editor: subprocess.Popen[bytes], world: Path, delay_s: float) -> int:
    """End one of them with SIGKILL, so long from now, and say when; a daemon is started anew."""
    at = time.monotonic() + delay_s
    if whom == "agent":
        wait_until(lambda: workers(world), description="an agent works", timeout_s=60)
    wait_until(lambda: time.monotonic() >= at, description="its time has come")
    killed_ns = time.monotonic_ns()
    if whom == "editor":
        editor.kill()
        editor.wait(20)
    elif whom == "daemon":
        keeper.kill()
        wait_until(lambda: not workers(world), description="the agent's processes ended with the daemon")
        keeper.start()
    else:
        for process in workers(world):
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
    return killed_ns


def _check(known: Known, keeper: Keeper, repository: Repository, log: Path) -> float:
    """Look with another editor."""
    top = str(repository.path)
    with keeper.client() as client:
        stands = client.ask("casework/task/wait", top, number=ASKING, statuses=["waiting", "failed"])
        view, drafts, card = _look(client, repository)
        behind = check(known, view, drafts, card)
        with log.open("a") as told:
            told.write(found(view, drafts))
        if stands["card"]["status"] == "failed":  # killed while it worked: the scripted agent does not go on by itself
            if "retry" not in stands["reason"]:
                raise Damage(f"the run failed: {stands['reason']}")
            client.ask("casework/task/retry", top, number=ASKING, agent="scripted", script=_script())
            client.ask("casework/task/wait", top, number=ASKING, statuses=["waiting"])
        return behind


def _script() -> str:
    return json.dumps(asking(10 * KILLS))


def _look(client: Daemon, repository: Repository) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    top = str(repository.path)
    view = client.ask("casework/review/show", top, number=REVIEW)
    drafts = client.ask("casework/draft/list", top, number=REVIEW)["drafts"]
    return view, drafts, client.ask("casework/task/show", top, number=ASKING)["card"]


def _answered_once(known: Known, repository: Repository) -> None:
    told = [json.loads(row[13]) for row in raw_rows(journal_of(repository)) if row[5] == "question.answered"]
    answered = [one["id"] for one in told]
    assert len(answered) == len(set(answered)), "a question is answered once"
    assert set(known.answered) <= set(answered)


def _write_down(deeds: int, behind: list[float]) -> None:
    """Keep the figures among the artefacts."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    figures = {"kills": len(behind), "deeds": deeds, "furthest behind, s": max(behind), "each, s": behind}
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n")


def _check_the_checker(known: Known, keeper: Keeper, repository: Repository) -> None:
    """Lose one of each by hand: each loss must be found."""
    with keeper.client() as client:
        view, drafts, card = _look(client, repository)

    def lost(change: Any) -> None:
        seen = copy.deepcopy((view, drafts, card))
        change(*seen)
        with pytest.raises(Damage):
            check(known, *seen)

    def reason(view: Any, _drafts: Any, _card: Any) -> None:
        hunks(view)[0]["reason"] += "?"

    def comment(view: Any, _drafts: Any, _card: Any) -> None:
        hunks(view)[0]["comments"].append({"text": "nobody's"})

    def letter(_view: Any, drafts: Any, _card: Any) -> None:
        drafts.append({"place": f"comment/{hunks(view)[0]['id']}", "text": "nobody's", "column": 8})

    for change in (reason, comment, letter):
        lost(change)
