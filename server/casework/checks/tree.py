"""The files of the tree under test as they are before anything runs, and which modules of Python are its own."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from casework.domain.deciding import is_test_code

_MOST_FILES: Final = 50_000
_ROOTS: Final = ("", "src", "lib", "python")
"""Folders whose modules are imported by their bare name."""
_NOT_CODE: Final = frozenset(
    {"tests", "test", "testing", "docs", "doc", "examples", "conftest.py", "setup.py", "noxfile.py"}
)
_DEEPEST: Final = 12


@dataclass(frozen=True, slots=True)
class TreeFiles:
    """Python files of one tree."""

    hashes: Mapping[str, str]
    """SHA-256 of each, by its relative path."""
    own: Mapping[str, str]
    """Relative paths of the project's own modules, by the path they are imported under: `pay/charge.py`."""

    def twin(self, path: str) -> str:
        """Name the tree's own file for the module that was loaded from another place; empty where it is none of ours.

        `path` is absolute. A module of a package inside another package is not ours: `requests/utils.py` is no twin of
        a project's `utils.py`.
        """
        parts = PurePosixPath(path).parts
        for length in range(1, min(len(parts), _DEEPEST)):
            found = self.own.get("/".join(parts[-length:]))
            if found is not None and not os.path.exists(os.path.join(*parts[:-length], "__init__.py")):  # noqa: PTH110, PTH118
                return found
        return ""


def tree_files(folder: str) -> TreeFiles:
    """Read what lies in a throw-away folder; costs what its Python files weigh."""
    hashes = {name: _hash(Path(folder) / name) for name in _python_files(folder)}
    return TreeFiles(hashes, {_imported_as(name, hashes): name for name in hashes if _is_own(name, hashes)})


def _python_files(folder: str) -> Iterator[str]:
    count = 0
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in (".git", "node_modules"))
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(above, name), folder)  # noqa: PTH118
                count += 1
                if count == _MOST_FILES:
                    return


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _imported_as(name: str, known: Mapping[str, str]) -> str:
    path = PurePosixPath(name)
    top = path.parent
    while str(top) != "." and f"{top}/__init__.py" in known:
        top = top.parent
    return str(path.relative_to(top))


def _is_own(name: str, known: Mapping[str, str]) -> bool:
    path = PurePosixPath(name)
    if is_test_code(name) or not _NOT_CODE.isdisjoint(path.parts):
        return False
    imported = PurePosixPath(_imported_as(name, known))
    if imported.parts[0].removesuffix(".py") in sys.stdlib_module_names:
        return False
    return len(imported.parts) > 1 or str(path.parent) in (".", *_ROOTS)
