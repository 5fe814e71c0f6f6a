"""The environment a project is run with, found from files alone: nothing is executed to find it.

Python: a virtual environment beside the sources (PEP 405), where venv, virtualenv, uv, Poetry (`in-project`), PDM and
Hatch put one, or a conda or pixi environment in the project. Node: `node_modules`. What the shell that started the
daemon has activated is not the project's and is not looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from casework.domain.frozen import Frozen

PYTHON_PLACES: Final = (".venv", "venv", "env", ".env", ".conda", "envs/default", ".pixi/envs/default")
"""Where an environment is looked for, below the work tree, the first one that is one wins."""
SYSTEM: Final = ("/usr", "/bin", "/lib", "/lib64", "/sbin", "/etc")
"""What every box has without being told."""
_CFG_BYTES: Final = 64 * 1024
_LINKS: Final = 40
_NODE_PLACES: Final = ("node_modules", "*/node_modules", "packages/*/node_modules", "apps/*/node_modules")
_MOST_NODE: Final = 100


class PythonEnvironment(Frozen):
    """One environment of Python."""

    root: str
    """Absolute; the folder of the environment, links in it not resolved."""
    interpreter: str
    """Absolute, in `root`; start it by this path, or it does not know its environment."""
    version: str
    """`3.11`, or empty where its files do not say."""
    kind: Literal["venv", "conda"]
    outside: tuple[str, ...] = ()
    """Absolute places beyond `root` and the system that it does not start without: the Python it was made from."""


class Environment(Frozen):
    """What was found for one work tree; perhaps nothing."""

    python: PythonEnvironment | None = None
    node_modules: tuple[str, ...] = ()
    """Absolute."""
    sentence: str = ""
    """What was found, or what is wrong with what was found, for people."""

    @property
    def read_only(self) -> tuple[str, ...]:
        """Absolute places that a box must have read-only at their own paths, what holds others first."""
        python = (*self.python.outside, self.python.root) if self.python is not None else ()
        return tuple(dict.fromkeys((*python, *self.node_modules)))


def find_environment(top: str | Path, *, chosen: str = "") -> Environment:
    """Find the environment of the work tree at `top`; `chosen` is what the user named instead: a folder or interpreter.

    Reads a handful of small files, whatever the size of the project; never raises for what lies there.
    """
    base = Path(os.path.abspath(top))  # noqa: PTH100 - links stay as they are: paths in the box are those of the user
    node = tuple(_node_modules(base))
    places = [_folder_of(base / chosen)] if chosen else [base / place for place in PYTHON_PLACES]
    complaint = ""
    for place in places:
        found = _python(place)
        if isinstance(found, PythonEnvironment):
            return Environment(python=found, node_modules=node, sentence=_said(base, found, node))
        complaint = complaint or found
    if chosen and not complaint:
        complaint = f"{places[0]} is no environment of Python: it has neither pyvenv.cfg nor conda-meta."
    return Environment(node_modules=node, sentence=complaint or _said(base, None, node))


def _folder_of(chosen: Path) -> Path:
    return chosen.parent.parent if chosen.parent.name == "bin" else chosen


def _python(root: Path) -> PythonEnvironment | str:
    """Give the environment in a folder, an empty text where there is none, or a sentence where it is broken."""
    if _is_file(root / "pyvenv.cfg"):
        return _venv(root)
    if (root / "conda-meta").is_dir():
        interpreter = root / "bin" / "python"
        if not _is_file(interpreter):
            return ""
        return PythonEnvironment(
            root=str(root), interpreter=str(interpreter), version=_version_of_folder(root), kind="conda"
        )
    return ""


def _venv(root: Path) -> PythonEnvironment | str:
    settings = _pyvenv(root / "pyvenv.cfg")
    interpreter = root / "bin" / "python"
    if not os.path.lexists(interpreter):
        return f"{root} has no bin/python, so it is no environment that can be used; make it anew."
    if not _is_file(interpreter):
        return (
            f"{interpreter} leads nowhere: the Python that {root} was made from is gone. Make the environment anew "
            "with the Python that is there now."
        )
    version = _short_version(settings.get("version", settings.get("version_info", ""))) or _version_of_folder(root)
    outside = dict.fromkeys(_outside(root, interpreter, settings.get("home", "")))
    return PythonEnvironment(
        root=str(root), interpreter=str(interpreter), version=version, kind="venv", outside=tuple(outside)
    )


def _pyvenv(path: Path) -> dict[str, str]:
    """Read `key = value` lines as `site` does; a file that can't be read says nothing."""
    try:
        with path.open("rb") as file:
            text = file.read(_CFG_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def _outside(root: Path, interpreter: Path, home: str) -> Iterator[str]:
    """Give the installation each link towards the real interpreter passes through, and the one `home` names."""
    hops = [hop for hop in _hops(interpreter) if not hop.is_relative_to(root)]
    if home and Path(home).is_absolute():
        hops.append(Path(home) / "python")
    for hop in hops:
        prefix = hop.parent.parent
        if _in_system(hop):
            continue
        if _is_installation(prefix):
            yield str(prefix)
        elif _is_file(hop):
            yield str(hop)  # a lone link, in a folder of the user's that is nobody's business


def _hops(link: Path) -> Iterator[Path]:
    """Follow a link step by step, as the kernel does, without resolving the folders on the way."""
    for _ in range(_LINKS):
        try:
            target = link.readlink()
        except OSError:
            break
        link = Path(os.path.normpath(link.parent / target))
        yield link
    real = Path(os.path.realpath(link))
    if real != link:
        yield real


def _is_installation(prefix: Path) -> bool:
    """Whether a folder holds a Python and is not somebody's home or the whole disk."""
    return prefix != Path("/") and any(True for _ in prefix.glob("lib/python3*/os.py"))


def _in_system(path: Path) -> bool:
    return any(path.is_relative_to(part) for part in SYSTEM)


def _short_version(text: str) -> str:
    found = re.match(r"\d+\.\d+", text)
    return found.group() if found else ""


def _version_of_folder(root: Path) -> str:
    found = sorted(folder.name.removeprefix("python") for folder in root.glob("lib/python3.*"))
    return found[-1] if found else ""


def _node_modules(top: Path) -> Iterator[str]:
    """Give what npm, pnpm and Yarn install beside the project and beside the packages of a workspace."""
    count = 0
    for pattern in _NODE_PLACES:
        for place in sorted(top.glob(pattern)):
            if place.is_dir() and place.parent.name != "node_modules" and (place.parent / "package.json").is_file():
                yield str(place)
                count += 1
                if count == _MOST_NODE:
                    return


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a loop of links, or a folder that may not be entered
        return False


def _said(top: Path, python: PythonEnvironment | None, node: tuple[str, ...]) -> str:
    parts = []
    if python is not None:
        root = Path(python.root)
        where = root.relative_to(top) if root.is_relative_to(top) else root
        parts.append(f"Python {python.version} of {where}".replace("  ", " "))
    if node:
        parts.append("node_modules" if len(node) == 1 else f"{len(node)} folders node_modules")
    return " and ".join(parts) or "no environment in the project, so programs of the system are used"
