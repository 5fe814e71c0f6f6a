"""The cheapest client of the language server protocol that can be trusted: blocking, over the pipes of a process.

Its own cost is in every figure, ours and the other's, so it does as little as it can.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

_ANSWERS: Final[Mapping[str, Any]] = {"workspace/configuration": [{}], "workspace/workspaceFolders": None}


class Ended(RuntimeError):
    """The server ended before it answered."""


class Client:
    """One server process and the conversation with it."""

    def __init__(self, command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._folder = folder
        self._next_id = 0

    @property
    def pid(self) -> int:
        """The server's process, or that of the relay in front of it."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            try:
                self.request("shutdown", None)
                self.notify("exit", None)
                if self._process.stdin is not None:
                    self._process.stdin.close()
                self._process.wait(10)
            except (Ended, OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def initialize(self) -> Any:
        """Shake hands, with what a plain editor can do."""
        uri = self._folder.as_uri()
        answer = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": uri,
                "capabilities": {"general": {"positionEncodings": ["utf-16"]}},
                "workspaceFolders": [{"uri": uri, "name": self._folder.name}],
            },
        )
        self.notify("initialized", {})
        return answer

    def request(self, method: str, params: Any) -> Any:
        """Ask, and wait for the answer; what the server asks meanwhile is answered.

        Raises:
            Ended: the server ended.
            RuntimeError: the answer is an error.
        """
        self._next_id += 1
        asked = self._next_id
        self._send({"jsonrpc": "2.0", "id": asked, "method": method} | _with(params))
        while True:
            message = self._receive()
            if message.get("id") == asked and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            if "id" in message and "method" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": _ANSWERS.get(message["method"])})

    def until(self, method: str) -> Any:
        """Wait until the server tells `method`, and give what it carries; other messages are dropped.

        Raises:
            Ended: the server ended.
        """
        while True:
            message = self._receive()
            if message.get("method") == method:
                return message["params"]

    def timed(self, method: str, params: Any) -> float:
        """Seconds from question to answer."""
        begin = time.perf_counter()
        self.request(method, params)
        return time.perf_counter() - begin

    def notify(self, method: str, params: Any) -> None:
        """Tell."""
        self._send({"jsonrpc": "2.0", "method": method} | _with(params))

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(
            {name: value for name, value in message.items() if name != "params" or value is not None}
        ).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while True:
            line = self._process.stdout.readline()
            if not line:
                raise Ended(f"the server ended with {self._process.wait(5)}")
            if line == b"\r\n":
                break
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        found = json.loads(self._process.stdout.read(length))
        assert isinstance(found, dict)
        return found


def _with(params: Any) -> dict[str, Any]:
    return {} if params is None else {"params": params}
