"""Marks of repositories that are open, or have work under way: one empty file each in the state directory."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

_NAME: Final = "unfinished"


class UnfinishedFiles:
    """The marks below `root`, beside each repository's journal."""

    def __init__(self, root: Path) -> None:
        self._root = root / "repositories"
        self._known: dict[str, bool] = {}

    def mark(self, repository: str, *, unfinished: bool) -> None:
        """Set or clear the mark; a disk that fails is logged, since the journal has the truth."""
        if self._known.get(repository) == unfinished:
            return
        path = self._root / repository / _NAME
        try:
            if unfinished:
                path.touch(mode=0o600)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s could not be marked: %s", path, error.strerror)
            return
        self._known[repository] = unfinished

    def names(self) -> list[str]:
        """Give the marked repositories' ids, in order."""
        return sorted(path.parent.name for path in self._root.glob(f"*/{_NAME}"))
