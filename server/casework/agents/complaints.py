"""What is wrong with a script, in words for whoever wrote it.

Not here: the rules themselves (`script`).
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_KINDS: Final = (
    "write", "edit", "delete", "rename", "chmod", "symlink", "say", "plan", "turn", "usage", "ask", "follow-up",
    "finish", "fail", "hang", "crash",
)  # fmt: skip


def what_is_wrong(wrong: ValidationError) -> str:
    """Say the first thing that is wrong, with its place."""
    first = wrong.errors(include_url=False)[0]
    named = [part for part in first["loc"] if isinstance(part, str)]
    name = next((part for part in reversed(named) if part not in _KINDS), "")
    place = place_of(first["loc"])
    return f"{place}{': ' if place else ''}{_said(first, name)}"


def place_of(where: tuple[int | str, ...]) -> str:
    """Name the run and the step, counted from 1, that a place in the parsed script lies in."""
    words = []
    for key, word in (("runs", "run"), ("steps", "step")):
        if key in where:
            at = where.index(key) + 1
            if at < len(where) and isinstance(number := where[at], int):
                words.append(f"{word} {number + 1}")
    return ", ".join(words)


def _said(error: ErrorDetails, name: str) -> str:
    shown = f"`{name[:40]}`"
    match error["type"]:
        case "missing":
            return f"{shown} is missing"
        case "extra_forbidden":
            return f"{name[:40]!a} is not known there"
        case "union_tag_not_found":
            return "`do` is missing or no text"
        case "union_tag_invalid":
            given = error["input"].get("do") if isinstance(error["input"], dict) else ""
            return f"{ascii(given)[:60]} is no step; there are {', '.join(_KINDS)}"
        case "too_short":
            return f"{shown} is empty"
        case "tuple_type":
            return f"{shown} is no list"
        case "value_error":
            return error["msg"].removeprefix("Value error, ")
        case "model_type" | "model_attributes_type" | "dict_type":
            return "it is no JSON object"
        case _:
            text = error["msg"][:1].lower() + error["msg"][1:]
            return f"{shown}: {text}" if name else text
