"""The application's side of one session: registers everything a client may ask for, and follows what it looks at."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from casework.core.desk import Desk, OpenRepository
from casework.lsp.desktop import Desktop
from casework.lsp.documents import SessionDocuments
from casework.lsp.endpoint import ENDPOINTS, Endpoint, encoded
from casework.lsp.feed import Feed
from casework.lsp.floor import Floor
from casework.lsp.names import path_in
from casework.lsp.protocol import SessionServer
from casework.lsp.session import DaemonFacts, Session
from casework.wire.views import Board

logger = logging.getLogger(__name__)


class SessionService:
    """Serves one client."""

    def __init__(
        self,
        name: str,
        session_id: str,
        desk: Desk,
        daemon: DaemonFacts,
        documents: SessionDocuments,
        desktop: Desktop,
    ) -> None:
        self._name = name
        self._id = session_id
        self._desk = desk
        self._daemon = daemon
        self._documents = documents
        self._desktop = desktop
        self._feeds: dict[str, Feed] = {}
        self._floor: Floor | None = None
        self._session: Session | None = None

    async def configure(self, server: SessionServer) -> None:
        """Register what this client may ask for."""
        session = Session(
            server.client_name or self._name,
            self._id,
            server,
            self._desk,
            self._daemon,
            self._documents,
            self._desktop,
            roots=roots_of(server),
        )
        self._session = session
        self._documents.attach(server)
        for name, served in ENDPOINTS.items():
            server.feature(name)(self._method(session, served))
            server.command(served.method.command)(self._command(session, served))
        self._floor = Floor(session, self._desktop)
        self._floor.register(server)

    async def closed(self) -> None:
        """Forget everything about the client; what it caused goes on."""
        for feed in self._feeds.values():
            feed.close()
        if self._floor is not None:
            await self._floor.close()
        self._documents.close()

    def _method(self, session: Session, served: Endpoint) -> Callable[[Any], Awaitable[Any]]:
        async def answer(params: Any) -> Any:
            given = await served.answer(session, params)
            if isinstance(given, Board):  # who read it is told of what changes from here on, and nobody else
                self._follow(session.repositories[given.repository])
            return encoded(given)

        return answer

    def _command(self, session: Session, served: Endpoint) -> Callable[..., Awaitable[Any]]:
        async def run(*arguments: Any) -> Any:
            if len(arguments) > 1:
                raise JsonRpcInvalidParams(f"{served.method.command} takes one argument: the object of its parameters.")
            asked = arguments[0] if arguments else None
            given = await served.answer(session, asked)
            if self._floor is not None:
                await self._floor.after_command(served.method.name, asked or {}, given)
            return encoded(given)

        return run

    def _follow(self, opened: OpenRepository) -> None:
        """Start over from here, so that the answer's cursor is where the changes begin."""
        name = opened.repository.identity.id
        if (before := self._feeds.pop(name, None)) is not None:
            before.close()
        if self._session is not None:
            server = self._session.server
            self._feeds[name] = Feed(opened, server.protocol.notify)


def roots_of(server: SessionServer) -> list[str]:
    """Give the folders the client has open, as absolute paths."""
    workspace = server.workspace
    uris = [folder.uri for folder in workspace.folders.values()]
    if not uris and workspace.root_uri:
        uris = [workspace.root_uri]
    return [path for uri in uris if (path := path_in(uri)) is not None]
