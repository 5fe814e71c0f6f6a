"""kill -9 between any two statements, and at any time, loses no acknowledged row."""

# ruff: noqa: ASYNC220, ASYNC221 - nothing else runs on a test's loop

from __future__ import annotations

import io
import random
import select
import subprocess
import sys
import time
from collections import defaultdict
from itertools import chain, islice
from pathlib import Path

import pytest

from tests.store.looking import assert_sound, everything, opened
from tests.store.writer import batches

_WRITER = str(Path(__file__).with_name("writer.py"))


def _said(output: str) -> tuple[dict[int, int], dict[int, int]]:
    """Give, by name, the highest number acknowledged, and the number of statements of those that came to their end."""
    acknowledged: dict[int, int] = defaultdict(int)
    ended = {}
    for line in output.splitlines():
        name, what, number = line.split()
        if what == "ack":
            acknowledged[int(name)] = int(number)
        else:
            ended[int(name)] = int(number)
    return acknowledged, ended


async def _assert_nothing_lost(path: Path, acknowledged: int) -> int:
    """Open what a kill left; what is there must begin with every acknowledged row, as it was written."""
    async with opened(path) as journal:
        assert journal.state.repaired == ""
        rows = await everything(journal)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= acknowledged
        wanted = len(rows)
        drafts = list(islice(chain.from_iterable(batch for batch, _ in batches()), wanted + 1))
        assert [row.draft for row in rows] == drafts[:wanted]
        assert await journal.append(drafts[:1], expected_seq=wanted) == [wanted + 1]
    assert assert_sound(path) == wanted + 1
    return wanted


async def test_killed_before_any_statement_it_has_every_acknowledged_row(world: Path) -> None:
    command = [sys.executable, _WRITER, "statements", str(world)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    acknowledged, ended = _said(done.stdout)
    assert len(ended) == 1, "the last writing came to its end, so every statement was tried"
    assert ended == {min(ended): min(ended) - 1}, "and every other one was killed"
    whole = sum(len(batch) for batch, _ in islice(batches(), 6))
    left = [
        await _assert_nothing_lost(world / f"{statement}.sqlite3", acknowledged[statement])
        for statement in range(1, min(ended) + 1)
    ]
    assert left[0] == 0
    assert left[-1] == whole
    assert len(set(left)) == 7, "killed before, between and behind all six batches"


@pytest.mark.parametrize("seed", range(4))
async def test_killed_at_any_time_it_has_every_acknowledged_row(world: Path, seed: int) -> None:
    path = world / "journal.sqlite3"
    dice = random.Random(seed)
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, _WRITER, "forever", str(path)], stdout=subprocess.PIPE)
        assert isinstance(writer.stdout, io.BufferedReader)
        try:
            assert select.select([writer.stdout], [], [], 20)[0], "it writes"
            end = time.monotonic() + dice.uniform(0, 0.08)
            heard = b""
            while time.monotonic() < end:
                if select.select([writer.stdout], [], [], 0.005)[0]:
                    heard += writer.stdout.read1(65536)
        finally:
            writer.kill()
            heard += writer.stdout.read()
            writer.stdout.close()
            writer.wait(20)
        acknowledged, _ = _said(heard.decode())
        assert acknowledged[0] > 0
        async with opened(path) as journal:
            rows = await everything(journal)
        assert len(rows) >= acknowledged[0]
        assert [row.draft.id for row in rows] == [f"row-{n}" for n in range(1, len(rows) + 1)]
        assert assert_sound(path) == len(rows)
