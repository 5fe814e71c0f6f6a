"""Which open documents are not saved, over all sessions: an approval must not land under an unsaved buffer.

The text of open files is kept by the protocol's workspace, in memory only, and never journalled: a version counter
alone would call a buffer unsaved for ever after an edit was undone.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote

from casework.lsp.protocol import SessionServer


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


class SessionDocuments:
    """The open documents of one session."""

    def __init__(self, all_of_them: OpenTexts) -> None:
        self._all = all_of_them
        self._server: SessionServer | None = None

    def attach(self, server: SessionServer) -> None:
        """The server that keeps the texts."""
        self._server = server

    def close(self) -> None:
        """The session is over."""
        self._all.forget(self)

    def text(self, path: str) -> str | None:
        """Give the text of an open document as its editor shows it; None when it is not open here."""
        if self._server is None:
            return None
        documents = self._server.workspace.text_documents
        wanted = uri_of(path)
        document = documents.get(wanted) or documents.get(unquote(wanted))
        return document.source if document is not None and document.version is not None else None

    def is_open(self, path: str) -> bool:
        """Tell whether the path is open here."""
        return self.text(path) is not None

    def is_unsaved(self, path: str) -> bool:
        """Tell whether the path is open here with text that is not on disk."""
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


def uri_of(path: str) -> str:
    """Give the `file:` URI of an absolute path (RFC 8089)."""
    return "file://" + quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/-._~")
