"""Where journals and blobs lie inside the state directory, and how they are opened there.

    repositories/UUID/journal.sqlite3    one journal per repository
    repositories/UUID/blobs/             its texts
    user/journal.sqlite3                 the user's own journal: trust, repositories seen
    user/blobs/

Every folder is the user's alone (0700). Which folder the state directory is says `casework.paths`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from casework.domain.errors import Trouble
from casework.domain.ids import StreamId
from casework.store.blobs import FileBlobs
from casework.store.failures import file_trouble
from casework.store.journal import SqliteJournal, open_journal

USER_STREAM: Final = StreamId("user")
_JOURNAL: Final = "journal.sqlite3"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One journal with its blobs, both open."""

    folder: Path
    journal: SqliteJournal
    blobs: FileBlobs


async def open_repository_shelf(state_directory: Path, repository: UUID, *, clock: Callable[[], int]) -> Shelf:
    """Open the journal and the blobs of a repository, or make them; its stream is the repository's uuid.

    Raises:
        Trouble: the folder or the journal can't be made or opened; see `open_journal`.
    """
    return await _open(
        state_directory, repository_folder(state_directory, repository), StreamId(str(repository)), clock
    )


async def open_user_shelf(state_directory: Path, *, clock: Callable[[], int]) -> Shelf:
    """Open the user's own journal and blobs, or make them.

    Raises:
        Trouble: as `open_repository_shelf`.
    """
    return await _open(state_directory, state_directory / "user", USER_STREAM, clock)


def repository_folder(state_directory: Path, repository: UUID) -> Path:
    """Give the folder of a repository, whether it is there or not."""
    return state_directory / "repositories" / str(repository)


def repositories(state_directory: Path) -> list[UUID]:
    """Give the repositories that have a journal, in the order of their uuids; blocking."""
    found = []
    for journal in state_directory.glob(f"repositories/*/{_JOURNAL}"):
        try:
            found.append(UUID(journal.parent.name))
        except ValueError:
            continue
    return sorted(found)


async def _open(state_directory: Path, folder: Path, stream: StreamId, clock: Callable[[], int]) -> Shelf:
    _make_private(state_directory, folder)
    return Shelf(folder, await open_journal(folder / _JOURNAL, stream, clock=clock), FileBlobs(folder / "blobs"))


def _make_private(state_directory: Path, folder: Path) -> None:
    """Make the folders, and take from others whatever rights they have on the outermost."""
    try:
        state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = state_directory.stat()
        if about.st_uid not in (os.geteuid(), 0):
            raise Trouble(
                f"The state directory {state_directory} belongs to somebody else, so nothing is kept there. "
                "Name one of your own in XDG_STATE_HOME.",
                code="read_only",
            )
        if stat.S_IMODE(about.st_mode) & 0o077 and about.st_uid == os.geteuid():
            state_directory.chmod(0o700)
        for below in (folder.parent, folder):
            below.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        if not folder.is_dir():
            raise file_trouble(error, folder) from error
