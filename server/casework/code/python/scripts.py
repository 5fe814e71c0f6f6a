"""Small scripts that a survey tries and a test may be written of; names stand with the module they are imported from.

Not here: which scripts are tried (`inputs`, and the survey), how they become a test (`tests`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MARK: Final = "\N{SYMBOL FOR NULL}"
"""Around `module:name`, where a test has to import something. `inside/casework_render.py` writes the same."""
IT: Final = "\N{SYMBOL FOR START OF HEADING}"
"""The object that something is done to, which the first line of a script makes."""
_NAME: Final = re.compile(f"{MARK}([^{MARK}:]+):([^{MARK}]+){MARK}")


@dataclass(frozen=True, slots=True)
class Script:
    """What is done, and in the end evaluated."""

    expression: str
    setup: tuple[str, ...] = ()
    """Statements before it; the first one makes `IT`."""

    @property
    def text(self) -> str:
        """All of it, for people."""
        return plain("; ".join([*self.setup, self.expression]))

    @property
    def is_statement(self) -> bool:
        """Whether it is done and gives nothing, as `it[1] = 2`."""
        return re.match(rf"{IT}\[.*\] = |del ", self.expression) is not None


def marked(module: str, name: str) -> str:
    """Spell a name that must be imported."""
    return f"{MARK}{module}:{name}{MARK}"


def names_in(text: str) -> list[tuple[str, str]]:
    """Give module and name of everything a text has to import, each once."""
    return list(dict.fromkeys((found[1], found[2]) for found in _NAME.finditer(text)))


def bound(text: str, name_of: Callable[[str, str], str]) -> str:
    """Give a text with each name as `name_of` module and name spells it."""
    return _NAME.sub(lambda found: name_of(found[1], found[2]), text)


def plain(text: str) -> str:
    """Give a text as people read it."""
    return bound(text, lambda _module, name: name).replace(IT, "it")


def variable(kind: str) -> str:
    """Name an object of a class, as people do: `cache` for an LRUCache."""
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", kind)
    word = words[-1].lower() if words else ""
    return word if word.isidentifier() and word not in _TAKEN else "subject"


_TAKEN: Final = frozenset(
    (
        "dict", "list", "set", "tuple", "str", "int", "float", "bytes", "bool", "type", "iter", "map", "filter",
        "range", "object", "class", "def", "in", "is", "for", "if", "from", "import", "range", "slice", "property",
        "self", "test", "None", "id", "hash", "len", "format", "input", "print", "zip", "file", "error",
    )
)  # fmt: skip
