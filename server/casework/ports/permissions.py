"""Weighing: what one action comes to, before anybody decides about it.

A weigher is given the user's rules and explains itself; it decides nothing, asks nobody and changes nothing. Not here:
the decision (`core/gate.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from casework.domain.actions import Action, Grants
from casework.domain.rules import Rule, RuleShape


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an action would happen."""

    worktree: str
    """Absolute, on disk."""
    tops: tuple[str, ...]
    """Absolute: where the worktree seems to stand, as the agent sees it."""
    common_dir: str
    """Git's own directory of the repository."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The box allows it by itself."""


@dataclass(frozen=True, slots=True)
class Never:
    """No answer and no rule allows it."""

    why: str
    """A sentence."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """It wants more than the box has."""

    what: str
    """The action, whole and literal; what could mislead the eye is written as its code point."""
    wants: str
    """What the box keeps closed that it wants, as the end of a sentence that begins with 'it wants'."""
    grants: Grants
    """By what the box would be wider, and no more."""
    shapes: tuple[RuleShape, ...]
    """Rules that would allow it, the narrowest first; none where no rule can say what it does."""
    no_rule: str = ""
    """Where there are none: why, as a sentence."""
    rule: Rule | None = None
    """The user's rule that allows it already."""


Assessment = Inside | Never | Beyond


class Weigher(Protocol):
    """Weighs actions."""

    def weigh(self, action: Action, scene: Scene, rules: Sequence[Rule]) -> Assessment:
        """Weigh one action; `rules` are those that hold in this repository. Blocks: links are followed on the disk.

        Whatever can't be understood is `Never`, or `Beyond` without a rule; it is never `Inside`.
        """
        ...
