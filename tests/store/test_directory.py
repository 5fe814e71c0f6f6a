"""The state directory: where journals and texts lie, and that nobody else may look."""

# ruff: noqa: ASYNC240 - nothing else runs on a test's loop

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from casework.domain.errors import Trouble
from casework.store.directory import StateDirectory
from tests.contracts.drafts import draft

_ONE = "20000000-0000-7000-8000-000000000001"
_TWO = "20000000-0000-7000-8000-000000000002"


@pytest.fixture
def root(world: Path) -> Path:
    """The state directory, not made yet."""
    return world / "state" / "casework"


@pytest.fixture
def state(root: Path) -> StateDirectory:
    """What knows it."""
    return StateDirectory(root, lambda: 1)


async def test_every_repository_has_a_journal_of_its_own(state: StateDirectory, root: Path) -> None:
    one, two = await state.open_repository_journal(_ONE), await state.open_repository_journal(_TWO)
    await one.append([draft()], expected_seq=0)
    assert (one.state.last_seq, two.state.last_seq) == (1, 0)
    assert (one.state.stream, two.state.stream) == (_ONE, _TWO)
    await one.close()
    await two.close()
    again = await state.open_repository_journal(_ONE)
    assert again.state.last_seq == 1
    await again.close()
    assert state.repositories() == [_ONE, _TWO]
    assert (root / "repositories" / _ONE / "journal.sqlite3").is_file()


async def test_the_user_has_a_journal_of_their_own(state: StateDirectory, root: Path) -> None:
    journal = await state.open_user_journal()
    await journal.close()
    assert (root / "user" / "journal.sqlite3").is_file()
    assert state.repositories() == []


async def test_nobody_else_may_look_into_it(state: StateDirectory, root: Path) -> None:
    root.mkdir(parents=True, mode=0o777)
    root.chmod(0o777)
    journal = await state.open_repository_journal(_ONE)
    await journal.close()
    name = state.blobs(_ONE).put(b"text")
    assert state.blobs(_ONE).get(name) == b"text"
    for folder in (root, root / "repositories", root / "repositories" / _ONE):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in root.rglob("*") if file.is_file()} == {0o600}


@pytest.mark.parametrize("name", ["", "..", "../user", "/etc", _ONE.upper().replace("2", "A"), _ONE + "\n", "\x00"])
async def test_a_name_that_is_no_uuid_leads_nowhere(state: StateDirectory, root: Path, name: str) -> None:
    with pytest.raises(Trouble) as caught:
        await state.open_repository_journal(name)
    assert caught.value.code == "bad_repository_id"
    with pytest.raises(Trouble):
        state.blobs(name)
    assert not root.exists()


async def test_strange_things_among_the_repositories_are_passed_over(state: StateDirectory, root: Path) -> None:
    strange = root / "repositories" / "notes"
    strange.mkdir(parents=True)
    (strange / "journal.sqlite3").touch()
    assert state.repositories() == []
