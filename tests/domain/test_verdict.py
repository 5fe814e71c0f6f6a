"""What was shown, what an approval lands, and what it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casework.domain.change import Change, ChangeKind, FileChange, Hunk
from casework.domain.envelope import Actor, ActorKind
from casework.domain.errors import Refused
from casework.domain.events import Decision
from casework.domain.ids import CommentId, HunkId
from casework.domain.task import Comment, Decided, Reshown, Review, Task
from casework.domain.verdict import (
    Choice,
    approve_label,
    check_shown,
    choices,
    request_label,
    selection,
    shown_hash,
    usual_choice,
)
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


def in_review(shown: Review, *, agent: str = "scripted") -> Task:
    return replace(the_task(ADDED, QUEUED, STARTED, OPENED), review=shown, agent=agent)


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


BACK, TASK, OUT = Choice("back"), Choice("follow_up"), Choice("drop")


@pytest.mark.parametrize(
    ("kind", "decisions", "choice", "label"),
    [
        ("run", {}, None, "Land 3 on main"),
        ("run", {"one": "rejected"}, None, "Land 2, send 1 back (on main)"),
        ("run", {"one": "rejected"}, TASK, "Land 2, make a task of 1 (on main)"),
        ("run", {"one": "rejected"}, OUT, "Land 2, leave 1 out on main"),
        ("run", {"one": "accepted"}, Choice("back", only_accepted=True), "Land 1, send 2 back (on main)"),
        ("branch", {"one": "rejected"}, None, "Land 2, leave 1 out on main"),
        ("branch", {"one": "accepted"}, Choice(only_accepted=True), "Land 1, leave 2 out on main"),
        ("working_tree", {"one": "accepted"}, None, "Commit 1, leave 2 uncommitted"),
        ("range", {}, None, "Done reading"),
    ],
)
def test_the_label_says_what_will_happen(
    kind: ChangeKind, decisions: dict[str, Decision], choice: Choice | None, label: str
) -> None:
    assert approve_label(in_review(review(kind, **decisions)), CHANGE, choice) == label


@pytest.mark.parametrize(
    ("kind", "decisions", "possible"),
    [
        ("run", {}, [BACK]),
        ("run", {"one": "rejected"}, [BACK, TASK, OUT]),
        ("run", {"one": "accepted"}, [BACK, *(Choice(each.rest, only_accepted=True) for each in (BACK, TASK, OUT))]),
        ("branch", {"one": "rejected"}, [OUT, TASK]),
        ("working_tree", {"one": "rejected"}, [OUT]),
        ("working_tree", {"one": "accepted"}, [OUT]),
        ("range", {"one": "rejected"}, []),
    ],
)
def test_only_ways_that_come_to_something_else_are_offered_the_usual_one_first(
    kind: ChangeKind, decisions: dict[str, Decision], possible: list[Choice]
) -> None:
    shown = review(kind, **decisions)
    assert choices(in_review(shown), shown, CHANGE) == possible


@pytest.mark.parametrize(
    ("decisions", "said", "label"),
    [
        ({"one": "accepted"}, [], "Request changes"),
        ({"one": "rejected"}, [], "Request changes, send 1 hunk back"),
        ({}, ["human", "agent"], "Request changes, send 1 comment back"),
        ({"one": "rejected", "two": "rejected"}, ["human"], "Request changes, send 2 hunks and 1 comment back"),
    ],
)
def test_the_other_label_says_what_goes_along(
    decisions: dict[str, Decision], said: list[ActorKind], label: str
) -> None:
    comments = tuple(
        Comment(CommentId(str(n)), BLOB, "Why?", None, None, Actor(kind=by, id="somebody"), B)
        for n, by in enumerate(said)
    )
    task = replace(in_review(review("run", **decisions)), comments=comments)
    assert request_label(task, CHANGE) == label


def test_a_survey_asks_nothing_again_because_of_a_rejected_test() -> None:
    assert usual_choice(in_review(review("run"), agent="survey")) == OUT


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
    hashes = {shown_hash(in_review(one)) for one in [plain, *different]}
    assert len(hashes) == len(different) + 1


def test_each_way_to_approve_has_a_hash_of_its_own_and_passes_with_no_other() -> None:
    task = in_review(review("run", one="rejected"))
    ways = [Choice(rest, only) for rest in ("back", "follow_up", "drop") for only in (False, True)]
    assert len({shown_hash(task, way) for way in ways}) == len(ways)
    assert shown_hash(task) == shown_hash(task, BACK)
    for way in ways:
        check_shown(task, shown_hash(task, way), way)
        for other in set(ways) - {way}:
            with pytest.raises(Refused, match=r"says something else about what does not land") as refusal:
                check_shown(task, shown_hash(task, other), way)
            assert refusal.value.code == "stale_review"


def test_a_verdict_passes_only_with_what_is_shown_now() -> None:
    task = the_task(ADDED, QUEUED, STARTED, OPENED)
    assert task.review is not None
    now = shown_hash(task)
    check_shown(task, now)
    check_shown(task, now[:12].upper())
    for stale in ("", now[:11], "0" * 64, now + "0", now[:12] + "x"):
        with pytest.raises(Refused) as refusal:
            check_shown(task, stale)
        assert refusal.value.code == "stale_review"
