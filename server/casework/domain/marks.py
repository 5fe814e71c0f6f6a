"""Marks on the lines of a hunk: what in them is not seen as what it is, and where exactly.

With them the bytes of a patch that is shown with code points can be told from a text that merely spells one out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from casework.domain.change import Hunk, Mark, MarkKind
from casework.domain.showing import hidden_in, may_hide, twins_in

MOST: Final = 20
"""Marks that are kept of one hunk; the others are counted."""
_ODD: Final = re.compile(rb"[^\x20-\x7e\t\n\r]|\r(?!\n)")
_PLAIN: Final = bytes([*range(0x20, 0x7F), 0x09, 0x0A, 0x0D])
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def marked(hunk: Hunk, text: bytes) -> Hunk:
    """Give the hunk with its marks; `text` has its lines, its `@@` line first. Costs one pass over an ordinary text."""
    _, _, body = text.partition(b"\n")
    odd, ends = _may_be_odd(body), b"\r\n" in body
    if not odd and not ends:
        return hunk
    found = list(_line_ends(hunk, body)) if ends else []
    more = 0
    if odd:
        for mark in _odd(hunk, body):
            if len(found) < MOST:
                found.append(mark)
            else:
                more += 1
    return hunk.model_copy(update={"marks": tuple(sorted(found, key=_in_order)), "more_marks": more}) if found else hunk


def _may_be_odd(body: bytes) -> bool:
    """Look in one quick pass, whatever the size; most texts hide nothing."""
    if not body.translate(None, _PLAIN):
        return body.count(b"\r") != body.count(b"\r\n")
    try:
        return may_hide(body.decode("utf-8").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        return True


def _in_order(mark: Mark) -> tuple[bool, int]:
    return not mark.is_added, mark.line


def _odd(hunk: Hunk, body: bytes) -> Iterator[Mark]:
    whole = body.decode("utf-8", "replace")
    known = frozenset(_WORD.findall(whole)) if not whole.isascii() else frozenset[str]()
    for kind, number, line in _lines(hunk, body):
        if _ODD.search(line) is None:
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as wrong:
            byte = line[wrong.start]
            said = f"holds bytes that are not UTF-8, as {byte:02X}; they are shown as U+FFFD"
            yield _mark(kind, number, "bytes", said)
            text = line.decode("utf-8", "replace")
        for column, what in hidden_in(text):
            yield _mark(kind, number, "hidden", f"holds {what} in column {column}")
        for column, _, shown in twins_in(text, known):
            said = f"has letters in column {column} that look like others: {shown[:80]}"
            yield _mark(kind, number, "twin", said)


def _line_ends(hunk: Hunk, body: bytes) -> Iterator[Mark]:
    """A change of line ends alone can't be seen at all; lines that all end alike say nothing."""
    lines = [(kind, number, raw.endswith(b"\r")) for kind, number, raw in _raw_lines(hunk, body)]
    if len({ends for _, _, ends in lines}) < 2:
        return
    changed = [(kind, number) for kind, number, ends in lines if ends and kind != " "]
    for kind, number in changed[:1]:
        rest = f", as {len(changed)} changed lines here do" if len(changed) > 1 else ""
        yield _mark(kind, number, "line_end", f"ends with U+000D (carriage return){rest}, and not all lines here do")


def _mark(kind: str, line: int, what: MarkKind, text: str) -> Mark:
    return Mark(line=line, kind=what, removed=kind == "-", is_added=kind == "+", text=text)


def _lines(hunk: Hunk, body: bytes) -> Iterator[tuple[str, int, bytes]]:
    for kind, number, line in _raw_lines(hunk, body):
        yield kind, number, line.removesuffix(b"\r")


def _raw_lines(hunk: Hunk, body: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Give each line: whether it is added (+), removed (-) or neither, its number on its side, and its bytes."""
    old, new = hunk.old_start, hunk.new_start
    for line in body.split(b"\n"):
        match line[:1]:
            case b"+":
                yield "+", new, line[1:]
                new += 1
            case b"-":
                yield "-", old, line[1:]
                old += 1
            case b" ":
                yield " ", new, line[1:]
                old, new = old + 1, new + 1
            case _:
                pass
