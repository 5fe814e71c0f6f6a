"""What a review looks like as a file: folds as one heading, what is hidden said beside the patch, and bounded."""

from __future__ import annotations

from casework.lsp.review_file.grammar import parse
from casework.lsp.review_file.rendering import entries, render
from casework.wire.reading_views import FoldView, MarkView
from tests.review_file.views import PATCH, file, hunk, review


def body(text: str) -> str:
    return text[text.index("## Read in this order") :]


def fold(**more: object) -> FoldView:
    return FoldView.model_validate(
        {"id": "f1", "kind": "moved", "title": "moved 3 lines from a.py to b.py, unchanged", "hunks": ["h1", "h3"],
         "files": 2, "added": 3, "removed": 3, "decision": "none", **more}
    )  # fmt: skip


def test_a_fold_is_one_heading_behind_what_is_read() -> None:
    view = review(
        file(hunk("h1", fold="f1"), path="a.py"),
        file(hunk("h2"), hunk("h3", fold="f1"), path="b.py"),
        folds=[fold()],
    )
    text = render(view, {"h1": "@@ -1,3 +0,0 @@\n-one", "h2": PATCH, "h3": "@@ -0,0 +1,3 @@\n+one"})
    assert body(text).splitlines() == [
        "## Read in this order, about 4 minutes",
        "",
        "### 1. b.py:1    [ ]   <- x accept, - reject",
        "```diff",
        *PATCH.splitlines(),
        "```",
        "",
        "### 2. moved 3 lines from a.py to b.py, unchanged    [ ]   <- x accept, - reject, all 2 at once",
        "- a.py:1, +1 -0",
        "- b.py:1, +1 -0",
        "```diff",
        "--- a.py",
        "@@ -1,3 +0,0 @@",
        "-one",
        "--- b.py",
        "@@ -0,0 +1,3 @@",
        "+one",
        "```",
        "",
    ]
    said = text.replace("unchanged    [ ]", "unchanged    [x]")
    answer = parse(said, text)
    assert (answer.decisions, answer.mistakes) == ({1: "none", 2: "accepted"}, [])
    assert [[one.id for _, one in entry.hunks] for entry in entries(view)] == [["h2"], ["h1", "h3"]]


def test_what_is_hidden_is_told_from_a_text_that_spells_it_out() -> None:
    mark = MarkView(line=2, side="head", text="holds U+202E (right-to-left override) in column 5")
    view = review(file(hunk("h1", marks=[mark], more_marks=3)), file(hunk("h2"), path="b.py"))
    patch = "@@ -1 +1,2 @@\n a\n+if a\u202e:\u2028-gone"
    text = render(view, {"h1": patch, "h2": "@@ -1 +1 @@\n-x\n+<U+202E>"})
    assert body(text).splitlines()[2:] == [
        "### 1. pay/charge.py:1    [ ]   <- x accept, - reject",
        "- line 2 holds U+202E (right-to-left override) in column 5",
        "- and 3 more of these; `casework review diff` gives the bytes",
        "```diff",
        "@@ -1 +1,2 @@",
        " a",
        "+if a<U+202E>:<U+2028>-gone",
        "```",
        "",
        "### 2. b.py:1    [ ]   <- x accept, - reject",
        "```diff",
        "@@ -1 +1 @@",
        "-x",
        "+<U+202E>",
        "```",
        "",
    ]


def test_line_ends_are_shown_where_they_differ_and_said_where_they_do_not() -> None:
    view = review(file(hunk("h1")), file(hunk("h2"), path="b.py"))
    text = render(view, {"h1": "@@ -1 +1 @@\n-a\r\n+b\r", "h2": "@@ -1 +1 @@\n-a\n+a\r"})
    assert "carriage return, line feed), all of them\n```diff\n@@ -1 +1 @@\n-a\n+b\n```" in text
    assert "```diff\n@@ -1 +1 @@\n-a\n+a<U+000D>\n```" in text


def test_a_file_has_an_end_whatever_it_shows() -> None:
    view = review(*(file(hunk(f"h{n}"), path=f"f{n}") for n in range(30)))
    long = "@@ -0,0 +1 @@\n+" + "x" * 20_000_000
    many = "@@ -0,0 +1,9000 @@\n" + "+" + "y" * 500 + ("\n+" + "y" * 500) * 8999
    text = render(view, {f"h{n}": long if n == 0 else many for n in range(30)})
    assert len(text) < 6_000_000
    assert f"+{'x' * 4999} ... 20000001 characters" in text
    assert "... 5001 more lines: casework review diff" in text
    assert "... 9001 more lines: casework review diff" in text
    assert text.count("### ") == 30


def test_a_fold_lists_so_many_places_and_counts_the_others() -> None:
    view = review(*(file(hunk(f"h{n}", fold="f1"), path=f"f{n}") for n in range(50)), folds=[fold()])
    text = render(view, {})
    assert (
        "- f39:1, +1 -0\n- and 10 more; `casework review show` lists them\n```diff\nno lines of it change\n```" in text
    )
