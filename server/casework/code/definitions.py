"""What a Python module defines: its functions with their places, and what tells that one of them changed.

Read by the parser alone; nothing is imported or run. A text may be anything: what can't be parsed defines nothing.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 128 * 1024
"""Bytes of a file beyond which it is not parsed: the parser lets nothing else run meanwhile, 40 ms for so many."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Definition:
    """One function or method; lines count from 1."""

    name: str
    """Qualified: `Cart.add`."""
    line: int
    """Of its `def`, behind its decorators."""
    end_line: int
    signature: str
    """What it takes, in one line: `add(self, item)`."""
    whole: str
    """A hash of all that it means: decorators, signature and body, without comments and docstrings."""
    body: str
    """A hash of its body alone."""
    does: bool
    """Whether its body does anything: more than a docstring, `pass`, `...` or `raise NotImplementedError`."""
    roots: frozenset[str]
    """The names that its expressions begin with: `hmac` in `hmac.compare_digest(a, b)`."""

    @property
    def is_public(self) -> bool:
        """Whether others may call it: no part of its name begins with an underscore, but for `__call__` and the like.

        What a class does when it is made is public too.
        """
        parts = self.name.split(".")
        return all(not part.startswith("_") for part in parts[:-1]) and (
            not parts[-1].startswith("_") or (parts[-1].startswith("__") and parts[-1].endswith("__"))
        )


@dataclass(frozen=True, slots=True)
class Module:
    """What can be known of a module without running it."""

    definitions: tuple[Definition, ...]
    """Its functions and methods, in its order; what is defined inside a function is part of that."""
    rest: str
    """A hash of what stands in no function: names and values, without imports and docstrings."""
    acts_at: int
    """The line of the first statement that does something when the module is imported; 0 where there is none."""


def read_module(source: bytes | str) -> Module | None:
    """Read a module; None when it is none, or too large or too deep to be read."""
    if len(source) > LARGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in a text that is not ours
            tree = ast.parse(source)
        return Module(
            definitions=tuple(_definition(name, node) for name, node in _functions(tree.body, "")),
            rest=_hash([_outline(node) for node in tree.body if not _is_text(node) and not _is_import(node)]),
            acts_at=next((node.lineno for node in tree.body if _acts(node)), 0),
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def enclosing(found: Sequence[Definition], first: int, last: int) -> list[Definition]:
    """Give the definitions that lines `first` to `last` touch."""
    return [one for one in found if one.line <= last and first <= one.end_line]


def words(name: str) -> list[str]:
    """Give the words of a name or a path: `signIn`, `sign_in` and `sign-in.py` say `sign` and `in`."""
    return [word.lower() for word in _WORD.findall(name)]


def _functions(body: Sequence[ast.stmt], above: str) -> Iterator[tuple[str, _Function]]:
    for node in body:
        if isinstance(node, _Function):
            yield above + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{above}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for inner in ("body", "orelse", "finalbody"):
                yield from _functions(getattr(node, inner, []), above)


def _definition(name: str, node: _Function) -> Definition:
    body = [statement for statement in node.body if not _is_text(statement)]
    return Definition(
        name=name,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        signature=f"{node.name}({_arguments(node.args)})",
        whole=_hash([*node.decorator_list, node.args, *body]),
        body=_hash(body),
        does=any(not _does_nothing(statement) for statement in body),
        roots=frozenset(_roots(node)),
    )


def _arguments(arguments: ast.arguments) -> str:
    bare = copy.deepcopy(arguments)
    every = [*bare.posonlyargs, *bare.args, *bare.kwonlyargs, bare.vararg, bare.kwarg]
    for argument in every:
        if argument is not None:
            argument.annotation = None
    return " ".join(ast.unparse(bare).split())[:120]


def _roots(node: _Function) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id


def _hash(nodes: Sequence[ast.AST]) -> str:
    text = "\n".join(ast.dump(node) for node in nodes)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _outline(node: ast.stmt) -> ast.stmt:
    """A statement without the functions in it: a class is its bases, decorators and values."""
    if isinstance(node, _Function):
        return ast.Pass()
    if isinstance(node, ast.ClassDef):
        body = [_outline(inner) for inner in node.body if not _is_text(inner)]
        return ast.ClassDef(node.name, node.bases, node.keywords, body, node.decorator_list)
    return node


def _acts(node: ast.stmt) -> bool:
    """Tell whether a statement at the top of a module calls something for its effect, or loops, or deletes."""
    match node:
        case ast.Expr(value=value):
            return not isinstance(value, ast.Constant)
        case ast.For() | ast.While() | ast.With() | ast.Delete() | ast.Assert() | ast.Raise() | ast.Match():
            return True
        case ast.If(test=test) if _is_never_imported(test):
            return any(_acts(inner) for inner in node.orelse)
        case ast.If() | ast.Try():
            return any(_acts(inner) for inner in [*node.body, *node.orelse])
        case _:
            return False


def _is_never_imported(test: ast.expr) -> bool:
    """Tell whether it asks for `__name__ == "__main__"`, whatever way round, or for `TYPE_CHECKING`."""
    return any(isinstance(one, ast.Name) and one.id in ("__name__", "TYPE_CHECKING") for one in ast.walk(test))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case _:
            return False
