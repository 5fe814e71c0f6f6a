"""An agent changes how one signs in and forgets the tests: what a human has before them in a real VS Code.

The same story is told in Neovim and in an editor with no plug-in.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.lsp.auth_story import COMMENT, shop
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

TITLE: Final = "Refuse every wrong sign-in in the same time"


def test_it_ends_with_one_security_review_one_skeleton_and_one_comment(world: Path, open_window: OpenWindow) -> None:
    repository = shop(world / "shop")
    script = repository.path / "scripts/sign-in.casework.json"
    casework("task", "add", TITLE, cwd=repository.path)
    casework("task", "start", "1", "--script", str(script), cwd=repository.path)
    casework("wait", "1", "--for", "in_review", cwd=repository.path)
    told = json.loads(casework("task", "list", "--json", cwd=repository.path))["tasks"]
    assert [one["kind"] for one in told] == ["change", "security-review", "missing-tests"]
    with open_window(repository.path) as window:
        window.widen_sidebar(460)
        window.open_file("shop", "auth.py")
        window.show_view("Casework")
        window.wait_for_row("3 Cover sign_in in shop/auth.py missing-tests · skeleton ready")
        window.wait_for_row("2 Hashes are compared in a time that tells security-review · high")
        window.picture("auth-01-board-and-code")

        window.press("Control+k", "Control+g")
        window.wait_for_diff("auth.py · review 1 · 1 of 1")
        window.wait_for_comment(COMMENT[:40])
        window.wait_for_comment("Cover sign_in in shop/auth.py (missing-tests, skeleton of tests/test_auth.py)")
        window.picture("auth-02-the-review")

        window.row("Cover sign_in").click()
        window.wait_for_tab("test_auth.py")
        window.wait_for_code("not written yet: sign_in(users, name, password)")
        window.wait_for_status("Ln 6, Col 1")
        window.picture("auth-03-the-skeleton")
        assert repository.text("status", "--porcelain") == "", "nothing of an agent's is in the work tree"

        row = window.row("Cover sign_in")
        row.hover()
        row.get_by_role("button", name="Take the Skeleton").click()
        wait_until(lambda: repository.at("tests/test_auth.py").exists(), description="it is in the work tree")
        window.wait_for_row("3 Cover sign_in in shop/auth.py backlog · skeleton taken")
        window.look_away()
        window.wait_for_status("Ln 6, Col 1")
        assert [tab for tab in window.tabs() if "test_auth" in tab] == ["test_auth.py"]
        window.picture("auth-04-taken")
        assert repository.text("status", "--porcelain") == "?? tests/test_auth.py"
