"""Which repository a path belongs to: a uuid in the git common directory, and the sentences where there is none.

Linked worktrees and links reach the same common directory and so share it; a submodule has one of its own. A copy (the
same uuid at two living places) gets a new one; a clone that was moved keeps it and says where it came from. What is
known about a uuid (the journal knows it) comes in as a function; nothing is remembered here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import stat
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from casework.domain.errors import Refused, Trouble
from casework.ports.workspace import Identity
from casework.workspace.git import Git

Known = Callable[[str], str | None]
"""Gives the common directory where a uuid was seen last; None when it was never seen."""

FOLDER: Final = b"casework"
"""The folder of ours in the git common directory; landings have their stages there too."""

_FILE: Final = b"identity"
_GIT_FOLDER: Final = re.compile(rb"(?P<top>/.*?)/\.git(?!/modules/)(?P<linked>/worktrees/[^/]+)?(/.*)?", re.DOTALL)
_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\n?")


def locate(path: bytes) -> Git:
    """Open the repository `path` (a file or a folder, which must exist) lies in, from inside its `.git` too.

    Raises:
        Refused: `path_gone`, `unreadable`, `not_a_repository`, `broken_repository`, `dubious_owner`.
    """
    folder = _existing_folder(path)
    try:
        return Git.open(_outside(folder))
    except Refused as refused:
        if refused.code == "not_a_repository":
            _refuse_what_looks_like_one(folder)
        raise
    except Trouble:
        _refuse_what_looks_like_one(folder, files_only=True)
        raise


def identify(git: Git, known: Known) -> Identity:
    """Give the identity of an opened repository, made at the first call, the same under a race of callers.

    Raises:
        Refused: `read_only`, the repository is not ours to write to.
    """
    own = os.fsdecode(git.common_dir)
    with _folder_of_ours(git.common_dir) as folder:
        found = _read(folder)
        before = known(found) if found else None
        moved_from = ""
        if found is None or (before is not None and _lives_at(before, found, git.common_dir)):
            found = str(uuid.uuid4())
            _write(folder, found)
        elif before is not None and not _same(os.fsencode(before), git.common_dir):
            moved_from = before
    top = git.top if git.top is not None else git.common_dir
    return Identity(found, os.fsdecode(top), own, bare=git.top is None, moved_from=moved_from)


def _existing_folder(path: bytes) -> bytes:
    try:
        found = os.stat(path)
        folder = path if stat.S_ISDIR(found.st_mode) else os.path.dirname(path) or b"."
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused(
            f"{_shown(path)} is not there, so there is nothing to review. Give a folder or a file that exists.",
            code="path_gone",
        ) from error
    except (OSError, ValueError) as error:
        raise Refused(
            f"{_shown(path)} can't be read ({getattr(error, 'strerror', error)}), so nothing of it can be reviewed. "
            "Give yourself permission to read it, or name another repository.",
            code="unreadable",
        ) from error
    return os.path.abspath(folder)


def _refuse_what_looks_like_one(folder: bytes, *, files_only: bool = False) -> None:
    """Where a `.git` stands that git can't use, say so; git itself may speak of no repository at all."""
    while True:
        sign = os.path.join(folder, b".git")
        if os.path.isfile(sign) if files_only else os.path.lexists(sign):
            if not os.access(sign, os.R_OK | (os.X_OK if os.path.isdir(sign) else 0)):
                raise Refused(
                    f"{_shown(sign)} can't be read by you, so nothing of this repository can be reviewed. "
                    "Give yourself permission to read it, or clone it to a place of your own.",
                    code="unreadable",
                )
            raise Refused(
                f"{_shown(sign)} is there, but git can't use it, so nothing of this repository can be reviewed. "
                "Mend it (`git worktree repair` where a linked worktree was moved), or clone the repository again.",
                code="broken_repository",
            )
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _outside(folder: bytes) -> bytes:
    """Where somebody stands inside a `.git`, the work tree it belongs to; any other folder is given back."""
    inside = _GIT_FOLDER.fullmatch(os.path.realpath(folder))
    if inside is None:
        return folder
    top, linked = inside["top"], inside["linked"]
    if linked is not None:
        with contextlib.suppress(OSError), open(top + b"/.git" + linked + b"/gitdir", "rb") as file:
            top = os.path.dirname(file.read(4096).strip())
    return top if os.path.lexists(os.path.join(top, b".git")) else folder


@contextlib.contextmanager
def _folder_of_ours(common_dir: bytes) -> Iterator[int]:
    """Our folder in the git directory, opened without following a link, and locked against another caller."""
    path = os.path.join(common_dir, FOLDER)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _read_only(path, error) from error
    try:
        with contextlib.suppress(OSError):  # some network disks have no locks; the rename below is atomic all the same
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def _read(folder: int) -> str | None:
    try:
        file = os.open(_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return None
    with open(file, "rb") as stream:
        text = stream.read(64) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    return text.decode().strip() if _UUID.fullmatch(text) else None


def _write(folder: int, found: str) -> None:
    beside = b"%s.%s" % (_FILE, secrets.token_hex(8).encode())
    try:
        file = os.open(
            beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
        )
        with open(file, "wb") as stream:
            stream.write(found.encode() + b"\n")
            stream.flush()
            os.fsync(file)
        os.rename(beside, _FILE, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError as error:
        raise _read_only(FOLDER, error) from error


def _lives_at(place: str, found: str, own: bytes) -> bool:
    """Whether the same uuid lives at another place, so that this one is a copy."""
    there = os.fsencode(place)
    if _same(there, own):
        return False
    try:
        with open(os.path.join(there, FOLDER, _FILE), "rb") as stream:
            return stream.read(64).strip() == found.encode()
    except OSError:
        return False


def _same(one: bytes, other: bytes) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one == other


def _read_only(path: bytes, error: OSError) -> Refused:
    return Refused(
        f"Casework can't write {_shown(path)} ({error.strerror}), so no review of this repository can be kept. "
        "Give yourself permission to write there, or clone the repository to a place of your own.",
        code="read_only",
    )


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "replace")
