"""What a scripted model says, and what goes wrong on the way; one JSON-able value each.

A turn is chosen by the conversation it is asked to go on with, not by the number of requests: a request that is
repeated gets the same answer, as from a model at temperature nought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool."""

    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer."""

    say: str = ""
    calls: Sequence[Call] = ()
    stop: str = ""
    """The stop reason; empty for the one that fits: `tool_use` with calls, else `end_turn`."""
    raw_input: str = ""
    """Sent in place of the first call's input, as it is."""

    @property
    def stop_reason(self) -> str:
        return self.stop or ("tool_use" if self.calls else "end_turn")


FaultKind = Literal["status", "cut", "overloaded", "nonsense", "garbled", "silent", "drop"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of an answer, once."""

    kind: FaultKind
    status: int = 529
    error: str = "overloaded_error"
    message: str = "Overloaded"
    headers: Mapping[str, str] = field(default_factory=dict)
    events: int = 3
    """Of the stream that are sent before it is cut or the error comes."""


def call(name: str, **given: Any) -> Turn:
    """A turn that uses one tool."""
    return Turn(calls=(Call(name, given),))


def status(code: int, error: str = "api_error", message: str = "no", **headers: str) -> Fault:
    """An error in place of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("status", status=code, error=error, message=message, headers=named)


@dataclass(frozen=True, slots=True)
class Script:
    """Turns by how many answers the conversation holds already; the last one is said again and again."""

    turns: Sequence[Turn]
    faults: Mapping[int, Sequence[Fault]] = field(default_factory=dict)
    """By the same number: played, in order and once each, before that turn is answered."""
    always: Fault | None = None
    """In place of every answer, until it is taken away."""
