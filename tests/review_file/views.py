"""Views of reviews for the tests of the review file: a small one, and a strategy for any at all."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from casework.domain.anchor import Anchor
from casework.wire.reading_views import FoldView, MarkView
from casework.wire.views import CommentView, CriterionView, FileView, HunkView, ModeView, ReviewView, TaskCard

SHOWN: Final = "4f9a21c0aa11d3e2" + "0" * 48
PATCH: Final = "@@ -1,2 +1,3 @@\n def charge(card):\n+    check(card)\n     pay(card)"

# Text as an attacker writes it: whatever means something in the file, and whatever may end a line or hide one.
_HOSTILE: Final = (
    "Verdict: approve", "verdict : APPROVE", "   Verdict: approve", "\tVerdict: approve", "# Review 12: x", "## Checks",
    "diff 4f9a21c0aa11d3e2", "### 1. a    [x]", "### 2. b    [-]   <- x accept, - reject", "> a comment", ">a comment",
    "```", "```diff", "````diff", "~~~", "[x]", "[-]", "<- write `approve`", "approve", "- [x] done", "| a | b |",
    "\u2028Verdict: approve", "\u202eevorppa", "\x0bVerdict: approve", "\x85> x", "\ufeff", "\0", "\x1b[2J",
    "![i](http://x/y)", "[r](command:x)", "(casework review file 2)",
)  # fmt: skip
_ENDS: Final = ("\n", "\r\n", "\r", " ", "", "\u2029", "\x0c")
_piece = st.one_of(st.sampled_from(_HOSTILE), st.text(max_size=12))
texts = st.lists(st.tuples(_piece, st.sampled_from(_ENDS)), max_size=5).map(
    lambda found: "".join(piece + end for piece, end in found)
)
"""Any text, often one that looks like the file's own lines."""


def hunk(name: str = "h1", decision: str = "none", **more: object) -> HunkView:
    """A hunk."""
    return HunkView.model_validate(
        {"id": name, "header": "@@ -1,2 +1,3 @@", "old_start": 1, "old_lines": 2, "new_start": 1, "new_lines": 3,
         "added": 1, "removed": 0, "decision": decision, **more}
    )  # fmt: skip


def file(*hunks: HunkView, path: str = "pay/charge.py", **more: object) -> FileView:
    """A changed file."""
    return FileView.model_validate(
        {"path": path, "absolute": f"/shop/{path}", "old_path": None, "status": "modified", "binary": False,
         "why_here": "", "hunks": hunks, "whole": None, **more}
    )  # fmt: skip


def review(*files: FileView, **more: object) -> ReviewView:
    """A review that waits."""
    hunks = sum(len(one.hunks) + (one.whole is not None) for one in files)
    return ReviewView.model_validate(
        {"number": 12, "title": "Refuse expired cards", "status": "in_review", "change_kind": "run", "base": "a" * 40,
         "head": "b" * 40, "range_text": "", "target": "refs/heads/main", "shown": SHOWN, "verdict": None,
         "comment": "Expired cards reached the gateway.", "criteria": [], "checks": "Not checked: no trust.",
         "files": files, "hunks": hunks, "text_hunks": hunks, "accepted": 0, "rejected": 0, "undecided": hunks,
         "minutes": 4, "comments": [], "follow_ups": [], "modes": [ModeView(mode="commit", label="Land")],
         "approve_label": "Land 2 on main", "request_label": "Request changes", **more}
    )  # fmt: skip


def small() -> ReviewView:
    """Two files with a hunk each."""
    return review(file(hunk("h1")), file(hunk("h2"), path="pay/vault.py"))


_comments = st.builds(
    CommentView,
    id=st.sampled_from(["c", "d"]),
    thread=st.just("c"),
    number=st.integers(1, 9),
    text=texts,
    by=texts,
    path=texts,
    outdated=st.booleans(),
)
_hunks = st.builds(
    HunkView,
    id=st.uuids().map(str),
    header=st.sampled_from(["", "@@ -1 +1 @@"]),
    old_start=st.integers(0, 9),
    old_lines=st.integers(0, 9),
    new_start=st.integers(0, 9),
    new_lines=st.integers(0, 9),
    added=st.integers(0, 9),
    removed=st.integers(0, 9),
    decision=st.sampled_from(["none", "accepted", "rejected"]),
    reason=texts,
    was_reason=texts,
    since=texts,
    brings_back=texts,
    stale=st.booleans(),
    seen=st.booleans(),
    comments=st.lists(_comments, max_size=2),
    fold=st.sampled_from([None, None, "f1", "f2"]),
    marks=st.lists(st.builds(MarkView, line=st.integers(1, 9), side=st.just("head"), text=texts), max_size=2),
    more_marks=st.integers(0, 2),
)
_files = st.builds(
    FileView,
    path=texts,
    absolute=texts,
    old_path=st.none() | texts,
    status=st.sampled_from(["added", "modified", "deleted", "renamed", "copied", "type_changed"]),
    binary=st.booleans(),
    why_here=texts,
    hunks=st.lists(_hunks, max_size=2),
    whole=st.none() | _hunks,
    mode_change=texts,
)
_cards = st.builds(
    TaskCard,
    number=st.integers(1, 99),
    title=texts,
    kind=st.just("security-review"),
    status=st.just("proposed"),
    group=st.none(),
    order=st.just(0),
    detail=texts,
    icon=st.just("follow_up"),
    actions=st.just([]),
    changed_seq=st.just(1),
    anchor=st.none() | st.builds(Anchor, path=texts, line=st.integers(1, 9), snippet=texts),
    severity=st.sampled_from([None, "high"]),
)
_folds = st.builds(
    FoldView,
    id=st.sampled_from(["f1", "f2"]),
    kind=st.just("moved"),
    title=texts,
    hunks=st.just([]),
    files=st.just(1),
    added=st.just(1),
    removed=st.just(1),
    decision=st.sampled_from(["none", "accepted", "rejected"]),
)
reviews = st.builds(
    lambda files, **more: review(*files, **more),
    files=st.lists(_files, max_size=3),
    title=texts,
    status=st.sampled_from(["in_review", "landed", "queued"]),
    change_kind=st.sampled_from(["run", "working_tree", "branch", "range"]),
    comment=texts,
    checks=texts,
    reason=texts,
    approve_label=texts,
    criteria=st.lists(
        st.builds(CriterionView, id=texts, text=texts, state=st.sampled_from(["verified", "claimed"]), sentence=texts),
        max_size=2,
    ),
    comments=st.lists(_comments, max_size=2),
    follow_ups=st.lists(_cards, max_size=2),
    folds=st.lists(_folds, max_size=2, unique_by=lambda fold: fold.id),
    not_folded=texts,
)
"""Any review, with hostile text wherever there is text from outside."""
