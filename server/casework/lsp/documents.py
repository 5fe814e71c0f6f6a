"""Which open documents are not saved, over all sessions: an approval must not land under an unsaved buffer.

The text of open files is kept by the protocol's workspace, in memory only, and never journalled: a version counter
alone would call a buffer unsaved for ever after an edit was undone. Files are named by their real folders here, so
that an editor that came through a link is seen too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework.lsp.drift import Drift, drift
from casework.lsp.guard_documents import key_of
from casework.lsp.names import Names, uri_of
from casework.lsp.protocol import SessionServer

__all__ = ["Buffer", "OpenTexts", "SessionDocuments", "lines_of", "uri_of"]

_ENDS: Final = re.compile(r"\r\n|\r|\n")


class OpenTexts:
    """The open documents of every session."""

    def __init__(self) -> None:
        self._sessions: dict[SessionDocuments, None] = {}

    def session(self) -> SessionDocuments:
        """Give the documents of a new session."""
        documents = SessionDocuments(self)
        self._sessions[documents] = None
        return documents

    def forget(self, documents: SessionDocuments) -> None:
        """The session is over."""
        self._sessions.pop(documents, None)

    def unsaved(self, paths: Collection[str]) -> list[str]:
        """Tell which of these absolute paths are open somewhere with text that is not on disk."""
        return [path for path in paths if any(session.is_unsaved(path) for session in list(self._sessions))]


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open document beside its file on disk."""

    dirty: bool = False
    """Whether the editor shows something else."""
    lines: tuple[str, ...] = ()
    """Of the file on disk, where that is so."""
    to_disk: Drift | None = None
    """Where the editor's lines are on disk; None where they are the same."""
    to_editor: Drift | None = None

    def on_disk(self, line: int) -> int:
        """Give where a line of the editor's is on disk."""
        return line if self.to_disk is None else self.to_disk(line)

    def in_editor(self, line: int) -> int:
        """Give where a line on disk is in the editor."""
        return line if self.to_editor is None else self.to_editor(line)


class SessionDocuments:
    """The open documents of one session."""

    def __init__(self, all_of_them: OpenTexts) -> None:
        self._all = all_of_them
        self._server: SessionServer | None = None
        self._buffers: dict[str, tuple[object, Buffer]] = {}
        self.names = Names()

    def attach(self, server: SessionServer) -> None:
        """The server that keeps the texts."""
        self._server = server

    def close(self) -> None:
        """The session is over."""
        self._all.forget(self)

    def closed(self, path: str) -> None:
        """The editor closed a document."""
        self.names.closed(path)
        self._buffers.pop(path, None)

    def _find(self, path: str) -> tuple[str, int] | None:
        """Give text and version of an open document."""
        if self._server is None:
            return None
        document = self._server.workspace.text_documents.get(key_of(uri_of(path)))
        if document is None or document.version is None:
            return None
        return document.source, document.version

    def text(self, path: str) -> str | None:
        """Give the text of an open document as its editor shows it; None when it is not open here."""
        found = self._find(path)
        return found[0] if found is not None else None

    def is_open(self, real: str) -> bool:
        """Tell whether the file is open here, under whatever name."""
        return any(self.text(path) is not None for path in self.names.paths(real))

    def is_unsaved(self, real: str) -> bool:
        """Tell whether the file is open here, under whatever name, with text that is not on disk."""
        return any(self._differs(path) for path in self.names.paths(real))

    def _differs(self, path: str) -> bool:
        text = self.text(path)
        if text is None:
            return False
        try:
            on_disk = Path(path).read_bytes()
        except FileNotFoundError:
            return bool(text)
        except OSError:
            return True
        return not _same_text(text, on_disk)

    async def buffer(self, path: str) -> Buffer | None:
        """Give an open document beside its file; None when it is not open here or there is no file.

        Remembered until either changes: what a keystroke costs is one look at the file's stamp.
        """
        found = self._find(path)
        if found is None:
            return None
        text, version = found
        stamp = _stamp(path)
        if stamp is None:
            return None
        key = (version, stamp)
        known = self._buffers.get(path)
        if known is None or known[0] != key:
            try:
                known = (key, await asyncio.to_thread(_beside, text, path))
            except OSError:
                return None
            self._buffers[path] = known
        return known[1]


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        seen = Path(path).stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _beside(text: str, path: str) -> Buffer:
    on_disk = Path(path).read_bytes()
    if _same_text(text, on_disk):
        return Buffer()
    lines = tuple(lines_of(on_disk.decode("utf-8-sig", "replace")))
    moved = drift(lines_of(text), lines)
    return Buffer(True, lines, to_disk=moved, to_editor=moved.back())


def lines_of(text: str) -> list[str]:
    """Give the lines of a text as the protocol counts them, without their ends (LSP 3.17, "Text Documents")."""
    return _ENDS.split(text)


def _same_text(text: str, on_disk: bytes) -> bool:
    """Compare as an editor would read the file: encodings it may guess, its line ends normalised."""
    wanted = _lines(text)
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        try:
            if _lines(on_disk.decode(encoding)) == wanted:
                return True
        except UnicodeError:
            continue
    return False


def _lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
