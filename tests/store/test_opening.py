"""Opening and writing where something is in the way: other writers, the future, a full disk, no right to write."""

# ruff: noqa: ASYNC221, ASYNC240 - nothing else runs on a test's loop

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from casework.domain.errors import Trouble
from casework.domain.ids import StreamId
from casework.store import journal as journal_module
from casework.store.journal import SqliteJournal, open_journal
from tests.contracts.drafts import draft
from tests.store.looking import STREAM, assert_sound, everything, opened, written


@pytest.fixture
def path(world: Path) -> Path:
    """Where the journal of the test lies."""
    return world / "deep" / "er" / "journal.sqlite3"


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


async def sentence_of_opening(path: Path) -> str:
    with pytest.raises(Trouble) as caught:
        await open_journal(path, STREAM, clock=lambda: 1)
    return caught.value.sentence


async def filled(journal: SqliteJournal) -> tuple[int, Trouble]:
    """Write until it fails; give the last number that was acknowledged, and the trouble."""
    seq = 0
    try:
        while seq < 3000:
            seq = (await journal.append([draft("x" * 400)], expected_seq=seq))[-1]
    except Trouble as trouble:
        return seq, trouble
    raise AssertionError("the disk never got full")


async def test_a_journal_that_something_emptied_is_told_once(path: Path) -> None:
    async with opened(path) as journal:
        await journal.append([draft()], expected_seq=0)
    (path.parent / "blobs" / "ab").mkdir(parents=True)
    path.write_bytes(b"")
    async with opened(path) as journal:
        assert journal.state.repaired.startswith(f"The journal {path} was emptied by something, so the tasks in it")
        assert await everything(journal) == []
    async with opened(path) as journal:
        assert journal.state.repaired == ""


async def test_a_journal_whose_making_was_killed_is_nothing_to_speak_of(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    async with opened(path) as journal:
        assert journal.state.repaired == ""


async def test_its_files_are_for_their_owner_only(path: Path) -> None:
    os.umask(os.umask(0))
    async with opened(path) as journal:
        await journal.append([draft()], expected_seq=0)
        files = sorted(path.parent.iterdir())
        assert [file.name for file in files] == ["journal.sqlite3", "journal.sqlite3-shm", "journal.sqlite3-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_file_left_empty_by_a_kill_is_a_new_journal(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    async with opened(path) as journal:
        assert (journal.state.last_seq, journal.state.repaired) == (0, "")
        assert await journal.append([draft()], expected_seq=0) == [1]


async def test_openers_at_the_same_time_get_one_epoch_each_and_the_newest_writes(path: Path) -> None:
    journals = await asyncio.gather(*(open_journal(path, STREAM, clock=lambda: 1) for _ in range(6)))
    try:
        assert sorted(journal.state.epoch for journal in journals) == [1, 2, 3, 4, 5, 6]
        newest = max(journals, key=lambda journal: journal.state.epoch)
        assert await newest.append([draft()], expected_seq=0) == [1]
    finally:
        await asyncio.gather(*(journal.close() for journal in journals))
    assert assert_sound(path) == 1


async def test_the_journal_of_another_stream_is_refused(path: Path) -> None:
    await written(path, [draft()])
    with pytest.raises(Trouble) as caught:
        await open_journal(path, StreamId("other"), clock=lambda: 1)
    assert caught.value.code == "other_stream"
    assert f"The journal {path} belongs to {STREAM}, not to other" in caught.value.sentence


async def test_a_journal_of_a_newer_format_is_read_and_not_written(path: Path) -> None:
    await written(path, [draft(), draft()])
    change(path, "UPDATE meta SET value = '2' WHERE name = 'format'")
    before = path.read_bytes()
    async with opened(path) as journal:
        assert journal.state.read_only == (
            f"The journal {path} was written by a newer Casework: its tasks can be read here, "
            "but nothing is changed by this version. Install the newer one again to go on."
        )
        assert len(await everything(journal)) == 2
        for full_sync in (False, True):
            with pytest.raises(Trouble) as caught:
                await journal.append([draft()], expected_seq=2, full_sync=full_sync)
            assert (caught.value.code, caught.value.sentence) == ("read_only", journal.state.read_only)
    assert path.read_bytes() == before


async def test_a_journal_in_a_form_that_can_not_be_read_shows_nothing_and_says_why(path: Path) -> None:
    await written(path, [draft()])
    change(path, "UPDATE meta SET value = '9'")
    change(path, f"UPDATE meta SET value = '{STREAM}' WHERE name = 'stream'")
    change(path, "DROP TABLE fence")
    change(path, "ALTER TABLE events RENAME TO things")
    async with opened(path) as journal:
        assert "in a form this version can't read" in journal.state.read_only
        assert await everything(journal) == []
        assert await journal.answered("k") == []


@pytest.mark.parametrize(("kind", "kind_v"), [("task.praised", 1), ("task.added", 2)])
async def test_events_of_a_newer_casework_make_it_read_only(path: Path, kind: str, kind_v: int) -> None:
    await written(path, [draft(), draft(), draft()])
    change(path, f"INSERT INTO kinds VALUES ('{kind}', {kind_v})")
    change(path, f"UPDATE events SET kind = '{kind}', kind_v = {kind_v} WHERE seq = 3")
    async with opened(path) as journal:
        assert f"holds events this version does not know ({kind})" in journal.state.read_only
        assert [row.seq for row in await everything(journal)] == [1, 2]


async def test_somebody_elses_lock_is_waited_for_while_the_loop_goes_on(path: Path) -> None:
    async with opened(path) as journal:
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.15, lambda: other.execute("ROLLBACK"))
        writing = asyncio.create_task(journal.append([draft()], expected_seq=0))
        turns = asyncio.Event()
        asyncio.get_running_loop().call_soon(turns.set)
        async with asyncio.timeout(5):
            await turns.wait()
        waits = not writing.done()
        assert waits, "the loop had its turn meanwhile"
        release.start()
        async with asyncio.timeout(10):
            second = await journal.append([draft()], expected_seq=1)
        assert (await writing, second) == ([1], [2])
        release.join(10)
        other.close()


async def test_a_lock_that_is_never_given_back_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "WAIT_FOR_LOCK_MS", 20)
    async with opened(path) as journal:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Trouble) as caught:
                await journal.append([draft()], expected_seq=0)
        assert caught.value.code == "journal_busy"
        assert await journal.append([draft()], expected_seq=0) == [1]


async def test_the_log_ahead_of_the_file_stays_small(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "CHECKPOINT_PAGES", 50)
    wal = Path(f"{path}-wal")
    async with opened(path) as journal:
        for seq in range(3000):
            await journal.append([draft()], expected_seq=seq)
            if seq % 60 == 0:
                await journal.append([], expected_seq=seq + 1, full_sync=True)
        assert wal.stat().st_size < 3_000_000, "3,000 commits of at least a page each are 12 MB"
        assert path.stat().st_size > 500_000
    assert assert_sound(path) == 3000


async def test_a_write_that_fails_in_the_middle_leaves_nothing(path: Path) -> None:
    async with opened(path) as journal:
        await journal.append([draft()], expected_seq=0)
        writer = journal._opened.writer
        writer.execute(
            "CREATE TEMP TRIGGER no BEFORE INSERT ON events WHEN new.seq = 4 BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        with pytest.raises(Trouble):
            await journal.append([draft() for _ in range(5)], expected_seq=1)
        assert (journal.state.last_seq, len(await everything(journal))) == (1, 1)
        writer.execute("DROP TRIGGER no")
        assert await journal.append([draft() for _ in range(5)], expected_seq=1) == [2, 3, 4, 5, 6]
    assert assert_sound(path) == 6


async def test_a_full_disk_is_said_and_nothing_is_lost(path: Path) -> None:
    async with opened(path) as journal:
        writer = journal._opened.writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count={pages + 2}")
        seq, trouble = await filled(journal)
        assert trouble.code == "disk_full"
        assert trouble.sentence == (
            f"The disk is full: nothing could be written to {path}. What was acknowledged before is safe; "
            "make room on that disk and try again."
        )
        for full_sync in (False, True):
            with pytest.raises(Trouble):
                await journal.append([draft("x" * 400)] * 20, expected_seq=seq, full_sync=full_sync)
        assert len(await everything(journal)) == seq > 0
        writer.execute("PRAGMA max_page_count=100000")
        assert await journal.append([draft()], expected_seq=seq) == [seq + 1]
    assert assert_sound(path) == seq + 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
async def test_a_disk_that_is_really_full_is_said(world: Path) -> None:
    disk = world / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "casework-test", disk], capture_output=True
    ).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        path = disk / "journal.sqlite3"
        async with opened(path) as journal:
            seq, trouble = await filled(journal)
            assert trouble.code == "disk_full"
            assert len(await everything(journal)) == seq > 0
        (disk / "more").write_bytes(b"x" * (shutil.disk_usage(disk).free))
        async with opened(path) as journal:
            assert journal.state.read_only == (
                f"The disk is full, so the journal {path} can only be read and nothing can be changed. "
                "Make room on that disk, run `casework daemon stop`, and go on."
            )
            assert (len(await everything(journal)), journal.state.repaired) == (seq, "")
            assert await journal.answered("never") == []
        (disk / "more").unlink()
        subprocess.run(["mount", "-o", "remount,size=2m", disk], check=True)
        async with opened(path) as journal:
            assert (journal.state.read_only, journal.state.repaired) == ("", "")
            assert await journal.append([draft()], expected_seq=seq) == [seq + 1]
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


_AS_SOMEBODY = """
import asyncio, os, sys
from pathlib import Path
from casework.domain.errors import Trouble
from casework.domain.ids import StreamId
from casework.store.journal import open_journal
from tests.store.looking import STREAM, everything

async def main(path):
    try:
        journal = await open_journal(path, STREAM, clock=lambda: 1)
    except Trouble as trouble:
        print("trouble", trouble.code, trouble.sentence)
        return
    print("open", len(await everything(journal)), journal.state.read_only)
    await journal.close()

if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
asyncio.run(main(Path(sys.argv[1])))
"""


def _as_an_ordinary_user(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _AS_SOMEBODY, str(path)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _no_right(path: Path) -> str:
    return (
        f"Casework may not write {path}, so it can keep no tasks there. "
        "Give yourself the right to write it, or name another state directory in XDG_STATE_HOME."
    )


def _let_others_read(world: Path, path: Path) -> None:
    for folder in (world, path.parent.parent, path.parent):
        folder.chmod(0o555)
    for file in path.parent.iterdir():
        file.chmod(0o444)


async def test_a_folder_that_may_not_be_written_is_said(world: Path, path: Path) -> None:
    path.parent.mkdir(parents=True)
    _let_others_read(world, path)
    said = await asyncio.to_thread(_as_an_ordinary_user, path)
    world.chmod(0o755)
    assert said == f"trouble read_only {_no_right(path)}"


async def test_a_journal_that_may_only_be_read_is_read(world: Path, path: Path) -> None:
    await written(path, [draft(), draft()])
    _let_others_read(world, path)
    said = await asyncio.to_thread(_as_an_ordinary_user, path)
    assert said == f"open 2 {_no_right(path)}"


async def test_a_path_that_is_a_folder_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    assert str(path) in await sentence_of_opening(path)


async def test_a_folder_that_is_a_file_is_said(path: Path) -> None:
    path.parent.parent.mkdir(parents=True)
    path.parent.touch()
    assert str(path) in await sentence_of_opening(path)


async def _syncs(path: Path, program: str) -> int:
    """Count what strace sees of fsync and fdatasync between the two marks that the program prints."""
    traced = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write", sys.executable, "-c", program, str(path)]
    done = await asyncio.to_thread(
        subprocess.run, traced, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=50, check=False
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("this machine does not let strace trace")
    assert done.returncode == 0, done.stderr[-2000:]
    between = re.search(r'write\(1, "begin.*?\n(.*)write\(1, "end', done.stderr, re.DOTALL)
    assert between, done.stderr[-2000:]
    return len(re.findall(r"\b(?:fsync|fdatasync)\(", between[1]))


_WRITES = """
import asyncio, os, sys
from pathlib import Path
from casework.store.journal import SqliteJournal, open_journal
from tests.contracts.drafts import draft
from tests.store.looking import STREAM

async def main(path):
    journal = await open_journal(path, STREAM, clock=lambda: 1)
    await journal.append([draft()], expected_seq=0, full_sync=True)
    os.write(1, b"begin")
    for seq in range(1, 21):
        await journal.append([draft()], expected_seq=seq, full_sync=FULL)
    os.write(1, b"end")
    os._exit(0)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(("full_sync", "syncs"), [(True, 20), (False, 0)])
async def test_full_sync_waits_for_the_disk_and_nothing_else_does(path: Path, full_sync: bool, syncs: int) -> None:
    assert await _syncs(path, _WRITES.replace("FULL", str(full_sync))) == syncs
