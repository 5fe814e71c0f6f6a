"""A change: base to head, by file and by hunk, without the text of its lines (git holds that).

A hunk is the unit of judgement. A file that changes without changing lines (a mode, a binary file, a pure rename,
an empty file) is judged as a whole under the id in `FileChange.whole`.
"""

from __future__ import annotations

from typing import Literal

from casework.domain.frozen import Frozen
from casework.domain.ids import CommitId, HunkId

FileStatus = Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]
ChangeKind = Literal["run", "working_tree", "branch", "range"]
"""`run`: an agent's work. The three others stand already; product.md says what each of them means."""


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

    @property
    def replaces(self) -> tuple[int, int]:
        """The lines of the old side that its core stands for, from 0: the first one, and the one behind the last."""
        start = self.old_start + self.lead - (1 if self.old_lines else 0)
        return start, start + self.old_lines - self.lead - self.trail


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


class Change(Frozen):
    """Everything a review shows, in reading order; small enough to be kept for each waiting review."""

    base: CommitId
    head: CommitId
    diff_hash: str
    """sha256 in hex over the change's canonical bytes: modes, blob names, paths and statuses of every file, sorted."""
    files: tuple[FileChange, ...]

    @property
    def judged(self) -> tuple[HunkId, ...]:
        """The ids that carry a decision, in reading order."""
        return tuple(hunk for file in self.files for hunk in file.judged)

    @property
    def text_hunks(self) -> int:
        """How many hunks with lines there are, as `git diff` counts them."""
        return sum(len(file.hunks) for file in self.files)

    def minutes(self) -> int:
        """Estimate how long reading takes, in minutes: 20 lines and 2 hunks a minute, at least one."""
        lines = sum(hunk.added + hunk.removed for file in self.files for hunk in file.hunks)
        return max(1, round(lines / 20 + len(self.judged) / 4))
