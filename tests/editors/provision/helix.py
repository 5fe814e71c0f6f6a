"""A real Helix for the tests: unpacked into `.cache/editors/helix`; nothing is installed.

python -m tests.editors.provision.helix      prints the path of the editor
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Final

from tests.editors.provision.debian import EDITORS, CannotProvide, alone, unpack, use_own_libraries

CACHE: Final = EDITORS / "helix"


@functools.cache
def helix() -> Path:
    """Give a Helix, unpacking one if there is none.

    Raises:
        CannotProvide: none can be fetched here.
    """
    run, home = CACHE / "run", CACHE / "usr/lib/hx"
    with alone(CACHE):
        if not run.exists():
            unpack(CACHE, "hx", "patchelf")
            use_own_libraries(CACHE, home / "hx")
            start = CACHE / "run.new"
            start.write_text(f'#!/bin/sh\nexport HELIX_RUNTIME="{home}/runtime"\nexec "{home}/hx" "$@"\n')
            start.chmod(0o755)
            start.rename(run)
    return run


if __name__ == "__main__":
    try:
        print(helix())
    except CannotProvide as problem:
        sys.exit(str(problem))
