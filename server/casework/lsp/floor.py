"""The editor floor: what every LSP client gets without a plug-in.

Diagnostics, code actions, lenses, progress, and the review as a file whose save can be a verdict. Business rules are in
the core; here is only which message of the protocol means which deed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from lsprotocol import types

from casework.core.desk import OpenRepository
from casework.domain.errors import CaseworkError
from casework.domain.repopath import quote
from casework.lsp.actions import Offers, line_range
from casework.lsp.desktop import Desktop, OnDesktop
from casework.lsp.diagnostics import Diagnostics
from casework.lsp.documents import uri_of
from casework.lsp.progress import RunProgress
from casework.lsp.protocol import SessionServer
from casework.lsp.review_file.submit import OpenFile, submit
from casework.lsp.session import Session, path_of

logger = logging.getLogger(__name__)


class Floor:
    """What one session gets."""

    def __init__(self, session: Session, desktop: Desktop) -> None:
        self._session = session
        self._server = session.server
        self._desktop = desktop
        self._offers: dict[str, Offers] = {}
        self._diagnostics: dict[str, Diagnostics] = {}
        self._progress: dict[str, RunProgress] = {}
        self._files: dict[str, OpenFile] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Future[list[None]] = asyncio.gather()
        session.on_repository.append(self._joined)

    def register(self, server: SessionServer) -> None:
        """Register what the surface promises, and open the repositories of the client's folders."""
        handlers: dict[str, Callable[[Any], Awaitable[Any]]] = {
            types.TEXT_DOCUMENT_CODE_ACTION: self.code_actions,
            types.TEXT_DOCUMENT_CODE_LENS: self.code_lenses,
            types.TEXT_DOCUMENT_DID_OPEN: self.did_open,
            types.TEXT_DOCUMENT_DID_CHANGE: self.did_change,
            types.TEXT_DOCUMENT_WILL_SAVE: self.will_save,
            types.TEXT_DOCUMENT_DID_SAVE: self.did_save,
            types.TEXT_DOCUMENT_DID_CLOSE: self.did_close,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self.did_change_folders,
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: self.cancelled,
        }
        for method, handler in handlers.items():
            server.feature(method)(_function(handler))
        self._opening = asyncio.gather(*(self._join(root) for root in self._session.roots))

    async def cancelled(self, params: types.WorkDoneProgressCancelParams) -> None:
        """Stop the run whose progress was cancelled."""
        for progress in self._progress.values():
            await progress.cancelled(params.token)

    async def close(self) -> None:
        """The session is over."""
        for diagnostics in self._diagnostics.values():
            diagnostics.close()
        for progress in self._progress.values():
            await progress.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ready(self, path: str) -> tuple[OpenRepository, OnDesktop] | None:
        """Give what a file belongs to, once the client's folders are open and everything in them has its place."""
        await asyncio.shield(self._opening)
        found = self._of(path)
        if found is not None:
            await found[1].places.ready.wait()
        return found

    async def _join(self, path: str) -> None:
        try:
            await self._session.join(path)
        except CaseworkError as no:
            logger.info("session %s: %s", self._session.id, no.sentence)

    def _joined(self, opened: OpenRepository, top: str) -> None:
        if self._session.name == "cli":
            return
        name = opened.repository.identity.id
        on_desktop = self._desktop.of(opened)
        on_desktop.following.follow(top)
        if name in self._diagnostics:
            on_desktop.places.another_top()
            return
        self._offers[name] = on_desktop.offers
        self._diagnostics[name] = Diagnostics(
            opened, on_desktop.places, self._session.documents, self._server.text_document_publish_diagnostics
        )
        self._progress[name] = RunProgress(self._session, opened)

    def _of(self, path: str) -> tuple[OpenRepository, OnDesktop] | None:
        found = self._session.of_file(path)
        return (found[0], self._desktop.of(found[0])) if found is not None else None

    async def code_actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Give what can be done at these lines."""
        path = _path(params.text_document.uri)
        found = await self._ready(path) if path is not None else None
        if path is None or found is None:
            return []
        opened, on_desktop = found
        if (number := on_desktop.shelf.task_at(path, params.range.start.line)) is not None:
            return list(on_desktop.offers.of_task(opened.repository.board.number(number)))
        span = params.range
        actions = list(on_desktop.offers.actions(on_desktop.places.touching(path, span.start.line, span.end.line)))
        text = self._session.documents.text(path)
        if text is not None and (
            span.start != span.end or params.context.diagnostics or "TODO" in text or "FIXME" in text
        ):
            found_in = self._session.of_file(path)
            inside = _inside(found_in[1] if found_in is not None else "/", path)
            actions += on_desktop.offers.new_tasks(inside, text.splitlines(), span, params.context)
        return actions

    async def code_lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        """Give a lens over every hunk."""
        path = _path(params.text_document.uri)
        found = await self._ready(path) if path is not None else None
        if path is None or found is None:
            return []
        return list(found[1].offers.lenses(found[1].places.at(path)))

    async def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Remember how a review file was opened; show what stands in any other."""
        path = _path(params.text_document.uri)
        if path is None:
            return
        await asyncio.shield(self._opening)
        if self._session.of_file(path) is None and self._session.name != "cli":
            await self._join(path.rpartition("/")[0] or "/")
        found = self._of(path)
        if found is None:
            return
        opened, on_desktop = found
        number = on_desktop.shelf.number_of(path)
        if number is not None:
            written = on_desktop.shelf.written(number)
            self._files[path] = OpenFile(number, written is not None and written.text == params.text_document.text)
        self._diagnostics[opened.repository.identity.id].look_again(path)

    async def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A buffer differs from the disk now, or does so no more."""
        self._look_again(params.text_document.uri)

    def _look_again(self, uri: str) -> tuple[str, OpenRepository, OnDesktop] | None:
        path = _path(uri)
        found = self._of(path) if path is not None else None
        if path is None or found is None:
            return None
        self._diagnostics[found[0].repository.identity.id].look_again(path)
        return (path, *found)

    async def will_save(self, params: types.WillSaveTextDocumentParams) -> None:
        """Remember whether a save of a review file is the human's."""
        path = _path(params.text_document.uri)
        if path in self._files:
            self._files[path].by_hand = params.reason == types.TextDocumentSaveReason.Manual

    async def did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        """A saved review file may be a verdict; any other file may have moved what stands in it."""
        found = self._look_again(params.text_document.uri)
        if found is None:
            return
        path, opened, on_desktop = found
        file = self._files.get(path)
        if file is None:
            on_desktop.places.file_moved(path)
            return
        text = self._session.documents.text(path)
        if text is not None:
            self._spawn(self._submit(path, opened, on_desktop, file, text))

    async def _submit(
        self, path: str, opened: OpenRepository, on_desktop: OnDesktop, file: OpenFile, text: str
    ) -> None:
        written = on_desktop.shelf.written(file.number)
        outcome = await submit(opened, file, text, written, self._session.actor, self._ask)
        file.by_hand = None
        diagnostics = [
            types.Diagnostic(
                range=line_range(mistake.line, mistake.line),
                message=mistake.sentence,
                severity=types.DiagnosticSeverity.Error,
                source="casework",
            )
            for mistake in outcome.mistakes
        ]
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri_of(path), diagnostics=diagnostics)
        )
        if outcome.said:
            kind = types.MessageType.Info if outcome.done else types.MessageType.Warning
            self._server.window_show_message(types.ShowMessageParams(type=kind, message=outcome.said))

    async def _ask(self, question: str, button: str) -> bool:
        """Ask the human who has just saved; closing the question is a no."""
        answer = await self._server.window_show_message_request_async(
            types.ShowMessageRequestParams(
                type=types.MessageType.Info,
                message=question,
                actions=[types.MessageActionItem(title=button), types.MessageActionItem(title="Not now")],
            )
        )
        return answer is not None and answer.title == button

    async def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget how it was opened."""
        self._files.pop(_path(params.text_document.uri) or "", None)

    async def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Open the repositories of new folders; those of closed ones are simply not asked for any more."""
        for folder in params.event.added:
            path = _path(folder.uri)
            if path is not None:
                self._session.roots.append(path)
                self._spawn(self._join(path))

    async def after_command(self, name: str, given: dict[str, Any]) -> None:
        """A command was run from the editor: show the file it made."""
        if name in ("casework/review/document", "casework/board/document"):
            await self.show(given["uri"])
        elif name in ("casework/review/open", "casework/review/recent"):
            opened = await self._session.repository(None) if len(self._session.repositories) == 1 else None
            if opened is not None:
                task = opened.repository.board.number(given["number"])
                written = await asyncio.to_thread(self._desktop.of(opened).shelf.write, task)
                await self.show(written.uri)

    async def show(self, uri: str) -> None:
        """Ask the editor to show a document, where it can."""
        window = self._server.client_capabilities.window
        if window is None or window.show_document is None or not window.show_document.support:
            return
        self._spawn(self._show(uri))

    async def _show(self, uri: str) -> None:
        shown = types.ShowDocumentParams(uri=uri, external=False, take_focus=True)
        await self._server.window_show_document_async(shown)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"session {self._session.id}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("something for session %s failed", self._session.id, exc_info=task.exception())


def _function(method: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    """Give a plain function: pygls writes attributes on what it registers."""

    async def handler(params: Any) -> Any:
        return await method(params)

    return handler


def _path(uri: str) -> str | None:
    if not uri.startswith("file:"):
        return None
    try:
        return path_of(uri)
    except CaseworkError:
        return None


def _inside(top: str, path: str) -> str:
    """Give a path as the repository knows it."""
    return quote(path.removeprefix(top.rstrip("/") + "/").encode("utf-8", "surrogateescape"))
