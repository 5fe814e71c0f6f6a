"""Where skeletons lie until a human takes them: in the git directory, each in a folder of its task's number.

A real file, so that every editor can open it; in no work tree, because only its human puts anything there. What was
written into it by hand is kept, and taken along.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from casework.core.repository import Repository
from casework.core.skeletons import kept_skeleton
from casework.domain.errors import Trouble
from casework.domain.repopath import unquote
from casework.domain.task import Task
from casework.lsp.documents import uri_of
from casework.wire.requests import Document

_NUMBER: Final = re.compile(r"^[1-9][0-9]{0,8}$")
_LARGEST: Final = 1024 * 1024


class SkeletonFiles:
    """Those of one repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._folder = Path(repository.identity.common_dir) / "casework" / "skeletons"

    @property
    def folder(self) -> str:
        """Where their folders lie."""
        return str(self._folder)

    def number_of(self, path: str) -> int | None:
        """Tell which task a path is the skeleton of; None for any other path."""
        place = Path(path).parent
        return int(place.name) if place.parent == self._folder and _NUMBER.match(place.name) else None

    def write(self, task: Task) -> Document:
        """Write it where it is not there yet, and say where to begin. Blocks: called in a thread.

        Raises:
            Refused: the task has none.
            Trouble: the file can't be written.
        """
        skeleton = kept_skeleton(task)
        path = self._path(task)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            beside = path.with_name(f".{path.name}.new")
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
                file.write(self._text(task))
            if not os.path.lexists(path):
                beside.rename(path)
            beside.unlink(missing_ok=True)
        except OSError as error:
            raise Trouble(
                f"The skeleton of task {task.number} can't be written to {path}: {error.strerror}.", code="not_written"
            ) from error
        return Document(path=str(path), uri=uri_of(str(path)), line=skeleton.line)

    def path_of(self, task: Task) -> str:
        """Give where it lies, written or not."""
        return str(self._path(task))

    def bytes_of(self, task: Task) -> bytes:
        """Give it as it is now, with whatever was written into it. Blocks: called in a thread.

        Raises:
            Refused: the task has none.
            Trouble: it can't be read, or is no file any more.
        """
        path = self._path(task)
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                found = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return self._text(task)
        except OSError as error:
            raise Trouble(f"{path} can't be read: {error.strerror}.", code="not_read") from error
        if len(found) > _LARGEST:
            raise Trouble(f"{path} has more than 1 MiB, which is no skeleton any more; nothing was taken.")
        return found

    def _path(self, task: Task) -> Path:
        name = unquote(kept_skeleton(task).path).decode("utf-8", "surrogateescape").rpartition("/")[2]
        return self._folder / str(task.number) / name

    def _text(self, task: Task) -> bytes:
        return self._repository.text(kept_skeleton(task).text).encode("utf-8", "surrogatepass")
