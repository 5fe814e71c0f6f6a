"""What the extension says where Casework is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.vscode.conftest import OpenWindow
from tests.editors.vscode.shop import shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_without_casework_the_window_says_the_one_command_that_installs_it(
    world: Path, open_window: OpenWindow
) -> None:
    repository = shop(world / "shop")
    with open_window(repository.path, installed=False) as window:
        window.wait_for_status("Casework is not installed")
        assert window.notifications() == []
        window.show_view("Casework")
        window.wait_for_welcome("Casework is not installed on this machine.")
        window.run("Casework: Install Casework")
        said = window.wait_for_notification("is not installed")
        assert "uv tool install casework" in said or "pipx install casework" in said
        window.picture("20-not-installed")
