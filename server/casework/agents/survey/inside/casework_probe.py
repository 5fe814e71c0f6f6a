"""Runs small scripts and says what came out: one version of the code, one process.

Started with the path of an order and the path to answer to. Every script has a bounded time and is run twice; what is
not the same twice is said to be unsteady. What a script shows has several sides: its value, what that consists of, what
became of the object it was done to, what was printed, what was warned of.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import io
import itertools
import json
import linecache
import operator
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casework_render import IT, MARK, Making, Renderer  # type: ignore[import-not-found]  # it lies beside this

MOST_ITEMS = 40
MOST_SIDES = 10
_EACH_S = 0.25
_NAME = re.compile(f"{MARK}([^{MARK}:]+):([^{MARK}]+){MARK}")
_RENDER = Renderer(Making())


class TooLong(BaseException):
    """A script took too long."""


def _late(_number: int, _frame: object) -> None:
    raise TooLong


def _import(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


class Names:
    """What scripts may name: builtins, and what they import."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}

    def spelled(self, text: str) -> str:
        """Write a text in names that are bound here."""
        return _NAME.sub(self._bind, text).replace(IT, "it_")

    def _bind(self, found: Any) -> str:
        module, name = found.groups()
        key = "_".join(["n", *re.findall(r"\w+", module), name])
        if key not in self._found:
            self._found[key] = _import(module, name)
        return key

    def fresh(self) -> dict[str, Any]:
        """Give them for one script."""
        return {**self._found, "__builtins__": builtins}


def look(script: dict[str, Any], names: Names, package: str) -> list[list[Any]]:
    """Run a script once; give its sides, each a form of the result or of the object (`IT`), and what was seen."""
    printed = io.StringIO()
    signal.setitimer(signal.ITIMER_REAL, _EACH_S)
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            lines = [names.spelled(line) for line in script["setup"]]
            expression = names.spelled(script["expression"])
            bound = names.fresh()
            for line in lines:
                exec(line, bound)  # noqa: S102 - that is what this process is for
            del warned[:]
            sides = _sides(expression, bound, package)
            del bound
        if printed.getvalue():
            sides.append(["out", {"kind": "literal", "text": repr(printed.getvalue()[:2000])}])
        said = [one for one in warned if one.category is not ResourceWarning][:1]
        sides += [["warned", _raised(one.message, type(one.message)) | {"kind": "warned"}] for one in said]
        return sides
    except TooLong:
        return [["{}", {"kind": "odd", "text": "slow"}]]
    except BaseException as error:  # noqa: BLE001 - what is set up can't be
        return [["{}", {"kind": "odd", "text": f"not set up: {type(error).__name__}"}]]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _sides(expression: str, bound: dict[str, Any], package: str) -> list[list[Any]]:
    try:
        try:
            code = compile(expression, "<script>", "eval")
        except SyntaxError:
            code = compile(expression, "<script>", "exec")
        value = eval(code, bound)  # noqa: S307
        if isinstance(value, Iterator):
            items = list(itertools.islice(value, MOST_ITEMS + 1))
            if len(items) > MOST_ITEMS:
                return [["{}", {"kind": "odd", "text": "endless"}]]
            return [["list({})", _described(items)]]
    except TooLong:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the project raises is what we look for
        return [["{}", _raised(error, type(error)) | {"meant": _is_said(error, package)}]]
    found: list[list[Any]] = [["{}", _described(value)]]
    if found[0][1]["kind"] == "odd" and _is_own(value, package):
        found += _of_object(value, "{}")
    if "it_" in bound and value is not bound["it_"]:
        found += _of_object(bound["it_"], IT)
    return found


def _raised(error: Any, kind: type) -> dict[str, Any]:
    return {"kind": "raised", "type": kind.__name__, "home": kind.__module__, "text": str(error)[:500]}


def _is_said(error: BaseException, package: str) -> bool:
    """Tell whether a `raise` of the project raised it, and it did not just happen."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or str(last.tb_frame.f_globals.get("__name__")).partition(".")[0] != package:
        return False
    return linecache.getline(last.tb_frame.f_code.co_filename, last.tb_lineno).lstrip().startswith("raise")


def _is_own(value: object, package: str) -> bool:
    return type(value).__module__.partition(".")[0] == package


def _described(value: Any) -> dict[str, Any]:
    """Write a value so that it can be compared, and stand in a test."""
    text = _RENDER.value(value)
    if text is None or "float('nan')" in text or str(Path.cwd()) in text:
        return {"kind": "odd", "text": type(value).__name__}
    return {"kind": "literal", "text": text}


def _of_object(value: Any, form: str) -> list[list[Any]]:
    """Look at an object: its public attributes, what it holds, how it is written."""
    kind = type(value)
    held = list(getattr(value, "__dict__", {}))
    held += [name for one in kind.__mro__ for name in _names(one.__dict__.get("__slots__", ()))]
    public = sorted({name for name in held if not name.startswith("_")})[:MOST_SIDES]
    found = [[f"{form}.{name}", _seen(operator.attrgetter(name), value)] for name in public]
    found += [[f"len({form}.{name})", _seen(lambda one, name=name: len(getattr(one, name)), value)] for name in public]
    if hasattr(kind, "__len__"):
        whole: Any = dict if hasattr(kind, "keys") else list
        if hasattr(kind, "__iter__"):
            found.append([f"{whole.__name__}({form})", _seen(whole, value)])
        found.append([f"len({form})", _seen(len, value)])
    if _has_own(kind, "__str__") and not isinstance(value, (dict, list, set, tuple)):
        found.append([f"str({form})", _seen(str, value)])
    if _has_own(kind, "__repr__"):
        found.append([f"repr({form})", _seen(repr, value)])
    return found


def _has_own(kind: type, name: str) -> bool:
    return getattr(kind, name) is not getattr(object, name)


def _names(slots: Any) -> list[str]:
    return [slots] if isinstance(slots, str) else list(slots)


def _seen(get: Any, value: object) -> dict[str, Any]:
    try:
        seen = _described(get(value))
    except TooLong:
        raise
    except Exception as error:  # noqa: BLE001 - an attribute may raise, and that is not what is looked for
        return {"kind": "odd", "text": type(error).__name__}
    return {"kind": "odd", "text": "an address"} if " at 0x" in seen["text"] else seen


def main(order_path: str, out_path: str) -> None:
    """Answer an order."""
    with Path(order_path).open(encoding="utf-8") as file:
        order = json.load(file)
    signal.signal(signal.SIGALRM, _late)
    sys.stdin.close()
    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        sys.stdout = nothing
        module = importlib.import_module(order["module"])
        where = os.path.realpath(getattr(module, "__file__", "") or "")
        package, names = order["module"].partition(".")[0], Names()
        with Path(out_path).open("w", encoding="utf-8") as out:
            out.write(json.dumps({"imported": where == os.path.realpath(order["path"])}) + "\n")
            for script in order["scripts"]:
                first, second = look(script, names, package), look(script, names, package)
                steady = [one for one, other in zip(first, second) if one == other]  # noqa: B905 - Python 3.8 has no `strict`
                out.write(json.dumps(steady) + "\n")
                out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
