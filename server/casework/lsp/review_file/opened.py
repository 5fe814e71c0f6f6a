"""A review file open in one editor: whether what stands in it can only have come from there.

The file is ours when we write it, and the editor's from the moment it opens exactly that. Whoever else writes to it,
before, while or after, takes that away: then nothing in it counts until Casework has written it anew and the editor
shows it. This is bookkeeping; it reads nothing but the file itself.

An editor goes on while its messages travel, so that what it saves may be on disk before its last keystroke is heard of.
A foreign content is therefore held against the file only when no save follows at once. What is overwritten by the
editor's own text without ever having been shown there does no harm.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_Stamp = tuple[int, int, int]

_AT_ONCE_S: Final = 0.5
"""Between hearing of the last keystroke and of the save that was on disk already; no human reads a file in it."""
FOREIGN: Final = (
    "This file was changed by something other than this editor, so review {number} takes no verdict from it. Close it "
    "and open the review again; what you wrote stays in a file beside it."
)


@dataclass(slots=True)
class OpenFile:
    """One file in one editor; `now` are seconds of a clock that only goes forward."""

    number: int
    path: str
    announces: bool = False
    """Whether the editor tells before each save who saves (LSP 3.17, `willSave`)."""
    speaks_late: bool = False
    """Whether it tells its last keystrokes only after that, with the save itself."""
    ours: str | None = None
    """What stands on disk as far as we wrote it or this editor saved it; None once somebody else wrote."""
    saves: int = 0
    """Counts saves, so that an answer to an older question is known for that."""
    _stamp: _Stamp | None = None
    _suspect: tuple[str | None, float] | None = None
    """What stood on disk and was not ours, and since when."""
    _by_hand: bool | None = None
    _before: str | None = None
    """What the editor showed when it announced a save; None where that may have been an older text."""

    def opened(self, text: str, written: str | None) -> None:
        """The editor opened the file and shows `text`; `written` is what we wrote last."""
        self._by_hand = self._before = None
        self._take(text if text == written else None)

    def changed(self, text: str, written: str | None, now: float) -> None:
        """The editor shows `text` now: somebody typed, or it read the disk again."""
        stamp = self._look()
        if stamp == self._stamp and not (self.ours is None and text == written):
            return
        self._stamp, there = stamp, self._on_disk()
        if there == text == written:
            self._take(text)
        elif there not in (self.ours, written) and (self._suspect is None or self._suspect[0] != there):
            self._suspect = (there, now)

    def announced(self, text: str, now: float, *, by_hand: bool) -> None:
        """The editor is about to save `text`."""
        self._by_hand, self._before = by_hand, None if self.speaks_late else text
        self._judge(now)

    def saved(self, text: str, now: float) -> str:
        """The editor saved `text`; gives why that submits nothing, empty where it may."""
        self.saves += 1
        by_hand, before = self._by_hand, self._before
        self._by_hand = self._before = None
        self._judge(now)
        if self.ours is None:
            return FOREIGN.format(number=self.number)
        if self._on_disk() != text:
            return "The file on disk is not what this editor shows, so nothing was submitted; save it again."
        self._take(text)
        if by_hand is False:
            return "An automatic save submits nothing; save by hand to give the verdict."
        if self.announces and by_hand is None:
            return "This editor did not say that you saved, so nothing was submitted; save by hand."
        if before is not None and before != text:
            return (
                "Something changed this file while it was being saved (a formatter, perhaps), so nothing was "
                "submitted; look at it and save it again."
            )
        return ""

    def still(self, text: str) -> bool:
        """Tell whether `text` still stands on disk."""
        return self.ours == text and self._on_disk() == text

    def _judge(self, now: float) -> None:
        """What stood on disk was the save under way, whole or half written; or it was there before, and is foreign."""
        if self._suspect is not None and now - self._suspect[1] > _AT_ONCE_S:
            self._take(None)
        self._suspect = None

    def _take(self, text: str | None) -> None:
        self.ours, self._suspect, self._stamp = text, None, self._look()

    def _look(self) -> _Stamp | None:
        try:
            seen = os.lstat(self.path)
        except OSError:
            return None
        return seen.st_ctime_ns, seen.st_size, seen.st_ino

    def _on_disk(self) -> str | None:
        try:
            return Path(self.path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None
