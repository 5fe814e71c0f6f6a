"""One writer: what is acknowledged is committed, and what is refused leaves no trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from casework.core.recorder import Recorder
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import DATA_LIMIT, Actor, Draft, Recorded
from casework.domain.errors import Refused, Trouble
from casework.domain.ids import StreamId, TaskId
from tests.fakes.journal import MemoryJournal, Shelf
from tests.waiting import wait_until_async

ADA = Actor(kind="human", id="ada")


class Writing:
    """A recorder over a journal in memory; with a `disk`, commits are waited for until that is set."""

    def __init__(self, disk: asyncio.Event | None = None) -> None:
        self.shelf = Shelf()
        self.board = Board()
        self.journal = MemoryJournal(StreamId("s"), self.shelf)
        self.journal.disk = disk
        self.recorder = Recorder(self.journal, self.board, lambda draft: draft)
        self.told: list[list[int]] = []
        self.recorder.listen(lambda rows: self.told.append([row.seq for row in rows]))
        self.recorder.start()

    def add(self, board: Board) -> Sequence[Draft]:
        number = board.last_number + 1
        event = e.TaskAdded(number=number, task_kind="change", title=f"task {number}", status="backlog")
        return [Draft(id=f"id-{number}", event=event, actor=ADA, task=TaskId(f"task-{number}"))]


@pytest.fixture(params=["at once", "on a disk"])
async def writing(request: pytest.FixtureRequest) -> Writing:
    """Both ways of committing, with the same promises."""
    if request.param == "at once":
        return Writing()
    disk = asyncio.Event()
    disk.set()
    return Writing(disk)


async def test_numbers_are_given_one_by_one_however_many_ask_at_once(writing: Writing) -> None:
    await asyncio.gather(*(writing.recorder.record(writing.add) for _ in range(50)))
    assert sorted(writing.board.by_number) == list(range(1, 51))
    assert [row.seq for row in writing.shelf.rows] == list(range(1, 51))
    assert [seq for seqs in writing.told for seq in seqs] == list(range(1, 51))
    await writing.recorder.close()


async def test_a_refusal_in_the_middle_leaves_nothing_of_its_own_decision(writing: Writing) -> None:
    def halfway(board: Board) -> Iterator[Draft]:
        yield from writing.add(board)
        raise Refused("No.")

    done = await asyncio.gather(
        writing.recorder.record(writing.add),
        writing.recorder.record(lambda board: _Lazily(halfway(board))),
        writing.recorder.record(writing.add),
        return_exceptions=True,
    )
    assert isinstance(done[1], Refused)
    assert sorted(writing.board.by_number) == [1, 2]
    assert writing.board.last_number == 2
    await writing.recorder.close()


class _Lazily(Sequence[Draft]):
    """Drafts that are made while they are taken, so that a decision can fail in the middle of them."""

    def __init__(self, drafts: Iterator[Draft]) -> None:
        self._drafts = drafts

    def __iter__(self) -> Iterator[Draft]:
        return self._drafts

    def __len__(self) -> int:
        return 1

    def __getitem__(self, at: object) -> Any:
        raise IndexError(at)


async def test_a_journal_that_fails_leaves_the_board_as_it_was(writing: Writing) -> None:
    await writing.recorder.record(writing.add)
    writing.shelf.trouble = Trouble("The disk is full.", code="disk_full")
    with pytest.raises(Trouble, match="disk is full"):
        await writing.recorder.record(writing.add)
    assert sorted(writing.board.by_number) == [1]
    assert [len(names) for names in writing.board.by_status.values()] == [1]
    writing.shelf.trouble = None
    await writing.recorder.record(writing.add)
    assert sorted(writing.board.by_number) == [1, 2]
    await writing.recorder.close()


async def test_until_it_is_committed_nobody_sees_it() -> None:
    writing = Writing(disk := asyncio.Event())
    waiting = [asyncio.ensure_future(writing.recorder.record(writing.add)) for _ in range(2)]
    await wait_until_async(lambda: len(writing.shelf.rows) == 2, description="both rows are on their way")
    assert (writing.board, writing.told) == (Board(by_status={"backlog": {}}), [])
    disk.set()
    await asyncio.gather(*waiting)
    assert (sorted(writing.board.by_number), writing.board.last_seq, writing.told) == ([1, 2], 2, [[1, 2]])
    await writing.recorder.close()


async def test_a_committed_row_is_on_the_board_when_its_listener_is_told(writing: Writing) -> None:
    seen: list[list[int]] = []
    writing.recorder.listen(lambda _rows: seen.append(sorted(writing.board.by_number)))
    await asyncio.gather(*(writing.recorder.record(writing.add) for _ in range(3)))
    assert seen == [[1, 2, 3]]
    await writing.recorder.close()


async def test_an_event_that_fits_no_task_fails_alone_and_takes_no_number(writing: Writing) -> None:
    stray = Draft(id="id", event=e.TaskWoken(), actor=ADA, task=TaskId("nobody's"))
    done = await asyncio.gather(
        writing.recorder.record(writing.add),
        writing.recorder.record(lambda _: [stray]),
        writing.recorder.record(writing.add),
        return_exceptions=True,
    )
    assert isinstance(done[1], ValueError)
    await writing.recorder.record(writing.add)
    assert [row.seq for row in writing.shelf.rows] == [1, 2, 3]
    assert writing.board.last_seq == 3
    await writing.recorder.close()


async def test_an_event_too_long_for_a_row_does_not_end_the_writing(writing: Writing) -> None:
    event = e.TaskAdded(number=9, task_kind="change", title="long", status="backlog", fingerprint="x" * DATA_LIMIT)
    with pytest.raises(ValueError, match="bytes"):
        await writing.recorder.record(lambda _: [Draft(id="id", event=event, actor=ADA, task=TaskId("long"))])
    await writing.recorder.record(writing.add)
    assert sorted(writing.board.by_number) == [1]
    await writing.recorder.close()


async def test_the_same_command_is_recorded_once_and_answered_every_time(writing: Writing) -> None:
    at_once = await asyncio.gather(*(writing.recorder.record(writing.add, command="key") for _ in range(5)))
    later = await writing.recorder.record(writing.add, command="key")
    assert {row.seq for rows in [*at_once, later] for row in rows} == {1}
    assert len(writing.shelf.rows) == 1
    await writing.recorder.close()


async def test_a_command_sent_twice_is_answered_twice_by_the_same_commit_or_not_at_all(writing: Writing) -> None:
    writing.shelf.trouble = Trouble("The disk is full.", code="disk_full")
    done = await asyncio.gather(
        *(writing.recorder.record(writing.add, command="key") for _ in range(2)), return_exceptions=True
    )
    assert [str(outcome) for outcome in done] == ["The disk is full."] * 2
    assert [row.seq for row in await writing.recorder.record(writing.add, command="key")] == [1]
    await writing.recorder.close()


async def test_a_command_of_an_earlier_life_is_answered_from_the_journal(writing: Writing) -> None:
    await writing.recorder.record(writing.add, command="key")
    await writing.recorder.close()
    again = Recorder(MemoryJournal(StreamId("s"), writing.shelf), writing.board, lambda draft: draft)
    again.start()
    assert [row.seq for row in await again.record(writing.add, command="key")] == [1]
    await again.close()


async def test_a_decision_with_a_bug_fails_alone(writing: Writing) -> None:
    def buggy(_: Board) -> Sequence[Draft]:
        raise KeyError("oops")

    done = await asyncio.gather(
        writing.recorder.record(buggy), writing.recorder.record(writing.add), return_exceptions=True
    )
    assert isinstance(done[0], KeyError)
    assert sorted(writing.board.by_number) == [1]
    await writing.recorder.close()


async def test_a_listener_with_a_bug_stops_nobody(writing: Writing) -> None:
    def buggy(_: Sequence[Recorded]) -> None:
        raise KeyError("oops")

    writing.recorder.listen(buggy)
    await writing.recorder.record(writing.add)
    await writing.recorder.record(writing.add)
    assert len(writing.shelf.rows) == 2
    await writing.recorder.close()


async def test_what_still_waits_at_the_end_is_refused_with_a_sentence(writing: Writing) -> None:
    waiting = [asyncio.ensure_future(writing.recorder.record(writing.add)) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0)
    await writing.recorder.close()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, list | Trouble) for one in ended)
    assert len(writing.shelf.rows) == sum(isinstance(one, list) for one in ended)
