"""The driver itself: a real workbench opens a folder, and what stands there can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.provision.vscode import vscode
from tests.editors.vscode.serving import serving
from tests.editors.vscode.workbench import workbench

PICTURES = Path(__file__).parents[3] / "artefacts" / "editors" / "vscode"


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_a_real_workbench_opens_a_folder_and_runs_a_command_by_keys(world: Path) -> None:
    folder = world / "shop"
    folder.mkdir()
    (folder / "pay.py").write_text("def charge(card, amount):\n    return vault.get(card)\n")
    editor = vscode()
    with serving(editor, world / "vscode") as server, workbench(editor.chromium, PICTURES) as window:
        window.open(server.address, folder)
        window.open_file("pay.py")
        window.run("View: Toggle Word Wrap")
        window.wait_for_code("def charge(card, amount):")
        assert window.rows() == ["pay.py"]
        window.picture("00-workbench")
