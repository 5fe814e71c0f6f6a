"""A damaged journal: kept aside, everything readable recovered, said aloud."""

# ruff: noqa: ASYNC240 - nothing else runs on a test's loop

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from casework.domain.envelope import Draft
from casework.domain.errors import Trouble
from casework.domain.events import StepBegun, TaskAdded, TaskDropped
from casework.store.chain import verify_chain
from casework.store.opening import suspicion_of
from tests.contracts.drafts import draft
from tests.store.looking import STREAM, assert_sound, everything, opened, raw_rows, written

_ROWS = 400


@pytest.fixture
async def drafts(world: Path) -> list[Draft]:
    """What the journal at `path` holds: tasks that stand for themselves."""
    made = [draft(f"task number {n}, with some words so that pages fill up") for n in range(_ROWS)]
    await written(world / "journal.sqlite3", made)
    return made


@pytest.fixture
def path(world: Path, drafts: list[Draft]) -> Path:
    """A sound journal that may be damaged now."""
    return world / "journal.sqlite3"


def kept_aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.damaged-*[0-9]"))


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


async def recovered(path: Path, drafts: list[Draft]) -> tuple[int, str]:
    """Open the damaged journal; give how many rows were recovered, and the sentence; what is there is sound."""
    damaged = path.read_bytes()
    async with opened(path, now=77) as journal:
        said = journal.state.repaired
        rows = await everything(journal)
        found = [row.draft for row in rows]
        places = {one.id: at for at, one in enumerate(drafts)}
        assert [drafts[places[one.id]] for one in found] == found, "every row is as it was written"
        assert sorted(found, key=lambda one: places[one.id]) == found, "in the old order"
        assert await journal.append([draft("behind")], expected_seq=len(rows)) == [len(rows) + 1]
    assert said
    assert [aside.read_bytes() for aside in kept_aside(path)] == [damaged]
    assert assert_sound(path) == len(rows) + 1
    async with opened(path) as journal:
        assert journal.state.repaired == ""
    assert not list(path.parent.glob("*being*"))
    return len(rows), said


async def test_a_destroyed_page_costs_only_the_rows_on_it(path: Path, drafts: list[Draft]) -> None:
    overwrite(path, 4096 * 20, b"\xa5" * 4096)
    kept, said = await recovered(path, drafts)
    assert _ROWS - 20 <= kept < _ROWS
    assert said == (
        f"The journal {path} was damaged: {kept} of {_ROWS} events were recovered and {_ROWS - kept} are lost. "
        f"The damaged file is kept as {path}.damaged-77; look at the tasks you worked on last before you go on."
    )


async def test_a_destroyed_header_costs_no_row(path: Path, drafts: list[Draft]) -> None:
    overwrite(path, 0, bytes(100))
    kept, said = await recovered(path, drafts)
    assert kept == _ROWS
    assert f"all {_ROWS} events that were found in it were recovered" in said


async def test_a_destroyed_first_page_costs_no_row(path: Path, drafts: list[Draft]) -> None:
    overwrite(path, 0, b"\x00" * 4096)
    assert (await recovered(path, drafts))[0] == _ROWS


async def test_a_file_that_was_cut_off_keeps_what_is_before_the_cut(path: Path, drafts: list[Draft]) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 1000)
    kept, _ = await recovered(path, drafts)
    assert _ROWS // 4 < kept < _ROWS


async def test_a_file_of_something_else_is_kept_and_a_new_journal_begun(path: Path, drafts: list[Draft]) -> None:
    path.write_bytes(b"PK\x03\x04 not a journal at all " * 999)
    kept, said = await recovered(path, drafts)
    assert kept == 0
    assert "nothing in it could be read, so it begins anew" in said


async def test_a_database_of_something_else_is_kept_and_a_new_journal_begun(path: Path, drafts: list[Draft]) -> None:
    path.unlink()
    change(path, "CREATE TABLE bookmarks(url TEXT)")
    assert (await recovered(path, drafts))[0] == 0


async def test_a_changed_row_is_seen_by_its_chain_and_left_out(path: Path, drafts: list[Draft]) -> None:
    change(path, f"UPDATE events SET data = replace(data, 'words', 'lies!') WHERE seq = {_ROWS - 5}")
    kept, _ = await recovered(path, drafts)
    assert kept == _ROWS - 1


async def test_a_removed_row_is_seen_and_the_rest_kept(path: Path, drafts: list[Draft]) -> None:
    change(path, f"DELETE FROM events WHERE seq = {_ROWS - 3}")
    kept, said = await recovered(path, drafts)
    assert kept == _ROWS - 1
    assert f"{_ROWS - 1} of {_ROWS} events were recovered and 1 are lost" in said


async def test_rows_of_a_task_whose_beginning_is_lost_are_left_out(world: Path) -> None:
    path = world / "journal.sqlite3"
    first = draft("lost", task="a")
    others = [
        draft(task="a", event=StepBegun(n=1, what="w")),
        draft("kept", task="b"),
        draft(task="b", event=TaskDropped()),
    ]
    await written(path, [first, *others])
    change(path, "DELETE FROM events WHERE seq = 1")
    async with opened(path) as journal:
        assert [row.draft for row in await everything(journal)] == others[1:]


async def test_damage_that_is_met_while_open_is_mended_at_the_next_opening(path: Path, drafts: list[Draft]) -> None:
    async with opened(path) as journal:
        journal._opened.writer.execute('UPDATE events SET data = \'{"number": "x"}\' WHERE seq = 10')
        with pytest.raises(Trouble) as caught:
            await everything(journal)
    assert caught.value.code == "journal_damaged"
    assert "row 10 does not hold a task.added" in caught.value.sentence
    assert suspicion_of(path).exists()
    kept, _ = await recovered(path, drafts)
    assert kept == _ROWS - 1
    assert not suspicion_of(path).exists()


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_overwritten_it_opens_sound_and_says_so(path: Path, drafts: list[Draft], seed: int) -> None:
    dice = random.Random(seed)
    size = path.stat().st_size
    for _ in range(dice.choice([1, 3, 40])):
        overwrite(path, dice.randrange(size), dice.randbytes(dice.choice([1, 64, 4096, 10_000])))
    with closing(sqlite3.connect(path)) as connection:
        try:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok" and assert_sound(path) == _ROWS
        except (sqlite3.Error, AssertionError, ValueError):
            sound = False
    suspicion_of(path).touch()
    kept, _ = await recovered(path, drafts)
    assert 0 <= kept <= _ROWS
    assert sound <= (kept == _ROWS)


@pytest.mark.parametrize("step", range(4))
async def test_a_kill_while_files_change_places_loses_nothing(path: Path, drafts: list[Draft], step: int) -> None:
    sound = path.with_name("copy")
    shutil.copyfile(path, sound)
    overwrite(path, 0, b"\xa5" * 8192)
    damaged = path.read_bytes()
    Path(f"{path}-wal").write_bytes(b"old")
    aside = path.with_name(f"{path.name}.damaged-5")
    sound.rename(path.with_name(f"{path.name}.recovered-5"))
    if step >= 1:
        path.rename(aside)
    if step >= 2:
        Path(f"{path}-wal").rename(f"{aside}-wal")
    if step >= 3:
        path.with_name(f"{path.name}.recovered-5").rename(path)
    async with opened(path) as journal:
        assert [row.draft for row in await everything(journal)] == drafts
    assert aside.read_bytes() == damaged
    assert Path(f"{aside}-wal").read_bytes() == b"old"
    assert not list(path.parent.glob("*.recovered-*"))


async def test_the_whole_chain_is_verified_on_demand(path: Path, drafts: list[Draft]) -> None:
    found = verify_chain(path)
    assert (found.rows, found.sound) == (_ROWS, True)
    change(path, "UPDATE events SET at = at + 1 WHERE seq = 7")
    found = verify_chain(path)
    assert (found.breaks, found.damage, found.sound) == ((8,), "", False)
    change(path, "DELETE FROM events WHERE seq BETWEEN 20 AND 30")
    assert verify_chain(path).breaks == (8, 31)
    overwrite(path, 4096 * 9, b"\xa5" * 4096)
    assert verify_chain(path).damage


async def test_a_row_of_a_released_kind_and_of_a_newer_one_is_kept(path: Path, drafts: list[Draft]) -> None:
    change(path, f"UPDATE events SET kind = 'task.praised' WHERE seq = {_ROWS}")
    overwrite(path, 4096 * 20, b"\xa5" * 4096)
    async with opened(path) as journal:
        assert journal.state.repaired
    assert raw_rows(path)[-1][5] == "task.praised"
    async with opened(path) as journal:
        assert "task.praised" in journal.state.read_only
        assert journal.state.stream == STREAM
        assert all(isinstance(row.event, TaskAdded) for row in await everything(journal))


async def test_an_open_journal_says_where_something_else_changed_it(path: Path, drafts: list[Draft]) -> None:
    async with opened(path) as journal:
        assert await journal.verify() == ""
        change(path, "UPDATE events SET at = at + 1 WHERE seq = 7")
        assert (
            await journal.verify()
            == f"The journal {path} was changed by something else than Casework, at or before row 8."
        )
