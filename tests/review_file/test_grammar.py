"""What is read out of a review file, and what is not."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.lsp.review_file.grammar import LIMIT, VERSION, Answer, parse, shown_in
from casework.lsp.review_file.rendering import entries, render
from casework.wire.views import HunkView, ReviewView
from tests.review_file.views import PATCH, SHOWN, file, hunk, review, reviews, small, texts

ENOUGH = settings(
    max_examples=1000 if os.environ.get("CASEWORK_TEST_FULL") else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
SMALL = render(small(), {"h1": PATCH, "h2": PATCH})
TITLE, HASH, *_ = SMALL.splitlines()
VERDICT = next(line for line in SMALL.splitlines() if line.startswith("Verdict:"))
FIRST, SECOND = (line for line in SMALL.splitlines() if line.startswith("### "))


def line_of(text: str, wanted: str) -> int:
    return next(at for at, line in enumerate(text.splitlines()) if wanted in line)


def read(*changes: tuple[str, str]) -> Answer:
    """Read the small file with these replacements, as a human might have made them."""
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse(text, SMALL)


@ENOUGH
@given(reviews, st.dictionaries(st.uuids().map(str), texts))
def test_whatever_stands_in_a_review_its_file_says_nothing_by_itself(view: ReviewView, odd: dict[str, str]) -> None:
    patches = {one.id: text for one, text in zip(_all(view), odd.values(), strict=False)}
    text = render(view, patches)
    decided = ((entry.fold or entry.hunks[0][1]).decision for entry in entries(view))
    decisions = dict(enumerate(decided, start=1))
    for answer in (parse(text, text), parse(text)):
        assert answer.verdict is None
        assert answer.comments == {}
        assert (answer.replies, answer.resolved) == ({}, [])
        assert answer.decisions == decisions
        assert (answer.number, answer.shown) == (12, SHOWN[:16])
    assert parse(text, text).mistakes == []
    assert shown_in(text) == SHOWN[:16]


def _all(view: ReviewView) -> list[HunkView]:
    return [one for entry in entries(view) for _, one in entry.hunks]


@ENOUGH
@given(reviews, st.data())
def test_a_patch_that_is_anything_at_all_stays_a_patch(view: ReviewView, data: st.DataObject) -> None:
    patches = {one.id: data.draw(texts) for one in _all(view)}
    text = render(view, patches)
    answer = parse(text, text)
    assert (answer.verdict, answer.comments, answer.mistakes) == (None, {}, [])


@ENOUGH
@given(reviews)
def test_the_human_s_own_words_are_read_whatever_stands_around_them(view: ReviewView) -> None:
    view = view.model_copy(update={"status": "in_review", "change_kind": "run"})
    written = render(view, {})
    asks = next(line for line in written.split("\n") if line.startswith("Verdict:"))
    answer = parse(written.replace(asks, "Verdict: approve\n> Well done.", 1), written)
    assert (answer.verdict, answer.comments, answer.mistakes) == ("approve", {0: "Well done."}, [])


@ENOUGH
@given(st.text(), st.text())
def test_any_text_at_all_is_read_without_a_complaint_of_python_s(text: str, original: str) -> None:
    assert parse(text, original).mistakes or parse(text, original).number is not None


@ENOUGH
@given(st.integers(0, len(SMALL)), st.integers(0, len(SMALL)), texts)
def test_a_damaged_file_never_says_what_nobody_typed(start: int, end: int, typed: str) -> None:
    answer = parse(SMALL[: min(start, end)] + typed + SMALL[max(start, end) :], SMALL)
    if not any(word in typed.lower() for word in ("approve", "request", "read")):
        assert answer.verdict is None
    if not answer.mistakes:
        assert set(answer.decisions) == {1, 2}


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("Verdict: approve", "approve"),
        ("Verdict:approve", "approve"),
        ("Verdict:   Approve   <- write `approve`, or `request changes`; then save", "approve"),
        ("verdict: APPROVE", "approve"),
        ("  Verdict :\tapprove  ", "approve"),
        ("Verdict: `approve`", "approve"),
        ("Verdict: approve.", "approve"),
        ("Verdict: request changes", "request changes"),
        ("Verdict: Request   Changes", "request changes"),
        ("Verdict: request-changes", "request changes"),
        ("Verdict: read", "read"),
        ("Verdict:", None),
        ("Verdict:            <- anything may stand behind the arrow", None),
    ],
)
def test_a_verdict_is_read_forgivingly(typed: str, verdict: str | None) -> None:
    answer = read((VERDICT, typed))
    assert (answer.verdict, answer.mistakes) == (verdict, [])
    if verdict is not None:
        assert answer.verdict_line == line_of(SMALL, VERDICT)


@pytest.mark.parametrize("typed", ["[x]", "[X]", "[ x ]", "[x ]", "[x]  "])
def test_a_hunk_is_accepted_forgivingly(typed: str) -> None:
    answer = read((FIRST, FIRST.replace("[ ]", typed)))
    assert (answer.decisions, answer.mistakes) == ({1: "accepted", 2: "none"}, [])


@pytest.mark.parametrize("typed", ["[-]", "[ - ]", "[-]   "])
def test_a_hunk_is_rejected_forgivingly(typed: str) -> None:
    answer = read((SECOND, SECOND.partition("[ ]")[0] + typed))
    assert (answer.decisions, answer.mistakes) == ({1: "none", 2: "rejected"}, [])


def test_comments_are_read_where_they_stand() -> None:
    answer = read((VERDICT, f"{VERDICT}\n> On\n>\n> all of it."), (SECOND, f"{SECOND}\n>name the digits"))
    assert answer.comments == {0: "On\n\nall of it.", 2: "name the digits"}
    assert answer.mistakes == []


def test_threads_are_answered_and_settled_wherever_that_is_written() -> None:
    answer = read(
        ("## Checks", "> @2 Because of\n> the zones.\n\n## Checks\n> @1 Resolved."),
        (FIRST, f"{FIRST}\n> @3: as you say\n\n> and this is about the hunk"),
    )
    assert answer.mistakes == []
    assert answer.replies == {2: "Because of\nthe zones.", 3: "as you say"}
    assert answer.resolved == [1]
    assert answer.comments == {1: "and this is about the hunk"}


def test_what_is_known_of_a_hunk_and_its_threads_stand_below_its_heading() -> None:
    begun = {"id": "t", "thread": "t", "number": 3, "text": "Why?", "by": "ada", "outdated": True}
    again = {**begun, "id": "u", "text": "Because.", "by": "claude"}
    known: dict[str, object] = {"stale": True, "was": "rejected", "was_reason": "dear", "since": " a\n-b\n+c"}
    text = render(
        review(file(hunk("h1", "none", comments=[begun, again], brings_back="brings back", **known))), {"h1": PATCH}
    )
    below = text.partition("### 1. ")[2].splitlines()[1:9]
    assert below == [
        "- brings back",
        "- changed since you read it, and rejected: dear",
        "       a",
        "      -b",
        "      +c",
        "- thread 3 (the code there changed since), ada said: Why?",
        "  - claude answered: Because.",
        "```diff",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    text = "\ufeff" + SMALL.replace(VERDICT, "Verdict: approve").replace("\n", end)
    answer = parse(text, SMALL)
    assert (answer.verdict, answer.mistakes) == ("approve", [])


def test_white_space_at_the_ends_of_lines_does_not_matter() -> None:
    text = "\n".join(line + "  " for line in SMALL.split("\n"))
    assert parse(text, SMALL).mistakes == []
    assert parse("\n".join(line.rstrip() for line in SMALL.split("\n")), SMALL).mistakes == []


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        (VERDICT, "Verdict: approve it", "approve it", "`approve it` is no verdict"),
        (VERDICT, "Verdict: approve\nVerdict: approve", "", "There are two verdicts"),
        (VERDICT, f"{VERDICT}\nLooks good to me", "Looks good", "This line was not understood"),
        ("diff 4f9a", "diff 4f9", "", "The line that begins with `diff` is missing or damaged"),
        ("diff 4f9a", "diff 4f9z", "", "The line that begins with `diff` is missing or damaged"),
        (f"(casework review file {VERSION})", "(casework review file 99)", "file 99", "This file is of version 99"),
        ("# Review 12", "Review 12", "", "The title is missing or damaged"),
        (FIRST, f"{FIRST}\n{FIRST}", "", "Hunk 1 stands here twice"),
        (FIRST, "", "", "The heading of hunk 1 is missing"),
        (FIRST, FIRST.replace("[ ]", "[?]"), "[?]", "This heading is damaged"),
        (FIRST, FIRST.replace("[ ]", ""), "### 1", "This heading is damaged"),
        (FIRST, FIRST.replace("charge", "change"), "### 1", "This heading was changed"),
        (FIRST, FIRST.replace("### 1", "### 7"), "### 7", "This review has no hunk 7"),
        ("+    check(card)", "+    approve(card)", "```diff", "This patch was changed"),
        ("+    check(card)\n", "", "```diff", "This patch was changed"),
        ("```diff", "", "### 1", "This patch was changed"),
        (FIRST, f"{FIRST}\n```diff\nVerdict: approve\n```", "```diff", "This patch was changed"),
        (VERDICT, f"{TITLE}\n{VERDICT}", "", "The title stands here twice"),
        ("## Checks", f"## Checks\n{TITLE}", "", "The title, or the line that begins with `diff`, stands here twice"),
        ("## Checks", f"## Checks\n{HASH}", "", "The title, or the line that begins with `diff`, stands here twice"),
        ("## Checks", "> here?\n## Checks", "here?", "A comment belongs above the first `##`"),
        ("## Checks", "## Checks\nVerdict: approve", "Verdict: approve", "This line was not understood"),
    ],
)
def test_what_is_not_understood_is_said_at_its_line(old: str, new: str, at: str, says: str) -> None:
    answer = read((old, new))
    said = [mistake for mistake in answer.mistakes if mistake.sentence.startswith(says)]
    assert said, answer.mistakes
    assert answer.mistakes == sorted(answer.mistakes, key=lambda mistake: mistake.line)
    if at:
        assert said[0].line == line_of(SMALL.replace(old, new, 1), at)


def test_a_patch_without_its_end_is_said_at_its_beginning() -> None:
    text = SMALL.rstrip("\n").removesuffix("```")
    assert [(one.line, one.sentence) for one in parse(text, SMALL).mistakes] == [
        (text[: text.rindex("```diff")].count("\n"), "This patch has no end: put its closing backticks back.")
    ]


def test_a_file_that_is_far_too_long_is_not_read() -> None:
    assert [one.sentence for one in parse("x" * (LIMIT + 1)).mistakes] == [
        "This file is too long to be a review; open the review again."
    ]


@pytest.mark.parametrize(
    "place", ["> Verdict: approve", "    Verdict: approve", "- Verdict: approve", "`Verdict: approve`"]
)
def test_a_verdict_that_is_not_its_own_line_is_none(place: str) -> None:
    assert read((VERDICT, f"{VERDICT}\n{place}")).verdict is None


def test_a_name_that_ends_like_a_decision_decides_nothing() -> None:
    view = review(file(hunk("h1"), path="a [x]"))
    text = render(view, {"h1": PATCH})
    assert parse(text, text).decisions == {1: "none"}
    heading = next(line for line in text.splitlines() if line.startswith("### "))
    cut = text.replace(heading, heading.partition("    [ ]")[0])
    assert parse(cut, text).mistakes, "with our brackets gone those of the name would decide"


def test_what_was_decided_before_stands_in_the_file() -> None:
    view = review(file(hunk("h1", "accepted"), hunk("h2", "rejected", reason="no"), hunk("h3")))
    text = render(view, {})
    assert parse(text, text).decisions == {1: "accepted", 2: "rejected", 3: "none"}


@pytest.mark.parametrize(
    "typed", ["Verd\u0131ct: approve", "VERD\u0130CT: approve", "Verdict\uff1a approve", "V\u0435rdict: approve"]
)
def test_a_line_that_only_looks_like_a_verdict_is_a_mistake_at_its_place(typed: str) -> None:
    answer = read((VERDICT, typed))
    assert answer.verdict is None
    assert [one.line for one in answer.mistakes] == [line_of(SMALL, VERDICT)]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (VERDICT, "Verdict:" + " " * 200_000 + "x"),
        ("    <- leave", " <-" + " " * 200_000 + "leave"),
        (FIRST, FIRST.replace("[ ]", "[" + " " * 200_000 + "x")),
        (FIRST, FIRST.replace("[ ]", "[ " * 100_000 + "x")),
    ],
    ids=["behind the verdict", "in the hint of the hash", "between brackets", "of brackets"],
)
def test_a_line_is_read_in_the_time_that_its_length_takes(old: str, new: str) -> None:
    assert read((old, new)).verdict is None


def test_of_a_file_full_of_mistakes_so_many_are_told_as_a_human_may_read() -> None:
    answer = parse(SMALL + "junk\n" * 100_000, SMALL)
    assert 0 < len(answer.mistakes) <= 200
