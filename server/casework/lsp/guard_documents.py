"""Open documents whose lines end where the protocol says, so that positions mean what the editor meant.

pygls splits lines as `str.splitlines` does, at form feeds and U+2028 too, and every position behind one is off. LSP
knows three line ends only: `\\n`, `\\r\\n` and `\\r` (LSP 3.17, "Text Documents"). And it takes two files whose names
differ only in bytes that are not UTF-8 for one. Its positions behind the end of a line take the line's end away or a
letter before it, and cost as much as the line is long for every letter of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument, Workspace

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_END: Final = re.compile(r"\r\n|\r|\n")


def key_of(uri: str) -> str:
    """What an open document is known by: its URI, whatever was percent-encoded in it, with every byte told apart."""
    return unquote(uri, errors="surrogateescape")


def is_uri(uri: str) -> bool:
    """Whether pygls can look at it without an error: brackets must be those of an address (RFC 3986, 3.2.2)."""
    try:
        urlsplit(uri)
    except ValueError:
        return False
    return True


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their ends; no empty last one."""
    return _LINE.findall(text)


class Document(TextDocument):
    """A text document with LSP's idea of a line."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their ends."""
        return split_lines(self.source)

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        text, span = self.source, change.range
        start = self._offset(text, span.start)
        end = max(start, self._offset(text, span.end))
        self._source = text[:start] + change.text + text[end:]

    def _offset(self, text: str, position: types.Position) -> int:
        """Where a position is; what lies behind a line's end is that end (LSP 3.17, "Position")."""
        begin = 0
        if position.line:
            before = next(islice(_END.finditer(text), position.line - 1, None), None)
            if before is None:
                return len(text)
            begin = before.end()
        end = _END.search(text, begin)
        line = text[begin : end.start() if end is not None else len(text)]
        return begin + _letters(line, position.character, self.position_codec.encoding)


class Documents(Workspace):
    """pygls' workspace, holding `Document`s."""

    def __init__(
        self,
        root_uri: str | None,
        sync: types.TextDocumentSyncKind,
        folders: Sequence[types.WorkspaceFolder],
        encoding: types.PositionEncodingKind | str,
    ) -> None:
        super().__init__(root_uri, sync, folders, encoding)
        self._sync = sync

    def is_kept(self, uri: str) -> bool:
        """Whether the text of this open document is here."""
        return key_of(uri) in self._text_documents

    def get_text_document(self, doc_uri: str) -> TextDocument:
        """As in pygls."""
        return self._text_documents.get(key_of(doc_uri)) or self._create_text_document(doc_uri)

    def put_text_document(self, text_document: types.TextDocumentItem, notebook_uri: str | None = None) -> None:
        """As in pygls, without notebooks."""
        del notebook_uri
        self._text_documents[key_of(text_document.uri)] = self._create_text_document(
            text_document.uri, text_document.text, text_document.version, str(text_document.language_id)
        )

    def update_text_document(
        self, text_doc: types.VersionedTextDocumentIdentifier, change: types.TextDocumentContentChangeEvent
    ) -> None:
        """As in pygls."""
        document = self._text_documents[key_of(text_doc.uri)]
        document.apply_change(change)
        document.version = text_doc.version

    def remove_text_document(self, doc_uri: str) -> None:
        """As in pygls."""
        self._text_documents.pop(key_of(doc_uri), None)

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> Document:
        return Document(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync,
            position_codec=PositionCodec(encoding=self.position_encoding),
        )


def _letters(line: str, units: int, encoding: object) -> int:
    """How many letters of a line stand before a place that is counted in the encoding's units."""
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(units, len(line))
    if encoding == types.PositionEncodingKind.Utf8:
        return len(line.encode("utf-8", "surrogatepass")[:units].decode("utf-8", "ignore"))
    return len(line.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))
