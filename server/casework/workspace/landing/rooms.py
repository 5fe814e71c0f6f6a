"""Folders of ours in a repository's git directory: private, and never through a link that somebody else put there."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from types import TracebackType
from typing import Final, Self

from casework.domain.errors import Trouble
from casework.domain.repopath import quote
from casework.workspace.git import Git

OURS: Final = b"casework"
_PLAN: Final = b"plan-"


def our_folder(git: Git) -> bytes:
    """Give `casework/` in the git directory, making it if need be.

    Raises:
        Trouble: it is a link or somebody else's (`odd_folder`), or can't be made (`read_only`).
    """
    path = os.path.join(git.git_dir, OURS)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        found = os.lstat(path)
    except OSError as error:
        raise Trouble(
            f"Casework can't write in {quote(git.git_dir)} ({error.strerror}), so nothing was landed. "
            "Give yourself permission to write there, or make room.",
            code="read_only",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Trouble(
            f"{quote(path)} is not a folder of yours, so nothing was landed. Move it away and try again.",
            code="odd_folder",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        os.chmod(path, 0o700)
    return path


class Room:
    """A temporary folder that is made when it is first needed, and gone afterwards."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._path: bytes | None = None

    def __call__(self) -> bytes:
        """Give the folder."""
        if self._path is None:
            self._path = tempfile.mkdtemp(prefix=_PLAN, dir=our_folder(self._git))
        return self._path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


def remove_stage(path: bytes) -> None:
    """Remove a folder of ours so that a kill in between never leaves half of it under its name."""
    folder, name = os.path.split(path)
    trash = os.path.join(folder, _PLAN + b"gone-" + name)
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, trash)
    shutil.rmtree(trash, ignore_errors=True)


def remove_rooms(git: Git) -> None:
    """Remove what planning left behind when it was killed."""
    folder = os.path.join(git.git_dir, OURS)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):
            if name.startswith(_PLAN):
                shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
