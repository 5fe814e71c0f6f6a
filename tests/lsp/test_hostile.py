"""Whatever somebody else does to a review file approves nothing; its twin, without just that, does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from lsprotocol import types

from casework.lsp.documents import uri_of
from tests.lsp.hostile_case import APPROVE, MANUAL, Case, Stand, stand, two_branches, with_verdict

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

DELAY: Final = types.TextDocumentSaveReason.AfterDelay
FOCUS: Final = types.TextDocumentSaveReason.FocusOut


async def verdict_written_before_it_is_opened(it: Stand, hostile: bool) -> None:
    if hostile:
        it.foreign(it.approving)
    it.open()
    it.type(it.approving)
    it.save()


async def patch_written_before_it_is_opened(it: Stand, hostile: bool) -> None:
    if hostile:
        it.foreign(it.written.replace("+new", "+harmless"))
    it.open()
    it.type(with_verdict(it.document.read_text()))
    it.save()


async def verdict_read_again_from_the_disk(it: Stand, hostile: bool) -> None:
    it.open()
    await it.heard()
    if hostile:
        it.foreign(it.approving)
    it.type(it.approving)
    await it.pause()
    it.save()


async def patch_read_again_from_the_disk(it: Stand, hostile: bool) -> None:
    it.open()
    await it.heard()
    if hostile:
        it.foreign(it.written.replace("+new", "+harmless"))
    it.type(it.document.read_text())
    await it.pause()
    it.type(with_verdict(it.document.read_text()))
    it.save()


async def written_while_it_is_open_and_never_saved(it: Stand, hostile: bool) -> None:
    it.open()
    await it.heard()
    if hostile:
        it.foreign(it.approving)
        changed = [types.FileEvent(uri_of(str(it.document)), types.FileChangeType.Changed)]
        it.editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changed))
    else:
        it.type(it.approving)
        it.save()


async def written_between_save_and_question(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.approving)
    document = types.TextDocumentIdentifier(uri_of(str(it.document)))
    it.editor.client.text_document_will_save(types.WillSaveTextDocumentParams(document, MANUAL))
    it.foreign(it.approving + ("\n" if hostile else ""))
    it.editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))


async def written_between_question_and_answer(it: Stand, hostile: bool) -> None:
    press = it.editor.answer

    def answer(asked: types.ShowMessageRequestParams) -> str | None:
        it.foreign(it.approving + ("\n" if hostile else ""))
        return press(asked)

    it.editor.answer = answer
    it.open()
    it.type(it.approving)
    it.save()


async def saved_after_a_delay(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.approving)
    it.save(DELAY if hostile else MANUAL)


async def saved_when_the_focus_went(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.approving)
    it.save(FOCUS if hostile else MANUAL)


async def formatted_into_a_verdict(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.written if hostile else it.approving)
    document = types.TextDocumentIdentifier(uri_of(str(it.document)))
    it.editor.client.text_document_will_save(types.WillSaveTextDocumentParams(document, MANUAL))
    it.type(it.approving)
    it.foreign(it.approving)
    it.editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))


async def saved_without_being_announced(it: Stand, hostile: bool) -> None:
    """As a replayed message does: `didSave` again, without the human's save before it."""
    it.open()
    it.type(it.approving)
    document = types.TextDocumentIdentifier(uri_of(str(it.document)))
    if not hostile:
        it.editor.client.text_document_will_save(types.WillSaveTextDocumentParams(document, MANUAL))
    it.foreign(it.approving)
    it.editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))


async def question_closed(it: Stand, hostile: bool) -> None:
    if hostile:
        it.editor.answer = lambda _: None
    it.open()
    it.type(it.approving)
    it.save()


async def answered_with_the_other_button(it: Stand, hostile: bool) -> None:
    if hostile:
        it.editor.answer = lambda _: "Not now"
    it.open()
    it.type(it.approving)
    it.save()


async def hash_of_another_change(it: Stand, hostile: bool) -> None:
    it.open()
    line = next(line for line in it.approving.splitlines() if line.startswith("diff "))
    digit = "0" if line[5] != "0" else "1"
    it.type(it.approving.replace(line, f"diff {digit}{line[6:]}") if hostile else it.approving)
    it.save()


async def changed_since_it_was_written(it: Stand, hostile: bool) -> None:
    it.open()
    view = await it.editor.ask("casework/review/show", number=it.number)
    if hostile:
        hunk = view["files"][0]["hunks"][0]["id"]
        await it.editor.ask("casework/review/decide", number=it.number, hunks=[hunk], decision="rejected")
    it.type(it.approving)
    it.save()


async def changed_while_the_question_is_open(it: Stand, hostile: bool) -> None:
    view = await it.editor.ask("casework/review/show", number=it.number)
    hunk = view["files"][0]["hunks"][0]["id"]
    it.editor.answer = lambda _: None
    it.open()
    it.type(it.approving)
    it.save()
    await it.settled()
    it.editor.client.messages.clear()
    if hostile:
        await it.editor.ask("casework/review/decide", number=it.number, hunks=[hunk], decision="rejected")
    it.says_yes()
    it.save()


def _typed(hostile_line: str) -> Case:
    """The verdict somewhere else than in a line of its own, and its twin in one."""

    async def act(it: Stand, hostile: bool) -> None:
        it.open()
        it.type(with_verdict(it.written, f"Verdict:\n{hostile_line}" if hostile else APPROVE))
        it.save()

    return Case(f"verdict as {hostile_line!r}", act)


async def verdict_inside_a_patch(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.written.replace("+new", f"{APPROVE}\n+new") if hostile else it.approving)
    it.save()


async def verdict_below_the_first_section(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.written.replace("## Checks\n", f"## Checks\n{APPROVE}\n") if hostile else it.approving)
    it.save()


async def a_hunk_s_heading_gone(it: Stand, hostile: bool) -> None:
    it.open()
    heading = next(line for line in it.written.splitlines() if line.startswith("### 1"))
    it.type(it.approving.replace(heading, "") if hostile else it.approving)
    it.save()


async def a_word_that_nobody_understands(it: Stand, hostile: bool) -> None:
    it.open()
    it.type(it.approving.replace("## Checks\n", "## Checks\nbut not yet\n") if hostile else it.approving)
    it.save()


CASES: Final = [
    *(
        Case(act.__name__.replace("_", " "), act)
        for act in (
            verdict_written_before_it_is_opened,
            patch_written_before_it_is_opened,
            verdict_read_again_from_the_disk,
            patch_read_again_from_the_disk,
            written_while_it_is_open_and_never_saved,
            written_between_save_and_question,
            written_between_question_and_answer,
            saved_after_a_delay,
            saved_when_the_focus_went,
            formatted_into_a_verdict,
            saved_without_being_announced,
            question_closed,
            answered_with_the_other_button,
            hash_of_another_change,
            changed_since_it_was_written,
            changed_while_the_question_is_open,
            verdict_inside_a_patch,
            verdict_below_the_first_section,
            a_hunk_s_heading_gone,
            a_word_that_nobody_understands,
        )
    ),
    _typed("> Verdict: approve"),
    _typed("```\nVerdict: approve\n```"),
    _typed("- Verdict: approve"),
    _typed("    Verdict: approve"),
    _typed("Verdict: approve, but later"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_only_the_twin_approves(case: Case, world: Path) -> None:
    repository = two_branches(world / "shop")
    before = repository.id("main")
    async with stand(repository, "hostile") as it:
        it.says_yes()
        await case.act(it, True)
        await it.settled()
        assert await it.approvals() == 0, it.editor.client.messages
        assert not await it.landed()
        assert repository.id("main") == before
    async with stand(repository, "twin") as it:
        it.says_yes()
        await case.act(it, False)
        await it.editor.until(lambda: it.editor.client.messages, f"{case.name}: the twin is told what came of it")
        assert await it.approvals() == 1, it.editor.client.messages
        assert await it.landed()
        assert it.pressed, "a verdict comes after a question"
    assert repository.id("main") == repository.id("twin")
    assert repository.text("status", "--porcelain") == ""


async def test_a_file_that_somebody_wrote_to_counts_again_once_it_was_opened_anew(world: Path) -> None:
    repository = two_branches(world / "shop")
    async with stand(repository, "twin") as it:
        it.says_yes()
        it.open()
        await it.heard()
        it.foreign(it.approving)
        it.type(it.approving)
        await it.pause()
        it.save()
        await it.settled()
        assert "was changed by something other than this editor" in it.editor.diagnostics(it.document)[0]
        await it.editor.command("casework.review.document", {"number": it.number})
        assert await it.editor.shown() == it.document
        kept = [path.read_text() for path in it.document.parent.glob("*.edited-*.md")]
        assert kept == [it.approving], "what stood in it is kept beside it"
        it.type(it.document.read_text())
        await it.heard()
        it.type(it.approving)
        it.editor.client.messages.clear()
        it.save()
        await it.editor.until(lambda: it.editor.client.messages, "the verdict is taken")
        assert await it.landed()
