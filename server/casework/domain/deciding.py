"""Which files of a change are tests, which are what tests test, and which decide how a check comes out.

By names and contents alone; nothing here reads a file. Rather once too often than not: a file that decides only makes
the evidence say so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from casework.domain.change import Change, FileChange
from casework.domain.ids import HunkId

_TEST_FOLDERS: Final = frozenset({"tests", "test", "__tests__"})
_TEST_ENDS: Final = ("_test", ".test", ".spec")
NOT_LOADED: Final = frozenset({"setup.py", "noxfile.py", "conftest.py", "fabfile.py", "tasks.py"})
"""Modules that no test is expected to load."""
_NOT_LOADED_BELOW: Final = frozenset({"docs", "doc", "examples", "scripts", "bench", "benchmarks", "tools"})
_DECIDE: Final = frozenset({
    "conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "tox.toml", "setup.cfg", "noxfile.py", "Makefile",
    "makefile", "GNUmakefile", "justfile", "mypy.ini", ".mypy.ini", "ruff.toml", ".ruff.toml", "pyrightconfig.json",
    "tsconfig.json", ".coveragerc", "sitecustomize.py", "usercustomize.py", ".gitlab-ci.yml", "hatch.toml",
})  # fmt: skip
_DECIDE_STARTS: Final = (
    "jest.config.", "vitest.config.", "vite.config.", ".mocharc", "playwright.config.", "eslint.config.", ".eslintrc",
)  # fmt: skip
_RUNNERS: Final = frozenset({"pytest", "_pytest", "unittest", "pluggy", "nox", "tox", "mypy", "ruff", "coverage"})
_TABLES: Final = ("tool", "build-system")
"""Of a pyproject.toml: what steers tools and builds; name, version and dependencies decide no result by themselves."""
_KEYS: Final = ("scripts", "jest", "vitest", "mocha", "ava", "type", "exports", "imports")
_OF_THE_RECORD: Final = (b"casework_record", b"CASEWORK_", b"casework_stand_ins")
MANIFESTS: Final = ("pyproject.toml", "package.json")
"""Files of which only a part decides: their contents are looked at."""


def is_test_code(name: str) -> bool:
    """Tell whether a file is of the tests and not of what they test."""
    path = PurePosixPath(name)
    return (
        path.name.startswith("test_")
        or path.stem.endswith(_TEST_ENDS)
        or path.name == "conftest.py"
        or not _TEST_FOLDERS.isdisjoint(path.parts[:-1])
    )


def sources(change: Change) -> tuple[str, ...]:
    """Name the changed modules of Python that a test has to have loaded, to say something about the change."""
    return tuple(file.path for file in change.files if _is_source(file))


def _is_source(file: FileChange) -> bool:
    path = PurePosixPath(file.path)
    return (
        path.suffix == ".py"
        and file.status != "deleted"
        and not is_test_code(file.path)
        and path.name not in NOT_LOADED
        and _NOT_LOADED_BELOW.isdisjoint(path.parts[:-1])
    )


def test_files(change: Change) -> tuple[str, ...]:
    """Name the changed modules of tests that are there with the change."""
    return tuple(
        file.path
        for file in change.files
        if file.status != "deleted" and file.path.endswith(".py") and is_test_code(file.path)
    )


def test_hunks(change: Change) -> tuple[HunkId, ...]:
    """Name everything in the change that is of the tests: what is put on the base to see them fail without the rest."""
    return tuple(hunk for file in change.files if is_test_code(file.path) for hunk in file.judged)


def deciders(change: Change, command: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, ...]:
    """Name the files of a change that decide how `command` comes out; the mappings hold `MANIFESTS` on both sides."""
    words = {word.removeprefix("./") for word in command.split()}
    return tuple(
        file.path
        for file in change.files
        if any(_decides(name, words, before, after) for name in {file.path, file.old_path or file.path})
    )


def of_the_record(after: Mapping[str, bytes]) -> tuple[str, ...]:
    """Name the files that speak of what records a check: who does that in a change has to be read first."""
    return tuple(name for name, raw in after.items() if any(word in raw for word in _OF_THE_RECORD))


def _decides(name: str, words: set[str], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    path = PurePosixPath(name)
    if path.name in MANIFESTS:
        return name not in MANIFESTS or _steers(name, before.get(name)) != _steers(name, after.get(name))
    return (
        path.name in _DECIDE
        or path.name.startswith(_DECIDE_STARTS)
        or path.suffix in (".pth", ".mk")
        or path.parts[:2] == (".github", "workflows")
        or path.parts[0].removesuffix(".py") in _RUNNERS
        or name in words
    )


def _steers(name: str, raw: bytes | None) -> object:
    """Give the part of a manifest that steers tools; what can't be read is compared as it is."""
    if raw is None:
        return None
    import tomllib  # the first board needs none

    text = raw.decode("utf-8", "replace")
    try:
        found = tomllib.loads(text) if name == "pyproject.toml" else json.loads(text)
    except (ValueError, RecursionError):
        return raw
    if not isinstance(found, dict):
        return raw
    if name == "package.json":
        return {key: found.get(key) for key in _KEYS}
    project = found.get("project")
    plugins = project.get("entry-points") if isinstance(project, dict) else None
    return {"plugins": plugins, **{key: found.get(key) for key in _TABLES}}
