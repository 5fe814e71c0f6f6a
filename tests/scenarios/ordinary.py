"""Becoming an ordinary user: what a command line begins with so that root's rights prove nothing.

Where the interpreter, the environment or the source lie below a folder that others may not enter (a home of root's),
the command gets a view of the disk of its own in which only these lie there.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_USER: Final = 65534

_OPEN_UP: Final = """
set -e
hold=$1 closed=$2; shift 2
mount -t tmpfs -o mode=755 hold "$hold"
n=0
for place in $PLACES; do n=$((n+1)); mkdir "$hold/$n"; mount --bind "$place" "$hold/$n"; done
for folder in $closed; do mount -t tmpfs -o mode=755 closed "$folder"; done
n=0
for place in $PLACES; do n=$((n+1)); mkdir -p "$place"; mount --bind "$hold/$n" "$place"; done
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class User:
    """Who acts in a story."""

    id: int
    begins: tuple[str, ...] = ()
    """What a command line begins with."""
    why_not: str = ""
    """Why it is not an ordinary user."""

    @property
    def name(self) -> str:
        """The login name."""
        try:
            return pwd.getpwuid(self.id).pw_name
        except KeyError:
            return str(self.id)

    def give(self, *folders: Path) -> None:
        """Make folders, with all in them, this user's."""
        if self.id == os.geteuid():
            return
        for folder in folders:
            for above, below, files in os.walk(folder):
                for path in [Path(above), *(Path(above, name) for name in (*below, *files))]:
                    os.chown(path, self.id, self.id, follow_symlinks=False)


@functools.cache
def ordinary_user() -> User:
    """Give an ordinary user; where that can't be, the one we are, and why."""
    if os.geteuid() != 0:
        return User(os.geteuid())
    if shutil.which("setpriv") is None:
        return User(0, why_not="there is no setpriv (util-linux) to become an ordinary user with")
    become = ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "--inh-caps=-all", "--")
    begins = (*_opened_up(), *become)
    found = subprocess.run(
        [*begins, sys.executable, "-c", "import casework, os; assert os.getuid() != 0"],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip
    if found.returncode != 0:
        return User(0, why_not=f"an ordinary user can't start {sys.executable} here: {found.stderr.strip()[-300:]}")
    return User(_USER, begins)


def _opened_up() -> tuple[str, ...]:
    places = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), ROOT.resolve()}
    closed = {folder for place in places for folder in _closed_above(place)}
    if not closed:
        return ()
    below = " ".join(str(place) for place in places if any(place.is_relative_to(folder) for folder in closed))
    view = ("unshare", "--mount", "--propagation=private", "sh", "-c", _OPEN_UP, "sh")
    return ("env", f"PLACES={below}", *view, "/mnt", " ".join(map(str, closed)))


def _closed_above(place: Path) -> Iterator[Path]:
    """Give the uppermost folder on the way that others may not enter."""
    for folder in reversed([place, *place.parents]):
        if not folder.stat().st_mode & 0o001:
            yield folder
            return
