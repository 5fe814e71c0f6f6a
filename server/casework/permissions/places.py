"""Where a path leads: into the worktree, to something its box protects, to what is never opened, or elsewhere.

Paths are compared by their components after every link on the way was followed, never by how they begin.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from casework.domain.protected import protection_of
from casework.domain.redaction import redact
from casework.ports.permissions import Never, Scene

_SYSTEM: Final = tuple(map(PurePosixPath, ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")))
"""Programs and libraries: every box has them, read-only."""
_OWN: Final = tuple(map(PurePosixPath, ("/tmp", "/var/tmp")))  # noqa: S108 - the names inside, of each box's own folder
"""What every box has of its own."""
_NOT_FILES: Final = tuple(map(PurePosixPath, ("/proc", "/sys", "/dev", "/run", "/var/run", "/boot")))
_GITS: Final = ".git"
_LONGEST: Final = 1000
"""Characters of a path that is asked about."""

_MOST_ENTRIES: Final = 10_000

Kind = Literal["inside", "protected", "outside"]


@dataclass(frozen=True, slots=True)
class Led:
    """Where a path leads."""

    kind: Kind
    path: str
    """Relative to the worktree's top where it lies in it, else absolute; links are followed."""
    opened: str = ""
    """Of what is protected: the whole of what a box has to open for it, `.vscode` for a file in it."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What no answer opens, for any repository."""

    ours: tuple[str, ...]
    """Folders of Casework: state, settings, socket."""
    home: str


def lead(path: str, scene: Scene, closed: Closed, *, writing: bool) -> Led | Never:
    """Follow a path. Blocks: looks at the disk."""
    if not path.isprintable() or len(path) > _LONGEST or redact(path) != path:
        return Never("Its path can't be shown as it is, so nobody can be asked about it.")
    wanted = PurePosixPath(path)
    below = wanted if not wanted.is_absolute() else _below(wanted, (scene.worktree, *scene.tops))
    if below is not None:
        return _in_worktree(below, scene)
    real = PurePosixPath(os.path.realpath(path))
    if not writing and _under(real, _SYSTEM):
        return Led("inside", str(real))
    if _under(wanted, _OWN) and ".." not in wanted.parts:
        return Led("inside", str(wanted))
    why = _never(real, scene, closed) or (_holds_too_much(real) if writing else "")
    return Never(why) if why else Led("outside", str(real))


def _below(wanted: PurePosixPath, tops: tuple[str, ...]) -> PurePosixPath | None:
    for top in tops:
        if top and wanted.is_relative_to(top):
            return wanted.relative_to(top)
    return None


def _in_worktree(below: PurePosixPath, scene: Scene) -> Led | Never:
    """A path in the worktree, followed as its box follows it: what leads out of it is not there."""
    worktree = os.path.realpath(scene.worktree)
    real = PurePosixPath(os.path.realpath(PurePosixPath(worktree, below)))
    if not real.is_relative_to(worktree):
        return Never(f"{below} leads out of the worktree; name the place itself if it is wanted.")
    inside = real.relative_to(worktree)
    protections = [found for one in (below, inside) if (found := protection_of(str(one))) is not None]
    if any(found.path == _GITS for found in protections):
        return Never(f"{below} is one of git's own files: what stands there is run or obeyed outside of every box.")
    if not protections:
        return Led("inside", str(inside))
    whole = [part for part in (*reversed(inside.parents), inside) if protection_of(str(part)) is not None]
    if not whole:
        return Never(f"{below} is protected and leads to another place; name that place itself if it is wanted.")
    return Led("protected", str(inside), opened=str(whole[0]))


def _is_gits(path: PurePosixPath) -> bool:
    return any(found is not None and found.path == _GITS for found in map(protection_of, path.parts))


def _never(real: PurePosixPath, scene: Scene, closed: Closed) -> str:
    home = PurePosixPath(os.path.realpath(closed.home))
    ours = tuple(PurePosixPath(os.path.realpath(one)) for one in closed.ours if one)
    git = PurePosixPath(os.path.realpath(scene.common_dir))
    if _is_gits(real) or _touch(real, git):
        return f"{real} belongs to git: what stands there is run or obeyed outside of every box."
    if any(_touch(real, one) for one in ours):
        return f"{real} is Casework's own: nothing that an agent runs may see or change it."
    if _under(real, _NOT_FILES) or len(real.parts) <= 2:
        return f"{real} is no file of anybody's, and opening it would open the machine."
    if home.is_relative_to(real):
        return f"{real} holds your whole home directory; name the file in it that is wanted."
    if real.is_relative_to(home) and real.relative_to(home).parts[0].startswith("."):
        return f"{real} lies where your settings and secrets are, and is never opened to an agent."
    if _under(real, (PurePosixPath("/etc"),)):
        return f"{real} is a setting of the machine, and is never opened to an agent."
    return ""


def _holds_too_much(real: PurePosixPath) -> str:
    """Of a folder outside that is to be written: what lies in it may be run by somebody later."""
    seen = 0
    for above, folders, names in os.walk(real):
        for name in (*folders, *names):
            seen += 1
            if seen > _MOST_ENTRIES:
                return f"{real} holds more than {_MOST_ENTRIES} files; name the folder or file in it that is wanted."
            if (found := protection_of(name)) is not None:
                return f"{above}/{name} lies in it, and {found.why}; name the folder or file that is wanted."
    return ""


def _touch(one: PurePosixPath, other: PurePosixPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _under(path: PurePosixPath, tops: tuple[PurePosixPath, ...]) -> bool:
    return any(path.is_relative_to(top) for top in tops)
