"""The Messages API on a loopback socket: streams, uses tools, fails, hangs, cuts off; keeps what it was asked.

    with ModelServer(Script([call("read", path="a.py"), call("finish", comment="done")])) as model:
        ...  # settings: model_base_url = model.url

Sources: the API's reference, "Messages", "Streaming messages" and "Errors". Input tokens are counted as a quarter of
the characters of system, tools and messages, so that figures can be compared between two clients.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self

from tests.model.script import Fault, Script, Turn

KEY: Final = "sk-ant-test-0123456789-abcdefghijklmnop"
_CHUNK: Final = 400
"""Characters of one delta."""


class ModelServer:
    """One model; `script` may be changed while it runs."""

    def __init__(self, script: Script, *, key: str = KEY, port: int = 0) -> None:
        self.script = script
        self.key = key
        self.requests: list[dict[str, Any]] = []
        """Bodies of all requests that came with the right key, failed ones too."""
        self.arrivals: list[float] = []
        """When each of them came, on the monotonic clock."""
        self.before: Callable[[int], None] = lambda _n: None
        """Called before an answer is chosen, with how many the conversation holds; for a test that kills somebody."""
        self.open = threading.Event()
        """While it is not set, answers are held back."""
        self.open.set()
        self.refused = 0
        """Requests with another key."""
        self._played: dict[int, int] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.model = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def wait_for_end(self) -> None:
        """Hold a connection open without a word, until the server is stopped."""
        self._stopping.wait(600)

    def next(self, body: dict[str, Any]) -> Turn | Fault:
        """Choose what is answered; keeps the request."""
        self.before(answers_in(body))
        with self._lock:
            self.arrivals.append(time.monotonic())
            self.requests.append(body)
            if self.script.always is not None:
                return self.script.always
            n = answers_in(body)
            faults = self.script.faults.get(n, ())
            played = self._played.get(n, 0)
            if played < len(faults):
                self._played[n] = played + 1
                return faults[played]
            return self.script.turns[min(n, len(self.script.turns) - 1)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients leave when they like."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the standard library has it
        pass

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        model = self.server.model
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.split("?")[0] != "/v1/messages":
            return self._error(404, "not_found_error", f"no {self.path}")
        key = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key")
        if key != model.key:
            model.refused += 1
            return self._error(401, "authentication_error", f"invalid key: {key}")
        complaint = _wrong(body)
        if complaint:
            return self._error(400, "invalid_request_error", complaint)
        answer = model.next(body)
        model.open.wait(600)
        if isinstance(answer, Turn):
            return self._stream(events(answer, body))
        return self._fail(answer, body)

    def _fail(self, fault: Fault, body: dict[str, Any]) -> None:
        started = list(events(Turn(say="This answer will never be complete. " * 40), body))
        match fault.kind:
            case "status":
                self._error(fault.status, fault.error, fault.message, fault.headers)
            case "cut":
                self._stream(started[: fault.events], whole=False)
            case "overloaded":
                error = ("error", {"type": "error", "error": {"type": fault.error, "message": fault.message}})
                self._stream([*started[: fault.events], error])
            case "nonsense":
                self._send(200, b"<html>Welcome to our network. Please log in.</html>", {"content-type": "text/html"})
            case "garbled":
                self._begin()
                self._chunk(b'event: message_start\ndata: {"type": "message_start", "mess\n\n')
                self._chunk(b"")
            case "silent":
                self.server.model.wait_for_end()
                self.close_connection = True
            case "drop":
                self.close_connection = True

    def _error(self, code: int, kind: str, message: str, headers: Any = None) -> None:
        body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
        self._send(code, body, {"content-type": "application/json", **(headers or {})})

    def _send(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _stream(self, told: Iterator[tuple[str, Any]] | Sequence[tuple[str, Any]], *, whole: bool = True) -> None:
        self._begin()
        text = "".join(f"event: {kind}\ndata: {json.dumps(data)}\n\n" for kind, data in told)
        self._chunk(text.encode())
        if whole:
            self._chunk(b"")
        else:
            self.close_connection = True

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()


def answers_in(body: dict[str, Any]) -> int:
    """Count the answers that a conversation holds already."""
    return len([message for message in body["messages"] if message["role"] == "assistant"])


def tokens(value: Any) -> int:
    """Count as this model does; marks of the cache are no text."""
    return len(json.dumps(_without_marks(value), separators=(",", ":"))) // 4


def _without_marks(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_marks(inside) for name, inside in value.items() if name != "cache_control"}
        case list():
            return [_without_marks(inside) for inside in value]
        case _:
            return value


def events(turn: Turn, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the events of a streamed answer."""
    n = answers_in(body)
    counted = tokens([body.get("system"), body.get("tools"), body["messages"]])
    usage = {
        "input_tokens": counted,
        "output_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    message = {
        "id": f"msg_{n:04}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    yield "message_start", {"type": "message_start", "message": message}
    index = 0
    if turn.say:
        yield from _block(index, {"type": "text", "text": ""}, "text_delta", "text", turn.say)
        index += 1
        yield "ping", {"type": "ping"}
    for k, use in enumerate(turn.calls):
        given = turn.raw_input if turn.raw_input and k == 0 else json.dumps(dict(use.input))
        start = {"type": "tool_use", "id": f"toolu_{n:04}_{k}", "name": use.name, "input": {}}
        yield from _block(index, start, "input_json_delta", "partial_json", given)
        index += 1
    delta = {"stop_reason": turn.stop_reason, "stop_sequence": None}
    out = tokens([turn.say, *(dict(use.input) for use in turn.calls)])
    yield "message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": out}}
    yield "message_stop", {"type": "message_stop"}


def _block(index: int, start: Any, kind: str, name: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": start}
    for at in range(0, len(text), _CHUNK):
        delta = {"type": kind, name: text[at : at + _CHUNK]}
        yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": index}


def _wrong(body: dict[str, Any]) -> str:
    """Complain of what the real one would: roles in turn, and every use of a tool answered in the next message."""
    messages = body["messages"]
    if not messages or messages[0]["role"] != "user":
        return "messages: the first message must be the user's"
    for before, after in pairwise(messages):
        if before["role"] == after["role"] == "user":
            return "messages: roles must alternate"
        if before["role"] == "assistant":
            asked = [block["id"] for block in before["content"] if block["type"] == "tool_use"]
            answered = [block["tool_use_id"] for block in after["content"] if block["type"] == "tool_result"]
            if asked != answered:
                return f"messages: tool_use ids {asked} were answered by tool_result ids {answered}"
    if any(not block.get("text", "x").strip() for message in messages for block in _blocks(message)):
        return "messages: text content blocks must be non-empty"
    if sum("cache_control" in block for block in _marked(body)) > 4:
        return "a maximum of 4 blocks with cache_control may be provided"
    return ""


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _marked(body: dict[str, Any]) -> list[dict[str, Any]]:
    system = body.get("system")
    own = list(system) if isinstance(system, list) else []
    return [*own, *body.get("tools", []), *(block for message in body["messages"] for block in _blocks(message))]
