"""Writes what is made from the models of the wire: TypeScript types, Lua types, the reference page.

`python -m casework.wire.generate` writes them into the checkout it stands in; `--check` names those that are stale, and
then ends with 1. Only developers run it; the daemon never imports it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from casework.wire.dialects import lua, page, typescript
from casework.wire.methods import METHODS, NOTIFICATIONS
from casework.wire.shapes import read_protocol


def generated() -> Mapping[str, str]:
    """Give the text of every generated file, by its name below the root of the checkout."""
    protocol = read_protocol(METHODS, NOTIFICATIONS)
    return {
        "clients/vscode/src/wire.ts": typescript(protocol),
        "clients/neovim/lua/casework/wire.lua": lua(protocol),
        "docs/reference/protocol.md": page(protocol),
    }


def stale(root: Path) -> list[str]:
    """Name the generated files below `root` that are missing or not what they should be."""
    return [name for name, text in generated().items() if not (root / name).is_file() or _text(root / name) != text]


def write(root: Path) -> None:
    """Write what is stale below `root`."""
    for name in stale(root):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(generated()[name], encoding="utf-8", newline="\n")


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def main(arguments: list[str], root: Path) -> int:
    """Write, or check."""
    if not (root / "pyproject.toml").is_file():
        sys.stderr.write("This is no checkout of Casework, so there is nothing to write: run it in a clone.\n")
        return 2
    if arguments == ["--check"]:
        if found := stale(root):
            sys.stderr.write(f"Stale: {', '.join(found)}. Run `make generate` and commit what it writes.\n")
        return 1 if found else 0
    write(root)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[3]))
