"""How a project writes its tests, read from those that stand nearest to a module. Parsed, never imported."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from casework.code.definitions import LARGEST

Style = Literal["functions", "classes", "unittest"]
"""Of pytest: functions, or methods of a class; or `unittest.TestCase`."""

MOST: Final = 8
"""Tests that are read to see how this project writes them."""
DECLARED: Final = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "requirements-dev.txt", "requirements.txt")
"""Files at the top that may name pytest, where there is no test to be read yet."""
_PYTEST: Final = re.compile(rb"\bpytest\b")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the nearest tests have in common."""

    style: Style
    typed: bool
    """Whether they say what they return."""
    folder: str
    """Where the next one belongs, without a slash at its end; empty for the top."""
    suffix: bool
    """Whether they are called `charge_test.py` rather than `test_charge.py`."""
    imports: frozenset[str]
    """The first names of what they import."""


def is_python_test(path: str) -> bool:
    """Tell by its name whether pytest and unittest take a file for tests."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def nearest(module: str, paths: Iterable[str]) -> list[str]:
    """Give the tests that stand nearest to a module, nearest first: by name, then by the folders they share."""
    found = [path for path in paths if is_python_test(path)]
    return sorted(found, key=lambda path: (-_nearness(module, path), path.count("/"), path))[:MOST]


def read_neighbours(tests: Sequence[str], texts: Mapping[str, bytes], paths: Collection[str]) -> Neighbours:
    """Say how the tests are written; `texts` has theirs, and those of `DECLARED` where there is no test at all.

    Where nothing speaks for pytest it is unittest, which every Python has.
    """
    read = [(path, tree) for path in tests if (tree := _parsed(texts.get(path))) is not None]
    styles = [found for _, tree in read if (found := _style(tree)) is not None]
    style: Style
    if styles:
        counted = Counter(styles)
        most = max(counted.values())
        style = next(one for one in styles if counted[one] == most)  # of equals, the nearer one
    else:
        style = "functions" if any(_PYTEST.search(texts.get(name, b"")) for name in DECLARED) else "unittest"
    cases = [case for _, tree in read for case in _cases(tree)]
    return Neighbours(
        style=style,
        typed=bool(cases) and sum(case.returns is not None for case in cases) * 2 > len(cases),
        folder=tests[0].rpartition("/")[0] if tests else _home(paths),
        suffix=bool(tests) and not tests[0].rpartition("/")[2].startswith("test_"),
        imports=frozenset(name for _, tree in read for name in _imported(tree)),
    )


def _nearness(module: str, test: str) -> int:
    """Its own tests first, then tests beside it, then those whose folders say most of the same words."""
    stem = module.rpartition("/")[2].removesuffix(".py")
    name = test.rpartition("/")[2]
    above, folder = set(module.split("/")[:-1]), test.split("/")[:-1]
    own = 1000 if name in (f"test_{stem}.py", f"{stem}_test.py") else 0
    beside = 100 if "/".join(folder) == module.rpartition("/")[0] else 0
    return own + beside + 10 * len(above & set(folder)) - len(set(folder) - above)


def _home(paths: Collection[str]) -> str:
    return "test" if any(path.startswith("test/") for path in paths) else "tests"


def _parsed(text: bytes | None) -> ast.Module | None:
    if text is None or len(text) > LARGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _style(tree: ast.Module) -> Style | None:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    if any(_is_test_case(base) for node in classes for base in node.bases):
        return "unittest"
    methods = sum(1 for node in classes if node.name.startswith("Test") for _ in _tests(node.body))
    functions = sum(1 for _ in _tests(tree.body))
    if methods == functions == 0:
        return None
    return "classes" if methods > functions else "functions"


def _is_test_case(base: ast.expr) -> bool:
    """By name: `TestCase`, `unittest.IsolatedAsyncioTestCase`, `django.test.TransactionTestCase`."""
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    return name.endswith("TestCase")


def _tests(body: Sequence[ast.stmt]) -> Iterable[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node


def _cases(tree: ast.Module) -> Iterable[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from _tests(tree.body)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body)


def _imported(tree: ast.Module) -> Iterable[str]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
