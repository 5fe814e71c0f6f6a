"""Paths inside a repository: any bytes outside, one reversible text inside.

A path that is plain UTF-8 without control characters, quotes and backslashes stands for itself. Any other is
written in git's C-style quoting (git-config(1), `core.quotePath`), which always begins with a double quote, so
the two forms can't be mistaken for each other.
"""

from __future__ import annotations

from typing import Final

from casework.domain.errors import Refused

_ESCAPES: Final = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_UNESCAPES: Final = {letter: code for code, letter in _ESCAPES.items()}


class NotAPath(Refused, ValueError):
    """A text begins like a quoted path and is none: a client, or git, wrote something that `quote` never writes."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"{text!r:.200} names no path: {why}. Write it as Casework prints it.", code="bad_path")


def quote(path: bytes) -> str:
    """Give the text of `path`; `unquote` gives the same bytes back."""
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and not any(ord(letter) < 32 or letter in '"\\\x7f' for letter in text):
        return text
    return '"' + "".join(_quoted_byte(code) for code in path) + '"'


def unquote(text: str) -> bytes:
    """Give the bytes of a path written by `quote`.

    Raises:
        NotAPath: the text is not a form that `quote` writes.
    """
    if not text.startswith('"'):
        return text.encode("utf-8")
    if len(text) < 2 or not text.endswith('"'):
        raise NotAPath(text, "a quoted path must end with a double quote")
    found = bytearray()
    letters = iter(text[1:-1])
    for letter in letters:
        if letter != "\\":
            found += letter.encode("utf-8")
            continue
        kind = next(letters, "")
        if kind in _UNESCAPES:
            found.append(_UNESCAPES[kind])
            continue
        digits = kind + next(letters, "") + next(letters, "")
        if len(digits) != 3 or any(digit not in "01234567" for digit in digits) or int(digits, 8) > 255:
            raise NotAPath(text, f"\\{digits} is not an escape of a quoted path")
        found.append(int(digits, 8))
    return bytes(found)


def _quoted_byte(code: int) -> str:
    if code in _ESCAPES:
        return "\\" + _ESCAPES[code]
    return chr(code) if 32 <= code < 127 else f"\\{code:03o}"
