"""The editor floor: what every LSP client gets without a plug-in.

Diagnostics, code actions, lenses, progress, and the review as a file whose save can be a verdict. Business rules are in
the core; here is only which message of the protocol means which deed. Saves of review files are in saves.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

from lsprotocol import types
from pydantic import BaseModel

from casework.core.desk import OpenRepository
from casework.domain.errors import CaseworkError
from casework.domain.repopath import quote
from casework.domain.showing import visible
from casework.domain.task import Task
from casework.domain.verdict import shown_hash
from casework.lsp.actions import KIND, line_range, selected_lines
from casework.lsp.desktop import Desktop, OnDesktop
from casework.lsp.diagnostics import Diagnostics
from casework.lsp.documents import Buffer, lines_of
from casework.lsp.names import path_in
from casework.lsp.new_tasks import may_offer, new_tasks
from casework.lsp.progress import RunProgress
from casework.lsp.protocol import SessionServer
from casework.lsp.review_file.grammar import shown_in
from casework.lsp.review_file.shelf import task_on
from casework.lsp.saves import ReviewFiles
from casework.lsp.session import Session
from casework.wire.requests import Document, NextToJudge
from casework.wire.views import ReviewView

logger = logging.getLogger(__name__)

_SAVED: Final = Buffer()
_LONGEST_WAIT_S: Final = 2.0
_DOCUMENTS: Final = (
    "casework/review/document",
    "casework/board/document",
    "casework/skeleton/document",
    "casework/skeleton/take",
)
_REVIEWS: Final = ("casework/review/open", "casework/review/recent")


class Floor:
    """What one session gets."""

    def __init__(self, session: Session, desktop: Desktop) -> None:
        self._session = session
        self._server = session.server
        self._desktop = desktop
        self._diagnostics: dict[str, Diagnostics] = {}
        self._progress: dict[str, RunProgress] = {}
        self._shelves: dict[str, OpenRepository] = {}
        """Repositories by the folder where our files lie."""
        self._looked: dict[str, None] = {}
        """Folders whose repository is open, or that have none."""
        self._joining: dict[str, asyncio.Task[None]] = {}
        """Folders whose repository is being opened."""
        self._reviews = ReviewFiles(session, self._spawn)
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Future[list[None]] = asyncio.gather()
        session.on_repository.append(self._joined)

    def register(self, server: SessionServer) -> None:
        """Register what the surface promises, and open the repositories of the client's folders."""
        handlers: dict[str, Callable[[Any], Awaitable[Any]]] = {
            types.TEXT_DOCUMENT_CODE_ACTION: self.code_actions,
            types.TEXT_DOCUMENT_CODE_LENS: self.code_lenses,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self.did_change_folders,
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: self.cancelled,
        }
        for method, handler in handlers.items():
            server.feature(method)(_function(handler))
        heard: dict[str, Callable[[Any], None]] = {
            types.TEXT_DOCUMENT_DID_OPEN: self.did_open,
            types.TEXT_DOCUMENT_DID_CHANGE: self.did_change,
            types.TEXT_DOCUMENT_WILL_SAVE: self.will_save,
            types.TEXT_DOCUMENT_DID_SAVE: self.did_save,
            types.TEXT_DOCUMENT_DID_CLOSE: self.did_close,
        }  # at once and in their order: what an editor shows when it saves must not be what it shows a moment later
        for method, hear in heard.items():
            server.feature(method)(_now(hear))
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

    # ---- which repository ------------------------------------------------------------------------------------------

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
        self._shelves[os.path.realpath(on_desktop.shelf.folder)] = opened
        self._shelves[os.path.realpath(on_desktop.skeletons.folder)] = opened
        if name in self._diagnostics:
            on_desktop.places.look_again()
            return
        self._diagnostics[name] = Diagnostics(
            opened, on_desktop.places, self._session.documents, self._server.text_document_publish_diagnostics
        )
        self._progress[name] = RunProgress(self._session, opened)

    def _of(self, path: str) -> tuple[OpenRepository, OnDesktop, str] | None:
        """Give what a file belongs to, and the work tree's top; for a file of ours the repository it is about."""
        real = self._session.documents.names.real(path)[0]
        ours = self._ours(real)
        found = (ours, ours.repository.identity.top) if ours is not None else self._session.of_file(path)
        return (found[0], self._desktop.of(found[0]), found[1]) if found is not None else None

    def _ours(self, real: str) -> OpenRepository | None:
        """Give what a file of ours is about: they lie in a folder of ours, or, each skeleton, in one below it."""
        folder = real.rpartition("/")[0]
        return self._shelves.get(folder) or self._shelves.get(folder.rpartition("/")[0])

    async def _ready(self, path: str) -> tuple[OpenRepository, OnDesktop, str] | None:
        """As `_of`, once the client's folders are open and everything in them has its place, or nearly so.

        While much moves an editor gets what is known, late rather than never.
        """
        if not self._opening.done():
            await asyncio.shield(self._opening)
        if self._joining and (joining := self._joining.get(self._folder(path))) is not None:
            await asyncio.wait([joining])
        found = self._of(path)
        if found is not None and not found[1].places.ready.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(found[1].places.ready.wait(), _LONGEST_WAIT_S)
        return found

    # ---- what can be done ------------------------------------------------------------------------------------------

    async def code_actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Give what can be done at these lines."""
        path, only = path_in(params.text_document.uri), params.context.only
        if path is None or (only is not None and not any(kind in (KIND, "") for kind in only)):
            return []
        found = await self._ready(path)
        if found is None:
            return []
        _, on_desktop, top = found
        names, documents = self._session.documents.names, self._session.documents
        real = names.real(path)
        if (task := self._task_at(path, real[0], params.range.start.line)) is not None:
            return task
        text = documents.text(path)
        wants_new = text is not None and may_offer(text, params.range, params.context)
        if not wants_new and not any(on_desktop.places.at(name) for name in real):
            return []
        buffer = await documents.buffer(path)
        first, last = params.range.start.line, params.range.end.line
        selected = selected_lines(params.range)
        if buffer is not None and buffer.dirty:
            first, last = buffer.on_disk(first), buffer.on_disk(last)
            selected = None  # a line that is not saved stands nowhere
        places = [place for name in real for place in on_desktop.places.touching(name, first, last)]
        actions = on_desktop.offers.actions(places, top, selected)
        if wants_new and text is not None and buffer is not None:
            actions += new_tasks(top, _inside(top, real[0]), text, buffer, params.range, params.context)
        return actions

    def _task_at(self, path: str, real: str, line: int) -> list[types.CodeAction] | None:
        """Give the actions at a line of a file of ours; None for any other file."""
        opened = self._ours(real)
        if opened is None:
            return None
        on_desktop, board, top = self._desktop.of(opened), opened.repository.board, opened.repository.identity.top
        text = self._session.documents.text(path) or ""
        number = on_desktop.shelf.number_of(real)
        if number is None and (number := on_desktop.skeletons.number_of(real)) is not None:
            return on_desktop.offers.of_task(board.number(number), top) if number in board.by_number else []
        if number is None and on_desktop.shelf.is_board(real):
            lines = lines_of(text)
            number = task_on(lines[line]) if line < len(lines) else None
            return on_desktop.offers.of_task(board.number(number), top) if number in board.by_number else []
        if number not in board.by_number:
            return []
        task = board.number(number)
        if task.status == "in_review" and not _shows(text, task):
            return on_desktop.offers.of_stale_review(task, top)
        return on_desktop.offers.of_task(task, top)

    async def code_lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        """Give a lens over every hunk."""
        path = path_in(params.text_document.uri)
        found = await self._ready(path) if path is not None else None
        if path is None or found is None:
            return []
        _, on_desktop, top = found
        places = [place for name in self._session.documents.names.real(path) for place in on_desktop.places.at(name)]
        if not places:
            return []
        buffer = await self._session.documents.buffer(path) or _SAVED
        return [
            types.CodeLens(line_range(at, at), command)
            for place, command in on_desktop.offers.lenses(places, top)
            for at in (buffer.in_editor(place.start),)
        ]

    # ---- what happens to documents ---------------------------------------------------------------------------------

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Remember how a review file was opened; show what stands in any other."""
        path = path_in(params.text_document.uri)
        if path is None:
            return
        self._session.documents.names.opened(path, params.text_document.uri)
        folder = self._folder(path)
        if self._opening.done() and (folder in self._looked or folder in self._shelves):
            self._opened(path, params.text_document.text)
        else:
            opening = self._spawn(self._open(path, folder, params.text_document.text))
            self._joining[folder] = opening

    async def _open(self, path: str, folder: str, text: str) -> None:
        """Open the repository of a folder that was not met before: one inside another has a journal of its own."""
        if not self._opening.done():
            await asyncio.shield(self._opening)
        if folder not in self._shelves and self._session.name != "cli":
            await self._join(folder)
            self._looked[folder] = None
        self._joining.pop(folder, None)
        self._opened(path, text)

    def _opened(self, path: str, text: str) -> None:
        found = self._of(path)
        if found is None:
            return
        opened, on_desktop, _ = found
        number = on_desktop.shelf.number_of(self._session.documents.names.real(path)[0])
        if number is not None:
            self._reviews.opened(path, number, text, on_desktop)
        self._look_again(path, opened)

    def _look_again(self, path: str, opened: OpenRepository) -> None:
        diagnostics = self._diagnostics.get(opened.repository.identity.id)
        if diagnostics is not None:
            for real in self._session.documents.names.real(path):
                diagnostics.look_again(real)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A buffer differs from the disk now, or does so no more."""
        path = path_in(params.text_document.uri)
        found = self._of(path) if path is not None else None
        if path is not None and found is not None:
            self._reviews.changed(path, found[1])
            self._look_again(path, found[0])

    def will_save(self, params: types.WillSaveTextDocumentParams) -> None:
        """Remember whether a save of a review file is the human's."""
        path = path_in(params.text_document.uri)
        if path is not None:
            self._reviews.will_save(path, params.reason)

    def did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        """A saved review file may be a verdict; any other file may have moved what stands in it."""
        path = path_in(params.text_document.uri)
        found = self._of(path) if path is not None else None
        if path is None or found is None:
            return
        opened, on_desktop, _ = found
        if not self._reviews.saved(path, opened, on_desktop):
            for real in self._session.documents.names.real(path):
                on_desktop.places.file_moved(real)
            self._look_again(path, opened)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget how it was opened."""
        path = path_in(params.text_document.uri)
        if path is None:
            return
        found = self._of(path)
        self._reviews.closed(path)
        real = self._session.documents.names.real(path)
        self._session.documents.closed(path)
        diagnostics = self._diagnostics.get(found[0].repository.identity.id) if found is not None else None
        if diagnostics is not None:
            for name in real:
                diagnostics.look_again(name)

    async def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Open the repositories of new folders; those of closed ones are simply not asked for any more."""
        for folder in params.event.removed:
            if (path := path_in(folder.uri)) in self._session.roots:
                self._session.roots.remove(path)
        for folder in params.event.added:
            path = path_in(folder.uri)
            if path is not None:
                self._session.roots.append(path)
                self._session.documents.names.add_root(path)
                self._spawn(self._join(path))

    # ---- what is shown ---------------------------------------------------------------------------------------------

    async def after_command(self, name: str, asked: Mapping[str, Any], given: BaseModel) -> None:
        """A command was run from the editor: show the file it made."""
        if isinstance(given, Document) and name in _DOCUMENTS:
            self.show(given.uri, given.path, given.line)
        elif isinstance(given, ReviewView) and name in _REVIEWS:
            opened = await self._session.repository(asked.get("repository"))
            task = opened.repository.board.number(given.number)
            written = await asyncio.to_thread(self._desktop.of(opened).shelf.write, task)
            self.show(written.uri, written.path)
        elif isinstance(given, NextToJudge) and given.card is not None and given.kind in ("hunk", "verdict"):
            opened = await self._session.repository(asked.get("repository"))
            task = opened.repository.board.number(given.card.number)
            written = await asyncio.to_thread(self._desktop.of(opened).shelf.current, task)
            self.show(written.uri, written.path, written.line_of(given.hunk))
        elif isinstance(given, NextToJudge):
            self._server.window_show_message(types.ShowMessageParams(types.MessageType.Info, given.sentence))

    def show(self, uri: str, path: str, line: int | None = None) -> None:
        """Have the editor show a document, at a line counted from 1; one that can't is told where it is."""
        window = self._server.client_capabilities.window
        if window is not None and window.show_document is not None and window.show_document.support:
            self._spawn(self._show(uri, line))
        else:
            said = types.ShowMessageParams(
                type=types.MessageType.Info, message=visible(f"Casework wrote {path}: open it.")
            )
            self._server.window_show_message(said)

    async def _show(self, uri: str, line: int | None) -> None:
        selection = line_range(line - 1, line - 1) if line is not None else None
        if selection is not None:
            selection.end = selection.start  # a place to begin at, and nothing that the next key would replace
        shown = types.ShowDocumentParams(uri=uri, external=False, take_focus=True, selection=selection)
        await self._server.window_show_document_async(shown)

    def _folder(self, path: str) -> str:
        return self._session.documents.names.real(path)[0].rpartition("/")[0] or "/"

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"session {self._session.id}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("something for session %s failed", self._session.id, exc_info=task.exception())


def _function(method: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    """Give a plain function: pygls writes attributes on what it registers."""

    async def handler(params: Any) -> Any:
        return await method(params)

    return handler


def _now(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """As `_function`, for what is done before the next message is looked at."""

    def handler(params: Any) -> None:
        method(params)

    return handler


def _shows(text: str, task: Task) -> bool:
    """Tell whether a review file shows what stands now."""
    shown = shown_in(text)
    return task.review is not None and bool(shown) and shown_hash(task).startswith(shown)


def _inside(top: str, path: str) -> str:
    """Give a path as the repository knows it."""
    return quote(path.removeprefix(top.rstrip("/") + "/").encode("utf-8", "surrogateescape"))
