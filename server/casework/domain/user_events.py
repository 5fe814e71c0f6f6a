"""What can have happened in the user's own journal: part of the union in events.py."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casework.domain.check_events import Short
from casework.domain.frozen import Frozen
from casework.domain.rules import RuleId, RuleShape


class TrustGranted(Frozen):
    """The user trusts a repository: its programs may be run. In the user's journal only."""

    kind: Literal["trust.granted"] = "trust.granted"
    repository: str
    path: str


class TrustRevoked(Frozen):
    """The user took the trust back."""

    kind: Literal["trust.revoked"] = "trust.revoked"
    repository: str
    path: str


class RuleAdded(Frozen):
    """The user lets agents do something for good. In the user's journal only."""

    kind: Literal["rule.added"] = "rule.added"
    id: RuleId
    repository: str
    """The repository's identity; empty for every one."""
    path: str = ""
    """Where that repository was then, for people."""
    shape: RuleShape


class RuleRemoved(Frozen):
    """The user took a rule back. In the user's journal only."""

    kind: Literal["rule.removed"] = "rule.removed"
    id: RuleId


class RepositorySeen(Frozen):
    """A repository was opened at a place. In the user's journal only."""

    kind: Literal["repository.seen"] = "repository.seen"
    repository: str
    path: str
    common_dir: str


class ChecksChosen(Frozen):
    """The user said what checks a repository. In the user's journal only."""

    kind: Literal["checks.chosen"] = "checks.chosen"
    repository: str
    commands: tuple[Short, ...] = Field(default=(), max_length=10)
    """Instead of what is found; empty for what is found."""
    environment: str = ""
    """The folder of the environment to use instead of the one that is found."""


UserEvent = TrustGranted | TrustRevoked | RepositorySeen | ChecksChosen | RuleAdded | RuleRemoved
