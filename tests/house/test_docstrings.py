"""What a reader may count on is written down: public classes, promises of ports, members of enums."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.tree import Module, modules


def silent(module: Module) -> Iterator[str]:
    """Name the public things of `module` that say nothing about themselves."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield f"{module.name}:{node.lineno} {node.name}"
            parents = {ast.unparse(parent).split("[")[0].split(".")[-1] for parent in node.bases}
            if "Protocol" in parents:
                yield from _silent_methods(module, node)
            if parents & {"Enum", "StrEnum", "IntEnum"}:
                yield from _silent_members(module, node)


def _silent_methods(module: Module, port: ast.ClassDef) -> Iterator[str]:
    for method in port.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and not ast.get_docstring(method):
            yield f"{module.name}:{method.lineno} {port.name}.{method.name}"


def _silent_members(module: Module, enum: ast.ClassDef) -> Iterator[str]:
    lines = module.text.splitlines()
    for member, after in zip(enum.body, [*enum.body[1:], None], strict=True):
        if not isinstance(member, ast.Assign):
            continue
        has_docstring = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        has_comment = "#" in lines[(member.end_lineno or member.lineno) - 1]
        if not has_docstring and not has_comment:
            yield f"{module.name}:{member.lineno} {enum.name}.{ast.unparse(member.targets[0])}"


def test_every_public_class_port_method_and_enum_member_says_what_it_is() -> None:
    assert [said for module in modules() if module.is_shipped for said in silent(module)] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Landing: ...", ["m.py:1 Landing"]),
        ("class _Inner: ...", []),
        ('class Clock(Protocol):\n    """Time."""\n    def now(self) -> float: ...', ["m.py:3 Clock.now"]),
        ('class Colour(Enum):\n    """Colours."""\n    RED = 1\n    BLUE = 2  # the sky', ["m.py:3 Colour.RED"]),
        ('class Colour(Enum):\n    """Colours."""\n    RED = 1\n    """Roses."""', []),
    ],
)
def test_what_says_nothing_is_named(text: str, said: list[str]) -> None:
    assert list(silent(Module("m.py", text))) == said
