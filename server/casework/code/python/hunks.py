"""What one hunk of a Python file is: code whose loss could matter, or text, imports, types and the like.

Decided by comparing trees of the whole file with the hunk and without it, never by looking at the hunk's own text.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from casework.code.python.shape import Function, enclosing, functions
from casework.code.python.source import Source, read_source

_VERSIONS: Final = frozenset(
    (
        "__version__", "__version_info__", "version", "VERSION", "__date__", "__author__", "__copyright__",
        "__license__", "__email__", "__maintainer__", "__credits__",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Which lines a hunk has on each side, 1-based, as git gives them."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int


@dataclass(frozen=True, slots=True)
class CodeHunk:
    """A hunk that can be taken back alone and changes what the code does."""

    reverted: bytes
    """The whole file without it."""
    lines: tuple[int, ...]
    """The changed lines of the new side; where lines were only removed, the line behind."""
    inside: tuple[Function, ...]
    """The functions of the new side in whose bodies all of it lies; empty where some of it is run by an import."""
    old_literals: tuple[ast.Constant, ...]
    new_literals: tuple[ast.Constant, ...]
    words: frozenset[str]
    """Every word on a line that is there or gone because of it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A hunk that is not looked at."""

    why: str


def read_hunk(old: bytes, new: bytes, place: Place) -> CodeHunk | LeftOut:
    """Tell what a hunk is; `old` and `new` are the whole files."""
    reverted = revert(old, new, place)
    if reverted == new:
        return LeftOut("nothing")
    head, found = _read(new)
    if isinstance(head, str):
        return LeftOut(head)
    without = read_source(reverted)
    if isinstance(without, str):
        return LeftOut("can't be taken back alone")
    said = _difference(without.tree, head.tree, place)
    if said:
        return LeftOut(said)
    lines = _changed(old, new, place)
    around = [enclosing(found, line) for line in lines]
    inside = tuple(dict.fromkeys(one for one in around if one is not None)) if None not in around else ()
    return CodeHunk(
        reverted,
        lines,
        inside,
        tuple(_literals(without, _span(place.new_start, place.old_lines))),
        tuple(_literals(head, _span(place.new_start, place.new_lines))),
        _words(old, new, place),
    )


@lru_cache(maxsize=2)
def _read(data: bytes) -> tuple[Source | str, list[Function]]:
    """Read a file once for all of its hunks."""
    source = read_source(data)
    return source, [] if isinstance(source, str) else functions(source.tree)


def revert(old: bytes, new: bytes, place: Place) -> bytes:
    """Give the new file with one hunk taken back, every other byte as it is."""
    before, after = _lines(old), _lines(new)
    start = max(place.new_start - 1, 0) if place.new_lines else place.new_start
    taken = max(place.old_start - 1, 0) if place.old_lines else place.old_start
    middle = before[taken : taken + place.old_lines]
    return b"".join([*after[:start], *middle, *after[start + place.new_lines :]])


def _lines(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data[:-1].split(b"\n")] if data.endswith(b"\n") else _unended(data)


def _unended(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return [*(line + b"\n" for line in parts[:-1]), *([parts[-1]] if parts[-1] else [])]


def _span(start: int, count: int) -> range:
    return range(start, start + max(count, 1))


def _changed(old: bytes, new: bytes, place: Place) -> tuple[int, ...]:
    """The hunk's lines without its context, on the new side."""
    before = _lines(old)[max(place.old_start - 1, 0) :][: place.old_lines]
    after = _lines(new)[max(place.new_start - 1, 0) :][: place.new_lines]
    found: dict[int, None] = {}
    first = max(place.new_start, 1)
    for what, _, _, begin, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            wanted = [at for at in range(begin, end) if after[at].strip()] or [min(begin, max(len(after) - 1, 0))]
            found.update((first + at, None) for at in wanted)
    return tuple(found)


def _words(old: bytes, new: bytes, place: Place) -> frozenset[str]:
    before = _lines(old)[max(place.old_start - 1, 0) :][: place.old_lines]
    after = _lines(new)[max(place.new_start - 1, 0) :][: place.new_lines]
    lines = set(before) ^ set(after)
    return frozenset(re.findall(r"[^\W\d]\w*", b"\n".join(lines).decode("utf-8", "replace")))


def _literals(source: Source, lines: range) -> list[ast.Constant]:
    found = list(_touching(source.tree, lines))
    messages = {
        id(part) for node in found if isinstance(node, ast.Raise) and node.lineno in lines for part in ast.walk(node)
    }
    return [
        node
        for node in found
        if isinstance(node, ast.Constant)
        and node.lineno in lines
        and id(node) not in messages
        and isinstance(node.value, str | bytes | int | float)
        and not isinstance(node.value, bool)
        and len(repr(node.value)) <= 60
    ]


def _touching(tree: ast.AST, lines: range) -> Iterator[ast.AST]:
    """Give the nodes of every statement that these lines touch, as `ast.walk` does for all."""
    waiting = deque([tree])
    while waiting:
        node = waiting.popleft()
        if not isinstance(node, ast.stmt) or (_first_line(node) < lines.stop and _last_line(node) >= lines.start):
            waiting.extend(ast.iter_child_nodes(node))
            yield node


def _first_line(node: ast.stmt) -> int:
    """Give where it begins, with what decorates it."""
    decorated = node.decorator_list if isinstance(node, (*FUNCTION, ast.ClassDef)) else []
    return min([node.lineno, *(one.lineno for one in decorated)])


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _difference(without: ast.Module, head: ast.Module, place: Place) -> str:
    """Say what a change is that changes no behaviour; empty where it may."""
    one, other = _apart(without.body, head.body, place)
    if _dump(one) == _dump(other):
        return "formatting or comments"
    if _dump(_all_at_once(one)) != _dump(_all_at_once(other)):
        return ""
    for change, said in _STEPS:
        one, other = change(one), change(other)
        if _dump(one) == _dump(other):
            return said
    return ""


def _apart(one: list[ast.stmt], other: list[ast.stmt], place: Place) -> tuple[ast.Module, ast.Module]:
    """Give only the statements that differ: what follows is done several times over."""
    most = min(len(one), len(other))
    begin = next((at for at in range(most) if not _is_same(one[at], other[at], place)), most)
    most -= begin
    end = next((at for at in range(most) if not _is_same(one[-1 - at], other[-1 - at], place)), most)
    mine, yours = one[begin : len(one) - end], other[begin : len(other) - end]
    match mine, yours:
        case [ast.ClassDef() as before], [ast.ClassDef() as after] if _outside(before) == _outside(after):
            return _apart(before.body, after.body, place)
        case _:
            return ast.Module(mine, []), ast.Module(yours, [])


def _is_same(one: ast.stmt, other: ast.stmt, place: Place) -> bool:
    """Compare two statements; those before the hunk and behind it are the same text, and are not looked into."""
    start = place.new_start + (not place.new_lines)
    if _last_line(one) < start and _last_line(other) < start and one.lineno == other.lineno:
        return True
    shift = place.new_lines - place.old_lines
    is_behind = _first_line(one) >= start + place.old_lines and _first_line(other) >= start + place.new_lines
    if is_behind and one.lineno + shift == other.lineno:
        return True
    return ast.dump(one) == ast.dump(other)


def _outside(node: ast.ClassDef) -> str:
    return ast.dump(ast.ClassDef(node.name, node.bases, node.keywords, [], node.decorator_list))


def _dump(tree: ast.Module) -> str:
    return ast.dump(tree)


class _Without(ast.NodeTransformer):
    """Leaves statements out; a body that becomes empty holds `pass`."""

    def __init__(self, is_left_out: Callable[[ast.stmt], bool]) -> None:
        self._is_left_out = is_left_out

    def visit(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.stmt) and self._is_left_out(node):
            return None
        found = super().generic_visit(node)
        if isinstance(found, ast.stmt | ast.ExceptHandler) and getattr(found, "body", None) == []:
            setattr(found, "body", [ast.Pass()])  # noqa: B010 - which kinds have a body is what was asked
        return found


class _WithoutTypes(ast.NodeTransformer):
    """Leaves annotations and `cast` out, and keeps that there was a field."""

    def __init__(self) -> None:
        self._in_function = False

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._visit_inside(node, in_function=True)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self._visit_inside(node, in_function=True)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._visit_inside(node, in_function=False)

    def _visit_inside(self, node: ast.AST, *, in_function: bool) -> ast.AST:
        before, self._in_function = self._in_function, in_function
        found = self.generic_visit(node)
        self._in_function = before
        return found

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None and (self._in_function or not node.simple):  # no class makes a field of it
            return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[1] if _is_cast(node.func) and len(node.args) == 2 and not node.keywords else node


def _is_cast(called: ast.expr) -> bool:
    match called:
        case ast.Name("cast") | ast.Attribute(ast.Name("typing" | "typing_extensions" | "t" | "te"), "cast"):
            return True
        case _:
            return False


class _WithoutSpelling(ast.NodeTransformer):
    """Leaves out what Python 3 reads the same: `object` as a base, and the `u` before text."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.bases = [one for one in node.bases if not (isinstance(one, ast.Name) and one.id == "object")]
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None
        return node


def _copy(tree: ast.Module) -> ast.Module:
    return ast.parse(ast.unparse(tree))


def _drop(is_left_out: Callable[[ast.stmt], bool]) -> Callable[[ast.Module], ast.Module]:
    def change(tree: ast.Module) -> ast.Module:
        found = _Without(is_left_out).visit(_copy(tree))
        assert isinstance(found, ast.Module), "a module is no statement"
        return found

    return change


def _types(tree: ast.Module) -> ast.Module:
    found = _WithoutTypes().visit(_drop(_is_for_types)(tree))
    assert isinstance(found, ast.Module), "a module stays one"
    return found


def _spelling(tree: ast.Module) -> ast.Module:
    found = _WithoutSpelling().visit(_types(tree))
    assert isinstance(found, ast.Module), "a module stays one"
    return found


def _all_at_once(tree: ast.Module) -> ast.Module:
    """Do all of the steps: most changes are code after all of them, and each step costs a copy."""
    both = _WithoutTypes().visit(_drop(lambda node: any(is_left_out(node) for is_left_out in _LEFT_OUT))(tree))
    found = _WithoutSpelling().visit(both)
    assert isinstance(found, ast.Module), "a module stays one"
    return found


def _is_for_types(node: ast.stmt) -> bool:
    if isinstance(node, FUNCTION):
        return any(ast.unparse(one).rpartition(".")[2] == "overload" for one in node.decorator_list)
    return isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING"


FUNCTION: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _assigns(node: ast.stmt, names: frozenset[str]) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and any(
        isinstance(target, ast.Name) and target.id in names for target in targets
    )


def _is_all(node: ast.stmt) -> bool:
    return _assigns(node, frozenset({"__all__"}))


def _is_version(node: ast.stmt) -> bool:
    return _assigns(node, _VERSIONS)


_LEFT_OUT: Final = (_is_text, _is_import, _is_all, _is_version, _is_for_types)
_STEPS: Final[tuple[tuple[Callable[[ast.Module], ast.Module], str], ...]] = (
    (_drop(_is_text), "docstrings"),
    (_drop(_is_import), "imports"),
    (_drop(_is_all), "`__all__`"),
    (_drop(_is_version), "a version"),
    (_types, "types"),
    (_spelling, "another spelling"),
)
"""Each stands on those before: a hunk of imports and docstrings is called imports."""
