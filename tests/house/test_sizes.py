"""A module fits in the head: at most 400 lines, a function at most 60. The exceptions may only shrink."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.house.tree import GENERATED, Module, modules, texts

FILE_LINES = 400
FUNCTION_LINES = 60


def lengths() -> Iterator[tuple[str, int, int]]:
    """Give each thing that has a length, its length, and what the house allows."""
    for name, text in texts():
        if name.endswith((".py", ".ts", ".lua")) and name not in GENERATED:
            yield name, len(text.splitlines()), FILE_LINES
    for module in modules():
        for function, length in functions(module):
            yield f"{module.name}:{function}", length, FUNCTION_LINES


def functions(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def complaints(found: Iterator[tuple[str, int, int]], exceptions: Mapping[str, int]) -> list[str]:
    said = []
    left = dict(exceptions)
    for thing, length, allowed in found:
        granted = left.pop(thing, None)
        if granted is None and length > allowed:
            said.append(f"{thing} has {length} lines; the house allows {allowed}.")
        elif granted is not None and length <= allowed:
            said.append(f"{thing} fits now: take it off the exceptions.")
        elif granted is not None and length != granted:
            said.append(
                f"{thing} has {length} lines and its exception says {granted}: it may only shrink, and says so."
            )
    return said + [f"{thing} is an exception and does not exist." for thing in left]


def test_everything_fits_in_the_head_but_the_listed_exceptions() -> None:
    exceptions = tomllib.loads((Path(__file__).parent / "exceptions.toml").read_text(encoding="utf-8"))
    assert complaints(lengths(), exceptions) == []


def test_what_grows_too_long_is_named() -> None:
    assert complaints(iter([("a.py", 401, 400), ("b.py", 400, 400)]), {}) == [
        "a.py has 401 lines; the house allows 400."
    ]


def test_an_exception_may_not_grow_and_goes_when_it_is_not_needed() -> None:
    assert complaints(
        iter([("a.py", 500, 400), ("b.py", 10, 400), ("c.py", 410, 400)]),
        {
            "a.py": 499,
            "b.py": 401,
            "c.py": 410,
            "d.py": 401,
        },
    ) == [
        "a.py has 500 lines and its exception says 499: it may only shrink, and says so.",
        "b.py fits now: take it off the exceptions.",
        "d.py is an exception and does not exist.",
    ]


def test_the_length_of_a_function_counts_every_line_of_it() -> None:
    assert dict(functions(Module("m.py", "def f():\n    def g():\n        return 1\n    return g\n"))) == {
        "f": 4,
        "g": 2,
    }
