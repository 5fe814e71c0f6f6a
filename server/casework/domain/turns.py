"""A conversation between an agent and its model: what of it may hold a secret, and what must stay as it is.

What is redacted is redacted once, before the model is sent it and before it is kept, so that a run that goes on from
what was kept sends the very same bytes. Shapes are those of the Messages API.
"""

from __future__ import annotations

from typing import Any, Final

from casework.domain.redaction import redact

_FIXED: Final = frozenset({"call", "data", "id", "name", "role", "signature", "tool_use_id", "type"})
"""Names, and what a model's service signed: changed by a letter it would be refused."""
_SIGNED: Final = frozenset({"redacted_thinking", "thinking"})


def redacted_blocks(blocks: list[Any]) -> list[Any]:
    """Give the blocks of a message with the secrets of every text taken out.

    What was signed can't be changed, so a signed thought that holds a secret is left out whole.
    """
    found = []
    for block in blocks:
        clean = redacted_json(block)
        if clean == block or not (isinstance(block, dict) and block.get("type") in _SIGNED):
            found.append(clean)
    return found


def redacted_json(value: Any) -> Any:
    """Give a JSON value with the secrets of every text taken out, its names left as they are."""
    match value:
        case str():
            return redact(value)
        case list():
            return [redacted_json(inside) for inside in value]
        case dict():
            return {name: inside if name in _FIXED else redacted_json(inside) for name, inside in value.items()}
        case _:
            return value
