"""Detectors: deterministic analysers of a change. They read texts and execute nothing, so no trust is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from casework.domain.anchor import Anchor
from casework.domain.change import Change, FileChange
from casework.domain.spec import FollowUpKind, Severity


@dataclass(frozen=True, slots=True)
class Seen:
    """A change with the texts of the files that some detector wants to look into; all by the file's path now."""

    change: Change
    before: Mapping[str, bytes]
    """Without files that are new, and without those that are too large to be looked into."""
    after: Mapping[str, bytes]
    """Without files that are gone, and without those that are too large."""
    project: frozenset[str]
    """Every path of the repository as the change leaves it; empty where no detector asked for it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that deserves a task of its own."""

    kind: FollowUpKind
    title: str
    why: str
    anchor: Anchor
    mark: str
    """What tells this finding from one at the same place in another change."""
    severity: Severity | None = None


class Detector(Protocol):
    """One question asked of every change."""

    @property
    def name(self) -> str:
        """What it is called in the journal."""
        ...

    def wants(self, file: FileChange) -> bool:
        """Tell, by name and status alone, whether it looks into this file."""
        ...

    def asks_for_project(self, change: Change) -> bool:
        """Tell whether it needs to know the paths of the whole repository for this change: that costs what it holds."""
        ...

    def look(self, seen: Seen) -> Finding | None:
        """Look at a change: at most one finding, the same one for the same change, and none where it is unsure."""
        ...
