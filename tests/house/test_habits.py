"""Habits: names that say something, no sleeps, nothing swallowed or left to do, no trace of a machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.house.tree import ROOT, Module, modules, names, texts

_SAY_NOTHING = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "base", "misc"})
_LEFT_TO_DO = re.compile(r"(?:\#|//|--|/\*)\s*(?:TODO|FIXME|XXX|HACK)\b")
_REGISTRY = re.compile(
    r"pypi\.org/simple|files\.pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|(?<!emit-)index-url[ =]"
)
_MACHINE = re.compile(r"(?<![\w.$}])/(?:root/|work/(?:main|shared)|opt/(?:wheels|pypi)|Users/\w+/)")


def names_that_say_nothing(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix in {".py", ".ts", ".lua"} and not _SAY_NOTHING.isdisjoint({*path.parts[:-1], path.stem})


def without_docstring(module: Module) -> Iterator[str]:
    text = ast.get_docstring(module.tree) or ""
    if not text or text.startswith("Placeholder"):
        yield f"{module.name} does not begin with what lives here and what does not."


def sleeps(module: Module) -> Iterator[str]:
    if module.name == "tests/waiting.py" or not module.name.startswith("tests/"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _called(node).split(".")[-1] == "sleep":
            yield f"{module.name}:{node.lineno} sleeps; use wait_until."


def swallows(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _tells(node, module.line(node)):
            yield f"{module.name}:{node.lineno} catches everything and tells nobody."


def _catches_all(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in {"Exception", "BaseException"} for kind in caught)


def _tells(handler: ast.ExceptHandler, line: str) -> bool:
    """Whether it logs, raises again, or says beside it why it needs to do neither."""
    if re.search(r"# noqa: BLE001 - \w.{15,}", line):
        return True
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    return any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _called(node).split(".")[-1] == "exception")
        for node in inside
    )


def tasks_nobody_keeps(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        *owner, act = _called(node.value).split(".")
        if act in {"create_task", "ensure_future"} and "group" not in ".".join(owner):
            yield f"{module.name}:{node.lineno} starts a task that nobody keeps."


def stubs(module: Module) -> Iterator[str]:
    if not module.is_shipped:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield f"{module.name}:{node.lineno} is not there yet."


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func)


_RULES: tuple[Callable[[Module], Iterator[str]], ...] = (without_docstring, sleeps, swallows, tasks_nobody_keeps, stubs)


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: str(rule.__name__))
def test_every_module_keeps_the_habit(rule: Callable[[Module], Iterator[str]]) -> None:
    assert [said for module in modules() for said in rule(module)] == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (without_docstring, "x = 1"),
        (without_docstring, '"""Placeholder docstring."""'),
        (sleeps, "import time\ntime.sleep(1)"),
        (sleeps, "async def f():\n    await asyncio.sleep(0.1)"),
        (swallows, "try:\n    f()\nexcept Exception:\n    pass"),
        (swallows, "try:\n    f()\nexcept Exception:  # noqa: BLE001\n    g()"),
        (swallows, "try:\n    f()\nexcept:\n    log.warning('x')"),
        (swallows, "try:\n    f()\nexcept (OSError, BaseException):\n    pass"),
        (tasks_nobody_keeps, "asyncio.create_task(f())"),
        (tasks_nobody_keeps, "self.loop.create_task(f())"),
    ],
)
def test_a_broken_habit_is_seen(rule: Callable[[Module], Iterator[str]], text: str) -> None:
    assert len(list(rule(Module("tests/planted.py", text)))) == 1


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (swallows, "try:\n    f()\nexcept Exception:\n    logger.exception('f')"),
        (swallows, "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
        (swallows, "try:\n    f()\nexcept OSError:\n    pass"),
        (swallows, "try:\n    f()\nexcept Exception:  # noqa: BLE001 - the client gets the answer\n    g()"),
        (tasks_nobody_keeps, "kept = asyncio.create_task(f())"),
        (tasks_nobody_keeps, "group.create_task(f())"),
    ],
)
def test_a_kept_habit_is_left_in_peace(rule: Callable[[Module], Iterator[str]], text: str) -> None:
    assert list(rule(Module("tests/planted.py", text))) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name for name in names() if names_that_say_nothing(name)] == []
    assert names_that_say_nothing("server/casework/utils/x.py")
    assert names_that_say_nothing("clients/vscode/src/helpers.ts")
    assert not names_that_say_nothing("server/casework/domain/baseline.py")


def test_nothing_is_left_to_do_in_shipped_code() -> None:
    shipped = [(name, text) for name, text in texts() if name.startswith(("server/", "clients/"))]
    assert [name for name, text in shipped if name.endswith((".py", ".ts", ".lua")) and _LEFT_TO_DO.search(text)] == []
    assert _LEFT_TO_DO.search("x = 1  # " + "TODO: y")


def test_the_tree_holds_no_trace_of_a_machine() -> None:
    here = re.compile("|".join(re.escape(f"{folder}/") for folder in {str(ROOT), str(Path.home())} if folder != "/"))
    assert [
        f"{name}: {found.group()}"
        for name, text in texts()
        for found in [_MACHINE.search(text) or here.search(text)]
        if found and name != "tests/house/test_habits.py"
    ] == []
    assert _MACHINE.search("cd /" + "root/.cache")


def test_the_tree_names_no_registry() -> None:
    assert [
        f"{name}: {found.group()}"
        for name, text in texts()
        for found in [_REGISTRY.search(text)]
        if found and name != "tests/house/test_habits.py"
    ] == []
