"""What is open in editors, as far as an approval must know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class OpenDocuments(Protocol):
    """The documents of every session."""

    def unsaved(self, paths: Collection[str]) -> list[str]:
        """Tell which of these absolute paths are open somewhere with text that is not on disk."""
        ...
