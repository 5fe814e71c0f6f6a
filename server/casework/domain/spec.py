"""What a task asks for: intent, acceptance criteria, scope, checks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casework.domain.frozen import Frozen

TaskKind = Literal[
    "change", "review", "security-review", "missing-tests", "clean-up", "inconsistency", "documentation", "question"
]
FollowUpKind = Literal[
    "change", "security-review", "missing-tests", "clean-up", "inconsistency", "documentation", "question"
]
Severity = Literal["low", "medium", "high"]


class Criterion(Frozen):
    """One acceptance criterion."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,15}$")
    text: str = Field(max_length=500)


class Spec(Frozen):
    """Sized to the task: most carry an intent of a line or two and one to five criteria."""

    intent: str = Field(default="", max_length=2000)
    criteria: tuple[Criterion, ...] = Field(default=(), max_length=20)
    scope: tuple[str, ...] = Field(default=(), max_length=50)
    """Globs of paths the work should stay in; empty means the whole repository."""
    checks: tuple[str, ...] = Field(default=(), max_length=20)
    """Command lines that must pass; run by the daemon, only in a trusted repository."""
