"""The shape of a conformance case, and short words for the messages in the tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from tests.daemon.relayed import Message, initialize, notification, request

PARSE, INVALID, UNKNOWN, PARAMS, BUG = -32700, -32600, -32601, -32602, -32603
EARLY, CANCELLED, FAILED = -32002, -32800, -32803
OK: Final = 0

Stage = Literal["new", "ready", "shut down"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent at which stage, and each answer by id: 0 for a result, else the error's code."""

    name: str
    sent: tuple[object, ...]
    answers: tuple[tuple[object, int], ...] = ()
    stage: Stage = "ready"
    says: str = ""
    """What the last answer must hold somewhere."""


ECHO: Final = "casework/tiny/echo"
SLOW: Final = "casework/tiny/slow"
POSITION: Final = {"line": 1, "character": 2}
ACTION: Final[dict[str, Any]] = {
    "textDocument": {"uri": "file:///a"},
    "range": {"start": POSITION, "end": POSITION},
    "context": {"diagnostics": []},
}
BODY: Final = json.dumps(request(1, ECHO)).encode()


def ask(msg_id: object, method: str, params: object = None, **more: object) -> Message:
    """A request, with members that a request does not have."""
    return {**request(msg_id, method, params), **more}


def action(**changed: object) -> Message:
    """A request for code actions with some params changed."""
    return ask(1, "textDocument/codeAction", {**ACTION, **changed})


def action_at(**start: object) -> Message:
    """A request for code actions at a range whose start is as given."""
    return action(range={"start": {"line": 0, "character": 0, **start}, "end": POSITION})


def context(**changed: object) -> Message:
    """A request for code actions whose context is as given."""
    return action(context={"diagnostics": [], **changed})


def command(name: object, arguments: object = None) -> Message:
    """A request to execute a command."""
    return ask(1, "workspace/executeCommand", {"command": name, "arguments": arguments})


def begin(msg_id: object = 1, **changed: object) -> Message:
    """A request to initialize."""
    return ask(msg_id, "initialize", {**initialize(), **changed})


def cancel(msg_id: object) -> Message:
    """A notification that a request is not wanted any more."""
    return notification("$/cancelRequest", {"id": msg_id})


def document(method: str, uri: str, **more: object) -> Message:
    """A notification about a text document."""
    return notification(f"textDocument/{method}", {"textDocument": {"uri": uri, "version": 1}, **more})


def header(text: bytes, body: bytes = BODY) -> bytes:
    """A frame with any header."""
    return text + b"\r\n\r\n" + body
