"""A real daemon with a tiny application, as a program: `python -m tests.daemon.tiny_daemon`.

Its methods exist to be asked in every wrong way; `casework/tiny/...` are its own.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from typing import Any, Final

from lsprotocol import types

from casework.daemon.application import Application, Session
from casework.daemon.hello import BUILD
from casework.daemon.start import run_daemon
from casework.domain.errors import Refused, Trouble
from casework.lsp.protocol import SessionServer, Surface

METHODS: Final = (
    "echo",
    "slow",
    "stubborn",
    "bug",
    "refuse",
    "unsendable",
    "ask",
    "flood",
    "threads",
    "busy",
    "modules",
)


class TinyHandler:
    """Registers the tiny methods."""

    def __init__(self, session: Session, app: TinyApplication) -> None:
        self._session = session
        self._app = app

    async def configure(self, server: SessionServer) -> None:
        if self._app.broken:
            raise Trouble("The tiny application is broken, so nothing is served. Start it whole.", code="broken")
        self._editor(server)
        self._patience(server)
        self._answers(server)

    def _editor(self, server: SessionServer) -> None:
        @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
        def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
            return [types.CodeAction(title=f"at {params.range.start.line}", kind=types.CodeActionKind.QuickFix)]

        @server.feature(types.TEXT_DOCUMENT_HOVER)
        def hover(params: types.HoverParams) -> types.Hover:
            document = server.workspace.get_text_document(params.text_document.uri)
            return types.Hover(contents=str(document.offset_at_position(params.position)))

        @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
        def did_save(params: types.DidSaveTextDocumentParams) -> None:
            raise ValueError(f"a notification's handler fails for {params.text_document.uri}")

    def _patience(self, server: SessionServer) -> None:
        app = self._app

        @server.command("tiny.echo")
        def echo_command(*arguments: Any) -> list[Any]:
            return list(arguments)

        @server.command("tiny.slow")
        async def slow_command() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                app.cancelled += 1

        @server.feature("casework/tiny/echo")
        def echo(params: Any) -> object:
            return {"params": params, "cancelled": app.cancelled, "client": self._session.client}

        @server.feature("casework/tiny/slow")
        async def slow(params: Any) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                app.cancelled += 1

        @server.feature("casework/tiny/stubborn")
        async def stubborn(params: Any) -> str:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return "done all the same"
            return "never"

    def _answers(self, server: SessionServer) -> None:
        app = self._app

        @server.feature("casework/tiny/bug")
        def bug(params: Any) -> None:
            raise KeyError("secret internal text")

        @server.feature("casework/tiny/refuse")
        async def refuse(params: Any) -> None:
            raise Refused("Review 7 is stale, so it can not be approved. Open it again.", code="stale_review")

        @server.feature("casework/tiny/unsendable")
        def unsendable(params: Any) -> object:
            return {"set": {1, 2}}

        @server.feature("casework/tiny/ask")
        async def ask(params: Any) -> object:
            asked = types.ConfigurationParams(items=[types.ConfigurationItem(section="casework")])
            found = await server.workspace_configuration_async(asked)
            return [*found]

        @server.feature("casework/tiny/flood")
        def flood(params: dict[str, int]) -> None:
            text = "x" * 65536
            for _ in range(params["times"]):
                server.protocol.notify("casework/tiny/flooded", {"text": text})

        @server.feature("casework/tiny/threads")
        @server.thread()
        def in_thread(params: Any) -> str:
            return "a thread" if threading.current_thread() is not threading.main_thread() else "the loop"

        @server.feature("casework/tiny/busy")
        def busy(params: dict[str, bool]) -> None:
            app.has_work = params["busy"]

        @server.feature("casework/tiny/modules")
        def modules(params: Any) -> list[str]:
            return app.modules_at_load

    async def closed(self) -> None:
        self._app.closed += 1


class TinyApplication:
    """Has work when it is told so."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken
        self.has_work = False
        self.cancelled = 0
        self.closed = 0
        self.modules_at_load = sorted(sys.modules)

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def busy(self) -> bool:
        return self.has_work

    def open_session(self, session: Session) -> TinyHandler:
        return TinyHandler(session, self)


def main() -> int:
    """Run it; the exit code of the daemon."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle-exit", type=float, default=0.0)
    parser.add_argument("--build", default=BUILD)
    parser.add_argument("--hello", type=float, default=10.0)
    parser.add_argument("--crash", action="store_true")
    parser.add_argument("--broken", action="store_true")
    said = parser.parse_args()

    def load() -> Application:
        return TinyApplication(broken=said.broken)

    def load_surface() -> Surface:
        if said.crash:
            raise RuntimeError("token=hunter2")
        methods = [types.TEXT_DOCUMENT_CODE_ACTION, types.TEXT_DOCUMENT_HOVER, types.TEXT_DOCUMENT_DID_SAVE]
        methods += [f"casework/tiny/{name}" for name in METHODS]
        return Surface("tiny", "1", dict.fromkeys(methods), ("tiny.echo", "tiny.slow"))

    return run_daemon(load, load_surface, idle_exit_s=said.idle_exit, build=said.build, hello_s=said.hello)


if __name__ == "__main__":
    sys.exit(main())
