"""A file of Python as bytes, text and tree; what a path says about it; which module it is."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

LARGEST: Final = 1024 * 1024
"""Bytes of a file that is read; what is larger is data, or generated."""
_TEST: Final = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
_ASIDE: Final = re.compile(
    r"(^|/)(docs?|doc|examples?|benchmarks?|bench|scripts?|tools?|\.[^/]+)/|(^|/)(setup|noxfile|tasks|conf|_version|fabfile)\.py$"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One readable file of Python."""

    text: str
    tree: ast.Module

    @property
    def lines(self) -> list[str]:
        """Its lines, as git counts them."""
        return self.text.split("\n")


def read_source(data: bytes) -> Source | str:
    """Parse a file, or say in a few words why it can't be."""
    if len(data) > LARGEST:
        return "larger than 1 MiB"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return "not text in the encoding it names"
    tree = parse(text)
    return Source(text, tree) if tree is not None else "not Python that can be parsed"


def parse(text: str) -> ast.Module | None:
    """Parse, quietly; None where it can't be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's file is not our warning
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_python(path: str) -> bool:
    """Tell by its name."""
    return path.endswith(".py")


def is_test(path: str) -> bool:
    """Tell by its name whether tests stand in it, or what they lean on."""
    return _TEST.search(path) is not None


def is_aside(path: str) -> bool:
    """Tell by its name whether it builds, documents or measures the project, and is no part of it."""
    return _ASIDE.search(path) is not None


@dataclass(frozen=True, slots=True)
class Module:
    """Where a file is imported from."""

    root: str
    """The folder on `sys.path`, relative to the top; empty for the top."""
    name: str


def module_of(path: str, files: Collection[str]) -> Module | None:
    """Give the module a path is; packages reach up as far as there are `__init__.py`. None for what has no such name.

    A package without `__init__.py` (PEP 420) is not seen as one.
    """
    here = PurePosixPath(path)
    names = [here.stem] if here.name != "__init__.py" else []
    folder = here.parent
    while folder.name and str(folder / "__init__.py") in files:
        names.insert(0, folder.name)
        folder = folder.parent
    if not names or not all(name.isidentifier() for name in names):
        return None
    return Module("" if str(folder) == "." else str(folder), ".".join(names))
