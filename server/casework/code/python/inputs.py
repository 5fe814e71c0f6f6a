"""Inputs near those that stand somewhere: literals of a hunk put in their place, neighbours, boundaries."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casework.code.python.calls import Call
from casework.code.python.scripts import MARK, bound, marked
from casework.code.python.shape import Function
from casework.code.python.source import parse

MOST: Final = 400
"""Expressions that are tried for one hunk and one door."""
_CLOSING: Final = str.maketrans("([{<", ")]}>")
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
_JOINT: Final = "\N{MIDDLE DOT}"
"""Part of a name that Python reads, and that nobody gives."""
_JOINED: Final = re.compile(rf"([^\W{_JOINT}]+){_JOINT}([\w{_JOINT}]+)")
_MADE: Final = re.compile(rf"{MARK}[^{MARK}]+{MARK}\((.*)\)")
_HINTS: Final[tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]] = tuple(
    (re.compile(pattern), texts)
    for pattern, texts in (
        (
            r"fspath|Path|PurePath|PathLike",
            (marked("pathlib", "Path") + "('a')", marked("pathlib", "Path") + "('a/b.c')"),
        ),
        (r"isnan|nan|isfinite|isinf|inf|infinity", ("float('nan')", "float('inf')", "float('-inf')")),
        (r"Decimal", (marked("decimal", "Decimal") + "('1.5')", marked("decimal", "Decimal") + "('-0.01')")),
        (r"Fraction", (marked("fractions", "Fraction") + "(1, 3)",)),
        (
            r"timedelta",
            (marked("datetime", "timedelta") + "(days=1)", marked("datetime", "timedelta") + "(seconds=-1)"),
        ),
        (r"datetime", (marked("datetime", "datetime") + "(2024, 2, 29, 23, 59)",)),
        (r"date", (marked("datetime", "date") + "(2024, 2, 29)",)),
        (r"bytes|bytearray|decode|memoryview|Buffer", ("b'a'", "bytearray(b'a')", "memoryview(b'a')", "b'\\xff'")),
        (r"bool", ("True", "False")),
        (r"float|is_integer|Real", ("1.0", "0.5", "-2.5", "1e+300")),
        (r"int|Integral|abs|negative|sign", ("0", "-1", "10**20")),
        (r"lower|upper|casefold|title|capitalize|islower|isupper|swapcase", ("'Abc dEF'", "'\xdf'", "'ABC'")),
        (
            r"strip|lstrip|rstrip|isspace|split|splitlines|whitespace|expandtabs",
            ("' a b '", "'a\\tb\\n'", "'a\\r\\nb'", "' '"),
        ),
        (r"isdigit|isnumeric|isdecimal|isalpha|isalnum|isidentifier", ("'\xb2'", "'\u0661'", "'a1'")),
        (r"encode|ascii|unicode|unicodedata|normalize|isascii", ("'\xe9'", "'e\u0301'", "'\u4e2d'", "'\U0001f600'")),
        (r"keys|items|Mapping|dict|setdefault|update", ("{'a': 1}", "{}")),
        (r"set|frozenset|add|discard|difference|union|issubset", ("{1, 2}", "frozenset({1})")),
        (r"tuple|namedtuple", ("(1, 2)", "()")),
        (r"Iterable|Iterator|iter|next|__iter__|Generator", ("iter([1, 2, 3])", "[]", "'abc'", "range(3)")),
        (r"Sequence|list|append|extend|len|sorted|sort", ("[]", "[1]", "[2, 1, 2]")),
        (r"range|start|stop|step|slice|index", ("range(0)", "range(3)", "-1")),
        (r"deque", (marked("collections", "deque") + "([1, 2])",)),
        (r"None|Optional", ("None",)),
        (r"callable|Callable|lambda|func|function|key", ("len", "str", "lambda x: x")),
        (r"quote|unquote|escape|unescape|repr|re|regex|pattern", ("'\"'", '"it\'s"', "'a\\\\b'", "'<a&b>'", "'%41'")),
        (r"complex", ("1j",)),
    )
)
"""Words of a hunk, and values that may matter where they stand."""


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


def hints(words: Collection[str]) -> list[str]:
    """Give values, as source, that a hunk which says these words may care for: of types and of kinds of text."""
    found = [text for pattern, texts in _HINTS for text in texts if any(map(pattern.fullmatch, words))]
    return list(dict.fromkeys(found))[:12]


@dataclass(frozen=True, slots=True)
class Near:
    """What inputs are made of, beside those that stand somewhere."""

    values: Sequence[Any] = ()
    """Literals that a hunk and its commits speak of."""
    hints: Sequence[str] = ()
    """Source of values that the words of a hunk speak of."""
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the name of a parameter, source of what it was given elsewhere."""


def inputs(function: Function | None, seeds: Sequence[Call], near_it: Near) -> list[Call]:
    """Give calls to try, at most `MOST`: those that stand somewhere first, then what is near them, then boundaries."""
    ways: list[Iterable[Call]] = [seeds[:60], _mutated(seeds[:40], near_it)]
    if function is not None:
        ways += [_with_options(function, seeds[:8], near_it), _bounds(function, near_it)]
    found: dict[Call, None] = {}
    for way, most in zip(ways, (60, 280, 360, MOST), strict=False):
        for call in way:
            if len(found) >= most:
                break
            found.setdefault(call)
    return list(found)


def _mutated(seeds: Sequence[Call], near_it: Near) -> Iterator[Call]:
    """Change one argument at a time; every seed gets its turn."""
    ways = [_neighbours(seed, near_it) for seed in seeds]
    for row in itertools.zip_longest(*ways):
        yield from (call for call in row if call is not None)


def _neighbours(seed: Call, near_it: Near) -> Iterator[Call]:
    columns = [list(_interleaved(near(text, near_it.values), near_it.hints)) for text in seed.positional]
    for row in itertools.zip_longest(*columns):
        for at, text in enumerate(row):
            if text is not None:
                yield Call((*seed.positional[:at], text, *seed.positional[at + 1 :]), seed.named)
    for at, (name, text) in enumerate(seed.named):
        for other in near(text, near_it.values):
            yield Call(seed.positional, (*seed.named[:at], (name, other), *seed.named[at + 1 :]))


def _interleaved(one: Iterable[str], other: Iterable[str]) -> Iterator[str]:
    for pair in itertools.zip_longest(one, other):
        yield from (text for text in pair if text is not None)


def near(text: str, values: Sequence[Any]) -> Iterator[str]:
    """Give values near one that is written down, as source."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        made = _MADE.fullmatch(text)
        yield from [made[1]] if made is not None and made[1] and not made[1].startswith(MARK) else []
        yield from _inside(text, values)
        return
    for other in _near(value, values):
        if type(other) is not type(value) or other != value:
            yield repr(other)


def _inside(text: str, values: Sequence[Any]) -> Iterator[str]:
    """Change one literal in an expression, as an argument that an object is made with."""
    tree = parse(bound(text, lambda module, name: f"{name}{_JOINT}{module.replace('.', _JOINT)}"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)] if tree is not None else []
    ways = [_changed(tree, node, values) for node in found[:4] if tree is not None]
    for row in itertools.zip_longest(*ways):
        yield from (other for other in row if other is not None)


def _changed(tree: ast.Module, node: ast.Constant, values: Sequence[Any]) -> Iterator[str]:
    for other in _near(node.value, values):
        if type(other) is type(node.value) and other != node.value:
            before, node.value = node.value, other
            text = ast.unparse(tree)
            node.value = before
            yield _JOINED.sub(lambda found: marked(found[2].replace(_JOINT, "."), found[1]), text)


def as_dict(text: str) -> str:
    """Give pairs, as source, as the dict of them; empty where they are none."""
    try:
        found = dict(ast.literal_eval(text))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""
    return repr(found)


def _near(value: Any, values: Sequence[Any]) -> Iterator[Any]:
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
                yield from (*_around(value, word), word, value + word, word + value, *_replaced(value, word))
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


def _around(text: str, word: str) -> Iterator[str]:
    """Put a text between what may be quotes or brackets."""
    if 0 < len(word) <= 3 and not word.isalnum() and not word.isspace():
        yield f"{word}{text}{word[::-1].translate(_CLOSING)}"


def _replaced(text: str, word: str) -> Iterator[str]:
    for found in itertools.islice(_WORDS.finditer(text), 4):
        if found.group().isdigit() == word.isdigit():
            yield text[: found.start()] + word + text[found.end() :]


def _with_options(function: Function, seeds: Sequence[Call], near_it: Near) -> Iterator[Call]:
    for seed in seeds or [Call()]:
        yield from with_options(function, seed, near_it)


def with_options(function: Function, seed: Call, near_it: Near) -> Iterator[Call]:
    """Give a call with one option more, which it does not give."""
    parameters, defaults = function.parameters, _defaults(function)
    given = {name for name, _ in seed.named} | {one.arg for one in parameters[: len(seed.positional)]}
    for one in parameters:
        if one.arg not in defaults or one.arg in given:
            continue
        texts = [*near_it.known.get(one.arg, ())[:4], *near(defaults[one.arg], near_it.values)]
        if defaults[one.arg] == "None" or one.annotation is not None:  # else the default says of which type it is
            texts += _of_type(one.annotation)
        for text in dict.fromkeys(texts[:14]):
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


def _bounds(function: Function, near_it: Near) -> Iterator[Call]:
    """Give boundary values for everything that must be given."""
    defaults = _defaults(function)
    needed = [one for one in function.parameters if one.arg not in defaults]
    keyword_only = {one.arg for one in function.node.args.kwonlyargs}
    columns = [
        [
            *near_it.known.get(one.arg, ())[:8],
            *near_it.hints[:6],
            *(repr(text) for value in near_it.values[:10] if isinstance(value, str) for text in _around("a", value)),
            *(repr(value) for value in near_it.values[:10]),
            *_of_type(one.annotation),
        ][:24]
        for one in needed
    ]
    if len(needed) > 3 or not all(columns):
        return
    for row in _diagonally(columns):
        pairs = list(zip(needed, row, strict=True))
        positional = tuple(text for one, text in pairs if one.arg not in keyword_only)
        yield Call(positional, tuple((one.arg, text) for one, text in pairs if one.arg in keyword_only))


def _diagonally(columns: list[list[str]]) -> Iterator[tuple[str, ...]]:
    """Give rows so that every column moves soon: by the sum of how far along each is."""
    lengths = [len(column) for column in columns]
    places = itertools.product(*map(range, lengths))
    for row in sorted(itertools.islice(places, 20_000), key=sum)[:MOST]:
        yield tuple(column[at] for column, at in zip(columns, row, strict=True))


def _of_type(annotation: ast.expr | None) -> list[str]:
    """Give boundary values by an annotation; without one, a few of everything."""
    if annotation is None:
        return ["1", "0", "-1", "'a'", "''", "[1, 2, 3]", "[]", "None", "'abc'", "{'a': 1}"]
    words = re.findall(r"\w+", ast.unparse(annotation))
    kinds = dict.fromkeys(_ALIASES.get(word, word) for word in words)
    return [text for kind in kinds for text in _BOUNDARIES.get(kind, ())]
