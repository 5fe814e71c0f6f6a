"""ARCHITECTURE.md tells the truth: what it names exists, and every room has its paragraph with its invariants.

What stands in single backticks is a name and has to lead somewhere: a path (from the root or from the package), a
dotted name of Python, a class or function of ours, a method or command of the wire, a kind of event, a `make` target,
or a command of the shell that begins with a known program.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import keyword
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from casework.wire.methods import METHODS, NOTIFICATIONS
from tests.house.tree import ROOT, SERVER, modules, rooms

_PAGE: Final = ROOT / "ARCHITECTURE.md"
_PROGRAMS: Final = ("git ", "python ", "casework ", "code ", "nvim ")


def page() -> str:
    return _PAGE.read_text(encoding="utf-8")


def named(text: str) -> Iterator[str]:
    """Give what stands in single backticks outside of blocks."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from dict.fromkeys(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose))


def leads_somewhere(name: str) -> bool:
    if name.startswith("make "):
        return (
            re.search(rf"^{re.escape(name[5:].split()[0])}:", (ROOT / "Makefile").read_text(), re.MULTILINE) is not None
        )
    if name.startswith(_PROGRAMS) or name in sys.stdlib_module_names or keyword.iskeyword(name):
        return True
    if name in wire_names() or name.startswith(("refs/", "casework/...", "$")):
        return True
    path, _, symbol = name.replace("::", ":").partition(":")
    if symbol and path.endswith(".py"):
        return any(
            module.name.endswith(path) and symbol.split("(")[0] in defined_in(module.tree) for module in modules()
        )
    if "/" in path or re.search(r"\.\w{1,4}$", path):
        return any((root / path).exists() for root in (ROOT, SERVER, ROOT / "server")) or is_dotted(name)
    return is_known(name.removesuffix("()")) or is_dotted(name.split("(")[0])


def is_known(name: str) -> bool:
    return name in symbols() or hasattr(builtins, name) or name in strings()


def is_dotted(name: str) -> bool:
    """Whether it is a module or an attribute that can be had, ours or of the standard library, or a kind of event."""
    parts = name.split(".")
    if name in strings():
        return True
    if len(parts) == 2 and parts[0] in symbols() and parts[1] in symbols():
        return True
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except (ImportError, ValueError):
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found is not None
    return False


@cache
def wire_names() -> frozenset[str]:
    methods = {name for method in METHODS for name in (method.name, method.command)}
    return frozenset(methods | {notice.name for notice in NOTIFICATIONS})


@cache
def symbols() -> frozenset[str]:
    return frozenset(name for module in modules() if module.is_shipped for name in defined_in(module.tree))


@cache
def strings() -> frozenset[str]:
    """Every word that our code knows as a text: kinds of events, settings, values, variables of the environment."""
    return frozenset(
        node.value
        for module in modules()
        if module.is_shipped
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w.-]+", node.value)
    )


def defined_in(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
            case _:
                pass
    return found


def paragraphs(text: str) -> dict[str, str]:
    """Give what stands under each heading that names a room: `### \\`domain/\\` ...`."""
    found = {}
    for part in re.split(r"^(?=#+ )", text, flags=re.MULTILINE):
        heading, _, body = part.partition("\n")
        for name in re.findall(r"`([\w/.]+)`", heading):
            found[name] = body
    return found


def test_every_name_in_the_architecture_leads_somewhere() -> None:
    assert [name for name in named(page()) if not leads_somewhere(name)] == []


def test_every_room_has_its_paragraph_with_its_invariants() -> None:
    told = paragraphs(page())
    assert [room for room in rooms() if room not in told] == []
    assert [room for room in rooms() if "nvariant" not in told.get(room, "") or len(told[room].split()) < 25] == []
    assert [room for room in told if room not in rooms() and not leads_somewhere(room)] == []


@pytest.mark.parametrize(
    "name",
    [
        "domain/",
        "server/casework/domain/errors.py",
        "domain/errors.py",
        "tests/waiting.py",
        "casework.domain.errors.Refused",
        "Refused",
        "domain/errors.py:Refused",
        "casework/review/answer",
        "casework.review.answer",
        "make test",
        "git update-ref",
        "sqlite3",
    ],
)
def test_a_name_that_exists_leads_somewhere(name: str) -> None:
    assert leads_somewhere(name)


@pytest.mark.parametrize(
    "name",
    [
        "domain/nothing.py",
        "nowhere/",
        "casework.domain.errors.Refusal",
        "RefusedAndGone",
        "domain/errors.py:Refusal",
        "casework/review/forget",
        "make coffee",
    ],
)
def test_a_name_that_does_not_exist_is_seen(name: str) -> None:
    assert not leads_somewhere(name)


def test_a_paragraph_belongs_to_the_rooms_of_its_heading() -> None:
    assert paragraphs("# A\nx\n## `domain/` and `ports/`\nInvariant: y\n### `relay.py`\nz\n") == {
        "domain/": "Invariant: y\n",
        "ports/": "Invariant: y\n",
        "relay.py": "z\n",
    }
