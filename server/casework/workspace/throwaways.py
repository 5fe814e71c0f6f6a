"""Throw-away trees: the files of one commit in a folder of ours, for something to be run on them.

    <state>/throwaways/<repository>/<name>/index   our index of it
                                          /tree    the files, and a `.git` of its own

Made as the worktree of a run is (worktrees.py says why its `.git` is none of the user's), and never looked at again.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress

from casework.domain.errors import Refused, Trouble
from casework.domain.ids import CommitId
from casework.ports.workspace import Worktree
from casework.workspace import worktrees
from casework.workspace.git import Git

_TREE = b"tree"


def create(git: Git, state: bytes, repository: str, commit: CommitId, *, trusted: bool) -> Worktree:
    """Lay a commit's files out.

    Raises:
        Trouble: `disk`, the folder can't be written.
    """
    folder = os.path.join(_all(state, repository), secrets.token_hex(8).encode())
    worktree = Worktree(os.fsdecode(os.path.join(folder, _TREE)), commit)
    try:
        os.makedirs(os.path.join(folder, _TREE), mode=0o700)
        worktrees.lay_out(git, worktree, trusted=trusted)
    except OSError as error:
        with suppress(OSError):
            worktrees.remove_folder(folder)
        raise Trouble(
            f"The tree can't be laid out in {os.fsdecode(folder)!r} ({error.strerror}), so nothing was run on it.",
            code="disk",
        ) from error
    return worktree


def remove(state: bytes, repository: str, worktree: Worktree) -> None:
    """Remove one.

    Raises:
        Refused: `not_a_worktree`, it is none of ours.
    """
    folder = os.path.dirname(os.fsencode(worktree.path))
    if os.path.dirname(folder) != _all(state, repository):
        raise Refused("This is no throw-away tree of ours, so nothing was removed.", code="not_a_worktree")
    with suppress(OSError):  # what can't be removed now goes at the next start
        worktrees.remove_folder(folder)


def remove_all(state: bytes, repository: str) -> None:
    """Remove what is left of any."""
    with suppress(OSError):
        worktrees.remove_folder(_all(state, repository))


def _all(state: bytes, repository: str) -> bytes:
    return os.path.join(state, b"throwaways", repository.encode())
