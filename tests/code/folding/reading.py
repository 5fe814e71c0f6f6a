"""Changes as they are read, made of two sets of files in memory."""

from __future__ import annotations

from collections.abc import Mapping

from casework.core.reading import read_change
from casework.domain.change import Change
from tests.fakes.workspace import MemoryRepositories


def read(base: Mapping[str, str | bytes], head: Mapping[str, str | bytes]) -> Change:
    """Give the change from one set of files to the other, ready to be read."""
    workspace = MemoryRepositories().add()
    before = workspace.commit("base", {path: _bytes(text) for path, text in base.items()})
    gone: dict[str, bytes | None] = dict.fromkeys(base.keys() - head.keys())
    after = workspace.commit("head", {**gone, **{path: _bytes(text) for path, text in head.items()}})
    return read_change(workspace, before, after)


def folds(base: Mapping[str, str | bytes], head: Mapping[str, str | bytes]) -> list[tuple[str, str, int]]:
    """Give each fold's kind, title, and how many hunks it has."""
    return [(fold.kind, fold.title, len(fold.hunks)) for fold in read(base, head).folds]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
