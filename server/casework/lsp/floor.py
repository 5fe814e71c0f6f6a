"""The editor floor: what every LSP client gets without a plug-in. First part: it listens."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from casework.lsp.protocol import SessionServer
from casework.lsp.session import Session


class Floor:
    """Diagnostics, code actions, lenses and documents of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def register(self, server: SessionServer) -> None:
        """Register what the surface promises."""

        @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
        async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
            return []

        @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
        async def code_lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
            return []

        @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
        async def did_open(params: types.DidOpenTextDocumentParams) -> None: ...

        @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
        async def did_change(params: types.DidChangeTextDocumentParams) -> None: ...

        @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
        async def did_save(params: types.DidSaveTextDocumentParams) -> None: ...

        @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
        async def did_close(params: types.DidCloseTextDocumentParams) -> None: ...

    async def after_command(self, name: str, given: dict[str, Any]) -> None:
        """A command was run from the editor; show what it made."""

    async def close(self) -> None:
        """The session is over."""
