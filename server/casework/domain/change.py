"""A change: base to head, by file and by hunk, without the text of its lines (git holds that).

A hunk is the unit of judgement. A file that changes without changing lines (a mode, a binary file, a pure rename,
an empty file) is judged as a whole under the id in `FileChange.whole`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from casework.domain.frozen import Frozen
from casework.domain.ids import CommitId, HunkId

FileStatus = Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]
ChangeKind = Literal["run", "working_tree", "branch", "range"]
"""`run`: an agent's work. The three others stand already; product.md says what each of them means."""
FoldKind = Literal["moved", "renamed", "formatted", "generated", "lock_file"]
MarkKind = Literal["hidden", "twin", "line_end", "bytes"]
_LINES_A_MINUTE = 20
_DECISIONS_A_MINUTE = 4


class Mark(Frozen):
    """Something in a line that is not seen as what it is."""

    line: int
    """Of the file on its side, from 1."""
    kind: MarkKind
    removed: bool = False
    """Whether it is a line of the base that the change takes away."""
    is_added: bool = False
    """Whether it is a line that the change brings; else it stands beside the change, or is removed."""
    text: str
    """What it is, as words behind "line 41"."""


class Hunk(Frozen):
    """One hunk as `git diff -U3` gives it; starts are 1-based, and 0 where that side is empty."""

    id: HunkId
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    section: str = ""
    """What stands behind the second `@@`, made printable, at most 80 characters."""
    added: int = 0
    removed: int = 0
    core: str = ""
    """Made from its lines without the context around them; empty in changes that were kept before there was one."""
    lead: int = 0
    """Lines of context in front of the core."""
    trail: int = 0
    """Lines of context behind it."""
    marks: tuple[Mark, ...] = ()
    """The first hidden or misleading characters of its lines."""
    more_marks: int = 0
    """How many more of these there are."""
    part_of: HunkId | None = None
    """Of a part of a hunk that a human has cut: that hunk."""

    @property
    def replaces(self) -> tuple[int, int]:
        """The lines of the old side that its core stands for, from 0: the first one, and the one behind the last."""
        start = self.old_start + self.lead - (1 if self.old_lines else 0)
        return start, start + self.old_lines - self.lead - self.trail

    @property
    def falls_apart(self) -> bool:
        """Whether unchanged lines stand between lines that change."""
        return self.old_lines - self.lead - self.trail > self.removed


class FileChange(Frozen):
    """One changed file; paths are in the form of `repopath.quote`."""

    path: str
    status: FileStatus
    old_path: str | None = None
    old_mode: str = ""
    new_mode: str = ""
    old_blob: str = ""
    new_blob: str = ""
    binary: bool = False
    hunks: tuple[Hunk, ...] = ()
    whole: HunkId | None = None
    """Set exactly when `hunks` is empty."""
    why_here: str = ""
    """Why it stands at this place of the reading order, in a few words."""

    @property
    def judged(self) -> tuple[HunkId, ...]:
        """The ids that carry a decision in this file."""
        if self.hunks:
            return tuple(hunk.id for hunk in self.hunks)
        return (self.whole,) if self.whole else ()


class Fold(Frozen):
    """Hunks that are one decision, because together they change nothing that has to be read line by line.

    Decisions stay with the hunks; a fold only says what belongs together and why.
    """

    id: str
    kind: FoldKind
    title: str
    """What it is, in a few words; names in it are as in `FileChange.path`."""
    hunks: tuple[HunkId, ...]
    """In reading order."""


class Split(Frozen):
    """A hunk that a human has cut into parts, which stand in its place."""

    whole: Hunk
    """As git gives it."""
    parts: tuple[HunkId, ...]
    """From the first to the last, two at least."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision to make: on one hunk, or on all of a fold's."""

    hunks: tuple[HunkId, ...]
    fold: Fold | None = None


class Change(Frozen):
    """Everything a review shows, in reading order; small enough to be kept for each waiting review."""

    base: CommitId
    head: CommitId
    diff_hash: str
    """sha256 in hex over the change's canonical bytes: modes, blob names, paths and statuses of every file, sorted."""
    files: tuple[FileChange, ...]
    folds: tuple[Fold, ...] = ()
    """What is folded, in reading order; no hunk is in two of them."""
    not_folded: str = ""
    """Why nothing was looked at for folding, as a sentence; empty where it was."""
    splits: tuple[Split, ...] = ()
    """What a human has cut."""
    folds_uncut: tuple[Fold, ...] = ()
    """Of a change with cuts: its folds without them; a fold with a hunk that is cut is none."""

    @property
    def judged(self) -> tuple[HunkId, ...]:
        """The ids that carry a decision, in reading order."""
        return tuple(hunk for file in self.files for hunk in file.judged)

    @property
    def places(self) -> Mapping[HunkId, tuple[FileChange, Hunk | None]]:
        """Where each judged id stands: its file and, unless that is judged as a whole, its hunk."""
        found: dict[HunkId, tuple[FileChange, Hunk | None]] = {}
        for file in self.files:
            found |= {hunk.id: (file, hunk) for hunk in file.hunks}
            if file.whole is not None:
                found[file.whole] = (file, None)
        return found

    def entries(self, apart: Collection[str] = ()) -> list[Entry]:
        """Give the decisions to make in the order in which they are read: what is folded comes last.

        The folds whose ids are in `apart` count for nothing; their hunks stand where they would without them.
        """
        folds = [fold for fold in self.folds if fold.id not in apart]
        folded = {hunk for fold in folds for hunk in fold.hunks}
        single = [Entry((hunk,)) for hunk in self.judged if hunk not in folded]
        return [*single, *(Entry(fold.hunks, fold) for fold in folds)]

    @property
    def cuts(self) -> str:
        """Name where its hunks are split; empty where none is. Whoever shows it shows the parts."""
        parts = "\n".join(sorted(part for split in self.splits for part in split.parts))
        return hashlib.sha256(parts.encode()).hexdigest()[:16] if parts else ""

    @property
    def text_hunks(self) -> int:
        """How many hunks with lines there are, as `git diff` counts them."""
        return sum(len(file.hunks) for file in self.files) - sum(len(split.parts) - 1 for split in self.splits)

    def minutes(self) -> int:
        """Estimate how long reading takes, in minutes: 20 lines and 4 decisions a minute, at least one.

        A fold is one decision, and its lines are not read.
        """
        folded = {hunk for fold in self.folds for hunk in fold.hunks}
        hunks = [hunk for file in self.files for hunk in file.hunks if hunk.id not in folded]
        lines = sum(hunk.added + hunk.removed for hunk in hunks)
        return max(1, round(lines / _LINES_A_MINUTE + len(self.entries()) / _DECISIONS_A_MINUTE))
