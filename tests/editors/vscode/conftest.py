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


@pytest.fixture
def open_window(world: Path) -> Iterator[OpenWindow]:
    """Give a function that opens a window on a folder; the daemon that it starts is stopped after the test."""

    @contextmanager
    def opened(folder: Path, *, settings: dict[str, Any] | None = None, installed: bool = True) -> Iterator[Workbench]:
        editor = vscode()
        path = (PROGRAMS,) if installed else ()
        with (
            serving(editor, world / "vscode", extensions=(extension(),), settings=settings, path=path) as server,
            workbench(editor.chromium, PICTURES) as window,
        ):
            window.open(server.address, folder)
            yield window

    yield opened
    subprocess.run([PROGRAMS / "casework", "daemon", "stop"], check=False, capture_output=True, timeout=60)
