"""Review files open in one editor: what happens to them, and what a save of one comes to.

Here is which message means what; what must be true for a verdict is in review_file/.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from casework.core.desk import OpenRepository
from casework.domain.errors import Refused
from casework.domain.showing import visible
from casework.lsp.actions import line_range
from casework.lsp.desktop import OnDesktop
from casework.lsp.review_file.opened import OpenFile
from casework.lsp.review_file.submit import Outcome, submit
from casework.lsp.session import Session

_CANT_ASK: Final = (
    "This editor does not show the one question that comes before a verdict, so nothing was submitted; give the "
    "verdict by a code action or in the shell (`casework approve`, `casework request-changes`)."
)

_SPEAKS_LATE: Final = "Eglot"
"""Eglot collects keystrokes for half a second, and flushes them before `didSave` but not before `willSave`."""

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class ReviewFiles:
    """Those of one session, by the path the editor gives them."""

    def __init__(self, session: Session, spawn: Spawn) -> None:
        self._session = session
        self._server = session.server
        self._spawn = spawn
        self._files: dict[str, OpenFile] = {}
        self._mistaken: set[str] = set()
        """Those that have mistakes shown."""

    def opened(self, path: str, number: int, text: str, on_desktop: OnDesktop) -> None:
        """The editor opened one."""
        document = self._server.client_capabilities.text_document
        sync = document.synchronization if document is not None else None
        announces = bool(sync is not None and sync.will_save)
        file = OpenFile(number, path, announces=announces, speaks_late=self._server.client_name == _SPEAKS_LATE)
        file.opened(text, _written(on_desktop, number))
        self._files[path] = file
        self._clear(path)

    def changed(self, path: str, on_desktop: OnDesktop) -> None:
        """The editor shows another text."""
        file, text = self._files.get(path), self._session.documents.text(path)
        if file is not None and text is not None:
            written = _written(on_desktop, file.number)
            file.changed(text, written, asyncio.get_running_loop().time())
            if text == written:
                self._clear(path)

    def will_save(self, path: str, reason: types.TextDocumentSaveReason) -> None:
        """The editor is about to save."""
        file, text = self._files.get(path), self._session.documents.text(path)
        if file is not None and text is not None:
            by_hand = reason == types.TextDocumentSaveReason.Manual
            file.announced(text, asyncio.get_running_loop().time(), by_hand=by_hand)

    def saved(self, path: str, opened: OpenRepository, on_desktop: OnDesktop) -> bool:
        """The editor saved; tells whether it was a review file."""
        file, text = self._files.get(path), self._session.documents.text(path)
        if file is not None and text is not None:
            self._spawn(self._submit(path, opened, on_desktop, file, text))
        return file is not None

    def closed(self, path: str) -> None:
        """The editor closed one, or any other file."""
        self._files.pop(path, None)
        self._clear(path)

    def _clear(self, path: str) -> None:
        """Take away mistakes that stood in what is not shown any more."""
        if path in self._mistaken:
            self._tell(path, Outcome())

    async def _submit(
        self, path: str, opened: OpenRepository, on_desktop: OnDesktop, file: OpenFile, text: str
    ) -> None:
        written = on_desktop.shelf.written(file.number)
        outcome = await submit(opened, file, text, written, self._session.actor, self._ask)
        if outcome is not None:
            self._tell(path, outcome if self._files.get(path) is file else replace(outcome, mistakes=()))

    def _tell(self, path: str, outcome: Outcome) -> None:
        diagnostics = [
            types.Diagnostic(
                range=line_range(mistake.line, mistake.line),
                message=visible(mistake.sentence),
                severity=types.DiagnosticSeverity.Error,
                source="casework",
                code="review-file",
            )
            for mistake in outcome.mistakes
        ]
        self._mistaken.discard(path)
        if diagnostics:
            self._mistaken.add(path)
        names = self._session.documents.names
        for _, uri in names.said(names.real(path)[0]):
            self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics))
        if outcome.said:
            kind = types.MessageType.Info if outcome.done else types.MessageType.Warning
            self._server.window_show_message(types.ShowMessageParams(type=kind, message=visible(outcome.said)))

    async def _ask(self, question: str, button: str) -> bool:
        """Ask the human who has just saved; closing the question is a no."""
        if self._server.client_capabilities.window is None:
            raise Refused(_CANT_ASK)
        wanted = types.ShowMessageRequestParams(
            type=types.MessageType.Info,
            message=visible(question),
            actions=[types.MessageActionItem(title=button), types.MessageActionItem(title="Not now")],
        )
        try:
            answer = await self._server.window_show_message_request_async(wanted)
        except JsonRpcException as error:
            raise Refused(_CANT_ASK) from error
        return answer is not None and answer.title == button


def _written(on_desktop: OnDesktop, number: int) -> str | None:
    written = on_desktop.shelf.written(number)
    return written.text if written is not None else None
