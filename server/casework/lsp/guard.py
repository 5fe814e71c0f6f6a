"""The guard in front of pygls: whatever comes, each request gets the one answer that JSON-RPC and LSP ask for.

Rules: JSON-RPC 2.0, sections 4 to 6; LSP 3.17, "Base Protocol" and "Server lifecycle". It parses bodies, checks
messages and their params, and keeps the lifecycle; only clean messages go on. Reading and writing is the connection's.
"""

from __future__ import annotations

import enum
import json
import logging
import re
from typing import Any, Final

from lsprotocol import types

from .guard_params import CONVERTER, REQUESTS, InvalidParams, structure_params
from .protocol import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_INITIALIZED,
    PARSE_ERROR,
    MsgId,
    SessionProtocol,
)

logger = logging.getLogger(__name__)

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class Phase(enum.Enum):
    """Where a connection stands in its life (LSP 3.17, "Server lifecycle")."""

    NEW = enum.auto()
    """Nothing but `initialize` and `exit` is heard."""
    READY = enum.auto()
    """`initialize` was answered."""
    SHUT_DOWN = enum.auto()
    """`shutdown` was asked; only `exit` is heard."""
    ENDED = enum.auto()
    """`exit` came; nothing is heard."""


class Guard:
    """Takes the bodies of frames and hands on clean messages."""

    def __init__(self, protocol: SessionProtocol) -> None:
        self.phase = Phase.NEW
        self.exit_code = 1
        """What the process should exit with for this client, as LSP says: 0 only when `shutdown` came before."""
        self.parent: int | None = None
        """The client's process, by its own account."""
        self.failure: str | None = None
        """Why this session can do nothing, when the application did not start; each request is answered with it."""
        self._protocol = protocol
        protocol.on_answer = self._note_answer

    def receive(self, body: bytes) -> bool:
        """Handle one body; False when it is no JSON, so that its length was probably wrong."""
        try:
            message = _parse(body)
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            self._protocol.refuse(None, PARSE_ERROR, f"The message is no JSON: {reason[:200]}")
            return False
        match message:
            case dict():
                self._one(message)
            case [_, *_]:
                self._batch(message)
            case _:
                self._protocol.refuse(None, INVALID_REQUEST, "A message is an object.")
        return True

    def receive_garbage(self, reason: str) -> None:
        """Answer bytes that are no frame."""
        self._protocol.refuse(None, PARSE_ERROR, f"Bytes were skipped: {reason}.")

    def _batch(self, messages: list[Any]) -> None:
        """LSP has no batches; whoever can be told is told by id."""
        ids = [m["id"] for m in messages if isinstance(m, dict) and "method" in m and _is_id(m.get("id"))]
        for msg_id in ids or [None]:
            self._protocol.refuse(msg_id, INVALID_REQUEST, "LSP knows no batches; send one message per frame.")

    def _one(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None and ("result" in message or "error" in message):
            self._response(message)
            return
        msg_id = message.get("id")
        known_id = msg_id if _is_id(msg_id) else None
        if message.get("jsonrpc") != "2.0":
            self._protocol.refuse(known_id, INVALID_REQUEST, 'A message states "jsonrpc": "2.0".')
        elif not isinstance(method, str):
            self._protocol.refuse(known_id, INVALID_REQUEST, "A request names its method by a string.")
        elif "id" not in message:
            self._notification(method, message.get("params"))
        elif known_id is None:
            self._protocol.refuse(None, INVALID_REQUEST, "The id of a request is a string or an integer.")
        else:
            self._request(known_id, method, message.get("params"))

    def _request(self, msg_id: MsgId, method: str, params: object) -> None:
        protocol = self._protocol
        if msg_id in protocol.in_flight:
            protocol.refuse(msg_id, INVALID_REQUEST, "A request with this id is not answered yet.")
        elif self.phase in (Phase.SHUT_DOWN, Phase.ENDED):
            protocol.refuse(msg_id, INVALID_REQUEST, "After shutdown only exit is heard.")
        elif self.phase is Phase.NEW and method != types.INITIALIZE:
            protocol.refuse(msg_id, NOT_INITIALIZED, "The first request is initialize.")
        elif self.phase is Phase.READY and method == types.INITIALIZE:
            protocol.refuse(msg_id, INVALID_REQUEST, "initialize was answered already.")
        elif self._is_notification(method) or not (protocol.handles(method) or self.failure):
            protocol.refuse(msg_id, METHOD_NOT_FOUND, f"There is no request {method[:200]}")
        elif self.failure and method != types.SHUTDOWN:
            protocol.refuse(msg_id, -32803, self.failure)
        else:
            self._hand_on(msg_id, method, params)

    def _hand_on(self, msg_id: MsgId, method: str, params: object) -> None:
        try:
            record = structure_params(method, params)
        except InvalidParams as error:
            message = f"The params of {method[:200]} do not fit: {'; '.join(error.reasons)}"
            self._protocol.refuse(msg_id, INVALID_PARAMS, message, {"reasons": error.reasons})
            return
        if isinstance(record, types.InitializeParams):
            self.parent = record.process_id
        self._protocol.ask(msg_id, method, record)

    def _notification(self, method: str, params: object) -> None:
        if method == types.EXIT:
            self.exit_code = 0 if self.phase is Phase.SHUT_DOWN else 1
            self.phase = Phase.ENDED
        elif method == types.CANCEL_REQUEST:
            msg_id = params.get("id") if isinstance(params, dict) else None
            if isinstance(msg_id, str | int) and _is_id(msg_id):
                self._protocol.cancel(msg_id)
        elif self.phase is not Phase.READY or method in REQUESTS or not self._protocol.handles(method):
            logger.debug("a notification was dropped: %s", method[:200])
        else:
            try:
                record = structure_params(method, params)
            except InvalidParams as error:
                logger.warning("the params of the notification %s do not fit: %s", method, "; ".join(error.reasons))
                return
            self._protocol.tell(method, record)

    def _response(self, message: dict[str, Any]) -> None:
        """An answer to what we asked; one that answers nothing is never answered, so that no two ends can quarrel."""
        msg_id = message.get("id")
        if not _is_id(msg_id) or msg_id not in self._protocol.asked:
            logger.warning("the client answered something that was not asked: %.200r", message.get("error"))
            return
        error = message.get("error")
        if error is None:
            self._protocol.settle(msg_id, message.get("result"), None)
            return
        try:
            failure = CONVERTER.structure(error, types.ResponseError)
        except Exception:  # noqa: BLE001 - a border: any shape may come
            failure = types.ResponseError(INVALID_REQUEST, "The client's error is no JSON-RPC error.")
        self._protocol.settle(msg_id, None, failure)

    def _is_notification(self, method: str) -> bool:
        return method in types.METHOD_TO_TYPES and method not in REQUESTS

    def _note_answer(self, method: str, succeeded: bool) -> None:
        if method == types.INITIALIZE and succeeded:
            self.phase = Phase.READY
        elif method == types.SHUTDOWN and succeeded:
            self.phase = Phase.SHUT_DOWN


def _is_id(value: object) -> bool:
    """LSP: `integer | string`; an id that can not be echoed in UTF-8 is none."""
    return value.__class__ in (str, int)


def _parse(body: bytes) -> Any:
    message = _DECODER.decode(body.decode())
    return _heal(message) if _SURROGATE.search(body) else message


def _heal(value: Any) -> Any:
    """Half of a surrogate pair is no text: it could be neither kept nor sent. Put U+FFFD for it, as wide in UTF-16."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {_heal(key): _heal(item) for key, item in value.items()}
        case list():
            return [_heal(item) for item in value]
        case _:
            return value


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)
