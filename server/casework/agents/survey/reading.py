"""The order as a survey works on it: which hunks are code, which are left out and why, and what may be imported."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casework.agents.survey.ground import Budget, Tree
from casework.code.python.hunks import CodeHunk, LeftOut, Place, read_hunk
from casework.code.python.source import Module, Source, is_aside, is_python, is_test, module_of, read_source
from casework.domain.ids import HunkId
from casework.domain.repopath import unquote
from casework.domain.survey import HunkMark
from casework.ports.survey import FileBefore, HunkPlace, SurveyOrder

READ_SHARE: Final = 0.4
"""Of the budget, within which the change is read; what is not read by then is not looked at."""


@dataclass(slots=True)
class Suspect:
    """One hunk of code that is to be taken back alone."""

    id: HunkId
    path: str
    line: int
    module: Module
    code: CodeHunk
    age: int
    messages: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()
    """The lines of the functions it lies in; empty where an import runs it."""
    reach: list[str] = field(default_factory=list)
    everywhere: bool = False
    """Whether every test may see it."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.path}:{self.line}"


@dataclass(slots=True)
class Reading:
    """What there is to survey."""

    suspects: list[Suspect] = field(default_factory=list)
    left_out: list[HunkMark] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    """The head's text of each file with a suspect."""
    files: frozenset[str] = frozenset()
    """Every Python file of the tree."""

    @property
    def modules(self) -> dict[str, str]:
        """Where each module with a suspect lies."""
        return {one.module.name: one.path for one in self.suspects}

    @property
    def roots(self) -> list[str]:
        """The folders that modules are imported from, the usual ones first."""
        return sorted({one.module.root for one in self.suspects})

    def tests(self) -> list[str]:
        """Give the files that look like tests."""
        return sorted(path for path in self.files if is_test(path))


def read_order(order: SurveyOrder, tree: Tree, budget: Budget) -> Reading:
    """Read every hunk of the order, the newest first, as far as the budget's share for it goes; nothing is run."""
    found = Reading(files=frozenset(_python_files(tree.top)))
    for file in sorted(order.files, key=lambda file: file.age):
        path = unquote(file.path).decode("utf-8", "surrogateescape")
        if budget.left(READ_SHARE) <= 0:
            found.left_out += [_left(hunk.id, "the budget was spent", final=False) for hunk in file.hunks]
            continue
        why = _whole_file(file, path)
        module = module_of(path, found.files)
        if not why and module is None:
            why = "no module that could be imported by name"
        if why or module is None:
            found.left_out += [_left(hunk.id, why) for hunk in file.hunks]
            continue
        _read_file(file, path, module, tree, found)
    return found


def written_of(order: SurveyOrder) -> dict[str, bytes]:
    """Give what a build wrote beside the sources, by path."""
    return {path: base64.b64decode(data) for path, data in order.written}


def _python_files(top: Path) -> Iterator[str]:
    for path in top.rglob("*.py"):
        yield str(path.relative_to(top))


def _whole_file(file: FileBefore, path: str) -> str:
    """Say why nothing of a file is looked at; empty where something may be."""
    if not is_python(path):
        return "not Python"
    if is_test(path):
        return "a test"
    if is_aside(path):
        return "not part of what is tested"
    if file.status == "added":
        return "a new file, which can't be taken back alone"
    if file.status == "deleted":
        return "a deleted file"
    if file.old is None:
        return "not read, since it is larger than 1 MiB or no file"
    return ""


def _left(hunk: HunkId, why: str, *, final: bool = True) -> HunkMark:
    return HunkMark(hunk=hunk, guard="not_looked_at", why=why, final=final)


def _read_file(file: FileBefore, path: str, module: Module, tree: Tree, found: Reading) -> None:
    new, old = tree.read(path), base64.b64decode(file.old or "")
    if new is None:
        found.left_out += [_left(hunk.id, "no file") for hunk in file.hunks]
        return
    for hunk in file.hunks:
        code = read_hunk(old, new, Place(hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines))
        if isinstance(code, LeftOut):
            found.left_out.append(_left(hunk.id, code.why))
            continue
        if path not in found.sources:
            source = read_source(new)
            assert isinstance(source, Source), "its hunks were read"
            found.sources[path] = source
        found.suspects.append(_suspect(file, hunk, path, module, code))


def _suspect(file: FileBefore, hunk: HunkPlace, path: str, module: Module, code: CodeHunk) -> Suspect:
    spans = tuple((one.first_line, one.last_line) for one in code.inside)
    line = code.lines[0] if code.lines else hunk.new_start
    return Suspect(hunk.id, path, line, module, code, file.age, file.messages, spans)
