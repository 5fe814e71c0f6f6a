"""An agent changes how one signs in and forgets the tests: what a human has before them, in an editor with no plug-in.

The same story is told in Neovim and VS Code, with pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from casework.lsp.documents import uri_of
from tests.lsp.auth_story import AUTH, COMMENT, SECURITY, SKELETON, TESTS, script, shop
from tests.lsp.plain import Editor, editor
from tests.repositories import Repository

pytestmark = pytest.mark.e2e

TITLE: Final = "Refuse every wrong sign-in in the same time"


async def worked_on(window: Editor, repository: Repository) -> None:
    """Let the agent do it, until its review waits."""
    auth = repository.path / "shop/auth.py"
    window.open(auth)
    added = await window.ask("casework/task/add", repository=str(repository.path), title=TITLE)
    assert added["card"]["number"] == 1
    await window.command("casework.task.start", {"number": 1, "agent": "scripted", "script": script()})
    await window.until(lambda: len(window.diagnostics(auth)) == 4, "everything stands at the code")


async def test_it_ends_with_one_security_review_one_skeleton_and_one_comment(world: Path) -> None:
    repository = shop(world / "shop")
    auth = repository.path / "shop/auth.py"
    async with editor(repository.path) as helix:
        await worked_on(helix, repository)
        found = helix.client.diagnostics[uri_of(str(auth))]
        where = {one.message: one.range.start.line + 1 for one in found if "found in" in one.message}
        assert where == {SECURITY: 11, TESTS: 10}, "at the lines they will stand at, and at the function"
        listed = await helix.ask("casework/task/list", repository=str(repository.path))
        assert [(one["kind"], one["status"]) for one in listed["tasks"]] == [
            ("change", "in_review"),
            ("security-review", "proposed"),
            ("missing-tests", "proposed"),
        ]

        await helix.press(auth, 12, "Casework: Open review 1")
        document = await helix.shown()
        text = document.read_text()
        assert COMMENT in text.replace("\\", "")
        assert "- 2 security-review, high: Hashes are compared in a time that tells  shop/auth.py:16" in text
        assert (
            "- 3 missing-tests: Cover sign_in in shop/auth.py  shop/auth.py:12  skeleton of tests/test_auth.py" in text
        )

        assert [title for title in await helix.titles(auth, 10) if "3" in title] == [
            "Casework: Start 3: Cover sign_in in shop/auth.py",
            "Casework: Open the skeleton of 3",
            "Casework: Take the skeleton of 3 into tests/test_auth.py",
            "Casework: Accept 3 into the backlog",
            "Casework: Dismiss 3",
        ]
        assert repository.text("status", "--porcelain") == "", "nothing of an agent's is in the work tree"


async def test_the_skeleton_opens_at_its_first_case_and_is_taken_by_hand(world: Path) -> None:
    repository = shop(world / "shop")
    auth = repository.path / "shop/auth.py"
    async with editor(repository.path) as helix:
        await worked_on(helix, repository)
        await helix.press(auth, 10, "Casework: Open the skeleton of 3")
        await helix.until(lambda: helix.client.shown_documents, "it is shown")
        selection = helix.client.shown_documents[0].selection
        assert selection is not None
        assert (selection.start.line, selection.end.line) == (5, 5)
        document = await helix.shown()
        assert document.name == "test_auth.py"
        assert helix.open(document) == SKELETON
        assert ".git/casework/skeletons/3/" in str(document)

        # What its human writes into it comes along.
        helix.edit(document, SKELETON.replace("    assert callable", "    # mine\n    assert callable"))
        with pytest.raises(Exception, match="has unsaved changes in an editor, so it was not taken; save it first"):
            await helix.press(document, 6, "Casework: Take the skeleton of 3")
        helix.save(document)
        await helix.press(document, 6, "Casework: Take the skeleton of 3")
        taken = await helix.shown()
        assert taken == repository.path / "tests/test_auth.py"
        assert "    # mine\n" in taken.read_text()
        assert repository.text("status", "--porcelain") == "?? tests/test_auth.py"
        assert (await helix.ask("casework/task/show", number=3))["card"]["status"] == "backlog"

        await helix.press(auth, 10, "Casework: Open the skeleton of 3")
        assert await helix.shown() == taken, "once taken, it is the human's file"
        assert not any("Take the skeleton" in title for title in await helix.titles(auth, 10))

    collected = run_pytest(repository.path, "--collect-only")
    assert "2 tests collected" in collected.stdout
    assert collected.returncode == 0, collected.stdout
    assert "1 failed, 1 passed" in run_pytest(repository.path).stdout, "red until somebody writes it"


async def test_a_file_that_is_there_is_not_written_over(world: Path) -> None:
    repository = shop(world / "shop")
    mine = repository.path / "tests/test_auth.py"
    async with editor(repository.path) as helix:
        await worked_on(helix, repository)
        mine.write_text("my own\n")
        with pytest.raises(Exception, match="was not written: something is there already"):
            await helix.command("casework.skeleton.take", {"number": 3})
        assert mine.read_text() == "my own\n"
        assert (await helix.ask("casework/task/show", number=3))["card"]["status"] == "proposed"


async def test_what_was_found_follows_the_code_through_the_landing(world: Path) -> None:
    repository = shop(world / "shop")
    auth = repository.path / "shop/auth.py"
    async with editor(repository.path) as helix:
        await worked_on(helix, repository)
        await helix.press(auth, 12, "Casework: Approve review 1")
        await helix.ask("casework/task/wait", number=1, statuses=["landed"], timeout_s=30)
        assert auth.read_text() != AUTH
        helix.close(auth)
        helix.open(auth)

        def places() -> dict[str, int]:
            found = helix.client.diagnostics[uri_of(str(auth))]
            return {one.message: one.range.start.line + 1 for one in found}

        await helix.until(lambda: places() == {SECURITY: 16, TESTS: 12}, "they stand at the new lines")


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
