"""Open documents whose lines end where the protocol says, so that positions mean what the editor meant.

pygls splits lines as `str.splitlines` does, at form feeds and U+2028 too, and every position behind one is off. LSP
knows three line ends only: `\\n`, `\\r\\n` and `\\r` (LSP 3.17, "Text Documents").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument, Workspace

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their ends; no empty last one."""
    return _LINE.findall(text)


class Document(TextDocument):
    """A text document with LSP's idea of a line."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their ends."""
        return split_lines(self.source)


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
        return unquote(uri) in self._text_documents

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
