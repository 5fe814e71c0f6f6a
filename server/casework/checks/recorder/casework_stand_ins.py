"""Stand-ins for what a change adds, where its tests are run without it. PYTEST_DONT_REWRITE

A new test mostly imports something new at its top, so without the change its whole file could not be loaded, and
nothing would be known of any test in it, least of all of one that asserts nothing. With a stand-in the file loads, and
each test is red by itself: exactly when it uses what is not there. Standard library only, as casework_record.py.
"""

from __future__ import annotations

import builtins
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class StandIn:
    """Something that is not there: whoever uses it fails."""

    def __init__(self, name: str) -> None:
        self.__dict__["standin"] = name

    def __call__(self, *_given: object, **_named: object) -> object:
        raise AssertionError(f"{self.__dict__['standin']} is not there without the change")

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AssertionError(f"{self.__dict__['standin']} is not there without the change")


class _NewModule(types.ModuleType):
    """A module that is not there."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")


def stand_in(top: str, tests: list[str]) -> None:
    """From here on, what these test files import and what is missing in the tree's own modules is stood in for."""
    files = {os.path.join(top, name) for name in tests}  # noqa: PTH118 - as old as the oldest Python of a project
    really = builtins.__import__

    def wanted(
        name: str,
        globals: Any = None,  # noqa: A002 - the names are those of `__import__`
        locals: Any = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if level or not globals or globals.get("__file__") not in files:
            return really(name, globals, locals, fromlist, level)
        try:
            module = really(name, globals, locals, fromlist, level)
        except ModuleNotFoundError as missing:
            if not missing.name or not _is_ours(missing.name.split(".")[0], top, really):
                raise
            _make(missing.name)
            module = wanted(name, globals, locals, fromlist, level)
        for attribute in fromlist or ():
            if attribute != "*" and not hasattr(module, attribute) and _lies_in(module, top):
                setattr(module, attribute, StandIn(f"{module.__name__}.{attribute}"))
        return module

    builtins.__import__ = wanted


def _is_ours(package: str, top: str, really: Any) -> bool:
    try:
        return _lies_in(really(package), top)
    except ImportError:
        return False


def _lies_in(module: Any, top: str) -> bool:
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
    return any(str(place).startswith(top + os.sep) for place in places)


def _make(name: str) -> None:
    made = _NewModule(name)
    made.__path__ = []  # so that something below it may be asked for too
    sys.modules[name] = made
    above, _, last = name.rpartition(".")
    if above in sys.modules:
        setattr(sys.modules[above], last, made)
