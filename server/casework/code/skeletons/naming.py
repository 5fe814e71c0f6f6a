"""Names: how a module is imported, what its test file is called, and what a case is called."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

_LAYOUTS: Final = frozenset({"src", "lib", "python"})
"""Folders at the top that are on the path and in no name."""
_NOT_IN_NAMES: Final = re.compile(r"[^0-9a-zA-Z_]+")
_UPPER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def import_name(module: str, paths: Collection[str], imported: Collection[str]) -> str:
    """Give the name by which a module is imported; empty where it has none, because a part of it is no identifier.

    What the nearest tests import decides; then where the packages end; then the folders that are in no name.
    """
    parts = module.removesuffix(".py").split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    known = set(paths)
    first = len(parts) - 1
    while first > 0 and "/".join([*parts[:first], "__init__.py"]) in known:
        first -= 1
    if first == len(parts) - 1 and first > 0:  # no package: a folder on the path, or a namespace
        first = 1 if parts[0] in _LAYOUTS else 0
    starts = [first, *(at for at in range(len(parts)) if at != first)]
    named = next((at for at in starts if parts[at] in imported), first)
    chosen = parts[named:]
    return ".".join(chosen) if all(is_name(part) for part in chosen) else ""


def is_name(text: str) -> bool:
    """Tell whether a text can stand in an import."""
    return text.isidentifier() and not keyword.iskeyword(text)


def file_names(module: str, first_case: str, *, suffix: bool) -> Iterator[str]:
    """Give what the test file of a module may be called, the best name first, without end."""
    *above, name = module.removesuffix(".py").split("/")
    stem = _plain(above[-1] if name in ("__init__", "__main__") and above else name) or "module"
    parent = _plain(above[-1]) if above else ""
    stems = [stem, *([f"{parent}_{stem}"] if parent else []), f"{stem}_{_plain(first_case) or 'cases'}"]
    for one in dict.fromkeys(stems):
        yield _called(one, suffix=suffix)
    number = 2
    while True:
        yield _called(f"{stem}_{number}", suffix=suffix)
        number += 1


def _called(stem: str, *, suffix: bool) -> str:
    return f"{stem}_test.py" if suffix else f"test_{stem}.py"


def free_place(folder: str, names: Iterable[str], paths: Collection[str]) -> str:
    """Give the first place in a folder that is free, whatever the letters' case.

    Where neither folder is a package, pytest takes two files of one name for one module ("import file mismatch"), so
    such a name is taken too.
    """
    taken = {path.lower() for path in paths}
    packages = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == "__init__.py"}
    loose = {path.rpartition("/")[2].lower() for path in paths if path.rpartition("/")[0] not in packages}
    for name in names:
        place = f"{folder}/{name}" if folder else name
        if place.lower() not in taken and (folder in packages or name.lower() not in loose):
            return place
    raise AssertionError("there are names without end")


def case_name(function: str) -> str:
    """Give what the case of a function is called: `Cart.addItem` is tested by `test_cart_add_item`."""
    return "test_" + (_plain(function) or "it")


def class_name(module: str) -> str:
    """Give what the class of a module's cases is called."""
    *above, name = module.removesuffix(".py").split("/")
    stem = above[-1] if name in ("__init__", "__main__") and above else name
    return "Test" + ("".join(word.capitalize() for word in _plain(stem).split("_")) or "Module")


def _plain(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", _UPPER.sub("_", text)).strip("_").lower()
