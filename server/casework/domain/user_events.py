"""What can have happened to what is the user's own, and to no task: trust, rules, where repositories were seen.

These stand in the user's journal only. They are of the one closed union in events.py, which is where others find them.
"""

from __future__ import annotations

from typing import Literal

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
    """The user took a rule back."""

    kind: Literal["rule.removed"] = "rule.removed"
    id: RuleId


class RepositorySeen(Frozen):
    """A repository was opened at a place. In the user's journal only."""

    kind: Literal["repository.seen"] = "repository.seen"
    repository: str
    path: str
    common_dir: str
