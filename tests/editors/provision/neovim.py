"""A real Neovim for the tests, and a font for its pictures: found on PATH, or unpacked into `.cache/editors/neovim`.

Nothing is installed. Neovim 0.12 comes, with its own C library, from the package archive that this machine's apt
already uses; so does the font. A machine without apt brings its own `nvim` (0.11 or newer).

    python -m tests.editors.provision.neovim      prints the path of the editor
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.editors.provision.debian import EDITORS, CannotProvide, alone, unpack, use_own_libraries

CACHE: Final = EDITORS / "neovim"
FLOOR: Final = (0, 11)
FONT_NAME: Final = "DejaVuSansMono.ttf"


@functools.cache
def neovim() -> Path:
    """Give a Neovim of at least `FLOOR`, unpacking one if there is none.

    Raises:
        CannotProvide: there is none and none can be fetched here.
    """
    chosen = os.environ.get("CASEWORK_TEST_NVIM") or shutil.which("nvim")
    if chosen and version(Path(chosen)) >= FLOOR:
        return Path(chosen)
    run = CACHE / "run"
    with alone(CACHE):
        if not run.exists():
            _unpack()
    return run


@functools.cache
def fonts() -> Path:
    """Give the folder of the monospace fonts that pictures are drawn with.

    Raises:
        CannotProvide: there are none and none can be fetched here.
    """
    system = Path("/usr/share/fonts/truetype/dejavu")
    if (system / FONT_NAME).exists():
        return system
    own = CACHE / "usr/share/fonts/truetype/dejavu"
    with alone(CACHE):
        if not (own / FONT_NAME).exists():
            unpack(CACHE, "fonts-dejavu-core")
    return own


def version(nvim: Path) -> tuple[int, int]:
    """Give major and minor version of `nvim`, or (0, 0) when it can't be run."""
    try:
        said = subprocess.run([nvim, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.match(r"NVIM v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _unpack() -> None:
    unpack(CACHE, "neovim", "patchelf")
    binary = CACHE / "usr/bin/nvim"
    use_own_libraries(CACHE, binary)
    start = CACHE / "run.new"
    runtime = CACHE / "usr/share/nvim/runtime"
    start.write_text(f'#!/bin/sh\nexport VIMRUNTIME="{runtime}"\nexec "{binary}" "$@"\n')
    start.chmod(0o755)
    if version(start) < FLOOR:
        raise CannotProvide(f"The Neovim unpacked into {CACHE} does not run; remove that folder and try again.")
    start.rename(CACHE / "run")


if __name__ == "__main__":
    try:
        print(neovim(), fonts(), sep="\n")
    except CannotProvide as problem:
        sys.exit(str(problem))
