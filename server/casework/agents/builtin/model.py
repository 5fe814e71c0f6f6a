"""One answer of the model, over the real SDK: streamed, tried again, waited for.

The SDK's own retries are off, because a run says what it waits for. Its events are put together here and not by its
stream helper, which costs several milliseconds a turn and keeps what nobody asks for.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast

import anthropic
from anthropic.types import RawMessageStreamEvent

from casework.agents.builtin.failures import CutOff, Failure, understood
from casework.agents.builtin.prompt import SYSTEM
from casework.agents.builtin.tools import shown
from casework.agents.frames import ModelAccess
from casework.agents.line import Line
from casework.ports.agent import BackInReach, OutOfReach, Said
from casework.ports.sandbox import WAY_OUT

RETRIES: Final = 4
"""Of one request, before the task waits."""
RETRY_FIRST_S: Final = 0.5
RETRY_LONGEST_S: Final = 30.0
"""A service that asks for more lets the task wait."""
LOOK_AGAIN_FIRST_S: Final = 5.0
LOOK_AGAIN_LONGEST_S: Final = 300.0
CONNECT_S: Final = 10.0
KEPT_S: Final = 30.0
"""A connection that nobody uses is kept open for the next answer."""

_GOES_ON: Final = (
    "The task waits and goes on by itself, when the model answers again or you change the settings or the key."
)
_CONFIGURED_S: Final = 60.0
_clients: dict[tuple[str, str, float], anthropic.Anthropic] = {}
_making = threading.Lock()


class GivenUp(Exception):
    """The request can't be made; the text says why."""


class TooLong(Exception):
    """The conversation does not fit any more."""


@dataclass(slots=True)
class Answer:
    """One message of the model, as it is sent back to it."""

    content: list[dict[str, Any]] = field(default_factory=list)
    stop_reason: str | None = None
    input_tokens: int = 0
    """Those that were read from the cache or written to it included."""
    output_tokens: int = 0
    cache_read: int = 0
    cache_written: int = 0
    garbled: set[str] = field(default_factory=set)
    """Ids of calls whose arguments are no JSON."""

    @property
    def text(self) -> str:
        """What it says in words."""
        return "\n".join(block["text"] for block in self.content if block["type"] == "text").strip()

    def microdollars(self, access: ModelAccess) -> int | None:
        """Give what it cost; None where the prices are not known."""
        price = access.prices
        if "input" not in price or "output" not in price:
            return None
        fresh = self.input_tokens - self.cache_read - self.cache_written
        return round(
            fresh * price["input"]
            + self.cache_read * price.get("cache_read", price["input"])
            + self.cache_written * price.get("cache_write", price["input"])
            + self.output_tokens * price["output"]
        )


class Model:
    """The model as one run asks it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._lost = False

    def configured(self) -> ModelAccess:
        """Give how it is reached, once that is known."""
        access = self._line.access()
        while access is None:
            self._line.wait_for_access(None, _CONFIGURED_S)
            access = self._line.access()
        return access

    def ask(self, messages: str) -> Answer:
        """Give the next answer to `messages`, which are JSON, however long that takes; every wait is said.

        Raises:
            GivenUp, TooLong: asking again would change nothing.
            Cancelled: the run is to end.
        """
        tries, looks = 0, 0
        while True:
            access = self.configured()
            failure = self._once(access, messages)
            if isinstance(failure, Answer):
                if self._lost:
                    self._line.report(BackInReach())
                    self._lost = False
                return failure
            if failure.kind == "too_long":
                raise TooLong
            if failure.kind == "give_up":
                raise GivenUp(failure.what)
            wait_s = self._pause(tries, failure)
            if failure.kind == "again" and not self._lost and tries < RETRIES and wait_s <= RETRY_LONGEST_S:
                tries += 1
                said = f"{_capital(failure.what)}; trying again in {wait_s:.1f} s ({tries} of {RETRIES})."
                self._line.report(Said(text=said))
                self._line.wait_for_access(access, wait_s)
                continue
            self._wait(access, failure, looks)
            looks += 1

    @staticmethod
    def _pause(tries: int, failure: Failure) -> float:
        if failure.after_s is not None:
            return failure.after_s
        return min(RETRY_LONGEST_S, RETRY_FIRST_S * 2.0**tries) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def _wait(self, access: ModelAccess, failure: Failure, looks: int) -> None:
        """Let the task wait until it is worth looking again: after a while, or when the settings change."""
        if not self._lost:
            sentence = f"{_capital(failure.what)}. {_GOES_ON}"
            self._line.report(OutOfReach(sentence=failure.what if access.trouble else sentence))
            self._lost = True
        after = failure.after_s or min(LOOK_AGAIN_LONGEST_S, LOOK_AGAIN_FIRST_S * 2.0**looks)
        self._line.wait_for_access(access, after)

    def _once(self, access: ModelAccess, messages: str) -> Answer | Failure:
        if access.trouble:
            return Failure("wait", access.trouble)
        answer = Answer()
        try:
            # The SDK's own call for requests whose body is made already: it would copy and encode all of it every turn.
            stream = _client(access).post(
                "/v1/messages",
                content=_request(access, messages),
                cast_to=cast("type[Any]", RawMessageStreamEvent),
                stream=True,
                stream_cls=anthropic.Stream[RawMessageStreamEvent],
            )
            self._line.when_cancelled = _hang_up(stream.response)
            try:
                put_together(stream, answer)
            finally:
                self._line.when_cancelled = _nothing
                stream.close()
        except Exception as error:  # noqa: BLE001 - whatever a service makes an SDK do ends no run
            return understood(error, access)
        return answer


def _request(access: ModelAccess, messages: str) -> bytes:
    head = {
        "model": access.model,
        "max_tokens": access.answer_tokens,
        "stream": True,
        "system": [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
        "tools": shown(),
    }
    return f'{json.dumps(head)[:-1]}, "messages": {messages}}}'.encode()


def put_together(stream: Iterable[Any], answer: Answer) -> None:
    """Fill `answer` from the events of a stream (API reference, "Streaming messages").

    Raises:
        CutOff: it ended early.
    """
    parts: list[str] = []
    whole = False
    for event in stream:
        match event.type:
            case "message_start":
                _count(answer, event.message.usage)
            case "content_block_start":
                answer.content.append(event.content_block.model_dump(exclude_none=True))
                parts = []
            case "content_block_delta":
                _add(answer.content[-1], event.delta, parts)
            case "content_block_stop":
                _close(answer, answer.content[-1], parts)
            case "message_delta":
                answer.stop_reason = event.delta.stop_reason or answer.stop_reason
                _count(answer, event.usage)
            case "message_stop":
                whole = True
            case _:
                pass  # pings, and what a later version of the service may send
    if not whole or answer.stop_reason is None:
        raise CutOff


def _add(block: dict[str, Any], delta: Any, parts: list[str]) -> None:
    match delta.type:
        case "text_delta":
            parts.append(delta.text)
        case "input_json_delta":
            parts.append(delta.partial_json)
        case "thinking_delta":
            parts.append(delta.thinking)
        case "signature_delta":
            block["signature"] = block.get("signature", "") + delta.signature
        case _:
            pass


def _close(answer: Answer, block: dict[str, Any], parts: list[str]) -> None:
    text = "".join(parts)
    match block["type"]:
        case "text":
            block["text"] = block.get("text", "") + text
            if not block["text"].strip():  # an empty one would not be taken back
                answer.content.pop()
        case "thinking":
            block["thinking"] = block.get("thinking", "") + text
        case "tool_use" if text:
            try:
                block["input"] = json.loads(text)
            except ValueError:
                block["input"] = {}
                answer.garbled.add(block["id"])
            if not isinstance(block["input"], dict):
                block["input"] = {}
                answer.garbled.add(block["id"])
        case _:
            pass


def _count(answer: Answer, usage: Any) -> None:
    """Take over counts; those at the end of a stream are totals, and may lack what the beginning had."""
    fresh = getattr(usage, "input_tokens", None)
    read = getattr(usage, "cache_read_input_tokens", None)
    written = getattr(usage, "cache_creation_input_tokens", None)
    if fresh is not None:
        answer.cache_read, answer.cache_written = read or 0, written or 0
        answer.input_tokens = fresh + answer.cache_read + answer.cache_written
    answer.output_tokens = usage.output_tokens or answer.output_tokens


def _client(access: ModelAccess) -> anthropic.Anthropic:
    """Give the client for this key and place: one for all runs, because it keeps its connections."""
    wanted = (access.base_url, access.key, access.timeout_s)
    with _making:
        if wanted not in _clients:
            while _clients:  # who still uses it asks again, of this one
                _clients.popitem()[1].close()
            _clients[wanted] = anthropic.Anthropic(
                api_key=access.key,
                base_url=access.base_url,
                max_retries=0,
                timeout=anthropic.Timeout(access.timeout_s, connect=CONNECT_S),
                http_client=_straight(),
            )
        return _clients[wanted]


def _straight() -> anthropic.DefaultHttpxClient | None:
    """Give what reaches the model by the way out of this process's box; None for the usual ways."""
    way = os.environ.get(WAY_OUT)
    if not way:
        return None
    from httpx2 import HTTPTransport, Limits  # what the SDK stands on

    limits = Limits(keepalive_expiry=KEPT_S)
    return anthropic.DefaultHttpxClient(transport=HTTPTransport(uds=way, limits=limits), trust_env=False)


def _hang_up(response: Any) -> Callable[[], None]:
    """Give what ends a stream from another thread, so that a stopped run costs nothing more."""

    def now() -> None:
        with suppress(Exception):
            network = response.extensions["network_stream"]
            network.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    return now


def _nothing() -> None:
    pass


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
