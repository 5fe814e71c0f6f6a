"""Drafts as files, one for each place, written beside and renamed; the name is the hash of task and place.

They are no part of the journal: what is never sent leaves no trace, and what is typed is not a fact of the work.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from casework.domain.errors import Refused
from casework.domain.half_written import HalfWritten
from casework.store.failures import file_trouble

logger = logging.getLogger(__name__)

MOST_DRAFTS: Final = 1000
"""Of one repository; far more than anybody writes at, few enough to be read at once."""
_FIELDS: Final = {"number": int, "place": str, "text": str, "line": int, "column": int, "at_us": int, "via": str}


class FileDrafts:
    """All drafts of one repository, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, draft: HalfWritten) -> None:
        """Keep it in place of what its place held, whole or not at all.

        Raises:
            Refused: there are too many of them.
            Trouble: the disk is full or read-only; what was kept before stands.
        """
        path = self._path(draft.number, draft.place)
        beside = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists() and len(self._names()) >= MOST_DRAFTS:
                raise Refused(
                    f"There are {MOST_DRAFTS} drafts in this repository, so no other one is kept: "
                    "send some, or forget them with `casework draft forget`.",
                    code="too_many_drafts",
                )
            handle = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
                json.dump(asdict(draft), file)
            beside.rename(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise file_trouble(error, path) from error

    def forget(self, number: int, place: str) -> None:
        """Forget the draft of a place; nothing where there is none.

        Raises:
            Trouble: the disk is read-only.
        """
        path = self._path(number, place)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise file_trouble(error, path) from error

    def at(self, number: int, place: str) -> HalfWritten | None:
        """Give the draft of a place, None where there is none that can be read."""
        return _read(self._path(number, place))

    def all(self) -> list[HalfWritten]:
        """Give every draft, by number and place; a file that can't be read is left where it is, and out.

        Raises:
            Trouble: the folder can't be read.
        """
        try:
            found = [_read(path) for path in self._names()]
        except OSError as error:
            raise file_trouble(error, self._folder) from error
        return sorted(filter(None, found), key=lambda one: (one.number, one.place))

    def _names(self) -> list[Path]:
        return list(self._folder.glob("*.json"))

    def _path(self, number: int, place: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{number}/{place}'.encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> HalfWritten | None:
    try:
        held: Any = json.loads(path.read_bytes())
        if isinstance(held, dict) and all(type(held.get(name)) is kind for name, kind in _FIELDS.items()):
            return HalfWritten(**{name: held[name] for name in _FIELDS})
    except FileNotFoundError:
        return None  # it was forgotten at this moment
    except (OSError, ValueError) as error:
        logger.warning("the draft %s can't be read: %s", path, error)
        return None
    logger.warning("the draft %s is not one of ours", path)
    return None
