"""Any history of edits, runs, rebases and restarts: no state of a hunk is lost, and none is kept wrongly.

The model beside it knows each change as a deed on a line that has a name, so that it never compares texts. Lines are
all different there; where they look alike, what may be kept is found out by doing each hunk alone, and by counting out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.core.carrying import carry_over
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.change import Change, Hunk
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.evolve import evolve
from casework.domain.ids import BlobHash, CommitId, StreamId, TaskId
from casework.domain.ledger import moved_bases, paired
from casework.domain.lines import Places, lines_of
from casework.domain.task import Task
from casework.store.readers import event_of
from tests.domain.test_ledger_places import counted_out
from tests.fakes.differing import blob_of, file_change

MANY: Final = 10_000 if os.environ.get("CASEWORK_TEST_FULL") else 150
FILES: Final = ("a.py", "b.py")
Kind = str
Deed = tuple[str, int]
"""What is done to a line (`replace`, `delete`, `insert` behind it), and in which version."""


@dataclass(slots=True)
class Model:
    """The base, line by line, each with a number that no other one has; and what the change does to some of them."""

    base: dict[str, list[int]] = field(default_factory=lambda: {name: list(range(1, 31)) for name in FILES})
    deeds: dict[str, dict[int, Deed]] = field(default_factory=lambda: {name: {} for name in FILES})
    next_line: int = 31
    next_version: int = 1

    def texts(self, name: str) -> tuple[bytes, bytes]:
        base, head = [], []
        for line in self.base[name]:
            what, version = self.deeds[name].get(line, ("", 0))
            base.append(f"line {line}\n")
            head += [f"line {line}\n"] if what in ("", "insert") else []
            head += [f"deed {version} on {line}\n"] if what in ("replace", "insert") else []
        return "".join(base).encode(), "".join(head).encode()

    def groups(self, name: str) -> list[Group]:
        """What git makes one hunk of: deeds with at most six lines between them."""
        found: list[Group] = []
        base = self.base[name]
        for at, line in enumerate(base):
            if line not in self.deeds[name]:
                continue
            what, version = self.deeds[name][line]
            start, end = (at + 1, at + 1) if what == "insert" else (at, at + 1)
            if found and start - found[-1].end <= 6:
                found[-1] = replace(found[-1], end=end, deeds=(*found[-1].deeds, (line, what, version)))
            else:
                found.append(Group(start, end, ((line, what, version),), ()))
        around = [None, *base, None]
        return [replace(one, lines=tuple(around[one.start : one.end + 2])) for one in found]

    def new_version(self) -> int:
        self.next_version += 1
        return self.next_version


@dataclass(frozen=True, slots=True)
class Group:
    """One hunk of the model."""

    start: int
    end: int
    deeds: tuple[tuple[int, str, int], ...]
    lines: tuple[int | None, ...]
    """The names of the lines it stands on and of those that touch it."""


@dataclass(slots=True)
class Known:
    """What is known of one hunk of the model."""

    group: Group
    seen: bool = False
    decision: str = "none"
    read: bool = False
    """Whether this one, or what stood here before, was ever read."""


class World:
    """What the product is driven with: nothing of it decides anything."""

    def __init__(self) -> None:
        self.model = Model()
        self.commits: dict[CommitId, dict[str, bytes]] = {}
        self.changes: dict[BlobHash, Change] = {}
        self.blobs: dict[BlobHash, bytes] = {}
        self.repository = cast(
            "Repository",
            SimpleNamespace(
                change=lambda name: self.changes[name],
                workspace=SimpleNamespace(blobs=self.contents_of),
                blobs=SimpleNamespace(put=self.put, get=lambda name: self.blobs[name]),
            ),
        )
        self.rows: list[Recorded] = []
        self.task: Task | None = None
        self.known: dict[str, list[Known]] = {name: [] for name in FILES}
        self.happen(e.TaskAdded(number=1, task_kind="review", title="t", status="in_review"))

    def contents_of(self, names: Any, *, largest: int) -> dict[str, bytes]:
        there = {blob_of(text): text for files in self.commits.values() for text in files.values()}
        return {name: there[name] for name in names if name in there}

    def put(self, data: bytes) -> BlobHash:
        name = BlobHash(str(len(self.blobs)))
        self.blobs[name] = data
        return name

    def happen(self, event: e.Event) -> None:
        seq = len(self.rows) + 1
        draft = Draft(id=str(seq), event=event, actor=Actor(kind="human"), task=TaskId("1"), at=seq)
        row = Recorded(seq, StreamId("s"), 1, draft)
        self.rows.append(row)
        self.task = evolve(self.task, row)

    def restarted(self) -> Task | None:
        """Fold the journal anew, from what stands in it."""
        task = None
        for row in self.rows:
            event = event_of(row.event.kind, 1, row.event.model_dump_json())
            task = evolve(task, replace(row, draft=replace(row.draft, event=event)))
        return task

    def open(self) -> None:
        """Open the review anew, as the product does it."""
        n = len(self.commits)
        base, head = CommitId(f"base {n}"), CommitId(f"head {n}")
        texts = {name: self.model.texts(name) for name in FILES}
        self.commits[base] = {name: text[0] for name, text in texts.items()}
        self.commits[head] = {name: text[1] for name, text in texts.items()}
        files = tuple(file_change(name, *text) for name, text in texts.items() if text[0] != text[1])
        if not files:
            return
        change = Change(base=base, head=head, diff_hash=str(n), files=files)
        manifest = BlobHash(f"manifest {n}")
        self.changes[manifest] = change
        assert self.task is not None
        before = self.task.review
        carried = carry_over(self.repository, self.task, before, change, "branch", None) if before else None
        self.happen(
            e.ReviewOpened(
                change_kind="branch",
                base=base,
                head=head,
                diff_hash=str(n),
                manifest=manifest,
                comment=manifest,
                target=None,
                files=len(files),
                hunks=len(change.judged),
                minutes=1,
                carried=True,
                ledger=carried.ledger if carried else None,
            )
        )
        for event in carried.events if carried else ():
            self.happen(event)
        self.expect(change)

    def expect(self, change: Change) -> None:
        """Say what the model expects, and hold the product to it."""
        shown = {file.path: file.hunks for file in change.files}
        for name in FILES:
            groups = self.model.groups(name)
            assert len(groups) == len(shown.get(name, ()))
            before, now = self.known[name], []
            left = [one for one in before if not any(is_same(one.group, group) for group in groups)]
            for group, hunk in zip(groups, shown.get(name, ()), strict=True):
                was = next((one for one in before if is_same(one.group, group)), None)
                state = replace(was, group=group) if was is not None else Known(group)
                lines = {line for line, _, _ in group.deeds}
                if was is None and any(one.read and lines & {line for line, _, _ in one.group.deeds} for one in left):
                    assert self.stale(hunk), "something that was read stood here before"
                    state.read = True
                elif was is None and self.stale(hunk):
                    assert any(one.read for one in left), "nothing that was read is gone"
                    state.read = True
                now.append(state)
            self.known[name] = now
        self.hold(change)

    def stale(self, hunk: Hunk) -> bool:
        assert self.task is not None
        assert self.task.review is not None
        return hunk.id in self.task.review.stale

    def hold(self, change: Change) -> None:
        """Nothing is lost, and nothing is kept wrongly."""
        assert self.task is not None
        review = self.task.review
        assert review is not None
        decisions = {hunk: one.decision for hunk, one in review.decisions.items()}
        told = {
            hunk.id: (hunk.id in review.seen, decisions.get(hunk.id, "none"))
            for file in change.files
            for hunk in file.hunks
        }
        expected = {
            hunk.id: (one.seen, one.decision)
            for file in change.files
            for hunk, one in zip(file.hunks, self.known[file.path], strict=True)
        }
        assert told == expected
        assert not review.seen & set(review.stale)
        assert set(review.decisions) <= review.seen <= set(change.judged)

    def judge(self, which: int, what: int) -> None:
        """The human reads a hunk, decides on it, or takes that back."""
        assert self.task is not None
        review = self.task.review
        if review is None:
            return
        change = self.changes[review.manifest]
        hunks = [(file.path, at, hunk) for file in change.files for at, hunk in enumerate(file.hunks)]
        path, at, hunk = hunks[which % len(hunks)]
        known = self.known[path][at]
        if what % 4 == 0:
            self.happen(e.HunksSeen(hunks=(hunk.id,)))
        else:
            known.decision = ("none", "accepted", "rejected")[what % 3]
            self.happen(e.HunkDecided(hunks=(hunk.id,), decision=cast("e.Decision", known.decision)))
        known.seen = known.read = True
        self.hold(change)


def is_same(one: Group, other: Group) -> bool:
    return one.deeds == other.deeds and one.lines == other.lines


def work(model: Model, name: str, at: int, what: int) -> None:
    """Somebody edits: a person, a run, or a formatter that touches some lines anew."""
    line = model.base[name][at % len(model.base[name])]
    deeds = model.deeds[name]
    match what % 6:
        case 0 | 1 | 2:
            kind = ("replace", "delete", "insert")[what % 3]
            deeds[line] = (kind, model.new_version() if kind != "delete" else 0)
        case 3:
            deeds.pop(line, None)
        case 4:
            for done in list(deeds)[what % 2 :: 2]:
                if deeds[done][0] != "delete":
                    deeds[done] = (deeds[done][0], model.new_version())
        case _:
            deeds.clear()


def move(model: Model, name: str, at: int, what: int) -> None:
    """The base moves: lines come, go, or are others now. What was done to a line that is gone is gone with it."""
    base = model.base[name]
    at %= len(base)
    if what % 3 == 0 or len(base) < 12:
        base[at:at] = range(model.next_line, model.next_line + 1 + what % 4)
        model.next_line += 1 + what % 4
        return
    model.deeds[name].pop(base[at], None)
    if what % 3 == 1:
        del base[at]
    else:
        base[at] = model.next_line
        model.next_line += 1


step = st.tuples(
    st.sampled_from(["work", "work", "move", "judge", "judge", "judge", "open", "open"]),
    st.sampled_from(FILES),
    st.integers(0, 40),
    st.integers(0, 11),
)


@pytest.mark.timeout(3600)
@settings(max_examples=MANY, deadline=None)
@given(st.lists(step, min_size=4, max_size=24))
def test_no_history_loses_what_is_known_of_a_hunk_or_keeps_it_wrongly(steps: list[tuple[str, str, int, int]]) -> None:
    world = World()
    work(world.model, "a.py", 3, 0)
    work(world.model, "a.py", 20, 1)
    work(world.model, "b.py", 9, 2)
    world.open()
    for does, name, at, what in steps:
        if does == "work":
            work(world.model, name, at, what)
        elif does == "move":
            move(world.model, name, at, what)
        elif does == "judge":
            world.judge(at, what)
        else:
            world.open()
    world.open()
    assert world.restarted() == world.task


_alike = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"}\n"]), min_size=8, max_size=26)
_edit = st.tuples(st.integers(0, 30), st.integers(0, 2), st.sampled_from([b"a\n", b"b\n", b"new\n"]))
_edits = st.lists(_edit, max_size=3)


def edited(lines: list[bytes], edits: list[tuple[int, int, bytes]]) -> list[bytes]:
    found = list(lines)
    for at, count, put in edits:
        at %= len(found) + 1
        found[at : at + count] = [put] if count != 1 else [put, put]
    return found


def alone(base: list[bytes], head: list[bytes], hunk: Hunk) -> list[bytes]:
    """The base with one hunk, and nothing else."""
    start, begin = hunk.old_start - (hunk.old_lines > 0), hunk.new_start - (hunk.new_lines > 0)
    return [*base[:start], *head[begin : begin + hunk.new_lines], *base[start + hunk.old_lines :]]


def puts(head: list[bytes], hunk: Hunk) -> list[bytes]:
    begin = hunk.new_start - (hunk.new_lines > 0) + hunk.lead
    return head[begin : begin + hunk.new_lines - hunk.lead - hunk.trail]


@pytest.mark.timeout(3600)
@settings(max_examples=MANY, deadline=None)
@given(_alike, _edits, _edits, _edits)
def test_hunks_that_look_alike_are_kept_only_where_they_do_the_same_to_the_same_place(
    base: list[bytes], first: Any, second: Any, moves: Any
) -> None:
    head = edited(base, first)
    base_now = edited(base, moves)
    head_now = edited(edited(head, second), moves)
    texts = [b"".join(lines) for lines in (base, head, base_now, head_now)]
    base, head, base_now, head_now = (lines_of(text) for text in texts)
    if texts[0] == texts[1] or texts[2] == texts[3]:
        return
    old = Change(base=CommitId("1"), head=CommitId("2"), diff_hash="", files=(file_change("f", *texts[:2]),))
    new = Change(base=CommitId("3"), head=CommitId("4"), diff_hash="", files=(file_change("f", *texts[2:]),))
    moved = moved_bases(old, new)
    assert bool(moved) == (blob_of(texts[0]) != blob_of(texts[2]))
    kept = paired(old, new, {name: Places(base, base_now) for name in moved}).kept
    expected = {}
    for hunk in new.files[0].hunks:
        for was in old.files[0].hunks:
            if moved:
                start, end = was.replaces
                place = counted_out(base, base_now, start, end)
                there = (place, place + end - start) if place is not None else None
                same = there == hunk.replaces and puts(head, was) == puts(head_now, hunk)
            else:
                same = was.replaces == hunk.replaces and alone(base, head, was) == alone(base_now, head_now, hunk)
            if same:
                expected[hunk.id] = was.id
    assert kept == expected
