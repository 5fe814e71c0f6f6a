"""What text from outside looks like when it is shown: nothing in it that is not seen, nothing that looks like another.

Every face shows text through this module: the review file, diagnostics and messages, the board, the shell. What the
characters mean is in the Unicode standard (UAX #9 for directions, UTS #39 for letters that look alike; CVE-2021-42574).
Not here: what Markdown or a terminal makes of visible characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final

_NOT_PLAIN: Final = re.compile(r"[^\x20-\x7e]")
_WORD: Final = re.compile(r"\w+")
_UNSEEN: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0}
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
"""Letters and marks that leave nothing on the screen: fillers, variation selectors, an empty braille cell."""
_JOINER: Final = "\u200d"
_AS_PICTURE: Final = "\ufe0f"
_TWINS: Final = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u04cf\u0475"
        "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u04ae"
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd\u03f2\u03f3"
        "\u0585\u0578\u057d\u0570\u0581\u0566\u0251\u0261"
        "\u13aa\u13f4\u13df\u13a0\u13ac\u13c0\u13bb\u13a5\u13ab\u13e6\u13de\u13b7\u13e2\u13a1\u13da\u13a2\u13d9\u13b3"
        "\u13c3",
        "aeopcyxijsdqwhlvABEKMHOPCTYXIJSYABEZHIKMNOPTYXovcjonuhgqagAVCDEGHiJKLMPRSTVWZ",
        strict=True,
    )
)
"""Letters of other scripts that nobody tells from these Latin ones (UTS #39, the part that code is written with)."""


def visible(text: str, *, keep: Collection[str] = "\t") -> str:
    """Give a text with everything that is not seen, or that turns the line around, as its code point.

    What is in `keep` stays as it is. A picture of several parts keeps what joins them.
    """
    if text.isascii() and text.isprintable():
        return text

    def shown(found: re.Match[str]) -> str:
        letter = found[0]
        if letter in keep or not is_hidden(letter) or _joins(text, found.start()):
            return letter
        return code_point(letter)

    return _NOT_PLAIN.sub(shown, text)


def one_line(text: str) -> str:
    """Give a text as one line, however many it has."""
    return visible(" ".join(text.split()))


def plainly(text: str) -> str:
    """Give what a human is asked about: as `visible`, and marks that could change the letter before them as well."""
    return "".join(
        code_point(letter) if is_hidden(letter) or unicodedata.category(letter)[0] == "M" else letter for letter in text
    )


@lru_cache(maxsize=4096)
def is_hidden(letter: str) -> bool:
    """Tell whether a character is not seen as what it is: controls, directions, odd blanks, what is in no font."""
    return not letter.isprintable() or ord(letter) in _UNSEEN


def code_point(letter: str) -> str:
    """Give a character by its number."""
    return f"<U+{ord(letter):04X}>"


def hidden_in(line: str) -> Iterator[tuple[int, str]]:
    """Give each hidden character of a line: its column, from 1, and what it is. A tab is none."""
    for found in _NOT_PLAIN.finditer(line):
        letter = found[0]
        if letter != "\t" and is_hidden(letter) and not _joins(line, found.start()):
            yield found.start() + 1, f"U+{ord(letter):04X} ({_name(letter)})"


def twins_in(line: str, known: Collection[str] = ()) -> Iterator[tuple[int, str, str]]:
    """Give each word that looks like another one: its column, from 1, the word, and its odd letters by number.

    Odd is a letter of another script among Latin ones, or a form of a letter that programs may take for the plain one.
    A word that is odd as a whole is given where the plain one is `known`: it may well be a word of its own language.
    """
    if line.isascii():
        return
    for found in _WORD.finditer(line):
        word = found[0]
        if word.isascii():
            continue
        odd = [letter for letter in word if letter in _TWINS or _plain_form(letter) != letter]
        if not odd:
            continue
        latin = any(letter.isascii() and letter.isalpha() for letter in word)
        plain = "".join(_TWINS.get(letter) or _plain_form(letter) for letter in word)
        if latin or plain in known or any(letter not in _TWINS for letter in odd):
            shown = "".join(code_point(letter) if letter in odd else letter for letter in word)
            yield found.start() + 1, word, shown


def may_hide(text: str) -> bool:
    """Tell, in one pass and for a text of any size, whether anything in it is hidden or may look like another."""
    if text.isascii() and text.isprintable():
        return False
    return any(
        letter not in "\t\n" and (is_hidden(letter) or letter in _TWINS or _plain_form(letter) != letter)
        for letter in set(text)
    )


def _joins(text: str, at: int) -> bool:
    """Tell whether a character only makes one picture of what stands around it."""
    before = unicodedata.category(text[at - 1]) if at else ""
    if text[at] == _AS_PICTURE:
        return before == "So"
    return (
        text[at] == _JOINER
        and (before in ("So", "Sk") or text[at - 1 : at] == _AS_PICTURE)
        and at + 1 < len(text)
        and unicodedata.category(text[at + 1]) == "So"
    )


@lru_cache(maxsize=4096)
def _plain_form(letter: str) -> str:
    """Give the ASCII letters that a letter is only another form of (full width, mathematical, joined); else itself."""
    if letter.isascii() or not letter.isalpha() or unicodedata.decomposition(letter).startswith(("<super>", "<sub>")):
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    return plain if plain.isascii() and plain.isalpha() else letter


def _name(letter: str) -> str:
    kinds = {"Cc": "control character", "Cs": "half of a character", "Co": "private use", "Cn": "not a character"}
    return unicodedata.name(letter, "").lower() or kinds.get(unicodedata.category(letter), "not seen")
