"""Getting many new files onto the disk in little more time than one: all are begun before the first is waited for.

Git's `core.fsyncMethod=batch` does the same. Where the system has no call for the beginning, only the waiting is left.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from typing import Final

_BEGIN: Final = 2
"""SYNC_FILE_RANGE_WRITE of sync_file_range(2), which Linux alone has."""


@cache
def _native() -> Callable[[int, int, int, int], int] | None:
    try:
        function = ctypes.CDLL(None, use_errno=True).sync_file_range
    except (AttributeError, OSError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    function.restype = ctypes.c_int
    found: Callable[[int, int, int, int], int] = function
    return found


def begin(handle: int) -> None:
    """Have a file's bytes written, without waiting; only a hint, whatever comes of it."""
    function = _native()
    if function is not None:
        function(handle, 0, 0, _BEGIN)


STEPS: Final[tuple[Callable[[int], None], ...]] = (begin, os.fsync)
"""What is done to every file, one step after the other for all of them."""
