"""A window of a real VS Code with the packaged extension, and a daemon that ends with the test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.editors.provision.vscode import vscode
from tests.editors.provision.vscode_extension import extension
from tests.editors.vscode.serving import serving
from tests.editors.vscode.workbench import Workbench, workbench

PICTURES: Final = Path(__file__).parents[3] / "artefacts" / "editors" / "vscode"
PROGRAMS: Final = Path(sys.executable).parent

OpenWindow = Callable[..., AbstractContextManager[Workbench]]


def casework(*arguments: str, cwd: Path) -> str:
    """Run the command line as a person would, and give what it prints."""
    done = subprocess.run(
        [PROGRAMS / "casework", *arguments], cwd=cwd, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def said_by_extension(home: Path) -> str:
    """Give the end of what the extension wrote into its log."""
    logs = [
        path for path in (home / "data" / "logs").rglob("*.log") if "casework" in str(path.relative_to(home)).lower()
    ]
    return "\n".join(["The extension's log:", *(path.read_text(errors="replace")[-3000:] for path in logs)])


def install(home: Path) -> None:
    """Put the program where `uv tool install` and `pipx install` put it; the shell's PATH need not lead there."""
    folder = home / ".local" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "casework").exists():
        (folder / "casework").symlink_to(PROGRAMS / "casework")


@pytest.fixture
def open_window(world: Path) -> Iterator[OpenWindow]:
    """Give a function that opens a window on a folder; the daemon that it starts is stopped after the test."""

    @contextmanager
    def opened(folder: Path, *, settings: dict[str, Any] | None = None, installed: bool = True) -> Iterator[Workbench]:
        editor = vscode()
        if installed:
            install(world / "home")
        with (
            serving(editor, world / "vscode", extensions=(extension(),), settings=settings) as server,
            workbench(editor.chromium, PICTURES) as window,
        ):
            window.open(server.address, folder)
            try:
                yield window
            except BaseException as problem:
                window.look()
                problem.add_note(said_by_extension(world / "vscode"))
                raise

    yield opened
    subprocess.run([PROGRAMS / "casework", "daemon", "stop"], check=False, capture_output=True, timeout=60)
