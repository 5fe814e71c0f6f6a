"""Writes a skeleton: one case for each function that nobody covers, each failing until it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casework.code.definitions import Definition
from casework.code.skeletons.naming import case_name, class_name, file_names, free_place, import_name
from casework.code.skeletons.neighbours import Neighbours

MOST_CASES: Final = 20


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What nobody covers."""

    path: str
    functions: Sequence[Definition]
    """None where the module can't be read: then there is one case for all of it."""
    acts_at: int = 0
    """The line at which importing it does something; 0 where it does nothing."""
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A test file that nobody has written yet."""

    path: str
    text: str
    line: int
    """Where its first case begins, from 1."""
    cases: int


def write_skeleton(uncovered: Uncovered, neighbours: Neighbours, paths: Collection[str]) -> Skeleton:
    """Write it; the same for the same project. Its place is free among `paths`."""
    first = uncovered.functions[0].name if uncovered.functions else ""
    names = file_names(uncovered.path, first, suffix=neighbours.suffix)
    place = free_place(neighbours.folder, names, paths)
    imported = import_name(uncovered.path, paths, neighbours.imports)
    cases = list(_cases(uncovered, imported, neighbours))
    lines = [f'"""{_plain(_about(uncovered))}"""', "", *_head(uncovered, neighbours)]
    line = len(lines) + 1
    for at, case in enumerate(cases):
        blank = [] if at == 0 else ["", ""] if neighbours.style == "functions" else [""]
        lines += [*blank, *case]
    left = len(uncovered.functions) - len(cases)
    if left > 0:
        lines += ["", "", f"# Not here: {left} more that changed."]
    return Skeleton(place, "\n".join(lines) + "\n", line, len(cases))


def _about(uncovered: Uncovered) -> str:
    return f"What {uncovered.path} must do; each case fails until somebody writes it."


def _head(uncovered: Uncovered, neighbours: Neighbours) -> list[str]:
    match neighbours.style:
        case "functions":
            return ["import pytest", "", ""]
        case "classes":
            return ["import pytest", "", "", f"class {class_name(uncovered.path)}:"]
        case "unittest":
            return ["import unittest", "", "", f"class {class_name(uncovered.path)}(unittest.TestCase):"]


def _cases(uncovered: Uncovered, imported: str, neighbours: Neighbours) -> Iterator[list[str]]:
    seen: Counter[str] = Counter()
    is_method = neighbours.style != "functions"
    indent, given = ("    ", "self") if is_method else ("", "")
    returns = " -> None" if neighbours.typed else ""
    functions: list[Definition | None] = list(uncovered.functions[:MOST_CASES])
    for one in functions or [None]:
        name = case_name(one.name if one is not None else uncovered.path.removesuffix(".py"))
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name}_{seen[name]}"
        body = _body(uncovered, one, imported, is_unittest=neighbours.style == "unittest")
        yield [f"{indent}def {name}({given}){returns}:", *(f"{indent}    {line}".rstrip() for line in body)]


def _body(uncovered: Uncovered, one: Definition | None, imported: str, *, is_unittest: bool) -> list[str]:
    """Import what is tested, and fail; only fail, with the reason, where that can't be imported."""
    path = _plain(uncovered.path)
    fails = f'{"self" if is_unittest else "pytest"}.fail("not written yet: {_called(one) if one else path}")'
    if uncovered.unreadable:
        return [f"# {path} can't be parsed, so it is not imported here.", fails]
    if uncovered.acts_at:
        return [
            f"# Importing {path} does something (line {uncovered.acts_at}), so it is not imported here.",
            fails,
        ]
    if not imported:
        return [f"# {path} has no name that an import can say, so it is not imported here.", fails]
    if one is None:
        return [f"import {imported}", "", fails]
    top = one.name.partition(".")[0]
    there = f"self.assertTrue(callable({top}))" if is_unittest else f"assert callable({top})"
    return [f"from {imported} import {top}", "", there, fails]


def _called(one: Definition) -> str:
    """How a function is called, in at most 60 characters."""
    owner = one.name.rpartition(".")[0]
    text = _plain(f"{owner}.{one.signature}" if owner else one.signature)
    return text if len(text) <= 60 else text[:59] + "\u2026"


def _plain(text: str) -> str:
    """Give text that is not ours as one line that ends neither a comment nor a docstring."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(line.replace("\\", "/").replace('"', "'").split())
