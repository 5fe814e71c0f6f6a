"""The hunks of a change as folding sees them: lines with their signs, and the texts of both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from casework.domain.change import FileChange, Fold, FoldKind, Hunk
from casework.domain.ids import HunkId
from casework.domain.reading import is_protected

_PLAIN_FILE: Final = "100644"
_FILES: Final = ("", _PLAIN_FILE, "100755")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk."""

    sign: str
    """`+`, `-` or a blank."""
    number: int
    """On its side, from 1; of the head where it is on both."""
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One hunk that may be folded."""

    file: FileChange
    hunk: Hunk
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of changed files on both sides, by their paths there; a file that is no small UTF-8 text is missing."""

    base: Mapping[str, str]
    head: Mapping[str, str]


def parts_of(files: Iterable[FileChange], texts: Mapping[HunkId, bytes]) -> list[Part]:
    """Give the hunks that may be folded: nothing protected, nothing hidden, no mode that changes, plain files only."""
    found = []
    for file in files:
        if not may_fold(file):
            continue
        for hunk in file.hunks:
            if hunk.marks or hunk.more_marks or hunk.id not in texts:
                continue
            try:
                body = texts[hunk.id].decode("utf-8")
            except UnicodeDecodeError:
                continue
            found.append(Part(file, hunk, tuple(_lines(hunk, body))))
    return found


def may_fold(file: FileChange) -> bool:
    """Tell whether anything of a file may be folded."""
    if file.binary or is_protected(file.path) or is_protected(file.old_path or file.path):
        return False
    if file.old_mode not in _FILES or file.new_mode not in _FILES:
        return False
    if file.status == "modified":
        return file.old_mode == file.new_mode
    return file.new_mode in ("", _PLAIN_FILE) or file.status == "renamed"


def extension(path: str) -> str:
    """Give what a file's name ends with, the dot included."""
    return PurePosixPath(path.removesuffix('"')).suffix


def fold_of(kind: FoldKind, title: str, hunks: Collection[HunkId]) -> Fold:
    """Make a fold; the same hunks make the same one again."""
    names = tuple(sorted(hunks))
    name = hashlib.sha256("\n".join((kind, *names)).encode()).hexdigest()[:12]
    return Fold(id=f"f-{name}", kind=kind, title=title, hunks=names)


def many(count: int, what: str) -> str:
    """Give a number with what it counts."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _lines(hunk: Hunk, body: str) -> Iterable[Line]:
    old, new = hunk.old_start, hunk.new_start
    for line in body.split("\n")[1:]:
        match line[:1]:
            case "+":
                yield Line("+", new, line[1:])
                new += 1
            case "-":
                yield Line("-", old, line[1:])
                old += 1
            case " ":
                yield Line(" ", new, line[1:])
                old, new = old + 1, new + 1
            case _:
                pass
