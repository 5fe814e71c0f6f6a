"""Which files of tests are near a change, read from imports and names alone: nothing is run.

It only decides what is run first. A wrong guess costs time, and never makes a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from casework.agents.survey.ground import Tree
from casework.agents.survey.reading import Reading, Suspect
from casework.code.python.source import LARGEST, is_test
from casework.code.uses import uses_among

FARTHEST: Final = 6
"""Imports from a test to a module, one by way of the other; what is farther is far."""
MOST_ASKED: Final = 300
"""Changed places for which the nearest files of tests are looked up, the newest first."""
MOST_TEXT: Final = 32 * 1024 * 1024
"""Bytes of source that are read for it."""
_SLOW: Final = frozenset(("Popen", "e2e", "integration", "playwright", "selenium", "slow", "subprocess", "timeout"))
"""Words of tests that may well take long."""
_WORD: Final = re.compile(r"\w+")
_SUBJECT: Final = re.compile(r"^test_|_tests?$")
_COLLECTED: Final = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|tests)\.py$")


@dataclass(frozen=True, slots=True)
class _Said:
    """What the text of a file of tests says of what it is about."""

    subject: str
    """Its own name, without the part that says that tests are in it."""
    words: frozenset[str]


@dataclass(slots=True)
class Nearness:
    """Every file of tests, and how far each is from each changed module."""

    files: list[str] = field(default_factory=list)
    """The nearest files first, every change's nearest before any change's second nearest; in the end those far away."""
    near: int = 0
    """How many of them are near to anything."""
    ranks: dict[tuple[str, frozenset[str]], list[str]] = field(default_factory=dict)
    """By module and the names of the changed functions: the files of tests that are near, the nearest first."""

    def near_to(self, one: Suspect) -> list[str]:
        """Give the files of tests that are near one change, the nearest first; all of them where that is not known."""
        return self.ranks.get(_asked(one), self.files)


def nearness(reading: Reading, tree: Tree, suspects: Sequence[Suspect]) -> Nearness:
    """Read every file once, and put the files of tests in order."""
    texts = _texts(reading, tree)
    tests = [path for path in texts if is_test(path) and _COLLECTED.search(path)]
    used_by: dict[str, set[str]] = {}
    for path, used in _uses(texts).items():
        for other in used:
            used_by.setdefault(other, set()).add(path)
    said = {path: _said(path, texts[path]) for path in tests}
    found = Nearness()
    distances: dict[str, dict[str, int]] = {}
    for one in sorted(suspects, key=lambda one: (one.age, one.path, one.line)):
        if _asked(one) not in found.ranks and len(found.ranks) < MOST_ASKED:
            far = distances.setdefault(one.path, _distances(one.path, used_by))
            found.ranks[_asked(one)] = _ranked(one, said, far)
    order = dict.fromkeys(_by_turns(list(found.ranks.values())))
    found.near = len(order)
    found.files = [*order, *sorted(set(tests) - set(order))]
    return found


def _said(path: str, text: str) -> _Said:
    return _Said(_plain(_SUBJECT.sub("", PurePosixPath(path).stem)), frozenset(_WORD.findall(text)))


def _asked(one: Suspect) -> tuple[str, frozenset[str]]:
    return one.path, frozenset(function.name for function in one.code.inside)


def _texts(reading: Reading, tree: Tree) -> dict[str, str]:
    found, room = {}, MOST_TEXT
    for path in sorted(reading.files, key=lambda path: (path not in reading.sources, not is_test(path), path)):
        data = tree.read(path)
        if data is not None and len(data) <= min(LARGEST, room):
            room -= len(data)
            found[path] = data.decode("utf-8", "replace")
    return found


def _uses(texts: Mapping[str, str]) -> dict[str, set[str]]:
    """Give which files each uses; a test uses the `conftest.py` of every folder above it too."""
    found = uses_among(texts)
    for path in texts:
        if is_test(path):
            above = (str(folder / "conftest.py") for folder in PurePosixPath(path).parents)
            found.setdefault(path, set()).update(one for one in above if one in texts and one != path)
    return found


def _distances(path: str, used_by: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Give how many imports lie between a module and each file that reaches it."""
    found = {path: 0}
    edge = [path]
    for distance in range(1, FARTHEST + 1):
        edge = sorted({user for one in edge for user in used_by.get(one, ()) if user not in found})
        found.update(dict.fromkeys(edge, distance))
    return found


def _ranked(one: Suspect, tests: Mapping[str, _Said], far: Mapping[str, int]) -> list[str]:
    """Order the files of tests that reach the module or name what changed, the nearest first."""
    stem = _plain(one.module.name.rpartition(".")[2])
    names = {function.name for function in one.code.inside if not function.name.startswith("__")}

    def score(path: str) -> int:
        is_named = not names.isdisjoint(tests[path].words)
        is_slow = not _SLOW.isdisjoint(tests[path].words)
        return far.get(path, FARTHEST) - 3 * (tests[path].subject == stem) - 2 * is_named + 2 * is_slow

    near = [path for path, said in tests.items() if path in far or not names.isdisjoint(said.words)]
    return sorted(near, key=lambda path: (score(path), path))


def _plain(name: str) -> str:
    return name.strip("_").lower()


def _by_turns(lists: Collection[list[str]]) -> Iterator[str]:
    for turn in range(max(map(len, lists), default=0)):
        for one in lists:
            yield from one[turn : turn + 1]
