"""What a human is asked about, written so that it can be read as what it is."""

from __future__ import annotations

import unicodedata


def plainly(text: str) -> str:
    """Give a text with everything that is not seen, or that turns the line around, as its code point."""
    return "".join(letter if _is_seen(letter) else f"<U+{ord(letter):04X}>" for letter in text)


def _is_seen(letter: str) -> bool:
    if letter == " ":
        return True
    return letter.isprintable() and unicodedata.category(letter)[0] not in "CZM"
