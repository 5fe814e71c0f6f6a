"""What a run sees of the world: the boxes of its worker and of its tools, described for the sandbox.

The worktree stands at the path of the user's own work tree, with the project's environment read-only where it is; so
what was installed as editable leads to the worktree. Nothing else of the user's tree is there. Git can be read: the
worktree's `.git` is a repository of its own without remotes, hooks and settings of the user's, and the objects it
borrows are read-only beside it. Not here: boxes of checks (`checks/`), whether anything may run (the gate).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from casework.code.project.environment import Environment, find_environment
from casework.domain.actions import Grants
from casework.domain.protected import TABLE
from casework.ports.sandbox import OURS, STRAIGHT, WAY_OUT, Box, Limits, Place, SandboxFacts, place
from casework.ports.workspace import Identity

VARIABLES: Final = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""What of the daemon's environment is handed on: nothing that holds a secret, a display, a socket or a repository."""
SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"

_OBJECTS: Final = f"{OURS}/objects"
_QUIET: Final = {"PYTHONDONTWRITEBYTECODE": "1"}
"""What a project forgot to ignore is not to stand in the change: what Python compiles would."""
_GIT: Final = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": _OBJECTS,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


def worker_box(worktree: str, facts: SandboxFacts) -> Box:
    """Give the box of a worker that itself writes to the worktree: our Python, the worktree, nothing of the project.

    Where protection would take away the top of the worktree as well, such a worker goes without: it runs no programs.
    """
    return Box(
        places=(*_our_python(), place(worktree, writable=True)),
        cwd=worktree,
        protected=protected_paths(worktree) if facts.moves_places else (),
        environment=_variables(),
    )


def model_box(socket: str) -> Box:
    """Give the box of what talks to a model: our Python and a way out to it; no worktree, nothing of any project."""
    environment = {**_variables(), WAY_OUT: STRAIGHT}
    return Box(places=tuple(_our_python()), cwd="/", environment=environment, socket=socket, straight=True)


def run_box(
    identity: Identity,
    facts: SandboxFacts,
    top: str,
    worktree: str,
    *,
    grants: Grants | None = None,
    socket: str = "",
    limits: Limits | None = None,
) -> Box:
    """Give the box of a run's tools. Reads a few files.

    `top` is the user's work tree, empty for the one of `identity`; `grants` is by what the box is wider, `socket` the
    way out of it.
    """
    grants = grants or Grants()
    top = top or identity.top
    moves = facts.moves_places and not identity.bare
    at = top if moves else worktree
    environment = find_environment(top)
    granted = [str(PurePosixPath(at) / path) for path in grants.writable]
    inside = [path for path in granted if PurePosixPath(path).is_relative_to(at)]
    _clear_placeholders(worktree, at, inside)
    places = [
        *_our_python(),
        place(worktree, writable=True, at=at if moves else ""),
        *(place(path) for path in environment.read_only),
        *(place(path) for path in grants.readable),
        *(place(path, writable=True) for path in granted if path not in inside),
    ]
    git: Mapping[str, str] = {}
    if moves:
        places.append(place(f"{identity.common_dir}/objects", at=_OBJECTS))
        git = _GIT
    return Box(
        places=tuple(places),
        cwd=at,
        protected=protected_paths(at, inside),
        environment={**_variables(), **_QUIET, **git, **_paths_of(environment)},
        socket=socket,
        limits=limits or Limits(),
    )


def survey_box(worktree: str, facts: SandboxFacts, places: Iterable[str]) -> Box:
    """Give the box of a survey's worker: as a worker's, and the project's environment read-only where it is.

    What it measures it measures in copies in its private temporary folder.
    """
    box = worker_box(worktree, facts)
    return box.model_copy(update={"places": (*box.places, *(place(path) for path in places))})


def protected_paths(at: str, granted: Iterable[str] = ()) -> tuple[str, ...]:
    """Give what is read-only in a worktree that stands at `at`, but for what the human let through."""
    let = [PurePosixPath(path) for path in granted]
    wanted = (PurePosixPath(at) / one.path for one in TABLE)
    return tuple(str(path) for path in wanted if not any(one.is_relative_to(path) for one in let))


def _clear_placeholders(worktree: str, at: str, granted: Iterable[str]) -> None:
    """Remove the empty folder that stands where the human lets a file be made."""
    for path in granted:
        with suppress(OSError, ValueError):
            (Path(worktree) / PurePosixPath(path).relative_to(at)).rmdir()


def _our_python() -> list[Place]:
    """What a process of ours needs: the interpreter, its libraries, and this package."""
    found = dict.fromkeys((sys.base_prefix, sys.prefix, str(Path(__file__).parents[1])))
    return [place(path) for path in found if path not in ("/", "/usr")]


def _variables() -> dict[str, str]:
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def _paths_of(environment: Environment) -> dict[str, str]:
    found: dict[str, str] = {}
    path = SYSTEM_PATH
    if environment.python is not None:
        path = f"{Path(environment.python.interpreter).parent}:{path}"
        found["VIRTUAL_ENV"] = environment.python.root
    if environment.node_modules:
        path = f"{path}:{environment.node_modules[0]}/.bin"
    return {**found, "PATH": path}
