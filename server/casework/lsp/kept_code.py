"""The methods that attrs makes for lsprotocol's records, kept compiled between starts, as Python keeps modules.

attrs writes and compiles the methods of some 550 records at every import, which is two fifths of a start. The code is
kept in the `__pycache__` beside lsprotocol's own and under the same rights, each piece under the hash of its text, so
that none is ever taken for another. Where it can't be kept or read, everything is compiled as always.
"""

from __future__ import annotations

import importlib
import importlib.util
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import CodeType
from typing import Final

Kept = dict[bytes, CodeType]
"""Code by the hash of what `compile` was given, as Python takes it of a module's text."""

_MAGIC: Final = importlib.util.MAGIC_NUMBER
"""Changes whenever Python's compiled code does."""


def place() -> str:
    """Give the file for lsprotocol; empty where Python keeps no compiled modules."""
    spec = importlib.util.find_spec("lsprotocol.types")
    return f"{spec.cached}.attrs" if spec is not None and spec.cached and not sys.dont_write_bytecode else ""


@contextmanager
def keeping(file: str) -> Iterator[None]:
    """Take from `file` what attrs would compile meanwhile; what was not there will be. Nothing without a file."""
    kept, made = _read(file) if file else Kept(), Kept()
    known = len(kept)

    def compiled(script: str, name: str, mode: str) -> CodeType:
        key = importlib.util.source_hash(f"{mode} {name} {script}".encode())
        code = kept.pop(key, None)  # let go of at once, so that what is loaded next gets its memory
        if code is None:
            code = made[key] = compile(script, name, mode)
        return code

    module = vars(importlib.import_module("attr._make"))
    module["compile"] = compiled  # stands before the built-in one there, and nowhere else
    try:
        yield
    finally:
        del module["compile"]
    if file and len(made) > known // 8:  # a few texts hold names in the order of a set, which is another at each start
        _write(file, Kept() if known else made)  # of another version: the next start begins anew


def _read(file: str) -> Kept:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - before `initialize` pathlib's way costs too
            is_ours = stream.read(len(_MAGIC)) == _MAGIC
            known = marshal.loads(stream.read()) if is_ours else None  # noqa: S302 - trusted as the modules beside it
    except (OSError, EOFError, ValueError, TypeError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: str, made: Kept) -> None:
    beside = f"{file}.{os.getpid()}"
    try:
        with open(beside, "wb") as stream:  # noqa: PTH123
            stream.write(_MAGIC + marshal.dumps(made))
        os.replace(beside, file)  # noqa: PTH105
    except OSError:
        with suppress(OSError):
            os.unlink(beside)  # noqa: PTH108
