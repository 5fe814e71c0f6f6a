"""A plug-in of pytest that writes down what tests call the project with, as source that can be run again.

It hears every call that comes into the project from outside of it, and notes those during which a wanted function was
entered. What can't be written as source (a mock, an open file, an object nobody saw being made) is left out, with the
call. Nothing is judged in this run: it only looks.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from casework_render import Making, Renderer, parameters  # type: ignore[import-not-found]  # it lies beside this

MOST_CALLS = 40
"""For one target; then nothing more is written down for it."""
MOST_OF_A_TEST = 6
MOST_MADE = 12
MOST_VALUES = 12
MOST_STEPS = 6
"""What was done to an object before it was called; with more it is left out."""

with Path(os.environ["CASEWORK_HARVEST"]).open(encoding="utf-8") as _file:
    ORDER: dict[str, Any] = json.load(_file)
_TOP = ORDER["top"]
_PROJECT = {os.path.join(_TOP, path) for path in ORDER["project"]}  # noqa: PTH118 - compared as text
_TARGETS = {
    os.path.join(_TOP, path): [(n, first, last) for n, first, last in spans]  # noqa: PTH118
    for path, spans in ORDER["targets"].items()
}


class Entry:
    """One call that came into the project from outside."""

    def __init__(self, call: dict[str, Any] | None) -> None:
        self.call = call
        self.reached: set[int] = set()


class Harvest:
    """Hears calls of one process; every thread has a stack of its own."""

    def __init__(self) -> None:
        self.making = Making(tuple(ORDER["packages"]))
        self.render = Renderer(self.making)
        self.test = ""
        self._stacks = threading.local()
        self._told: dict[int, set[str]] = {}
        self._of_test: dict[tuple[int, str], int] = {}
        self._made: dict[str, set[str]] = {}
        self._values: dict[tuple[str, str], set[str]] = {}
        self._busy = False

    def hear(self, frame: Any, event: str, _argument: object) -> None:
        """What `sys.setprofile` calls."""
        if self._busy or event not in ("call", "return"):
            return
        code = frame.f_code
        ours = code.co_filename in _PROJECT
        if not ours and code.co_name != "__init__":
            return
        self._busy = True
        try:
            if event == "call":
                self._enter(frame, code, ours)
            elif ours:
                self._leave(frame)
        except Exception:  # noqa: BLE001 - whatever an object of the project does when it is looked at
            pass
        finally:
            self._busy = False

    def _enter(self, frame: Any, code: Any, ours: bool) -> None:
        begins = frame.f_lineno == code.co_firstlineno or frame.f_lasti <= 0
        outside = frame.f_back is None or frame.f_back.f_code.co_filename not in _PROJECT
        if code.co_name == "__init__" and begins:
            made = self.making.begins(frame, code, self.render, noted=outside)
            if made is not None:
                self._tell_made(*made)
        if not ours:
            return
        stack = self._stack()
        if outside and begins:
            call = self.render.call(frame, code, MOST_STEPS) if self.test else None
            stack.append((frame, Entry(call)))
            self._values_of(frame, code)
        for n, first, last in _TARGETS.get(code.co_filename, ()):
            if first <= code.co_firstlineno <= last:
                for _, entry in stack:
                    entry.reached.add(n)

    def _leave(self, frame: Any) -> None:
        stack = self._stack()
        if not stack or stack[-1][0] is not frame:
            return
        _, entry = stack.pop()
        if entry.call is None:
            return
        for n in entry.reached:
            text = json.dumps(entry.call)
            told = self._told.setdefault(n, set())
            key = (n, self.test)
            if text in told or len(told) >= MOST_CALLS or self._of_test.get(key, 0) >= MOST_OF_A_TEST:
                continue
            told.add(text)
            self._of_test[key] = self._of_test.get(key, 0) + 1
            self._say(target=n, call=entry.call)

    def _stack(self) -> list[tuple[Any, Entry]]:
        if not hasattr(self._stacks, "calls"):
            self._stacks.calls = []
        found: list[tuple[Any, Entry]] = self._stacks.calls
        return found

    def _tell_made(self, name: str, arguments: Any) -> None:
        told = self._made.setdefault(name, set())
        text = json.dumps(arguments)
        if len(told) < MOST_MADE and text not in told:
            told.add(text)
            self._say(made=name, arguments=arguments)

    def _values_of(self, frame: Any, code: Any) -> None:
        """Note what parameters of a name are given: another function's parameter of that name may want the same."""
        if code.co_filename not in _TARGETS:
            return
        for name in parameters(code):
            told = self._values.setdefault((code.co_filename, name), set())
            if name in ("self", "cls") or len(told) >= MOST_VALUES:
                continue
            text = self.render.value(frame.f_locals.get(name))
            if text is not None and text not in told:
                told.add(text)
                self._say(parameter=name, path=os.path.relpath(code.co_filename, _TOP), text=text)

    def _say(self, **what: Any) -> None:
        with Path(ORDER["out"]).open("a", encoding="utf-8") as out:
            out.write(json.dumps(what) + "\n")


HARVEST = Harvest()


def pytest_runtest_logstart(nodeid: str, location: Any) -> None:
    """A test begins: fixtures are part of it."""
    del location
    HARVEST.test = nodeid.partition("[")[0]
    HARVEST.making.forget()
    sys.setprofile(HARVEST.hear)
    threading.setprofile(HARVEST.hear)


def pytest_runtest_logfinish(nodeid: str, location: Any) -> None:
    """A test is over."""
    del nodeid, location
    sys.setprofile(None)
    threading.setprofile(None)
    HARVEST.test = ""
