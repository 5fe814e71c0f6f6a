"""The journal port's promises, on SQLite and on the fake."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest

from casework.domain.envelope import DATA_LIMIT, Draft, Recorded
from casework.domain.errors import Trouble
from casework.domain.events import CommentAdded, Event, LandingUndone, ReviewReshown, StepBegun
from casework.domain.ids import BlobHash, CommentId, CommitId, HunkId, StreamId, TaskId
from casework.ports.journal import Conflict, Fenced, Journal
from casework.store.journal import open_journal
from tests.contracts.drafts import draft
from tests.fakes.journal import MemoryJournal, Shelf

STREAM = StreamId("20000000-0000-7000-8000-000000000001")


class Opener(Protocol):
    """Opens the same journal once more, as another process would."""

    async def __call__(self) -> Journal:
        """Open it; it is closed when the test ends."""
        ...


@pytest.fixture(params=["sqlite", "memory"])
async def opened(request: pytest.FixtureRequest, world: Path) -> AsyncIterator[Opener]:
    """Open one journal as often as wanted."""
    shelf, times, open_ones = Shelf(), count(1), list[Journal]()

    async def again() -> Journal:
        journal: Journal
        if request.param == "sqlite":
            journal = await open_journal(world / "journal.sqlite3", STREAM, clock=lambda: next(times))
        else:
            journal = MemoryJournal(STREAM, shelf)
        open_ones.append(journal)
        return journal

    yield again
    for journal in open_ones:
        await journal.close()


@pytest.fixture
async def journal(opened: Opener) -> Journal:
    """A new journal."""
    return await opened()


async def everything(journal: Journal, *, after: int = 0, task: TaskId | None = None) -> list[Recorded]:
    return [row async for row in journal.read(after=after, task=task)]


async def test_a_new_journal_is_empty_and_may_be_written(journal: Journal) -> None:
    assert (journal.state.stream, journal.state.last_seq, journal.state.epoch) == (STREAM, 0, 1)
    assert (journal.state.read_only, journal.state.repaired) == ("", "")
    assert await everything(journal) == []


async def test_what_was_recorded_is_read_back_whole_and_in_order(journal: Journal) -> None:
    drafts = [draft(f"t{n}", command="c1", run="r1") for n in range(5)]
    assert await journal.append(drafts[:1], expected_seq=0) == [1]
    assert await journal.append(drafts[1:4], expected_seq=1) == [2, 3, 4]
    assert await journal.append(drafts[4:], expected_seq=4, full_sync=True) == [5]
    rows = await everything(journal)
    assert [row.draft for row in rows] == drafts
    assert [(row.seq, row.stream, row.epoch) for row in rows] == [(n, STREAM, 1) for n in range(1, 6)]
    assert journal.state.last_seq == 5


async def test_texts_in_any_writing_survive(journal: Journal) -> None:
    texts = ["", "\x00\x01\x1f\x7f", 'say "no"\\', "naïve ☃ \U0001d518", "two\nlines\r\n", "\u2028\ufeff"]
    drafts = [draft(text, command=text or None, task=text) for text in texts]
    await journal.append(drafts, expected_seq=0)
    assert [row.draft for row in await everything(journal)] == drafts


async def test_reading_begins_behind_a_number_and_ends_at_a_limit(journal: Journal) -> None:
    await journal.append([draft() for _ in range(1200)], expected_seq=0)
    assert [row.seq for row in await everything(journal, after=1195)] == [1196, 1197, 1198, 1199, 1200]
    assert [row.seq async for row in journal.read(after=3, limit=2)] == [4, 5]
    assert [row.seq async for row in journal.read(limit=700)] == list(range(1, 701))
    assert [row.seq async for row in journal.read(after=1200)] == []
    assert [row.seq async for row in journal.read(limit=0)] == []


async def test_the_rows_of_one_task_are_read_alone(journal: Journal) -> None:
    await journal.append([draft(task="abc"[n % 3]) for n in range(1500)], expected_seq=0)
    assert [row.seq for row in await everything(journal, task=TaskId("b"))] == list(range(2, 1501, 3))
    assert [row.seq async for row in journal.read(after=6, task=TaskId("a"), limit=2)] == [7, 10]
    assert await everything(journal, task=TaskId("z")) == []


async def test_a_reading_sees_what_was_there_when_it_began(journal: Journal) -> None:
    await journal.append([draft() for _ in range(600)], expected_seq=0)
    seen = 0
    async for row in journal.read():
        seen = row.seq
        if row.seq == 1:
            await journal.append([draft()], expected_seq=600)
    assert seen == 600


async def test_a_wrong_expected_number_is_a_conflict_and_writes_nothing(journal: Journal) -> None:
    await journal.append([draft()], expected_seq=0)
    for wrong in (0, 2, -1):
        with pytest.raises(Conflict):
            await journal.append([draft()], expected_seq=wrong)
        with pytest.raises(Conflict):
            await journal.append([draft()], expected_seq=wrong, full_sync=True)
    assert [row.seq for row in await everything(journal)] == [1]


async def test_nothing_to_write_gives_no_numbers(journal: Journal) -> None:
    assert await journal.append([], expected_seq=0) == []
    assert journal.state.last_seq == 0


async def test_a_newer_writer_fences_the_older_one(opened: Opener) -> None:
    old = await opened()
    await old.append([draft()], expected_seq=0)
    new = await opened()
    assert (new.state.epoch, new.state.last_seq) == (2, 1)
    for drafts in ([draft()], [draft(), draft()]):
        for full_sync in (False, True):
            with pytest.raises(Fenced):
                await old.append(drafts, expected_seq=1, full_sync=full_sync)
    assert await new.append([draft()], expected_seq=1) == [2]
    assert [(row.seq, row.epoch) for row in await everything(new)] == [(1, 1), (2, 2)]


async def test_a_reopened_journal_goes_on_where_it_ended(opened: Opener) -> None:
    first = await opened()
    drafts = [draft(command="same"), draft()]
    await first.append(drafts, expected_seq=0)
    await first.close()
    second = await opened()
    assert (second.state.last_seq, second.state.epoch, second.state.repaired) == (2, 2, "")
    assert [row.draft for row in await everything(second)] == drafts
    assert await second.append([draft()], expected_seq=2) == [3]


async def test_a_command_is_answered_with_what_it_recorded_once(opened: Opener) -> None:
    journal = await opened()
    drafts = [draft(command="k1"), draft(), draft(command="k1"), draft(command="k2")]
    await journal.append(drafts, expected_seq=0)
    assert [row.seq for row in await journal.answered("k1")] == [1, 3]
    assert [row.draft for row in await journal.answered("k2")] == [drafts[3]]
    assert await journal.answered("never") == []
    await journal.close()
    assert [row.seq for row in await (await opened()).answered("k1")] == [1, 3]


def _of_size(size: int) -> Draft:
    """A draft whose data has exactly `size` bytes."""
    kept = tuple("x" * 500 for _ in range(14))
    bare = LandingUndone(landing=None, reason="", kept_aside=kept)
    left = size - len(bare.model_dump_json())
    return draft(event=bare.model_copy(update={"reason": "r" * left}))


async def test_a_row_takes_eight_kibibytes_and_not_a_byte_more(journal: Journal) -> None:
    assert await journal.append([_of_size(DATA_LIMIT)], expected_seq=0) == [1]
    with pytest.raises(ValueError):
        await journal.append([draft(), _of_size(DATA_LIMIT + 1)], expected_seq=1)
    with pytest.raises(ValueError):
        await journal.append([_of_size(DATA_LIMIT + 1)], expected_seq=1, full_sync=True)
    assert len(await everything(journal)) == 1


async def test_cancelling_does_not_take_the_write_back(journal: Journal) -> None:
    async with asyncio.timeout(20):
        writing = asyncio.create_task(journal.append([draft("kept")], expected_seq=0, full_sync=True))
        asyncio.get_running_loop().call_soon(writing.cancel)
        await asyncio.wait([writing])
        seqs = await journal.append([draft()], expected_seq=1, full_sync=True)
    assert seqs == [2]
    assert [row.seq for row in await everything(journal)] == [1, 2]


async def test_many_appends_of_any_size_leave_no_gap(journal: Journal) -> None:
    dice = random.Random(7)
    written: list[Draft] = []
    for _ in range(120):
        batch = [draft(event=StepBegun(n=1, what="write")) for _ in range(dice.choice([0, 1, 1, 2, 9, 64, 150]))]
        seqs = await journal.append(batch, expected_seq=len(written), full_sync=dice.random() < 0.1)
        assert seqs == list(range(len(written) + 1, len(written) + len(batch) + 1))
        written += batch
    rows = await everything(journal)
    assert [row.seq for row in rows] == list(range(1, len(written) + 1))
    assert [row.draft for row in rows] == written


async def test_at_once_all_is_written_or_nothing(journal: Journal) -> None:
    written: list[Draft] = []
    for size in (0, 1, 64, 500, 1):
        batch = [draft() for _ in range(size)]
        if journal.append_at_once(batch, expected_seq=len(written)):
            written += batch
        assert journal.state.last_seq == len(written)
    assert len(written) >= 66
    assert [row.draft for row in await everything(journal)] == written


async def test_at_once_refuses_whatever_append_refuses(opened: Opener) -> None:
    old = await opened()
    with pytest.raises(Conflict):
        old.append_at_once([draft()], expected_seq=1)
    with pytest.raises(ValueError):
        old.append_at_once([_of_size(DATA_LIMIT + 1)], expected_seq=0)
    new = await opened()
    for drafts in ([draft()], [draft(), draft()]):
        with pytest.raises(Fenced):
            old.append_at_once(drafts, expected_seq=0)
    assert await everything(new) == []
    await new.close()
    with pytest.raises(Trouble) as caught:
        new.append_at_once([draft()], expected_seq=0)
    assert caught.value.code == "journal_closed"


async def test_behind_a_write_under_way_nothing_overtakes(journal: Journal) -> None:
    slow = asyncio.create_task(journal.append([draft("first")], expected_seq=0, full_sync=True))
    begun = asyncio.Event()
    asyncio.get_running_loop().call_soon(begun.set)
    await begun.wait()
    if not slow.done():
        assert not journal.append_at_once([draft("second")], expected_seq=1)
    assert await slow == [1]
    assert [row.seq for row in await everything(journal)] == [1]


async def test_of_writers_at_the_same_number_one_wins(journal: Journal) -> None:
    outcomes = await asyncio.gather(
        *(journal.append([draft(str(n))], expected_seq=0, full_sync=n % 2 == 0) for n in range(8)),
        return_exceptions=True,
    )
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["Conflict"] * 7 + ["list"]
    assert len(await everything(journal)) == 1


async def test_a_closed_journal_takes_nothing(journal: Journal) -> None:
    await journal.close()
    await journal.close()
    for full_sync in (False, True):
        with pytest.raises(Trouble) as caught:
            await journal.append([draft()], expected_seq=0, full_sync=full_sync)
        assert caught.value.code == "journal_closed"


async def test_nested_shapes_come_back_as_they_were(journal: Journal) -> None:
    commit, blob = CommitId("c" * 40), BlobHash("b" * 64)
    events: list[Event] = [
        ReviewReshown(onto=commit, from_tree="c" * 40, result_tree="d" * 40, why="The branch moved.", manifest=blob),
        CommentAdded(id=CommentId("k"), text=blob, preview="Why?", hunk=HunkId("0123456789abcdef-2")),
    ]
    await journal.append([draft(event=event) for event in events], expected_seq=0)
    assert [row.event for row in await everything(journal)] == events


async def test_a_journal_that_only_it_wrote_is_sound(journal: Journal) -> None:
    assert await journal.verify() == ""
    await journal.append([draft() for _ in range(300)], expected_seq=0)
    assert await journal.verify() == ""
