"""A real Emacs for the tests, with the eglot that comes with it: unpacked into `.cache/editors/emacs`.

Nothing is installed. Emacs looks for its Lisp below `/usr`, so that a script tells it where everything lies.

    python -m tests.editors.provision.emacs      prints the path of the editor
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Final

from tests.editors.provision.debian import EDITORS, CannotProvide, alone, unpack, use_own_libraries

CACHE: Final = EDITORS / "emacs"


@functools.cache
def emacs() -> Path:
    """Give an Emacs, unpacking one if there is none.

    Raises:
        CannotProvide: none can be fetched here.
    """
    run = CACHE / "run"
    with alone(CACHE):
        if not run.exists():
            unpack(CACHE, "emacs-nox", "patchelf")
            binary = CACHE / "usr/bin/emacs-nox"
            use_own_libraries(CACHE, binary)
            start = CACHE / "run.new"
            start.write_text(_script(binary))
            start.chmod(0o755)
            start.rename(run)
    return run


def _script(binary: Path) -> str:
    share = next(CACHE.glob("usr/share/emacs/[0-9]*"))
    dump = next(CACHE.glob("usr/libexec/emacs/*/*/emacs-*.pdmp"))
    lisp = share / "lisp"
    folders = [lisp, *(found for found in sorted(lisp.iterdir()) if found.is_dir() and found.name != "obsolete")]
    places = {
        "EMACSLOADPATH": ":".join(map(str, folders)),
        "EMACSDATA": f"{share}/etc",
        "EMACSDOC": f"{share}/etc",
        "EMACSPATH": str(dump.parent),
    }
    exports = "".join(f'export {name}="{value}"\n' for name, value in places.items())
    return f'#!/bin/sh\n{exports}exec "{binary}" --dump-file="{dump}" "$@"\n'


if __name__ == "__main__":
    try:
        print(emacs())
    except CannotProvide as problem:
        sys.exit(str(problem))
