"""What comes next in a review: behind where one is, over files, a fold as one."""

from __future__ import annotations

from casework.domain.change import Change, FileChange, Fold, Hunk
from casework.domain.frozen import replace
from casework.domain.ids import CommitId, HunkId
from casework.domain.judging import entries, left_to_judge, next_entry
from casework.domain.task import Decided, Review
from tests.domain.history import ADDED, OPENED, QUEUED, STARTED, the_task


def hunk(name: str) -> Hunk:
    return Hunk(id=HunkId(name), old_start=1, old_lines=1, new_start=1, new_lines=1, added=1)


CHANGE = Change(
    base=CommitId("a"),
    head=CommitId("b"),
    diff_hash="c",
    files=(
        FileChange(path="one", status="modified", hunks=(hunk("1a"), hunk("1b"))),
        FileChange(path="two", status="modified", hunks=(hunk("2a"),)),
        FileChange(path="pic", status="modified", whole=HunkId("3")),
    ),
    folds=(Fold(id="f", kind="moved", title="moved", hunks=(HunkId("1a"), HunkId("2a"))),),
)


def review(**decided: str) -> Review:
    found = the_task(ADDED, QUEUED, STARTED, OPENED).review
    assert found is not None
    names = {HunkId(name.removeprefix("h")): Decided(decision) for name, decision in decided.items()}  # type: ignore[arg-type]
    return replace(found, change_kind="run", decisions=names)


def following(after: str | None, **decided: str) -> tuple[str, ...] | None:
    found = next_entry(CHANGE, review(**decided), after)
    return None if found is None else found.hunks


def test_what_is_folded_comes_last_and_once() -> None:
    assert [entry.hunks for entry in entries(CHANGE, review())] == [("1b",), ("3",), ("1a", "2a")]


def test_a_fold_decided_in_part_is_no_longer_one_decision() -> None:
    left = [entry.hunks for entry in left_to_judge(CHANGE, review(h1a="accepted"))]
    assert left == [("1b",), ("2a",), ("3",)]


def test_the_next_one_stands_behind_and_the_last_leads_to_the_first() -> None:
    assert following(None) == ("1b",)
    assert following("1b") == ("3",)
    assert following("3") == ("1a", "2a")
    assert following("2a", h1a="accepted", h2a="accepted") == ("1b",)
    assert following("1b", h1b="accepted") == ("3",)
    assert following("gone") == ("1b",)


def test_nothing_comes_next_when_all_is_decided() -> None:
    assert following("3", h1a="accepted", h2a="accepted", h1b="rejected", h3="accepted") is None


def test_of_history_what_was_not_read_is_left() -> None:
    history = replace(review(), change_kind="range", seen=frozenset({HunkId("1b"), HunkId("1a")}))
    assert [entry.hunks for entry in left_to_judge(CHANGE, history)] == [("3",), ("1a", "2a")]
    read = replace(history, seen=frozenset(CHANGE.judged))
    assert next_entry(CHANGE, read, "2a") is None


def test_a_fold_counts_as_one_decision_in_the_time() -> None:
    long = tuple(hunk(f"h{n}").model_copy(update={"added": 100}) for n in range(20))
    change = CHANGE.model_copy(update={"files": (FileChange(path="x", status="modified", hunks=long),), "folds": ()})
    fold = Fold(id="f", kind="moved", title="moved", hunks=tuple(one.id for one in long))
    assert change.minutes() == 105
    assert change.model_copy(update={"folds": (fold,)}).minutes() == 1
