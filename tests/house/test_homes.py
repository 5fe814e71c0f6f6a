"""Arrows point inward, and each foreign library has one home."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import ROOT, Module, modules

EVERYWHERE: Final = "everywhere"

# Who may import what is not ours. A library of the standard library stands here when only one room may touch it.
HOMES: Final = {
    "anthropic": "agents",
    "attrs": "lsp",
    "casework_record": "checks",  # it stands beside what imports it, and both run in a project's own Python
    "casework_render": "agents",
    "casework_stand_ins": "checks",
    "cattrs": "lsp",
    "git": "workspace",
    "httpx2": "agents",
    "keyring": "agents",
    "lsprotocol": "lsp",
    "pydantic": EVERYWHERE,
    "pydantic_core": EVERYWHERE,
    "pygls": "lsp",
    "pytest": "agents",  # what runs in a project's own Python imports the pytest that is there
    "sqlite3": "store",
    "typer": "cli",
    "watchfiles": "workspace",
}


def imports(module: Module) -> Iterator[str]:
    """Give the first name of everything that `module` imports, wherever the import stands."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=imported):
                yield from (alias.name.split(".")[0] for alias in imported)
            case ast.ImportFrom(module=str(name), level=0):
                yield name.split(".")[0]
            case ast.ImportFrom():
                yield "casework"
            case _:
                pass


def strangers(module: Module) -> list[str]:
    """Say which imports have no business in this room."""
    said = []
    for name in sorted(set(imports(module)) - {"casework"}):
        home = HOMES.get(name, EVERYWHERE if name in sys.stdlib_module_names else None)
        if home is None:
            said.append(
                f"{module.name} imports {name}, which has no home: give it one in HOMES, and a line in pyproject."
            )
        elif home not in {EVERYWHERE, module.room}:
            said.append(f"{module.name} imports {name}, whose home is {home}.")
    return said


def test_each_foreign_library_stays_in_its_home() -> None:
    assert [said for module in modules() if module.is_shipped for said in strangers(module)] == []


@pytest.mark.parametrize("text", ["import sqlite3", "def f():\n    from pygls.lsp import server", "import requests"])
def test_a_library_far_from_home_is_seen(text: str) -> None:
    assert len(strangers(Module("server/casework/core/planted.py", text))) == 1


def test_the_relay_needs_nothing_but_the_standard_library() -> None:
    parts = {"server/casework/relay.py", "server/casework/attaching.py"}
    relay = [module for module in modules() if module.name in parts]
    assert [module.name for module in relay if not set(imports(module)) <= sys.stdlib_module_names] == []
    assert len(relay) == 2


def test_arrows_point_inward() -> None:
    found = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 0, found.stdout
