"""Writes values and calls down as source: what a test would have to say to have them again.

A name that must be imported stands as `MARK module:name MARK`. Objects of the project are written as the call that made
them, with what was done to them since where they are what is called.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import fractions
import io
import math
import pathlib
import re
import sys
import types
import uuid
from typing import Any

MARK = "\N{SYMBOL FOR NULL}"
IT = "\N{SYMBOL FOR START OF HEADING}"
"""Stands for the object that something is done to."""
LONGEST = 200
_MOST_ITEMS = 24
_DEEPEST = 5
_PLAIN = (bool, int, str, bytes, complex, type(None), type(Ellipsis), range, slice)
_REPEATABLE = (
    dt.date, dt.time, dt.datetime, dt.timedelta, decimal.Decimal, fractions.Fraction, uuid.UUID,
)  # fmt: skip
_LOOKING = frozenset(
    ("__len__", "__repr__", "__str__", "__eq__", "__ne__", "__hash__", "__contains__", "__iter__", "__bool__")
)
_PROPERTIES = ("fget", "func", "__wrapped__")


def marked(module: str, name: str) -> str:
    """Spell a name that must be imported."""
    return f"{MARK}{module}:{name}{MARK}"


def importable(value: Any) -> str | None:
    """Give a class or function by its name, where an import of that name gives it."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if not isinstance(module, str) or not name.isidentifier() or module in ("__main__", "conftest"):
        return None
    if module == "builtins":
        return str(name)
    if name.startswith("_"):
        return None
    if getattr(sys.modules.get(module), name, None) is not value or re.search(r"(^|[._])tests?([._]|$)", module):
        return None
    return marked(module, name)


def _repeatable(value: Any, kind: type) -> str | None:
    if kind.__module__ != "datetime":
        return f"{marked(kind.__module__, kind.__name__)}({repr(value).partition('(')[2]}"
    text = re.sub(r"\bdatetime\.(date|datetime|time|timedelta|timezone)\b", lambda found: "@" + found[1], repr(value))
    plain = re.fullmatch(r"[@\w\s(),.=-]*", text) is not None
    return re.sub(r"@(\w+)", lambda found: marked("datetime", found[1]), text) if plain else None


def parameters(code: types.CodeType) -> tuple[str, ...]:
    """Give the names of all parameters but the starred ones."""
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


class Made:
    """How one object came to be, and what was done to it from outside since."""

    def __init__(self, value: object, text: str | None) -> None:
        self.value = value
        self.text = text
        self.steps: list[str | None] = []


class Making:
    """Remembers the objects of one test."""

    def __init__(self, packages: tuple[str, ...] = ()) -> None:
        self._packages = packages
        self._made: dict[int, Made] = {}

    def forget(self) -> None:
        """A new test begins."""
        self._made.clear()

    def of(self, value: object) -> Made | None:
        """Give what is known of an object."""
        found = self._made.get(id(value))
        return found if found is not None and found.value is value else None

    def begins(self, frame: Any, code: types.CodeType, render: Renderer, *, noted: bool) -> tuple[str, Any] | None:
        """Note an object whose `__init__` begins; give its class and arguments where a test could say the same."""
        if not code.co_varnames or len(self._made) > 5000:
            return None
        value = frame.f_locals.get(code.co_varnames[0])
        if value is None or type(value).__module__.partition(".")[0] not in self._packages:
            return None
        if self.of(value) is not None:  # the second one is that of a base class
            return None
        kind = importable(type(value))
        if kind is None or not kind.startswith(MARK):
            return None
        given = render.arguments(frame, code, _function(type(value), code), skip=1)
        self._made[id(value)] = Made(value, None if given is None else f"{kind}({spell(given)})")
        return (kind, given) if noted and given is not None else None


def spell(given: dict[str, Any]) -> str:
    """Write arguments."""
    return ", ".join([*given["positional"], *(f"{name}={text}" for name, text in given["named"])])


class Renderer:
    """Writes values down; None for what can't be."""

    def __init__(self, making: Making) -> None:
        self._making = making

    def value(self, value: Any, depth: int = 0) -> str | None:
        """Write a value."""
        found = self._value(value, depth)
        return found if found is not None and len(found) <= LONGEST else None

    def _value(self, value: Any, depth: int) -> str | None:
        kind = type(value)
        if depth > _DEEPEST:
            return None
        if kind is float:
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        if kind in _PLAIN:
            return repr(value) if not isinstance(value, (str, bytes)) or len(value) <= LONGEST else None
        if kind in (list, tuple, set, frozenset, dict, collections.OrderedDict, collections.deque, collections.Counter):
            return self._container(value, kind, depth)
        if kind in _REPEATABLE:
            return _repeatable(value, kind)
        if isinstance(value, pathlib.PurePath):
            name = "Path" if isinstance(value, pathlib.Path) else "PurePath"
            return None if value.is_absolute() else f"{marked('pathlib', name)}({str(value)!r})"
        if isinstance(value, (io.StringIO, io.BytesIO)) and kind.__module__ == "_io":
            return f"{marked('io', kind.__name__)}({value.getvalue()!r})" if value.tell() == 0 else None
        if isinstance(value, re.Pattern):
            flags = value.flags & ~re.UNICODE
            return f"{marked('re', 'compile')}({value.pattern!r}{f', {flags}' if flags else ''})"
        if isinstance(value, enum.Enum):
            known = importable(kind)
            return f"{known}.{value.name}" if known and isinstance(value.name, str) else None
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            return importable(value)
        made = self._making.of(value)
        return made.text if made is not None and not made.steps else None

    def _container(self, value: Any, kind: type, depth: int) -> str | None:
        if len(value) > _MOST_ITEMS:
            return None
        if isinstance(value, dict):
            pairs = [(self.value(key, depth + 1), self.value(item, depth + 1)) for key, item in value.items()]
            if any(key is None or item is None for key, item in pairs):
                return None
            text = "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
            return text if kind is dict else f"{marked('collections', kind.__name__)}({text})"
        items = [self.value(item, depth + 1) for item in value]
        if any(item is None for item in items):
            return None
        inner = ", ".join(
            map(str, items if isinstance(value, (list, tuple, collections.deque)) else sorted(map(str, items)))
        )
        if kind is list:
            return f"[{inner}]"
        if kind is tuple:
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        if kind is collections.deque:
            return f"{marked('collections', 'deque')}([{inner}])"
        if kind is set:
            return f"{{{inner}}}" if items else "set()"
        return f"frozenset({{{inner}}})" if items else "frozenset()"

    def arguments(self, frame: Any, code: types.CodeType, function: Any, *, skip: int) -> dict[str, Any] | None:
        """Write what a call was given, without what is the default anyway; None where some of it can't be written."""
        names, given = list(code.co_varnames), frame.f_locals
        at = code.co_argcount + code.co_kwonlyargcount
        more: tuple[Any, ...] = ()
        if code.co_flags & 0x04:
            more, at = given.get(names[at], ()), at + 1
        positional, named = self._ordered(code, given, function, skip, bare=not more)
        if len(more) > _MOST_ITEMS:
            return None
        positional += [self.value(one) for one in more]
        if code.co_flags & 0x08:
            named += [(name, self.value(one)) for name, one in given.get(names[at], {}).items() if name.isidentifier()]
        if None in positional or any(text is None for _, text in named):
            return None
        return {"positional": positional, "named": named}

    def _ordered(
        self, code: types.CodeType, given: dict[str, Any], function: Any, skip: int, *, bare: bool
    ) -> tuple[list[str | None], list[tuple[str, str | None]]]:
        names = code.co_varnames
        ordered, nothing = names[skip : code.co_argcount], object()
        last = getattr(function, "__defaults__", None) or ()
        defaults = dict(zip(names[: code.co_argcount][::-1], last[::-1])) if bare else {}  # noqa: B905 - Python 3.8 has no `strict`
        defaults.update(getattr(function, "__kwdefaults__", None) or {})
        is_given = {name: given.get(name) is not defaults.get(name, nothing) for name in names}
        positional: list[str | None] = []
        named: list[tuple[str, str | None]] = []
        only = getattr(code, "co_posonlyargcount", 0)
        for at, name in enumerate(ordered):
            if at + skip < only or len(positional) == at:
                if is_given[name] or any(is_given[one] for one in ordered[at + 1 : max(only - skip, 0)]):
                    positional.append(self.value(given.get(name)))
            elif is_given[name]:
                named.append((name, self.value(given.get(name))))
        for name in names[code.co_argcount :][: code.co_kwonlyargcount]:
            if is_given[name]:
                named += [(name, self.value(given.get(name)))]
        return positional, named

    def call(self, frame: Any, code: types.CodeType, most_steps: int) -> dict[str, Any] | None:
        """Write a call that came from outside; None where a test could not say it."""
        first = code.co_varnames[0] if code.co_argcount else ""
        holder = frame.f_locals.get(first) if first in ("self", "cls") else None
        if holder is None:
            return self._of_function(frame, code)
        is_class = isinstance(holder, type)
        owner = holder if is_class else type(holder)
        name = importable(owner)
        if name is None:
            return None
        given = self.arguments(frame, code, _function(owner, code), skip=1)
        found: dict[str, Any] = {"root": name, "name": code.co_name, "given": given, "steps": [], "made": ""}
        if is_class or code.co_name == "__init__":
            found["kind"] = "class" if code.co_name == "__init__" else "classmethod"
            return found if given is not None else None
        made = self._making.of(holder)
        if made is None:
            return None
        found["kind"] = "property" if _is_property(owner, code) else "method"
        found["made"], found["steps"] = made.text, list(made.steps)
        if code.co_name.startswith("_") and not code.co_name.endswith("__"):
            given = None
        step = None if given is None else _step(found["kind"], code.co_name, given)
        if step != "":
            made.steps.append(step)
        complete = made.text is not None and None not in found["steps"] and len(found["steps"]) <= most_steps
        return found if given is not None and complete else None

    def _of_function(self, frame: Any, code: types.CodeType) -> dict[str, Any] | None:
        value = frame.f_globals.get(code.co_name)
        module = frame.f_globals.get("__name__")
        bare = value
        while bare is not None and getattr(bare, "__code__", None) is not code:
            bare = getattr(bare, "__wrapped__", None)
        given = self.arguments(frame, code, bare, skip=0)
        if bare is None or given is None or not isinstance(module, str):
            return None
        return {
            "kind": "function", "root": marked(module, code.co_name), "name": code.co_name, "given": given,
            "steps": [], "made": "",
        }  # fmt: skip


def _step(kind: str, name: str, given: dict[str, Any]) -> str | None:
    """Write what is done to an object as a statement; empty for what leaves it as it is, None where it has no form."""
    if kind == "property" or name in _LOOKING:
        return ""
    one = given["positional"]
    forms = {"__setitem__": "{}[{}] = {}", "__delitem__": "del {}[{}]", "__getitem__": "{}[{}]"}
    if name in forms:
        return forms[name].format(IT, *one) if len(one) == forms[name].count("{}") - 1 else None
    if name == "__call__":
        return f"{IT}({spell(given)})"
    return None if name.startswith("__") else f"{IT}.{name}({spell(given)})"


def _function(owner: type, code: types.CodeType) -> Any:
    for kind in owner.__mro__:
        found = kind.__dict__.get(code.co_name)
        for one in (found, getattr(found, "__func__", None)):
            if getattr(one, "__code__", None) is code:
                return one
    return None


def _is_property(owner: type, code: types.CodeType) -> bool:
    for kind in owner.__mro__:
        found = kind.__dict__.get(code.co_name)
        if found is not None:
            inner = [getattr(found, name, None) for name in _PROPERTIES]
            return not callable(found) and any(getattr(one, "__code__", None) is code for one in inner)
    return False
