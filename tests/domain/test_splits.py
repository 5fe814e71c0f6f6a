"""What a split does to the rest of a change: its folds, its marks, and where each part can be cut."""

from __future__ import annotations

import pytest

from casework.domain.change import Change, Fold
from casework.domain.hunk_lines import HunkLines
from casework.domain.ids import CommitId
from casework.domain.marks import marked
from casework.domain.splits import cut, joined, texts_of_parts, uncut
from tests.fakes.differing import file_change, lines_of, text_of

BASE = "".join(f"line {n}\n" for n in range(1, 31)).encode()
HEAD = (BASE.replace(b"line 5\n", b"better 5\n").replace(b"line 7\n", "bet\u202eter 7\n".encode())).replace(
    b"line 25\n", b"better 25\n"
)


def change() -> Change:
    file = file_change("a.py", BASE, HEAD)
    hunks = tuple(marked(hunk, text_of(hunk, lines_of(BASE), lines_of(HEAD))) for hunk in file.hunks)
    fold = Fold(id="f-1", kind="formatted", title="Formatted", hunks=tuple(hunk.id for hunk in hunks))
    return Change(
        base=CommitId("1"),
        head=CommitId("2"),
        diff_hash="",
        files=(file.model_copy(update={"hunks": hunks}),),
        folds=(fold,),
    )


def text(made: Change, n: int) -> bytes:
    return text_of(made.files[0].hunks[n], lines_of(BASE), lines_of(HEAD))


def test_a_fold_with_a_hunk_that_is_split_is_none_until_it_is_whole_again() -> None:
    made = change()
    whole = made.files[0].hunks[0]
    parted = cut(made, whole, HunkLines(text(made, 0)).gaps(), text(made, 0)).change
    assert parted.folds == ()
    assert [len(entry.hunks) for entry in parted.entries()] == [1, 1, 1]
    assert joined(parted, whole) == made == uncut(parted)
    assert (made.cuts, parted.cuts != "") == ("", True)


def test_marks_and_lines_go_with_the_part_that_has_them() -> None:
    made = change()
    parted = cut(made, made.files[0].hunks[0], HunkLines(text(made, 0)).gaps(), text(made, 0)).change
    first, second, _ = parted.files[0].hunks
    assert (first.marks, [mark.line for mark in second.marks]) == ((), [7])
    texts = texts_of_parts(parted, {made.files[0].hunks[0].id: text(made, 0)})
    assert b"+better 5\n" in texts[first.id]
    assert b"ter 7\n" not in texts[first.id]
    assert texts[second.id].startswith(b"@@ -7,4 +7,4 @@\n-line 7\n")


@pytest.mark.parametrize(
    ("body", "side", "line", "cut_there"),
    [
        (b"-a\n-b\n+A\n+B\n", "new", 1, (1, 1)),
        (b"-a\n+A\n+B\n+C\n", "new", 2, (1, 2)),
        (b"-a\n-b\n-c\n+A\n", "old", 2, (2, 1)),
        (b"-a\n-b\n-c\n+A\n+B\n", "new", 1, (1, 1)),
        (b"-a\n c\n+B\n", "new", 0, (2, 1)),
        (b"+A\n c\n-b\n", "old", 0, (1, 2)),
    ],
)
def test_lines_of_a_replacement_are_paired_from_the_top(
    body: bytes, side: str, line: int, cut_there: tuple[int, int]
) -> None:
    lines = HunkLines(b"@@ @@\n" + body)
    assert lines.cut_at("old" if side == "old" else "new", line, "first") == cut_there
    assert lines.can_cut(cut_there)


@pytest.mark.parametrize(
    ("body", "place", "can"),
    [
        (b"-a\n\\ No newline at end of file\n+a\n+b\n", (1, 1), False),
        (b"-a\n-b\n\\ No newline at end of file\n+A\n+B\n", (1, 1), True),
        (b"-a\n-b\n-c\n+A\n\\ No newline at end of file\n", (1, 1), False),
    ],
)
def test_what_would_follow_a_line_without_a_newline_is_not_parted_from_it(
    body: bytes, place: tuple[int, int], can: bool
) -> None:
    assert HunkLines(b"@@ @@\n" + body).can_cut(place) is can
