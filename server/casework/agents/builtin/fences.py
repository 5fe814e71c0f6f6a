"""Texts from outside on their way to a model: fenced, and labelled with where they come from.

The fence ends with a key that is drawn when the text is known already, so that no text can hold the end of its own
fence. That fenced text is data and never an order is said in the system prompt; that it can do no harm where a model
takes it for one is the sandbox's and the gate's business.
"""

from __future__ import annotations

import secrets


def fenced(origin: str, text: str) -> str:
    """Give `text` between `<origin key>` and `</key>`."""
    key = secrets.token_hex(2)
    while key in text:
        key = secrets.token_hex(2)
    label = "".join(letter if letter.isprintable() and letter not in "<>" else "?" for letter in origin)
    return f"<{label[:300]} {key}>\n{text}\n</{key}>"
