"""The handshake: the first frame of every connection and the daemon's answer, both JSON, never seen by pygls.

    {"hello": {"protocol": [1, 1], "build": "0.1.0", "client": "relay", "features": ["ended"]}}
    {"hello": {"protocol": 1, "build": "0.1.0", "session": "7f3a", "features": []}}

or `{"refused": {"code", "sentence"}}`, or `{"handover": {"build"}}` when this daemon makes way for a newer one. With
`"ask": "status"` or `"ask": "stop"` in the hello the answer is all there is: these work between all versions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from casework import __version__
from casework.domain.errors import Refused

BUILD: Final = __version__
"""This version; the relay says the same by itself, and a test holds them together."""

PROTOCOL: Final = (1, 1)
"""The oldest and the newest protocol spoken here; counted up when an older client would misunderstand."""

MAX_HELLO: Final = 64 * 1024
"""Bytes of the first frame."""

ENDED_METHOD: Final = "$/casework/ended"
"""The last frame to a client with the feature `ended`: exit code and sentence. Others never see it."""

Ask = Literal["attach", "status", "stop"]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client says of itself; every text is cut to a sane length."""

    protocol: tuple[int, int]
    build: str
    client: str
    features: frozenset[str]
    ask: Ask
    force: bool


def parse_hello(body: bytes) -> Hello:
    """Read a first frame. Raises `Refused` with a sentence for whoever connected."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise _no_hello() from None
    said = message.get("hello") if isinstance(message, dict) else None
    if not isinstance(said, dict):
        raise _no_hello()
    oldest, newest = _range_of(said.get("protocol"))
    features = said.get("features")
    if not isinstance(features, list):
        features = []
    return Hello(
        protocol=(oldest, newest),
        build=_text(said.get("build"), "unknown"),
        client=_text(said.get("client"), "unknown"),
        features=frozenset(feature[:64] for feature in features[:64] if isinstance(feature, str)),
        ask=_ask_of(said.get("ask", "attach")),
        force=said.get("force") is True,
    )


def agree(hello: Hello) -> int:
    """The newest protocol that both sides speak. Raises `Refused` with what to update."""
    common = min(hello.protocol[1], PROTOCOL[1])
    if common >= max(hello.protocol[0], PROTOCOL[0]):
        return common
    if hello.protocol[1] < PROTOCOL[0]:
        raise Refused(
            f"This client ({hello.client}, {hello.build}) is too old for the Casework daemon that runs ({BUILD}), so "
            "it can not attach. Update the client, or run `casework daemon stop` and start it again.",
            code="old_client",
        )
    raise Refused(
        f"The Casework daemon that runs ({BUILD}) is too old for this client ({hello.client}, {hello.build}), so it "
        "can not attach. Run `casework daemon stop`; the next client starts the newer one.",
        code="old_daemon",
    )


def is_newer(build: str, than: str) -> bool:
    """Whether `build` is a later release; a text that is no version is never newer."""
    ours, theirs = _version(than), _version(build)
    return ours is not None and theirs is not None and theirs > ours


def accepted(protocol: int, build: str, session: str, features: list[str]) -> bytes:
    """The answer to a client that may go on."""
    return _json({"hello": {"protocol": protocol, "build": build, "session": session, "features": features}})


def refused(reason: Refused) -> bytes:
    """The answer to a client that may not."""
    return _json({"refused": {"code": reason.code, "sentence": reason.sentence}})


def handed_over(build: str) -> bytes:
    """The answer to a newer client: this daemon ends, start yours when the connection closes."""
    return _json({"handover": {"build": build}})


def answer_of(kind: str, fields: dict[str, Any]) -> bytes:
    """The answer to an `ask`."""
    return _json({kind: fields})


def ended(code: int, sentence: str) -> bytes:
    """The last words to a client, as a notification that every editor may ignore."""
    return _json({"jsonrpc": "2.0", "method": ENDED_METHOD, "params": {"code": code, "sentence": sentence}})


def _json(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def _no_hello() -> Refused:
    return Refused(
        "The first message was no hello of Casework, so the connection was closed. Attach through `casework lsp` or "
        "the relay, not to the socket itself.",
        code="no_hello",
    )


def _range_of(value: object) -> tuple[int, int]:
    match value:
        case [int(oldest), int(newest)] if 0 <= oldest <= newest and not isinstance(oldest, bool):
            return oldest, newest
        case _:
            raise _no_hello()


def _ask_of(value: object) -> Ask:
    match value:
        case "attach" | "status" | "stop":
            return value
        case _:
            raise _no_hello()


def _text(value: object, default: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", value)[:64] if isinstance(value, str) and value else default


def _version(text: str) -> tuple[int, ...] | None:
    """The release number at the start of a version (PEP 440), without what follows it."""
    found = re.match(r"\d{1,6}(?:\.\d{1,6}){0,4}", text)
    return tuple(int(part) for part in found[0].split(".")) if found else None
