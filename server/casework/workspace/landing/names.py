"""Which paths a landing may touch, by their names alone. Nothing on disk is looked at here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from casework.domain.repopath import quote
from casework.ports.landing import LandingRefused

# HFS+ ignores these letters in names (git's utf8.c, next_hfs_char), so `.g<200c>it` is `.git` there.
_IGNORED: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
# What NTFS takes for `.git` (git's path.c, is_ntfs_dotgit): trailing dots and blanks, a stream, the short name.
_NTFS: Final = re.compile(r"(\.git|git~1)[. ]*(:.*)?", re.IGNORECASE | re.DOTALL)


def check_name(path: bytes) -> None:
    """Let a path pass that no disk can mistake for git's own folder or for a place outside the work tree.

    Raises:
        LandingRefused: `odd_path`.
    """
    parts = path.split(b"/")
    if all(part not in (b"", b".", b"..") and not _is_git(part) for part in parts) and b"\0" not in path:
        return
    raise LandingRefused(
        f"The change touches {quote(path)}, a name that leads outside the work tree or into git's own folder. "
        "It does not land; take that path out of the change.",
        code="odd_path",
        paths=(quote(path),),
    )


def _is_git(part: bytes) -> bool:
    text = part.decode("utf-8", "surrogateescape")
    shown = _IGNORED.sub("", text).casefold()
    return shown == ".git" or _NTFS.fullmatch(text.partition("\\")[0]) is not None


def folded(path: bytes) -> str:
    """Give the form in which a disk that folds case and composes letters compares names."""
    return unicodedata.normalize("NFC", path.decode("utf-8", "surrogateescape")).casefold()


def check_folding(touched: Iterable[bytes], tracked: Iterable[bytes]) -> None:
    """Let paths pass of which no two are one and the same file on this disk.

    Raises:
        LandingRefused: `names_fold`.
    """
    seen: dict[str, bytes] = {}
    for path in [*touched, *tracked]:
        other = seen.setdefault(folded(path), path)
        if other != path and other in set(touched):
            raise LandingRefused(
                f"{quote(other)} and {quote(path)} are one file on this disk, which does not tell such names apart. "
                "The change does not land here; make a branch of it, or rename one of them.",
                code="names_fold",
                offered=("branch",),
                paths=(quote(other), quote(path)),
            )
