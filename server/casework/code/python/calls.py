"""Inputs that stand somewhere already: arguments at call sites, in tests, in rows of parametrized ones, in doctests.

Only what can be written down again by itself is taken: literals, and built-in calls and lambdas over them.
"""

from __future__ import annotations

import ast
import copy
import doctest
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from casework.code.python.source import parse

_BUILTINS: Final = frozenset(
    (
        "abs", "all", "any", "bool", "bytearray", "bytes", "chr", "complex", "dict", "divmod", "enumerate", "filter",
        "float", "frozenset", "hash", "int", "iter", "len", "list", "map", "max", "min", "ord", "pow", "range", "repr",
        "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "zip", "None", "True", "False",
        "ValueError", "KeyError", "TypeError", "IndexError", "object",
    )
)  # fmt: skip
_LONGEST: Final = 160
_MOST_ROWS: Final = 12
Names = Mapping[str, ast.expr]


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one call, as source."""

    positional: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return ", ".join([*self.positional, *(f"{name}={text}" for name, text in self.named)])


def harvest(trees: Collection[ast.Module], names: Collection[str]) -> dict[str, list[Call]]:
    """Give the calls of functions, methods and classes by their last name, each once, in the order they stand."""
    found: dict[str, dict[Call, None]] = {name: {} for name in names}
    for tree in trees:
        for block, rows in _blocks(tree):
            for node in _calls(block):
                called = _last_name(node.func)
                if called in found:
                    for row in rows:
                        call = _plain_call(node, row)
                        if call is not None:
                            found[called][call] = None
    return {name: list(calls) for name, calls in found.items()}


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _calls(block: list[ast.stmt]) -> Iterator[ast.Call]:
    for statement in block:
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Call))


def _blocks(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], list[Names]]]:
    """Give each function's body with what its names may stand for, and the examples in docstrings."""
    yield [node for node in tree.body if not isinstance(node, ast.ClassDef | ast.FunctionDef)], [_assigned(tree.body)]
    outer = _assigned(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = {**outer, **_assigned(node.body)}
            yield node.body, [{**inner, **row} for row in _rows(node)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            example = _examples(ast.get_docstring(node) or "")
            if example:
                yield example, [_assigned(example)]


def _examples(text: str) -> list[ast.stmt]:
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return []
    trees = (parse(example.source) for example in examples)
    return [statement for tree in trees if tree is not None for statement in tree.body]


def _assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """Names that are given a plain value, once; the last one holds."""
    found: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = _resolved(node.value, found)
            if value is not None:
                found[node.targets[0].id] = value
    return found


def _rows(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[dict[str, ast.expr]]:
    """What each row of `pytest.mark.parametrize` says; one empty row where there is none."""
    rows: list[dict[str, ast.expr]] = [{}]
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _last_name(decorator.func) == "parametrize" and len(decorator.args) > 1:
            more = list(_parametrized(decorator.args[0], decorator.args[1]))[:_MOST_ROWS]
            rows = [{**row, **one} for row in rows for one in more or [{}]][: 2 * _MOST_ROWS]
    return rows


def _parametrized(names: ast.expr, values: ast.expr) -> Iterator[dict[str, ast.expr]]:
    if isinstance(names, ast.Constant) and isinstance(names.value, str):
        keys = [name.strip() for name in names.value.split(",") if name.strip()]
    elif isinstance(names, ast.Tuple | ast.List):
        keys = [str(one.value) for one in names.elts if isinstance(one, ast.Constant)]
    else:
        return
    for value in values.elts if isinstance(values, ast.Tuple | ast.List) else []:
        row = value.args if isinstance(value, ast.Call) and _last_name(value.func) == "param" else [value]
        if len(keys) > 1 and len(row) == 1 and isinstance(row[0], ast.Tuple | ast.List):
            row = row[0].elts
        if len(row) == len(keys):
            yield {key: one for key, one in zip(keys, row, strict=True) if _resolved(one, {}) is not None}


def _plain_call(node: ast.Call, names: Names) -> Call | None:
    positional = [_text(one, names) for one in node.args]
    named = [(one.arg, _text(one.value, names)) for one in node.keywords]
    if None in positional or any(name is None or text is None for name, text in named):
        return None
    return Call(tuple(map(str, positional)), tuple((str(name), str(text)) for name, text in named))


def _text(node: ast.expr, names: Names) -> str | None:
    found = _resolved(node, names)
    text = ast.unparse(found) if found is not None else None
    return text if text is not None and len(text) <= _LONGEST else None


class _Resolve(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self._names.get(node.id, node)) if isinstance(node.ctx, ast.Load) else node


def _resolved(node: ast.expr, names: Names) -> ast.expr | None:
    """Give an expression with its names put in; None where it needs anything that is not written down."""
    found = _Resolve(names).visit(copy.deepcopy(node))
    bound = {one.arg for one in ast.walk(found) if isinstance(one, ast.arg)}
    bound |= {one.id for one in ast.walk(found) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for one in ast.walk(found):
        if isinstance(one, ast.Attribute | ast.Await | ast.Yield | ast.YieldFrom | ast.Starred | ast.NamedExpr):
            return None
        if isinstance(one, ast.Name) and one.id not in _BUILTINS and one.id not in bound:
            return None
        if isinstance(one, ast.Call) and not isinstance(one.func, ast.Name):
            return None
    assert isinstance(found, ast.expr), "an expression stays one"
    return found
