"""What was shown, what an approval lands, and what it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casework.domain.change import Change, ChangeKind, FileChange, Hunk
from casework.domain.errors import Refused
from casework.domain.events import Decision
from casework.domain.ids import HunkId
from casework.domain.task import Decided, Reshown, Review
from casework.domain.verdict import approve_label, check_shown, selection, shown_hash
from tests.domain.history import ADDED, BLOB, ONE, OPENED, QUEUED, STARTED, TWO, A, B, N, the_task

THREE = HunkId("3" * 16)
CHANGE = Change(
    base=A,
    head=B,
    diff_hash="f" * 64,
    files=(
        FileChange(
            path="a.py",
            status="modified",
            hunks=(
                Hunk(id=ONE, old_start=1, old_lines=1, new_start=1, new_lines=1),
                Hunk(id=TWO, old_start=9, old_lines=1, new_start=9, new_lines=1),
            ),
        ),
        FileChange(path="logo.png", status="modified", binary=True, whole=THREE),
    ),
)


def review(kind: ChangeKind, **decisions: Decision) -> Review:
    found = the_task(ADDED, QUEUED, STARTED, OPENED).review
    assert found is not None
    names = {"one": ONE, "two": TWO, "three": THREE}
    return replace(found, change_kind=kind, decisions={names[name]: Decided(made) for name, made in decisions.items()})


@pytest.mark.parametrize(
    ("kind", "decisions", "lands"),
    [
        ("run", {}, (ONE, TWO, THREE)),
        ("run", {"one": "accepted"}, (ONE, TWO, THREE)),
        ("run", {"one": "rejected"}, (TWO, THREE)),
        ("branch", {"three": "rejected"}, (ONE, TWO)),
        ("working_tree", {}, (ONE, TWO, THREE)),
        ("working_tree", {"two": "accepted"}, (TWO,)),
        ("working_tree", {"two": "rejected"}, (ONE, THREE)),
        ("working_tree", {"one": "accepted", "two": "rejected"}, (ONE,)),
        ("run", {"one": "rejected", "two": "rejected", "three": "rejected"}, ()),
    ],
)
def test_what_lands(kind: ChangeKind, decisions: dict[str, Decision], lands: tuple[HunkId, ...]) -> None:
    chosen = selection(review(kind, **decisions), CHANGE)
    assert chosen.lands == lands
    assert set(chosen.lands) | set(chosen.stays) == {ONE, TWO, THREE}


@pytest.mark.parametrize(
    ("kind", "decisions", "label"),
    [
        ("run", {}, "Land 3 on main"),
        ("run", {"one": "rejected"}, "Land 2, leave 1 out on main"),
        ("working_tree", {"one": "accepted"}, "Commit 1, leave 2 uncommitted"),
        ("range", {}, "Done reading"),
    ],
)
def test_the_label_says_what_will_happen(kind: ChangeKind, decisions: dict[str, Decision], label: str) -> None:
    shown = review(kind, **decisions)
    assert approve_label(shown, selection(shown, CHANGE)) == label


def test_whatever_changes_what_an_approval_does_changes_the_hash() -> None:
    plain = review("run")
    different = [
        replace(plain, base=N),
        replace(plain, head=N),
        replace(plain, diff_hash="0" * 64),
        replace(plain, target="refs/heads/other"),
        replace(plain, target=None),
        replace(plain, change_kind="branch"),
        replace(plain, run=2),
        review("run", one="accepted"),
        review("run", one="rejected"),
        review("run", two="rejected"),
        replace(plain, reshown=Reshown(N, "0" * 40, "1" * 40, "moved", BLOB)),
        replace(plain, reshown=Reshown(N, "0" * 40, "2" * 40, "moved", BLOB)),
    ]
    hashes = {shown_hash(one) for one in [plain, *different]}
    assert len(hashes) == len(different) + 1


def test_a_verdict_passes_only_with_what_is_shown_now() -> None:
    task = the_task(ADDED, QUEUED, STARTED, OPENED)
    assert task.review is not None
    now = shown_hash(task.review)
    check_shown(task, task.review, now)
    check_shown(task, task.review, now[:12].upper())
    for stale in ("", now[:11], "0" * 64, now + "0", now[:12] + "x"):
        with pytest.raises(Refused) as refusal:
            check_shown(task, task.review, stale)
        assert refusal.value.code == "stale_review"
