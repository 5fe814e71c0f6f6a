"""Push diagnostics: at every hunk of a waiting review, at follow-ups and at questions; coalesced per file.

Places are known by their lines on disk; an editor that shows unsaved changes is told where they are in its text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from lsprotocol import types

from casework.core.desk import OpenRepository
from casework.domain.showing import visible
from casework.lsp.actions import line_range
from casework.lsp.documents import Buffer, SessionDocuments
from casework.lsp.places import Place, Places

logger = logging.getLogger(__name__)

_PAUSE_S: Final = 0.03
_MOST_FILES: Final = 500
"""Files that are not open and get diagnostics all the same; open ones always do."""
_MOST_IN_A_FILE: Final = 500
_SAVED: Final = Buffer()

Publish = Callable[[types.PublishDiagnosticsParams], None]


class Diagnostics:
    """One session's diagnostics of one repository."""

    def __init__(self, opened: OpenRepository, places: Places, documents: SessionDocuments, publish: Publish) -> None:
        self._opened = opened
        self._places = places
        self._documents = documents
        self._publish = publish
        self._due: set[str] = set()
        self._published: dict[str, tuple[str, ...]] = {}
        """The URIs that have diagnostics, by path."""
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None
        self._stop = places.listen(self._changed)
        self._changed(set(places.paths()))

    def close(self) -> None:
        """Publish nothing more."""
        self._stop()
        if self._timer is not None:
            self._timer.cancel()
        if self._work is not None:
            self._work.cancel()

    def look_again(self, path: str) -> None:
        """A document was opened, changed, saved or closed."""
        if self._places.at(path) or path in self._published:
            self._changed({path})

    def _changed(self, paths: set[str]) -> None:
        self._due |= paths
        if self._timer is None and self._due:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._flush(), name="diagnostics")
            self._work.add_done_callback(_log_end)

    async def _flush(self) -> None:
        while self._due:
            due, self._due = self._due, set()
            for path in sorted(due):
                await self._of_file(path)

    async def _of_file(self, path: str) -> None:
        places = self._places.at(path)
        before = self._published.get(path, ())
        if not before and (not places or (len(self._published) >= _MOST_FILES and not self._documents.is_open(path))):
            return
        found: dict[str, list[types.Diagnostic]] = {uri: [] for uri in before}
        for opened_as, uri in self._documents.names.said(path) if places else ():
            buffer = await self._documents.buffer(opened_as) if opened_as is not None else None
            here = (self._diagnostic(place, buffer or _SAVED) for place in places[:_MOST_IN_A_FILE])
            found[uri] = [diagnostic for diagnostic in here if diagnostic is not None]
        for uri, diagnostics in found.items():
            self._publish(types.PublishDiagnosticsParams(uri=uri, diagnostics=diagnostics))
        self._published[path] = tuple(uri for uri, diagnostics in found.items() if diagnostics)
        if not self._published[path]:
            del self._published[path]

    def _diagnostic(self, place: Place, buffer: Buffer) -> types.Diagnostic | None:
        task = self._opened.repository.board.tasks.get(place.task)
        if task is None:
            return None
        severity = types.DiagnosticSeverity.Information
        if place.kind == "review":
            message = f"review {task.number} changes this: {task.title}"
            if buffer.dirty:
                message = f"you are editing what review {task.number} changes: {task.title}"
                severity = types.DiagnosticSeverity.Warning
        elif place.kind == "question":
            asked = task.open_questions
            message = f"{task.number} asks: {asked[0].text if asked else task.title}"
            severity = types.DiagnosticSeverity.Warning
        else:
            parts = [task.kind, task.severity or "", f"found in {task.found_in}" if task.found_in else ""]
            message = f"{task.number} {task.title} ({', '.join(part for part in parts if part)})"
        return types.Diagnostic(
            range=line_range(buffer.in_editor(place.start), buffer.in_editor(place.end)),
            message=visible(message),
            severity=severity,
            source="casework",
            code=place.kind.replace("_", "-"),
        )


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("diagnostics could not be published", exc_info=task.exception())
