"""Where journals and blobs lie inside the state directory, and how they are opened there.

    repositories/UUID/journal.sqlite3    one journal per repository
    repositories/UUID/blobs/             its texts
    user/journal.sqlite3                 the user's own journal: trust, repositories seen
    worktrees/                           filled by the workspace

Every folder is the user's alone (0700). Which folder the state directory is says `casework.paths`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from casework.domain.errors import Trouble
from casework.domain.ids import StreamId
from casework.store.blobs import FileBlobs
from casework.store.drafts import FileDrafts
from casework.store.failures import file_trouble
from casework.store.journal import SqliteJournal, open_journal

USER_STREAM: Final = StreamId("user")
_JOURNAL: Final = "journal.sqlite3"


class StateDirectory:
    """The state directory at `root`; `clock` gives UTC microseconds and only names what is kept aside."""

    def __init__(self, root: Path, clock: Callable[[], int]) -> None:
        self._root = root
        self._clock = clock

    @property
    def worktrees(self) -> Path:
        """Below it the workspace keeps worktrees; it may not be there yet."""
        return self._root / "worktrees"

    async def open_user_journal(self) -> SqliteJournal:
        """Open the user's own journal, or make it.

        Raises:
            Trouble: its folder or the journal can't be made or opened; see `open_journal`.
        """
        return await self._open(self._root / "user", USER_STREAM)

    async def open_repository_journal(self, repository: str) -> SqliteJournal:
        """Open the journal of the repository with this uuid, or make it; the uuid is its stream.

        Raises:
            Trouble: as `open_user_journal`, or the text is no uuid.
        """
        return await self._open(self.repository(repository), StreamId(repository))

    def blobs(self, repository: str) -> FileBlobs:
        """Give the blobs of a repository; nothing is made before the first one is put.

        Raises:
            Trouble: the text is no uuid.
        """
        return FileBlobs(self.repository(repository) / "blobs")

    def drafts(self, repository: str) -> FileDrafts:
        """Give the drafts of a repository; nothing is made before the first one is kept.

        Raises:
            Trouble: the text is no uuid.
        """
        return FileDrafts(self.repository(repository) / "drafts")

    def repository(self, repository: str) -> Path:
        """Give the folder of a repository, whether it is there or not.

        Raises:
            Trouble: the text is no uuid, so it names no folder.
        """
        if not _is_uuid(repository):
            raise Trouble(
                f"{repository[:40]!r} is not the name of a repository, so its tasks can't be found. "
                "Remove the file that holds it from the repository's git directory; a new name is given then.",
                code="bad_repository_id",
            )
        return self._root / "repositories" / repository

    def repositories(self) -> list[str]:
        """Give the uuids of the repositories that have a journal, in order; blocking."""
        return sorted(
            journal.parent.name
            for journal in self._root.glob(f"repositories/*/{_JOURNAL}")
            if _is_uuid(journal.parent.name)
        )

    async def _open(self, folder: Path, stream: StreamId) -> SqliteJournal:
        _make_private(self._root, folder)
        return await open_journal(folder / _JOURNAL, stream, clock=self._clock)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _make_private(root: Path, folder: Path) -> None:
    """Make the folders, and take from others whatever rights they have on the outermost."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = root.stat()
        if about.st_uid not in (os.geteuid(), 0):
            raise Trouble(
                f"The state directory {root} belongs to somebody else, so nothing is kept there. "
                "Name one of your own in XDG_STATE_HOME.",
                code="read_only",
            )
        if stat.S_IMODE(about.st_mode) & 0o077 and about.st_uid == os.geteuid():
            root.chmod(0o700)
        for below in (folder.parent, folder):
            below.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        if not folder.is_dir():
            raise file_trouble(error, folder) from error
