"""kill -9 at every boundary of a landing: afterwards it has landed whole or not at all, and nothing else changed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.landing.grounds import Ground, busy
from tests.landing.looking import Look, differences
from tests.repositories import Repository
from tests.waiting import wait_until

RANDOM_KILLS = int(os.environ.get("CASEWORK_TEST_KILLS", "8"))
"""How many kills at random times, and how many of a recovery; the default is for every day."""


class Player:
    """The process that lands and is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.landing.play"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def send(self, act: str, ground: Ground, **more: Any) -> None:
        journal = ground.repository.path.with_suffix(".journal")
        request = ground.request(more.get("mode", "commit"), trusted=bool(more.get("trusted")))
        order = {
            "act": act,
            "repository": str(ground.repository.path),
            "request": request.model_dump(mode="json"),
            "journal": str(journal),
            "places": str(self.folder / "places"),
            **more,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert not answer["said"].startswith("failed"), answer["said"]
        return answer

    def play(self, act: str, ground: Ground, **more: Any) -> dict[str, Any]:
        self.send(act, ground, **more)
        return self.answer()

    def places(self) -> list[str]:
        """The boundaries that were passed."""
        found: list[str] = json.loads((self.folder / "places").read_text())
        return found

    def close(self) -> None:
        self._process.communicate(timeout=20)


class Trials:
    """The same landing again and again, each in a fresh copy, killed somewhere; then recovery, then every byte."""

    def __init__(self, player: Player, original: Ground, folder: Path, act: str = "land", **more: Any) -> None:
        self.player, self.original, self.folder = player, original, folder
        self.act, self.more = act, more
        self._number = 0
        self.outcomes: Counter[str] = Counter()
        undisturbed = self.fresh()
        self.before = undisturbed.look()
        assert self.play(undisturbed) == {"killed": False, "said": "landed"}
        self.boundaries = player.places()
        self.after = undisturbed.look()
        assert self.after.leftovers == ()
        undisturbed.remove()

    def fresh(self) -> Ground:
        self._number += 1
        made = self.original.copy(self.folder / f"trial-{self._number}")
        if self.act == "undo":
            self.player.play("land", made, **self.more)
        return made

    def play(self, ground: Ground, **more: Any) -> dict[str, Any]:
        return self.player.play(self.act, ground, **self.more, **more)

    def recover(self, ground: Ground, **more: Any) -> str:
        """Start the daemon anew, and say what it told."""
        said: str = self.player.play("recover", ground, **self.more, **more)["said"]
        return said

    def kill_everywhere(self, *, step: int = 1) -> None:
        """Kill it at every boundary, or every `step`th."""
        for place in range(0, len(self.boundaries), step):
            ground = self.fresh()
            assert self.play(ground, kill_at=place)["killed"], self.boundaries[place]
            try:
                self.check(ground, self.recover(ground))
            except AssertionError as error:
                raise AssertionError(f"killed at {place} ({self.boundaries[place]}): {error}") from error
            ground.remove()
        assert set(self.outcomes) == {"landed", "taken back"}

    def check(self, ground: Ground, said: str) -> None:
        """Compare everything with what it was, or with what an undisturbed landing gives."""
        now = ground.look()
        landed = self._mark(now) != self._mark(self.before)
        assert not landed or said in ("landed", "confirmed"), f"landed, but the daemon was told: {said}"
        nothing = ("taken back", "nothing announced", *(["confirmed"] if self.act == "undo" else []))
        assert landed or said in nothing, f"not landed, but the daemon was told: {said}"
        wrong = differences(_without_commit(self.after if landed else self.before), _without_commit(now))
        assert wrong == [], ("landed" if landed else "taken back", wrong)
        assert self._mark(now) == self._mark(self.after if landed else self.before)
        self.outcomes["landed" if landed else "taken back"] += 1

    def _mark(self, look: Look) -> object:
        """By what one sees whether it has landed: what HEAD holds, and which branches there are; else the files."""
        if self.more.get("mode") == "files":
            return look.files
        return look.tree, [ref.partition(" ")[0] for ref in look.refs]


def _without_commit(look: Look) -> Look:
    """A commit's name holds the time; its tree is compared instead."""
    refs = tuple(ref.partition(" ")[0] for ref in look.refs)
    return Look(**{**look.__dict__, "commit": "", "refs": refs})


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    made = Player(tmp_path_factory.mktemp("player"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def trials(player: Player, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    folder = tmp_path_factory.mktemp("trials")
    return Trials(player, busy(folder / "original"), folder)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_kill_at_any_boundary_leaves_it_landed_whole_or_not_at_all(player: Player, trials: Trials) -> None:
    assert "file 0 in place" in trials.boundaries
    assert "branch moved" in trials.boundaries
    trials.kill_everywhere()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("act", "more"),
    [
        ("undo", {}),
        ("land", {"mode": "fast_forward"}),
        ("land", {"mode": "branch"}),
        ("land", {"mode": "files"}),
        ("undo", {"mode": "files"}),
        ("land", {"plain_moves": True}),
    ],
    ids=["undo", "fast-forward", "branch", "files", "undo of files", "without exchange"],
)
def test_a_kill_leaves_every_kind_of_landing_whole_or_not_at_all(
    player: Player, tmp_path: Path, act: str, more: dict[str, Any]
) -> None:
    trials = Trials(player, busy(tmp_path / "original"), tmp_path, act, **more)
    trials.kill_everywhere(step=1 if RANDOM_KILLS > 50 or len(trials.boundaries) < 15 else 6)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_recovery_that_is_killed_too_can_be_repeated(player: Player, trials: Trials) -> None:
    chosen = random.Random(7)  # the same places every day
    entered = [n for n, name in enumerate(trials.boundaries) if name not in ("stage made", "swept")]
    for _ in range(RANDOM_KILLS):
        ground = trials.fresh()
        place = chosen.choice(entered)
        player.play("land", ground, kill_at=place)
        again = chosen.randrange(12)
        while player.play("recover", ground, kill_at=again)["killed"]:
            again += 5
        said = player.play("recover", ground)["said"]
        trials.check(ground, {"undone": "taken back", "confirmed": "landed"}.get(said, said))
        ground.remove()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_kill_at_any_time_leaves_it_landed_whole_or_not_at_all(player: Player, trials: Trials) -> None:
    chosen = random.Random(11)  # times differ from run to run anyway
    ground = trials.fresh()
    began = time.monotonic()
    player.play("land", ground)
    span_s = time.monotonic() - began
    ground.remove()
    for _ in range(RANDOM_KILLS):
        ground = trials.fresh()
        kill_after(player, ground, chosen.random() * span_s)
        player.answer()
        said = player.play("recover", ground)["said"]
        trials.check(ground, said)
        ground.remove()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_skipping_the_look_before_repeating_is_noticed(player: Player, trials: Trials) -> None:
    place = trials.boundaries.index("branch moved")
    ground = trials.fresh()
    assert player.play("land", ground, kill_at=place)["killed"]
    said = player.play("recover", ground, blind=True)["said"]
    with pytest.raises(AssertionError):
        trials.check(ground, said)


def test_recovery_waits_for_a_git_process_that_outlives_the_daemon(player: Player, trials: Trials) -> None:
    ground = trials.fresh()
    begun, go = ground.repository.path.with_suffix(".begun"), ground.repository.path.with_suffix(".go")
    _hook(ground.repository, f'[ "$1" = prepared ] || exit 0\ntouch {begun}\nwhile [ ! -e {go} ]; do sleep 0.01; done')
    pid_file = trials.folder / "pid"
    pid_file.unlink(missing_ok=True)
    player.send("land", ground, tell_pid=str(pid_file), trusted=True)
    wait_until(begun.exists, description="the hook runs")
    os.kill(int(pid_file.read_text()), 9)
    assert player.answer()["killed"]
    player.send("recover", ground)
    go.touch()
    said = player.answer()["said"]
    trials.check(ground, said)
    assert said == "landed"


def kill_after(player: Player, ground: Ground, pause_s: float) -> None:
    """Let it land, and kill it some time later."""
    pid_file = player.folder / "pid"
    pid_file.unlink(missing_ok=True)
    began = time.monotonic()
    player.send("land", ground, tell_pid=str(pid_file))
    pid = int(wait_until(lambda: pid_file.exists() and pid_file.read_text(), description="the player forked"))
    wait_until(lambda: time.monotonic() >= began + pause_s, description="its time has come")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)


def _hook(repository: Repository, script: str) -> None:
    hook = repository.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ngrep -q refs/heads/main || exit 0\n{script}\n")
    hook.chmod(0o755)
