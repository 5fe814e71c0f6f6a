"""A client over the real relay: raw bytes in, messages out, nothing interpreted."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from tests.waiting import wait_until

ROOT: Final = Path(__file__).parents[2]
RELAY: Final = ROOT / "server" / "casework" / "relay.py"
PATIENCE_S: Final = 20.0

Message = dict[str, Any]


def frame(message: object) -> bytes:
    """One frame holding `message` as JSON."""
    return framed(json.dumps(message).encode())


def framed(body: bytes) -> bytes:
    """One frame holding `body`."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def request(msg_id: object, method: str, params: object = None) -> Message:
    """A request as the protocol has it."""
    message: Message = {"jsonrpc": "2.0", "id": msg_id, "method": method}
    return message if params is None else {**message, "params": params}


def notification(method: str, params: object = None) -> Message:
    """A notification as the protocol has it."""
    message: Message = {"jsonrpc": "2.0", "method": method}
    return message if params is None else {**message, "params": params}


def initialize(pid: int | None = None) -> Message:
    """The params of an ordinary `initialize`."""
    return {"processId": pid, "rootUri": None, "capabilities": {}}


class Relayed:
    """A relay process and what it says."""

    def __init__(self, *, relay: Path = RELAY, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(relay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=env,
        )
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def send(self, *messages: object) -> None:
        """Write messages; bytes go as they are, everything else as a frame of JSON."""
        assert self.process.stdin is not None
        data = b"".join(message if isinstance(message, bytes) else frame(message) for message in messages)
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self, timeout_s: float = PATIENCE_S) -> Message | None:
        """The next message; None at the end of the stream."""
        return self._messages.get(timeout=timeout_s)

    def answer_to(self, msg_id: object) -> Message:
        """The next message with this id, over whatever comes before."""
        while (message := self.receive()) is not None:
            if message.get("id") == msg_id and "method" not in message:
                return message
        raise AssertionError(f"the stream ended without an answer to {msg_id!r}")

    def ask(self, msg_id: object, method: str, params: object = None) -> Message:
        """Send a request and wait for its answer."""
        self.send(request(msg_id, method, params))
        return self.answer_to(msg_id)

    def initialized(self) -> Self:
        """Shake hands as an editor does."""
        assert "result" in self.ask("initialize", "initialize", initialize())
        self.send(notification("initialized", {}))
        return self

    def close_input(self) -> None:
        """Close our end, as an editor does that was closed."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ended(self) -> tuple[int, str]:
        """The exit code and what was said on stderr."""
        code = self.process.wait(PATIENCE_S)
        assert self.process.stderr is not None
        return code, self.process.stderr.read().decode()

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:
                continue

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()) not in (b"", b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = stream.read(length) if line else b""
            if not line or len(body) < length:
                self._messages.put(None)
                return
            self._messages.put(json.loads(body))


class Raw:
    """The daemon's socket itself, for what a relay would never say."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        try:
            self.socket.connect(str(socket_file()))
        except OSError:
            self.socket.close()
            raise

    def hello(self, **said: object) -> Message:
        """Say hello with these fields over the usual ones; the answer."""
        usual = {"protocol": [1, 1], "build": "0.1.0", "client": "test", "features": []}
        self.socket.sendall(frame({"hello": {**usual, **said}}))
        answer = self.receive()
        assert answer is not None
        return answer

    def receive(self) -> Message | None:
        """The next message; None at the end of the stream."""
        stream = self.socket.makefile("rb", buffering=0)
        length = 0
        while (line := stream.readline()) not in (b"", b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        body = b""
        while line and len(body) < length:
            chunk = stream.read(length - len(body))
            if not chunk:
                break
            body += chunk
        stream.close()
        return json.loads(body) if body else None

    def is_closed(self) -> bool:
        """Whether the other end closed; waits for it."""
        while True:
            try:
                if not self.socket.recv(65536):
                    return True
            except ConnectionResetError:
                return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def socket_file() -> Path:
    """Where the daemon of this test's world listens."""
    return Path(os.environ["XDG_RUNTIME_DIR"]) / "casework" / "daemon.sock"


def log_text() -> str:
    """What the daemon of this test's world logged."""
    return (Path(os.environ["XDG_STATE_HOME"]) / "casework" / "log" / "daemon.log").read_text()


def status() -> Message:
    """What the running daemon says of itself."""
    with Raw() as raw:
        answer = raw.hello(ask="status")["status"]
    assert isinstance(answer, dict)
    return answer


@contextmanager
def tiny_daemon(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real daemon with the tiny application; ended at the end, if it did not end before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.daemon.tiny_daemon", *arguments], cwd=ROOT, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: _listens() or process.poll() is not None, description="the daemon listens")
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def _listens() -> bool:
    try:
        Raw().socket.close()
    except OSError:
        return False
    return True


def stop_daemon() -> None:
    """Stop the daemon of this test's world, if one runs, and wait for its end."""
    try:
        raw = Raw()
    except OSError:
        return
    with raw:
        raw.hello(ask="stop", force=True)
        assert raw.is_closed()
