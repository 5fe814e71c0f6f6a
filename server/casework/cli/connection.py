"""Asking the daemon: one connection, one request after the other, sentences instead of tracebacks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer

from casework.cli.output import visible
from casework.domain.errors import CaseworkError, Refused, Trouble
from casework.transport import Channel
from casework.wire.methods import BY_NAME

_INVALID_PARAMS: Final = -32602


class Daemon:
    """A connection to the daemon, past `initialize`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._last = 0
        self._repository: str | None = None

    def ask(self, method: str, repository: str | None = None, **params: Any) -> dict[str, Any]:
        """Send one of our requests and give its answer as JSON values.

        Raises:
            Refused: with the daemon's sentence and code.
            Trouble: the daemon is gone.
        """
        if method not in BY_NAME:
            raise ValueError(f"no such method: {method}")
        given = {name: value for name, value in params.items() if value is not None}
        if repository is not None:
            given["repository"] = self._repository = repository
        answer = self._request(method, given)
        found: dict[str, Any] = answer
        return found

    def _request(self, method: str, params: dict[str, Any] | None) -> Any:
        self._last += 1
        self._channel.send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        while True:
            message = self._channel.receive()
            if message.get("id") == self._last and "method" not in message:
                return _result(message)

    def warnings(self) -> list[str]:
        """Give what must be known about what was asked about: that its journal was damaged, or can't be written."""
        if self._repository is None:
            return []
        found = self.ask("casework/repository/list", self._repository)
        return [one["warning"] for one in found["repositories"] if one["warning"]]

    def begin(self) -> None:
        """Do what the protocol asks first (LSP 3.17, "Initialize Request")."""
        self._request("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {}})
        self._channel.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})

    def end(self) -> None:
        """Say goodbye."""
        try:
            self._request("shutdown", None)
            self._channel.send({"jsonrpc": "2.0", "method": "exit"})
        except Trouble:
            pass  # it is gone, which is what was wanted
        self._channel.close()


def _result(message: dict[str, Any]) -> Any:
    error = message.get("error")
    if error is None:
        return message.get("result")
    data = error.get("data")
    code = data.get("code", "refused") if isinstance(data, dict) else "refused"
    if error.get("code") == _INVALID_PARAMS:
        code = "invalid"
    sentence = str(error.get("message", "The daemon refused without a word."))
    if isinstance(data, dict) and data.get("kind") == "trouble":
        raise Trouble(sentence, code=code)
    raise Refused(sentence, code=code)


@contextmanager
def daemon(*, start: bool = True) -> Iterator[Daemon]:
    """Give a connection, starting the daemon where none runs and `start`.

    Raises:
        Refused, Trouble: it can't be had; `not_running` when none runs and not `start`.
    """
    channel = Channel.attach("cli", start=start)
    if channel is None:
        raise Trouble("No Casework daemon runs; the next `casework` command or editor starts one.", code="not_running")
    asked = Daemon(channel)
    asked.begin()
    try:
        yield asked
        for warning in asked.warnings():
            typer.echo(visible(warning), err=True)
    finally:
        asked.end()


__all__ = ["CaseworkError", "Daemon", "daemon"]
