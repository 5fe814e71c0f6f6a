"""The seven tools as the model is shown them, and its arguments parsed: what is not right is told it in a sentence.

Names, wording and order are part of the prefix that the model's service caches: a change here makes every running
conversation's prefix new once.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from pydantic import Field, TypeAdapter, ValidationError

from casework.domain.frozen import Frozen
from casework.domain.spec import FollowUpKind, Severity
from casework.ports.tools import ToolCall


class AskCall(Frozen):
    """Ask the human."""

    text: str = Field(min_length=1, max_length=2000)
    why: str = Field(default="", max_length=2000)
    choices: tuple[str, ...] = Field(default=(), max_length=10)


class FollowUpCall(Frozen):
    """Leave something for later."""

    kind: FollowUpKind
    title: str = Field(min_length=1, max_length=200)
    why: str = Field(default="", max_length=2000)
    path: str = Field(default="", max_length=4000)
    line: int = Field(default=1, ge=1)
    snippet: str = Field(default="", max_length=2000)
    severity: Severity | None = None


class PlaceNote(Frozen):
    """What and why, at one place of the change."""

    path: str = Field(min_length=1, max_length=4000)
    line: int = Field(default=1, ge=1)
    text: str = Field(min_length=1, max_length=2000)


class FinishCall(Frozen):
    """Hand in the work."""

    comment: str = Field(min_length=1, max_length=20_000)
    notes: tuple[PlaceNote, ...] = Field(default=(), max_length=100)
    claims: tuple[str, ...] = Field(default=(), max_length=20)
    left: tuple[str, ...] = Field(default=(), max_length=20)
    answers: tuple[str, ...] = Field(default=(), max_length=50)
    """Each the number of a thread, and the answer."""


class WrongArguments(ValueError):
    """A call that can't be meant; the text says what is wrong, for the model."""


_ACTIONS: Final[TypeAdapter[ToolCall]] = TypeAdapter(ToolCall)
_WORDS: Final[dict[str, type[AskCall | FollowUpCall | FinishCall]]] = {
    "ask": AskCall,
    "file_followup": FollowUpCall,
    "finish": FinishCall,
}
ACTIONS: Final = ("read", "search", "edit", "shell")
NAMES: Final = (*ACTIONS, *_WORDS)


def parse(name: str, given: Any) -> ToolCall | AskCall | FollowUpCall | FinishCall:
    """Give a call with its arguments in order.

    Raises:
        WrongArguments: there is no such tool, or it does not take these.
    """
    if name not in NAMES:
        raise WrongArguments(f"There is no tool {name[:60]!r}; there are {', '.join(NAMES)}.")
    if not isinstance(given, dict):
        raise WrongArguments(f"{name}: the arguments are no JSON object.")
    try:
        if name in _WORDS:
            return _WORDS[name].model_validate(given)
        return _ACTIONS.validate_python({**given, "tool": name})
    except ValidationError as wrong:
        said = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'] if part != name)}: {error['msg']}"
            for error in wrong.errors(include_url=False, include_input=False)[:3]
        )
        raise WrongArguments(f"{name} was not called: {said}.") from None


def _tool(name: str, description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"name": name, "description": description, "input_schema": schema}


_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
_TEXTS: Final = {"type": "array"}
"""Of texts, as their names say; whoever sends other things is told."""


_HANDS: Final = (
    _tool(
        "read",
        "Lines of a file, or a folder's names",
        {"path": _TEXT, "start": _NUMBER, "lines": _NUMBER},
        "path",
    ),
    _tool("search", "Lines that match a Python regex", {"pattern": _TEXT, "path": _TEXT, "glob": _TEXT}, "pattern"),
    _tool(
        "edit",
        "Replace old, which occurs exactly once; empty old makes a file",
        {"path": _TEXT, "old": _TEXT, "new": _TEXT},
        "path",
        "old",
        "new",
    ),
    _tool(
        "shell",
        "Run a /bin/sh command, offline; for hosts (host:port) or paths outside the human is asked",
        {"command": _TEXT, "timeout_s": _NUMBER, "hosts": _TEXTS, "outside": _TEXTS, "why": _TEXT},
        "command",
    ),
)
_SAID: Final = (
    _tool("ask", "Ask the human and wait", {"text": _TEXT, "choices": _TEXTS}, "text"),
    _tool(
        "file_followup",
        "Leave a task for what goes beyond this one",
        {
            "kind": {"enum": list(get_args(FollowUpKind))},
            "title": _TEXT,
            "why": _TEXT,
            "path": _TEXT,
            "line": _NUMBER,
            "severity": {"enum": list(get_args(Severity))},
        },
        "kind",
        "title",
    ),
    _tool(
        "finish",
        "Hand in: what changed and why; notes: {path, line, text}; left: what stays as it was; claims: criteria met, "
        "each with a test that fails without your change: `AC1 tests/test_a.py::test_b`",
        {
            "comment": _TEXT,
            "notes": _TEXTS,
            "claims": _TEXTS,
            "left": _TEXTS,
            "answers": _TEXTS,
        },
        "comment",
    ),
)


def shown() -> list[dict[str, Any]]:
    """Give the definitions that every request carries."""
    return [*_HANDS, *_SAID]
