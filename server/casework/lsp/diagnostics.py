"""Push diagnostics: at every hunk of a waiting review, at follow-ups and at questions; coalesced per file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from lsprotocol import types

from casework.core.desk import OpenRepository
from casework.lsp.actions import line_range
from casework.lsp.documents import SessionDocuments, uri_of
from casework.lsp.places import Place, Places

_PAUSE_S: Final = 0.03
_MOST_FILES: Final = 500
"""Files that are not open and get diagnostics all the same; open ones always do."""

Publish = Callable[[types.PublishDiagnosticsParams], None]


class Diagnostics:
    """One session's diagnostics of one repository."""

    def __init__(self, opened: OpenRepository, places: Places, documents: SessionDocuments, publish: Publish) -> None:
        self._opened = opened
        self._places = places
        self._documents = documents
        self._publish = publish
        self._due: set[str] = set()
        self._published: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stop = places.listen(self._changed)
        self._changed(set(places.paths()))

    def close(self) -> None:
        """Publish nothing more."""
        self._stop()
        if self._timer is not None:
            self._timer.cancel()

    def look_again(self, path: str) -> None:
        """A document was opened, changed or saved."""
        if self._places.at(path) or path in self._published:
            self._changed({path})

    def _changed(self, paths: set[str]) -> None:
        self._due |= paths
        if self._timer is None and self._due:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._flush)

    def _flush(self) -> None:
        self._timer = None
        due, self._due = self._due, set()
        for path in sorted(due):
            places = self._places.at(path)
            is_open = self._documents.is_open(path)
            if places and not is_open and path not in self._published and len(self._published) >= _MOST_FILES:
                continue
            if not places and path not in self._published:
                continue
            editing = bool(places) and is_open and self._documents.is_unsaved(path)
            found = [diagnostic for place in places if (diagnostic := self._diagnostic(place, editing)) is not None]
            self._publish(types.PublishDiagnosticsParams(uri=uri_of(path), diagnostics=found))
            if found:
                self._published.add(path)
            else:
                self._published.discard(path)

    def _diagnostic(self, place: Place, editing: bool) -> types.Diagnostic | None:
        task = self._opened.repository.board.tasks.get(place.task)
        if task is None:
            return None
        severity = types.DiagnosticSeverity.Information
        if place.kind == "review":
            message = f"review {task.number} changes this: {task.title}"
            if editing:
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
            range=line_range(place.start, place.end),
            message=message,
            severity=severity,
            source="casework",
            code=place.kind.replace("_", "-"),
        )
