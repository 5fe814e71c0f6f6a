"""When a review file is its editor's alone, and when it is not any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casework.lsp.review_file.opened import OpenFile

OURS, TYPED, FOREIGN = "as written\n", "as written\napprove\n", "as written\nsomebody else\n"


@pytest.fixture
def document(world: Path) -> Path:
    path = world / "review-1.md"
    path.write_text(OURS)
    return path


def open_file(document: Path, text: str = OURS, *, announces: bool = True) -> OpenFile:
    file = OpenFile(1, str(document), announces=announces)
    file.opened(text, OURS)
    return file


def save(file: OpenFile, document: Path, text: str, at: float = 10.0, *, by_hand: bool = True) -> str:
    """Save as an editor does: announce, write, say so."""
    file.announced(text, at, by_hand=by_hand)
    document.write_text(text)
    return file.saved(text, at)


def test_what_is_typed_and_saved_counts(document: Path) -> None:
    file = open_file(document)
    file.changed(TYPED, OURS, 1.0)
    assert save(file, document, TYPED) == ""
    assert save(file, document, TYPED + "more\n", 20.0) == "", "again and again"


def test_a_save_that_is_on_disk_before_its_keystroke_is_heard_of_counts(document: Path) -> None:
    file = open_file(document)
    document.write_text(TYPED[:13])
    file.changed(TYPED, OURS, 10.0)
    document.write_text(TYPED)
    file.announced(TYPED, 10.1, by_hand=True)
    assert file.saved(TYPED, 10.1) == ""


@pytest.mark.parametrize(
    "what",
    [
        lambda file, document: file.opened(FOREIGN, OURS),
        lambda file, document: (document.write_text(FOREIGN), file.changed(FOREIGN, OURS, 1.0)),
        lambda file, document: (document.write_text(FOREIGN), file.changed(TYPED, OURS, 1.0)),
        lambda file, document: (document.unlink(), file.changed(TYPED, OURS, 1.0)),
    ],
    ids=["before it was opened", "and the editor read it", "and somebody typed on", "by removing it"],
)
def test_what_somebody_else_wrote_counts_no_more(what: Callable[[OpenFile, Path], object], document: Path) -> None:
    file = open_file(document)
    what(file, document)
    assert "something other than this editor" in save(file, document, TYPED)
    assert "something other than this editor" in save(file, document, TYPED, 20.0), "nor later"


def test_what_casework_writes_anew_counts_again_once_it_is_shown(document: Path) -> None:
    file = open_file(document, FOREIGN)
    document.write_text("anew\n")
    file.changed("anew\n", "anew\n", 5.0)
    assert save(file, document, "anew\ntyped\n") == ""


def test_casework_writing_below_an_editor_is_no_foreign_hand(document: Path) -> None:
    file = open_file(document)
    document.write_text("anew\n")
    file.changed(TYPED, "anew\n", 5.0)
    assert save(file, document, TYPED) == ""


def test_only_a_save_by_hand_counts(document: Path) -> None:
    file = open_file(document)
    assert "automatic save" in save(file, document, TYPED, by_hand=False)
    assert "did not say that you saved" in file.saved(TYPED, 11.0)
    assert save(file, document, TYPED, 12.0) == ""


def test_an_editor_that_never_announces_a_save_is_asked_all_the_same(document: Path) -> None:
    file = open_file(document, announces=False)
    document.write_text(TYPED)
    assert file.saved(TYPED, 1.0) == ""


def test_what_changes_between_announcing_and_saving_does_not_count(document: Path) -> None:
    file = open_file(document)
    file.announced(OURS, 1.0, by_hand=True)
    document.write_text(TYPED)
    assert "while it was being saved" in file.saved(TYPED, 1.0)
    assert save(file, document, TYPED, 2.0) == "", "saved again as it is now"


def test_an_editor_that_tells_its_last_keystrokes_with_the_save_itself_is_believed(document: Path) -> None:
    file = OpenFile(1, str(document), announces=True, speaks_late=True)
    file.opened(OURS, OURS)
    file.announced(OURS, 10.0, by_hand=True)
    document.write_text(TYPED)
    file.changed(TYPED, OURS, 10.0)
    assert file.saved(TYPED, 10.0) == ""
    assert "did not say that you saved" in file.saved(TYPED, 11.0), "each save is announced all the same"


def test_a_file_that_is_not_what_was_saved_does_not_count(document: Path) -> None:
    file = open_file(document)
    file.announced(TYPED, 1.0, by_hand=True)
    document.write_text(FOREIGN)
    assert "is not what this editor shows" in file.saved(TYPED, 1.0)
    assert not file.still(TYPED)


def test_it_is_known_whether_the_file_is_still_the_same(document: Path) -> None:
    file = open_file(document)
    assert save(file, document, TYPED) == ""
    assert file.still(TYPED)
    document.write_text(FOREIGN)
    assert not file.still(TYPED)
