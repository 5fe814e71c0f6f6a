"""What makes a review quicker and safer to read: marks on characters that are not seen, and folds."""

from __future__ import annotations

from typing import Literal

from casework.domain.change import FoldKind
from casework.domain.events import Decision
from casework.wire.view import View


class MarkView(View):
    """Something in a line that is not seen as what it is: a hidden character, a letter that looks like another."""

    line: int
    """Of the file on its side, from 1."""
    side: Literal["base", "head"]
    text: str
    """What it is, as words behind "line 41"; safe to show anywhere."""


class FoldView(View):
    """Hunks that are one decision: a block that was only moved, files that were only renamed, ...

    Nothing is hidden: its hunks stand in `ReviewView.files` like all others, and each keeps a decision of its own. A
    fold whose hunks were decided differently is not listed any more.
    """

    id: str
    kind: FoldKind
    title: str
    """What it is: "moved 40 lines from a.py to b.py, unchanged"; safe to show anywhere."""
    hunks: list[str]
    """What one decision on it decides, in reading order."""
    files: int
    added: int
    removed: int
    decision: Decision
