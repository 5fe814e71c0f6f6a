"""What stands where in a module: functions and methods with their lines, parameters and callers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from casework.code.python.calls import Call

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SPELLED: Final = {
    "__repr__": "repr", "__str__": "str", "__len__": "len", "__bool__": "bool", "__iter__": "list", "__hash__": "hash",
    "__int__": "int", "__float__": "float", "__abs__": "abs", "__reversed__": "list(reversed({}))", "__next__": "next",
    "__bytes__": "bytes", "__neg__": "-{}", "__pos__": "+{}", "__invert__": "~{}",
}  # fmt: skip
OPERATORS: Final = {
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "add": "+", "sub": "-", "mul": "*",
    "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "or": "|", "and": "&", "xor": "^", "matmul": "@",
}  # fmt: skip
"""Names of methods between their underscores, and how they are written."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a module, or a method of a class of it."""

    name: str
    owner: str
    """The class it is a method of; empty for a function."""
    node: FunctionNode
    nested: bool
    """In another function, or in a class in a class: nobody can call it by name."""

    @property
    def first_line(self) -> int:
        """Where Python says that it begins: at its first decorator."""
        return min((one.lineno for one in self.node.decorator_list), default=self.node.lineno)

    @property
    def last_line(self) -> int:
        """Its last line."""
        return self.node.end_lineno or self.node.lineno

    @property
    def body_line(self) -> int:
        """The line its body begins at; what stands before is run when the module is imported."""
        return self.node.body[0].lineno

    @property
    def decorators(self) -> frozenset[str]:
        """The last names of its decorators."""
        return frozenset(ast.unparse(one).split("(")[0].rpartition(".")[2] for one in self.node.decorator_list)

    @property
    def is_property(self) -> bool:
        """Whether it is called by naming it."""
        return bool(self.decorators & {"property", "cached_property", "cachedproperty"})

    @property
    def public(self) -> bool:
        """Whether a test may name it without reaching into what is private."""
        names = [self.name, self.owner]
        return not any(name.startswith("_") and not name.endswith("__") for name in names)

    @property
    def parameters(self) -> list[ast.arg]:
        """Its parameters in order, without `self` and `cls`."""
        arguments = self.node.args
        found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        bound = self.owner and "staticmethod" not in self.decorators
        return found[1:] if bound and found else found

    @property
    def callable_by_name(self) -> bool:
        """Whether an expression can call it."""
        return not self.nested and isinstance(self.node, ast.FunctionDef)


def functions(tree: ast.Module) -> list[Function]:
    """Give every function, outer ones before inner ones."""
    return list(_functions(tree, "", nested=False))


def _functions(node: ast.AST, owner: str, *, nested: bool) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield Function(child.name, owner, child, nested)
            yield from _functions(child, "", nested=True)
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, child.name, nested=nested or bool(owner))
        else:
            yield from _functions(child, owner, nested=nested)


def enclosing(found: list[Function], line: int) -> Function | None:
    """Give the innermost function whose body holds a line."""
    inside = [one for one in found if one.body_line <= line <= one.last_line]
    return max(inside, key=lambda one: one.first_line, default=None)


def classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    """Give the classes at the top of a module."""
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def doors(found: list[Function], inside: Function) -> list[Function]:
    """Give what a test could call to get into `inside`, the nearest first: itself, and who calls it in the module.

    Callers are found by name, two steps far: a guess that costs nothing where it is wrong.
    """
    wanted, at_hand = [inside], [inside]
    for _ in range(2):
        names = {one.owner if one.name == "__init__" else one.name for one in at_hand}
        at_hand = [one for one in found if one not in wanted and _mentions(one.node, names)]
        wanted += at_hand
    callable_ones = [one for one in wanted if one.callable_by_name]
    return sorted(callable_ones, key=lambda one: not one.public)[:6]


def _mentions(node: FunctionNode, names: set[str]) -> bool:
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            called = one.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in names:
                return True
    return False


def operator_of(name: str) -> str:
    """Give how a method between two operands is written; empty for another."""
    bare = name[2:-2] if name.startswith("__") and name.endswith("__") else ""
    return OPERATORS.get(bare) or (OPERATORS.get(bare[1:], "") if bare.startswith("r") else "")


def spelled(name: str, holder: str, call: Call, *, is_property: bool = False) -> str | None:
    """Write the call of a method on an object or class; None for a special method that nobody writes."""
    arguments = str(call)
    if is_property:
        return f"{holder}.{name}"
    if name in _SPELLED:
        form = _SPELLED[name]
        return (form if "{}" in form else f"{form}({{}})").format(holder) if not arguments else None
    operator = operator_of(name)
    if operator:
        reflected = name[2:-2] not in OPERATORS
        return f"{arguments} {operator} {holder}" if reflected else f"{holder} {operator} {arguments}"
    forms = {
        "__getitem__": "{0}[{1}]", "__delitem__": "del {0}[{1}]", "__contains__": "{1} in {0}", "__call__": "{0}({1})",
        "__getattr__": "getattr({0}, {1})", "__format__": "format({0}, {1})", "__round__": "round({0})",
    }  # fmt: skip
    if name in forms:
        return forms[name].format(holder, arguments)
    if name == "__setitem__":
        return "{}[{}] = {}".format(holder, *call.positional) if len(call.positional) == 2 else None
    return None if name.startswith("__") else f"{holder}.{name}({arguments})"
