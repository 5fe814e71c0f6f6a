"""The daemon's log: rotated, for the user's eyes only, redacted; and what it writes when it dies of a mistake."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final

LOG_NAME: Final = "daemon.log"
CRASH_NAME: Final = "crash.log"
_BYTES: Final = 2 * 1024 * 1024
_KEPT: Final = 4
_CRASH_BYTES: Final = 256 * 1024

Redact = Callable[[str], str]


class _RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that neither arguments nor tracebacks get by."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.redact: Redact = str

    def format(self, record: logging.LogRecord) -> str:
        return self.redact(super().format(record))


_FORMATTER: Final = _RedactingFormatter()


def configure_logs(directory: Path) -> Path:
    """Log to `daemon.log` in `directory`, which exists; gives its path. Raises `OSError`.

    pygls' own chatter would hold every message, and stays out below warnings.
    """
    path = directory / LOG_NAME
    handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(_FORMATTER)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(os.environ.get("CASEWORK_LOG", "INFO").upper() if _is_level() else "INFO")
    logging.getLogger("pygls").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.raiseExceptions = False
    return path


def set_redaction(redact: Redact) -> None:
    """Pass every line of the log and of the crash log through `redact` from now on."""
    _FORMATTER.redact = redact


def watch_for_crashes(directory: Path) -> None:
    """Keep what a fatal error or an uncaught exception leaves in `crash.log`, which stays open."""
    path = directory / CRASH_NAME
    if path.exists() and path.stat().st_size > _CRASH_BYTES:
        path.replace(path.with_suffix(".log.1"))
    keeper = path.open("a", encoding="utf-8", errors="backslashreplace")
    faulthandler.enable(keeper)

    def keep(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        keeper.write(f"{datetime.now(UTC).isoformat()} pid {os.getpid()}\n{_FORMATTER.redact(text)}\n")
        keeper.flush()
        logging.getLogger(__name__).critical("the daemon crashed", exc_info=error)

    sys.excepthook = keep


def _is_level() -> bool:
    return os.environ.get("CASEWORK_LOG", "").upper() in logging.getLevelNamesMapping()
