"""Which of a few files use which, read from the lines that say so: imports, includes, requires.

Nothing is parsed whole and nothing is run: a wrong guess only lets somebody read two files in another order. Python's
relative imports are followed exactly; elsewhere the named path decides, by its last parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

_LONGEST_LINE: Final = 2000
_PYTHON: Final = re.compile(r"^\s*(?:from\s+(\.*)([\w.]*)\s+import\s+(\(?[^#;]*)|import\s+([^#;]+))")
_LINE: Final = re.compile(
    r"^\s*(?:#\s*include\b|(?:export|import|use|using|mod|pub\s+(?:use|mod)|package|require|require_relative|source|load|include|extern)\b"
    r"|@(?:import|use|forward)\b|.*\b(?:require|import)\s*\()|.*\bfrom\s+[\"']|^\s*\"[\w./-]+\"\s*$"
)
_QUOTED: Final = re.compile(r"[\"'<]([\w@.+/-]{1,300})[\"'>]")
_DOTTED: Final = re.compile(r"\w+(?:(?:::|\.|/|\\)\w+)*")
_PARTS: Final = re.compile(r"::|[./\\]")


def uses_among(texts: Mapping[str, str]) -> dict[str, set[str]]:
    """Give, for each path, the others of these that its text names; `texts` has the text of each path."""
    index = _Index(texts)
    found: dict[str, set[str]] = {}
    for path, text in texts.items():
        named = _python(path, text, index) if path.endswith((".py", ".pyi")) else _other(path, text, index)
        if used := {name for name in named if name != path}:
            found[path] = used
    return found


class _Index:
    """Finds files by the last parts of their paths."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._by_last: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for path in sorted(paths):
            pure = PurePosixPath(path)
            stem = pure.name.partition(".")[0]
            folder = pure.parts[:-1]
            parts = folder if stem in ("__init__", "index", "mod") and folder else (*folder, stem)
            self._by_last.setdefault(parts[-1], []).append((parts, path))

    def ending(self, parts: tuple[str, ...], *, ext: tuple[str, ...] = ()) -> Iterator[str]:
        """Give the files whose path ends with these parts, whatever their last name ends with."""
        for known, path in self._by_last.get(parts[-1], ()) if parts else ():
            if known[-len(parts) :] == parts and (not ext or path.endswith(ext)):
                yield path

    def at(self, parts: tuple[str, ...], *, ext: tuple[str, ...] = ()) -> Iterator[str]:
        """Give the files that stand at exactly this path from the top, whatever their last name ends with."""
        for known, path in self._by_last.get(parts[-1], ()) if parts else ():
            if known == parts and (not ext or path.endswith(ext)):
                yield path


def _python(path: str, text: str, index: _Index) -> Iterator[str]:
    ext = (".py", ".pyi")
    for line in _joined(text):
        found = _PYTHON.match(line)
        if found is None:
            continue
        dots, module, names, plain = found.groups()
        if plain is not None:
            for one in plain.split(","):
                yield from index.ending(_dotted(one.split()[0] if one.split() else ""), ext=ext)
            continue
        parts = _dotted(module or "")
        look = index.ending
        if dots:
            folder = PurePosixPath(path).parts[:-1]
            if len(dots) - 1 > len(folder):
                continue
            parts, look = (*folder[: len(folder) - len(dots) + 1], *parts), index.at
        inside = [word.split()[0] for word in names.strip("() \t").split(",") if word.split()]
        submodules = [one for name in inside for one in look((*parts, name), ext=ext)]
        yield from submodules or look(parts, ext=ext)


def _joined(text: str) -> Iterator[str]:
    """Give the lines, those of an import in brackets as one."""
    open_line = ""
    for line in text.split("\n"):
        short = line[:_LONGEST_LINE].partition("#")[0]
        if open_line:
            open_line += " " + short
            if ")" in short or len(open_line) > _LONGEST_LINE:
                yield open_line
                open_line = ""
        elif short.lstrip().startswith("from ") and "(" in short and ")" not in short:
            open_line = short
        else:
            yield short


def _dotted(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split(".") if part)


def _other(path: str, text: str, index: _Index) -> Iterator[str]:
    folder = PurePosixPath(path).parts[:-1]
    for line in text.split("\n"):
        if len(line) > _LONGEST_LINE or _LINE.match(line) is None:
            continue
        quoted = _QUOTED.findall(line)
        for name in quoted:
            yield from _named(name, folder, index)
        if quoted:
            continue
        for found in _DOTTED.finditer(line):
            parts = tuple(part for part in _PARTS.split(found[0]) if part)
            for size in range(len(parts), 1, -1):  # a name inside a file may follow: `use crate::pay::charge::Card`
                at = [one for start in range(size - 1) for one in index.ending(parts[start:size])]
                if at:
                    yield from at
                    break
            if line.lstrip().startswith(("mod ", "pub mod ")):
                yield from index.at((*folder, parts[-1]))


def _named(name: str, folder: tuple[str, ...], index: _Index) -> Iterator[str]:
    """Give the files that a quoted path names: from here where it says so, else by its end."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("."):
        where = list(folder)
        while parts and parts[0] == "..":
            parts.pop(0)
            if not where:
                return
            where.pop()
        yield from index.at((*where, *_stemmed(parts)))
    else:
        yield from index.ending(tuple(_stemmed(parts)))


def _stemmed(parts: list[str]) -> list[str]:
    return [*parts[:-1], parts[-1].partition(".")[0]] if parts else []
