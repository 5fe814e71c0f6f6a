"""A client as light as can be: messages over the real relay, for tests that need many clients or many requests.

It answers what a server may ask, and keeps what it was told. What a real editor does is in plain.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from casework import relay
from casework.lsp.documents import uri_of

_LONGEST: Final = 64 * 1024 * 1024


class Refusal(Exception):
    """The server answered with an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]
        self.word: str = (error.get("data") or {}).get("code", "")


class Light:
    """One connection."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._last = 0
        self._reading = asyncio.create_task(self._read(), name="reading the relay")
        self.told: list[tuple[str, Any]] = []
        """Notifications, in their order."""
        self.asked: list[tuple[str, Any]] = []
        self.answer: Callable[[str, Any], Any] = lambda _method, _params: None
        """What the client answers when it is asked."""
        self.strays: list[dict[str, Any]] = []
        """Answers to what was sent raw, or to nothing."""
        self._left = False
        self.capabilities: dict[str, Any] = {}
        """What the server said it can do."""

    async def ask(self, method: str, params: Any = None) -> Any:
        """Send a request and give its result.

        Raises:
            Refusal: the answer is an error.
        """
        self._last += 1
        future = self._waiting[self._last] = asyncio.get_running_loop().create_future()
        self.send(
            {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params if params is not None else {}}
        )
        async with asyncio.timeout(60):
            message = await future
        if "error" in message:
            raise Refusal(message["error"])
        return message["result"]

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: object) -> None:
        """Send a message."""
        body = json.dumps(message).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    async def leave(self) -> None:
        """Close our end, as an editor does that was closed; wait until the other end has done what was asked."""
        assert self._process.stdin is not None
        self._left = True
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), 20)
        await self._reading

    async def actions(self, path: Path | str, line: int, **context: Any) -> list[dict[str, Any]]:
        """Ask what can be done at a line, counted from 1."""
        place = {"line": line - 1, "character": 0}
        found = await self.ask(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": uri_of(str(path))},
                "range": {"start": place, "end": place},
                "context": {"diagnostics": [], **context},
            },
        )
        assert isinstance(found, list)
        return found

    def open(self, path: Path | str, text: str | None = None) -> None:
        """Open a file."""
        shown = Path(path).read_text("utf-8") if text is None else text
        item = {"uri": uri_of(str(path)), "languageId": "text", "version": 1, "text": shown}
        self.tell("textDocument/didOpen", {"textDocument": item})

    async def end(self) -> None:
        """Shut down as an editor does, unless it left already."""
        if self._left:
            return
        await self.ask("shutdown")
        self.tell("exit", {})
        await asyncio.wait_for(self._process.wait(), 20)
        await self._reading

    async def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            try:
                head = await stream.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            self._take(json.loads(await stream.readexactly(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            future = self._waiting.pop(message["id"], None)
            if future is None:
                self.strays.append(message)
            else:
                future.set_result(message)
        elif "id" in message:
            self.asked.append((message["method"], message["params"]))
            result = self.answer(message["method"], message["params"])
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
        else:
            self.told.append((message["method"], message.get("params")))


@asynccontextmanager
async def light(
    *folders: Path, name: str = "light", capabilities: Mapping[str, Any] | None = None
) -> AsyncIterator[Light]:
    """Start a client on folders, and end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        relay.__file__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST,
    )
    client = Light(process)
    try:
        answer = await client.ask(
            "initialize",
            {
                "processId": None,
                "clientInfo": {"name": name},
                "capabilities": dict(capabilities or {}),
                "rootUri": uri_of(str(folders[0])) if folders else None,
                "workspaceFolders": [{"uri": uri_of(str(folder)), "name": folder.name} for folder in folders],
            },
        )
        client.capabilities = answer["capabilities"]
        client.tell("initialized", {})
        yield client
        await client.end()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
