"""Inputs near those that stand somewhere: literals of a hunk put in their place, neighbours, boundaries."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from casework.code.python.calls import Call
from casework.code.python.shape import Function

MOST: Final = 400
"""Expressions that are tried for one hunk and one door."""
_WORDS: Final = re.compile(r"[^\W\d_]+|\d+")
_QUOTED: Final = re.compile(
    r"`([^`\n]{1,40})`|'([^'\n]{1,40})'|\"([^\"\n]{1,40})\"|(?<![\w.])(-?\d{1,9}(?:\.\d{1,6})?)(?![\w.])"
)
_BOUNDARIES: Final[dict[str, tuple[str, ...]]] = {
    "int": ("0", "1", "-1", "2", "10", "1000"),
    "float": ("0.0", "1.5", "-1.0", "1e9"),
    "str": ("''", "'a'", "' '", "'A b'", "'1'", "'\\n'", "'\\xe9'"),
    "bytes": ("b''", "b'a'", "b'\\x00'"),
    "bool": ("True", "False"),
    "list": ("[]", "[1]", "[3, 1, 2]", "['b', 'a']"),
    "tuple": ("()", "(1,)", "(3, 1, 2)"),
    "set": ("set()", "{1}"),
    "dict": ("{}", "{'a': 1}", "{1: [2]}"),
    "iterable": ("[]", "[1, 2, 3]", "'abc'", "iter([3, 1, 2])"),
    "callable": ("lambda x: x", "len", "str"),
    "none": ("None",),
}
_ALIASES: Final = {
    "Sequence": "list", "List": "list", "Iterable": "iterable", "Iterator": "iterable", "Collection": "iterable",
    "Mapping": "dict", "Dict": "dict", "Callable": "callable", "Optional": "none", "None": "none", "Tuple": "tuple",
    "Set": "set", "FrozenSet": "set", "frozenset": "set", "Text": "str", "AnyStr": "str",
}  # fmt: skip


def pool(literals: Iterable[ast.Constant], messages: Iterable[str]) -> list[Any]:
    """Give the values that a hunk and its commits speak of, each once."""
    found: dict[str, Any] = {repr(one.value): one.value for one in literals}
    for message in messages:
        for quoted in _QUOTED.finditer(message[:2000]):
            number = quoted.group(4)
            word = quoted.group(1) or quoted.group(2) or quoted.group(3)
            value = (float(number) if "." in number else int(number)) if number else word
            if value is not None:
                found.setdefault(repr(value), value)
    return list(found.values())[:24]


def inputs(function: Function, seeds: list[Call], values: list[Any]) -> list[Call]:
    """Give calls to try, at most `MOST`: those that stand somewhere first, then what is near them, then boundaries."""
    ways = (
        seeds[:60],
        _mutated(seeds[:24], values),
        _with_options(function, seeds[:8], values),
        _bounds(function, values),
    )
    found: dict[Call, None] = {}
    for way, most in zip(ways, (60, 240, 320, MOST), strict=True):
        for call in way:
            if len(found) >= most:
                break
            found.setdefault(call)
    return list(found)


def _mutated(seeds: list[Call], values: list[Any]) -> Iterator[Call]:
    """Change one argument at a time; every seed gets its turn."""
    ways = [_neighbours(seed, values) for seed in seeds]
    for row in itertools.zip_longest(*ways):
        yield from (call for call in row if call is not None)


def _neighbours(seed: Call, values: list[Any]) -> Iterator[Call]:
    columns = [list(near(text, values)) for text in seed.positional]
    for row in itertools.zip_longest(*columns):
        for at, text in enumerate(row):
            if text is not None:
                yield Call((*seed.positional[:at], text, *seed.positional[at + 1 :]), seed.named)
    for at, (name, text) in enumerate(seed.named):
        for other in near(text, values):
            yield Call(seed.positional, (*seed.named[:at], (name, other), *seed.named[at + 1 :]))


def near(text: str, values: list[Any]) -> Iterator[str]:
    """Give values near one that is written down, as source."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return
    for other in _near(value, values):
        if type(other) is not type(value) or other != value:
            yield repr(other)


def _near(value: Any, values: list[Any]) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
            yield from itertools.chain.from_iterable((one, one + 1, one - 1) for one in numbers[:6])
            yield from (value + 1, value - 1, 0, -value, value * 10)
        case str():
            words = [one for one in values if isinstance(one, str)]
            for word in words[:10]:
                yield from (word, value + word, word + value, *_replaced(value, word))
            yield from ("", value.upper(), value.lower(), f" {value} ", value + value, value[:-1])
        case bytes():
            for part in [one for one in values if isinstance(one, bytes)][:10]:
                yield from (part, value + part, part + value)
            yield from (b"", value + value, value[:-1])
        case list() | tuple():
            kind = type(value)
            yield from (kind(), kind(value[:1]), kind(value[::-1]), kind([*value, *value]))
            yield from (kind([*value[:-1], one]) for one in values[:8])
            for at, one in enumerate(value[:3]):
                yield from (
                    kind([*value[:at], other, *value[at + 1 :]]) for other in itertools.islice(_near(one, values), 6)
                )
        case dict():
            yield {}
            for key, one in list(value.items())[:3]:
                yield from ({**value, key: other} for other in itertools.islice(_near(one, values), 6))
        case None:
            yield from values[:6]
        case _:
            pass


def _replaced(text: str, word: str) -> Iterator[str]:
    for found in itertools.islice(_WORDS.finditer(text), 4):
        if found.group().isdigit() == word.isdigit():
            yield text[: found.start()] + word + text[found.end() :]


def _with_options(function: Function, seeds: list[Call], values: list[Any]) -> Iterator[Call]:
    """Give options that no seed gives."""
    parameters = function.parameters
    defaults = _defaults(function)
    for seed in seeds or [Call()]:
        given = {name for name, _ in seed.named} | {one.arg for one in parameters[: len(seed.positional)]}
        for one in parameters:
            if one.arg in defaults and one.arg not in given:
                texts = [*near(defaults[one.arg], values), *_of_type(one.annotation)]
                for text in dict.fromkeys(texts[:12]):
                    yield Call(seed.positional, (*seed.named, (one.arg, text)))


def _defaults(function: Function) -> dict[str, str]:
    arguments = function.node.args
    ordered = [*arguments.posonlyargs, *arguments.args]
    found = dict(zip([one.arg for one in ordered[::-1]], arguments.defaults[::-1], strict=False))
    found |= {
        one.arg: default
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    return {name: ast.unparse(node) for name, node in found.items()}


def _bounds(function: Function, values: list[Any]) -> Iterator[Call]:
    """Give boundary values for everything that must be given."""
    defaults = _defaults(function)
    needed = [one for one in function.parameters if one.arg not in defaults]
    keyword_only = {one.arg for one in function.node.args.kwonlyargs}
    columns = [[*(repr(value) for value in values[:10]), *_of_type(one.annotation)][:16] for one in needed]
    if len(needed) > 3 or not all(columns):
        return
    for row in itertools.islice(itertools.product(*columns), MOST):
        pairs = list(zip(needed, row, strict=True))
        positional = tuple(text for one, text in pairs if one.arg not in keyword_only)
        yield Call(positional, tuple((one.arg, text) for one, text in pairs if one.arg in keyword_only))


def _of_type(annotation: ast.expr | None) -> list[str]:
    """Give boundary values by an annotation; without one, a few of everything."""
    if annotation is None:
        return ["1", "0", "-1", "'a'", "''", "[1, 2, 3]", "[]", "None", "'abc'", "{'a': 1}"]
    words = re.findall(r"\w+", ast.unparse(annotation))
    kinds = dict.fromkeys(_ALIASES.get(word, word) for word in words)
    return [text for kind in kinds for text in _BOUNDARIES.get(kind, ())]
