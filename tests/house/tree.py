"""What the house tests look at: the files of this tree, as git would list them, and Python modules, parsed once."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server" / "casework"

# Written by `casework.wire.generate`; nobody edits or reads them by hand.
GENERATED = frozenset({"clients/vscode/src/wire.ts", "clients/neovim/lua/casework/wire.lua"})


@dataclass(frozen=True)
class Module:
    """One Python file: its name in the tree and its text."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    def line(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        """The line on which `node` begins."""
        return self.text.splitlines()[node.lineno - 1]

    @property
    def is_shipped(self) -> bool:
        return self.name.startswith("server/")

    @property
    def room(self) -> str:
        """The first folder or module below the package: `domain`, `relay`."""
        return self.name.removeprefix("server/casework/").split("/")[0].removesuffix(".py")


@cache
def names() -> tuple[str, ...]:
    """Every file of the tree that is not ignored, committed or not, by its name below the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=30,
    ).stdout.decode()
    return tuple(sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()}))


@cache
def modules() -> tuple[Module, ...]:
    """Every Python module of the server, the tests and the benchmark."""
    return tuple(
        Module(name, (ROOT / name).read_text(encoding="utf-8"))
        for name in names()
        if name.endswith(".py") and name.startswith(("server/", "tests/", "bench/", "docs/"))
    )


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Every file that is text, with its text."""
    found = []
    for name in names():
        try:
            found.append((name, (ROOT / name).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return tuple(found)


def rooms() -> tuple[str, ...]:
    """Every room of the package, as it is written in prose: `domain/`, `relay.py`."""
    found = {name.removeprefix("server/casework/") for name in names() if name.startswith("server/casework/")}
    folders = {name.split("/")[0] + "/" for name in found if "/" in name}
    files = {name for name in found if "/" not in name and name.endswith(".py") and not name.startswith("__")}
    return tuple(sorted(folders | files))
