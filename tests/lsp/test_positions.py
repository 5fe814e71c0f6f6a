"""Where an editor's edit lands in the text that is kept here, whatever it counts positions in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from casework.lsp.guard_documents import Documents

URI = "file:///shop/a.txt"
WIDTHS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
LETTERS = "a\u00e9\u20ac\U0001f600"
LINES = st.lists(st.text(LETTERS, max_size=4), min_size=1, max_size=6)


def edited(text: str, encoding: str, start: tuple[int, int], end: tuple[int, int], new: str = "|") -> str:
    """The text after one edit."""
    documents = Documents(None, types.TextDocumentSyncKind.Incremental, [], encoding)
    documents.put_text_document(types.TextDocumentItem(URI, "text", 1, text))
    span = types.Range(types.Position(*start), types.Position(*end))
    documents.update_text_document(
        types.VersionedTextDocumentIdentifier(2, URI), types.TextDocumentContentChangePartial(range=span, text=new)
    )
    return str(documents.text_documents[URI].source)


def units(text: str, encoding: str) -> int:
    codec, size = WIDTHS[encoding]
    return len(text.encode(codec)) // size


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_an_edit_lands_where_the_editor_made_it(lines: list[str], end: str, data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(sorted(WIDTHS)))
    at = data.draw(st.integers(0, len(lines) - 1))
    letter = data.draw(st.integers(0, len(lines[at])))
    text, before = end.join(lines), end.join([*lines[:at], lines[at][:letter]])
    place = (at, units(lines[at][:letter], encoding))
    assert edited(text, encoding, place, place) == before + "|" + text[len(before) :]


@pytest.mark.parametrize("encoding", sorted(WIDTHS))
@pytest.mark.parametrize(
    ("text", "start", "end", "then"),
    [
        ("one\ntwo\n", (0, 4), (0, 4), "one|\ntwo\n"),
        ("one\ntwo\n", (0, 99), (0, 99), "one|\ntwo\n"),
        ("one\r\ntwo", (0, 4), (0, 5), "one|\r\ntwo"),
        ("one\ntwo", (1, 99), (1, 99), "one\ntwo|"),
        ("one\ntwo", (0, 3), (1, 99), "one|"),
        ("one\ntwo\n", (2, 0), (2, 0), "one\ntwo\n|"),
        ("one", (7, 0), (9, 9), "one|"),
        ("", (0, 0), (3, 3), "|"),
        ("one\ntwo", (1, 2), (0, 1), "one\ntw|o"),
        ("o\U0001f600", (0, 99), (0, 99), "o\U0001f600|"),
    ],
)
def test_a_position_behind_the_end_is_the_end_and_a_range_that_runs_backwards_takes_nothing(
    text: str, start: tuple[int, int], end: tuple[int, int], then: str, encoding: str
) -> None:
    assert edited(text, encoding, start, end) == then


@pytest.mark.timeout(10)
@pytest.mark.parametrize("encoding", sorted(WIDTHS))
def test_typing_in_a_line_of_megabytes_costs_no_more_than_reading_it(encoding: str) -> None:
    line = "x\u00e9" * 4_000_000
    assert edited(line, encoding, (0, 1), (0, 1)) == "x|" + line[1:]
