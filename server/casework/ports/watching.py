"""Telling what moves in a work tree: files, HEAD and branches, the index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PathsMoved:
    """Files were written, made, removed or renamed; in the form of `repopath.quote`. A folder stands for all below."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """HEAD or a branch may point elsewhere."""


@dataclass(frozen=True, slots=True)
class IndexMoved:
    """Something was staged, unstaged or refreshed."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Anything may have moved: a burst, or events that may have been missed."""


@dataclass(frozen=True, slots=True)
class NowPolling:
    """The system tells no events for some folders; they are looked at every two seconds."""

    sentence: str


Moved = PathsMoved | HeadMoved | IndexMoved | LookAgain | NowPolling


class Watching(Protocol):
    """Watches work trees."""

    def watch(self, top: str) -> AbstractAsyncContextManager[AsyncIterator[Moved]]:
        """Watch a work tree from entering to leaving, which waits until nothing of it runs any more.

        What came together and was not yet taken is told once; no change is lost, at worst it becomes `LookAgain`.

        Raises:
            Refused: there is no repository at `top` any more.
        """
        ...
