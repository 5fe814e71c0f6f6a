"""Marks say exactly what a line holds that is not seen."""

from __future__ import annotations

from casework.domain.change import Hunk
from casework.domain.ids import HunkId
from casework.domain.marks import MOST, marked


def hunk(text: bytes) -> Hunk:
    return marked(
        Hunk(id=HunkId("h"), old_start=10, old_lines=2, new_start=20, new_lines=3), b"@@ -10,2 +20,3 @@\n" + text
    )


def marks(text: bytes) -> list[tuple[int, str, bool, bool, str]]:
    return [(one.line, one.kind, one.removed, one.is_added, one.text) for one in hunk(text).marks]


def test_an_ordinary_hunk_has_none() -> None:
    assert marks("@@ x\n a\tb\n-caf\u00e9\n+\u65e5\u672c\n\\ No newline at end of file\n".encode()) == []


def test_a_hidden_character_is_named_with_line_column_and_side() -> None:
    text = " a\u200b\n-b\u202e\n+c\n+d\x07\u202e\n".encode()
    assert marks(text) == [
        (22, "hidden", False, True, "holds U+0007 (control character) in column 2"),
        (22, "hidden", False, True, "holds U+202E (right-to-left override) in column 3"),
        (11, "hidden", True, False, "holds U+202E (right-to-left override) in column 2"),
        (20, "hidden", False, False, "holds U+200B (zero width space) in column 2"),
    ]


def test_a_letter_that_looks_like_another_is_marked() -> None:
    assert marks("-pay\n+p\u0430y\n+\u0441\u043e\u0440\n".encode()) == [
        (20, "twin", False, True, "has letters in column 1 that look like others: p<U+0430>y")
    ]
    assert marks("-cop\n+\u0441\u043e\u0440\n".encode())[0][1] == "twin"


def test_line_ends_are_marked_where_they_differ() -> None:
    assert marks(b" a\r\n-b\r\n+c\r\n") == []
    assert marks(b" a\n-b\n+b\r\n+c\r\n") == [
        (
            21,
            "line_end",
            False,
            True,
            "ends with U+000D (carriage return), as 2 changed lines here do, and not all lines here do",
        )
    ]
    assert marks(b"+b\rc\n") == [(20, "hidden", False, True, "holds U+000D (control character) in column 2")]


def test_bytes_that_are_no_text_are_marked() -> None:
    assert marks(b"+caf\xe9\n") == [
        (20, "bytes", False, True, "holds bytes that are not UTF-8, as E9; they are shown as U+FFFD")
    ]


def test_only_the_first_are_kept_and_the_others_counted() -> None:
    many = hunk("".join(f"+{n}\u200b\n" for n in range(50)).encode())
    assert (len(many.marks), many.more_marks) == (MOST, 30)
