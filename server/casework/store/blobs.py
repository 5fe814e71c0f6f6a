"""Blobs as files, named by the hash of their bytes, in folders named by its first two digits.

A blob is whole or not there: it is written beside its place, synced and renamed. An erased one leaves the empty file
`NAME.erased`; the mark is made before the content goes, so that a kill in between leaves it erased.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from casework.domain.errors import Trouble
from casework.domain.ids import BlobHash
from casework.store.failures import file_trouble
from casework.store.schema import sync_folder

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_ERASED: Final = ".erased"


class FileBlobs:
    """All blobs below one folder; several journals may share nothing but the code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes, *, synced: bool = True) -> BlobHash:
        """Keep `content` for good before returning; the same content twice is one blob, an erased one is back.

        What is not `synced` survives a kill of this process, and perhaps not a loss of power.

        Raises:
            Trouble: the disk is full or read-only.
        """
        name = BlobHash(hashlib.sha256(content).hexdigest())
        path = self._path(name)
        mark = f"{path}{_ERASED}"
        try:
            if not _holds(path, content) or os.path.exists(mark):  # noqa: PTH110 - see _write
                _write(path, content, synced=synced)
                with suppress(FileNotFoundError):
                    os.unlink(mark)  # noqa: PTH108
                if synced:
                    sync_folder(path.parent)
                    sync_folder(self._folder)
        except OSError as error:
            raise file_trouble(error, path) from error
        return name

    def get(self, name: BlobHash) -> bytes:
        """Give the content, seen to have its hash.

        Raises:
            Trouble: it was erased (`erased`), is not there (`missing`) or no longer has its hash (`damaged`).
        """
        path = self._path(name)
        try:
            if _mark(path).exists():
                raise Trouble(f"The text {name[:12]} was erased, so it can't be shown any more.", code="erased")
            content = path.read_bytes()
        except FileNotFoundError:
            raise _missing(name) from None
        except OSError as error:
            raise file_trouble(error, path) from error
        if hashlib.sha256(content).hexdigest() != name:
            raise Trouble(
                f"The file {path} was changed or damaged, so its text is not used. "
                "Restore it from a backup; without it the task stands, and this text is lost.",
                code="damaged",
            )
        return content

    def erase(self, name: BlobHash) -> None:
        """Forget the content and leave a mark that it was erased; erasing what is not there leaves the mark too.

        Raises:
            Trouble: the disk is full or read-only; the content may still be there.
        """
        path = self._path(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(_mark(path), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            sync_folder(path.parent)
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
        except OSError as error:
            raise file_trouble(error, path) from error

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise _missing(name)
        return self._folder / name[:2] / name[2:]


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}{_ERASED}")


def _missing(name: str) -> Trouble:
    return Trouble(
        f"The text {name[:12]!r} is not in the state directory. "
        "Restore that from a backup; without it the task stands, and this text is lost.",
        code="missing",
    )


def _holds(path: Path, content: bytes) -> bool:
    """Say whether the file is there with this very content; a damaged one is written again."""
    try:
        return os.stat(path).st_size == len(content) and path.read_bytes() == content  # noqa: PTH116
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes, *, synced: bool) -> None:
    """Write it whole. By plain system calls: small blobs are written on the event loop, a dozen a second and run."""
    folder = os.path.dirname(path)  # noqa: PTH120
    beside = f"{folder}/.{secrets.token_hex(8)}"
    try:
        handle = _make(beside)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = _make(beside)
    try:
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
            if synced:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(beside, path)  # noqa: PTH104
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)  # noqa: PTH108
        raise


def _make(path: str) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
