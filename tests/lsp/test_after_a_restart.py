"""A review file outlives the daemon that wrote it: what stands in it is neither lost nor taken for a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from casework.lsp.documents import uri_of
from tests.lsp.conftest import stop_daemon
from tests.lsp.hostile_case import stand, two_branches, with_verdict
from tests.lsp.plain import Editor, editor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


async def reject_something(window: Editor) -> None:
    """Make the review another one than its file shows."""
    view = await window.ask("casework/review/show", number=1)
    hunks = [view["files"][0]["hunks"][0]["id"]]
    await window.ask("casework/review/decide", number=1, hunks=hunks, decision="rejected")


@pytest.mark.parametrize(
    "typed",
    ["\n>name the digits", "\n> name the digits", "\nLooks good to me", "\nverdict : Approve"],
    ids=["a comment", "a comment with a space", "words that mean nothing", "a verdict"],
)
async def test_what_was_typed_is_kept_when_the_review_is_opened_again(typed: str, world: Path) -> None:
    repository = two_branches(world / "shop")
    async with stand(repository, "twin") as it:
        it.open()
        it.type(it.written.replace("\n\n", f"\n{typed}\n\n", 1))
        it.save()
        await it.heard()
        saved = it.document.read_text("utf-8")
    stop_daemon()
    async with editor(repository.path) as window:
        await reject_something(window)
        await window.command("casework.review.document", {"number": 1})
        assert await window.shown() == it.document
    assert [path.read_text("utf-8") for path in it.document.parent.glob("*.edited-*.md")] == [saved]


async def test_a_file_in_which_nobody_typed_is_simply_written_anew(world: Path) -> None:
    repository = two_branches(world / "shop")
    async with stand(repository, "twin") as it:
        await reject_something(it.editor)
        await it.editor.command("casework.review.document", {"number": 1})
        await it.editor.shown()
        assert "[-]" in it.document.read_text("utf-8")
    stop_daemon()
    async with editor(repository.path) as window:
        view = await window.ask("casework/review/show", number=1)
        hunks = [view["files"][0]["hunks"][0]["id"]]
        await window.ask("casework/review/decide", number=1, hunks=hunks, decision="accepted")
        await window.command("casework.review.document", {"number": 1})
        await window.shown()
        assert "[x]" in it.document.read_text("utf-8")
    assert list(it.document.parent.glob("*.edited-*.md")) == []


async def test_a_verdict_in_a_file_of_before_is_told_once_what_to_do(world: Path) -> None:
    repository = two_branches(world / "shop")
    async with stand(repository, "twin") as it:
        pass
    stop_daemon()
    async with editor(repository.path) as window:
        typed = with_verdict(window.open(it.document))
        await window.ask("casework/board/read")
        window.edit(it.document, typed)
        window.save(it.document)
        await window.until(lambda: window.diagnostics(it.document), "the save is answered")
        [mistake] = window.client.diagnostics[uri_of(str(it.document))]
        assert "Open review 1 again; what you wrote stays in a file beside it." in mistake.message
        line = typed.splitlines().index("Verdict: approve")
        assert mistake.range == types.Range(types.Position(line, 0), types.Position(line + 1, 0))
        assert window.asked == []


@pytest.mark.parametrize("how", ["written anew", "closed"])
async def test_mistakes_go_with_the_text_they_stood_in(how: str, world: Path) -> None:
    repository = two_branches(world / "shop")
    async with stand(repository, "twin") as it:
        it.open()
        it.type(it.written + "but not yet\n")
        it.save()
        await it.editor.until(lambda: it.editor.diagnostics(it.document), "the mistake is shown")
        if how == "closed":
            it.editor.close(it.document)
        else:
            await it.editor.command("casework.review.document", {"number": 1})
            await it.editor.shown()
            it.type(it.document.read_text("utf-8"))
        await it.editor.until(lambda: not it.editor.diagnostics(it.document), "it is shown no more")
