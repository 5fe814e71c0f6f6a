"""Any history of edits, runs, rebases and restarts: no state of a hunk is lost, and none is kept wrongly.

The model beside it knows each change as a deed on a line that has a name, so that it never compares texts. Lines are
all different there; where they look alike, what may be kept is found out by doing each hunk alone, and by counting out.
"""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from casework.core.carrying import carry_over
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.change import Change, Hunk
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.evolve import evolve
from casework.domain.hunk_lines import HunkLines, Side
from casework.domain.ids import BlobHash, CommitId, StreamId, TaskId
from casework.domain.ledger import moved_bases, paired
from casework.domain.lines import Places, lines_of
from casework.domain.splits import cut, cuts_of, joined, uncut
from casework.domain.task import Task
from casework.store.readers import event_of
from tests.domain.ledger_model import FILES, Group, Known, Model, Point, State, is_same, move, work
from tests.domain.test_ledger_places import counted_out
from tests.fakes.differing import blob_of, file_change, text_of

MANY: Final = 10_000 if os.environ.get("CASEWORK_TEST_FULL") else 150


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

    def happen(self, what: e.Event) -> None:
        seq = len(self.rows) + 1
        draft = Draft(id=str(seq), event=what, actor=Actor(kind="human"), task=TaskId("1"), at=seq)
        row = Recorded(seq, StreamId("s"), 1, draft)
        self.rows.append(row)
        self.task = evolve(self.task, row)

    def restarted(self) -> Task | None:
        """Fold the journal anew, from what stands in it."""
        task = None
        for row in self.rows:
            read = event_of(row.event.kind, 1, row.event.model_dump_json())
            task = evolve(task, replace(row, draft=replace(row.draft, event=read)))
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
        assert self.task is not None
        before = self.task.review
        carried = carry_over(self.repository, self.task, before, change, "branch", None) if before else None
        change = carried.change if carried else change
        manifest = self.keep(change)
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
                cuts=change.cuts,
            )
        )
        for told in carried.events if carried else ():
            self.happen(told)
        self.expect(change)

    def expect(self, change: Change) -> None:
        """Say what the model expects, and hold the product to it."""
        shown = {file.path: file.hunks for file in change.files}
        for name in FILES:
            groups = self.model.groups(name)
            before, now = self.known[name], []
            left = [one for one in before if not any(is_same(one.group, group) for group in groups)]
            hunks = iter(shown.get(name, ()))
            for group in groups:
                was = next((one for one in before if is_same(one.group, group)), None)
                state = replace(was, group=group) if was is not None else Known(group)
                if state.cuts:
                    event("a split that was kept")
                mine = [next(hunks) for _ in state.parts]
                lines = {line for line, _, _ in group.deeds}
                read = [one for one in left if any(part.read for part in one.parts)]
                if was is None and any(lines & {line for line, _, _ in one.group.deeds} for one in read):
                    assert self.stale(mine[0]), "something that was read stood here before"
                    state.parts[0].read = True
                elif was is None and self.stale(mine[0]):
                    assert read, "nothing that was read is gone"
                    state.parts[0].read = True
                now.append(state)
            assert next(hunks, None) is None
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
            for hunk, one in zip(file.hunks, self.states(file.path), strict=True)
        }
        assert told == expected
        for file in change.files:
            parts = [lines for one in self.known[file.path] for lines in one.lines()]
            assert [self.changed_lines(change, file.path, hunk) for hunk in file.hunks] == parts
        assert not review.seen & set(review.stale)
        assert review.cuts == change.cuts
        assert set(review.decisions) <= review.seen <= set(change.judged)

    def states(self, name: str) -> list[State]:
        return [part for one in self.known[name] for part in one.parts]

    def changed_lines(self, change: Change, name: str, hunk: Hunk) -> list[str]:
        """What a hunk takes away and what it brings, by its place in both texts."""
        old, new = (lines_of(self.commits[side][name]) for side in (change.base, change.head))
        start, begin = hunk.old_start - (hunk.old_lines > 0), hunk.new_start - (hunk.new_lines > 0)
        before, after = old[start : start + hunk.old_lines], new[begin : begin + hunk.new_lines]
        gone = [f"-{line.decode().strip()}" for line in before if line not in after]
        return sorted([*gone, *(f"+{line.decode().strip()}" for line in after if line not in before)])

    def keep(self, change: Change) -> BlobHash:
        manifest = BlobHash(f"manifest {len(self.changes)}")
        self.changes[manifest] = change
        return manifest

    def cut(self, which: int, where: int) -> None:
        """The human cuts a hunk before one of its lines, or puts it together again."""
        assert self.task is not None
        review = self.task.review
        if review is None:
            return
        change = self.changes[review.manifest]
        whole = uncut(change)
        hunks = [(file.path, at, hunk) for file in whole.files for at, hunk in enumerate(file.hunks)]
        path, at, hunk = hunks[which % len(hunks)]
        known = self.known[path][at]
        if where % 4 == 0 and change.splits:
            self.join(change, change.splits[which % len(change.splits)].whole)
            return
        side = ("old", "new")[where % 2]
        start, count = (hunk.old_start, hunk.old_lines) if side == "old" else (hunk.new_start, hunk.new_lines)
        if not count:
            return
        old, new = (lines_of(self.commits[commit][path]) for commit in (change.base, change.head))
        line = start + where % count
        said = (old if side == "old" else new)[line - 1].decode().strip()
        point = self.point(known.group, side, said, old)
        text = text_of(hunk, old, new)
        place = HunkLines(text).cut_at(cast("Side", side), line - start - hunk.lead, "first")
        if not known.cut(point):
            assert place in ((0, 0), HunkLines(text).end, *cuts_of(change, hunk))
            return
        parted = cut(change, hunk, {place, *cuts_of(change, hunk)}, text)
        parts = tuple(e.PartOfHunk(hunk=part, was=was) for part, was in parted.parts.items())
        manifest, count = self.keep(parted.change), len(parted.change.judged)
        event("a split")
        self.happen(
            e.HunkSplit(hunk=hunk.id, parts=parts, manifest=manifest, hunks=count, minutes=1, cuts=parted.change.cuts)
        )
        self.hold(parted.change)

    def join(self, change: Change, hunk: Hunk) -> None:
        split = next(one for one in change.splits if one.whole == hunk)
        path, at = next((file.path, file.hunks.index(hunk)) for file in uncut(change).files if hunk in file.hunks)
        known = self.known[path][at]
        assert len(known.cuts) == len(split.parts) - 1
        event("put together again")
        known.join()
        now = joined(change, hunk)
        self.happen(
            e.HunkJoined(
                hunk=hunk.id,
                parts=split.parts,
                manifest=self.keep(now),
                hunks=len(now.judged),
                minutes=1,
                cuts=now.cuts,
            )
        )
        self.hold(now)

    def point(self, group: Group, side: str, said: str, old: list[bytes]) -> Point:
        """Where a cut before this line is: in its run, or before the first run behind it."""
        mark = "-" if side == "old" else "+"
        there = [at for at, line in group.marked() if line == f"{mark}{said}"]
        if there:
            return there[0]
        line = int(said.split()[-1])  # it is not changed: the runs of deeds behind it are below
        if line not in group.lines:
            order = [int(one.split()[-1]) for one in old]
            known = next(name for name in group.lines if name is not None)
            return (0, 0) if order.index(line) < order.index(known) else (1000, 0)
        place = group.lines.index(line)
        at = {name: n for n, name in enumerate(group.lines) if name is not None}
        runs = [run[0] for run in group.runs()]
        first = [int(run.split()[-1]) for run in runs]
        kinds = {name: what for name, what, _ in group.deeds}
        begins = [at[name] + (kinds[name] == "insert") for name in first]
        return (sum(1 for begin in begins if begin <= place), 0)

    def judge(self, which: int, what: int) -> None:
        """The human reads a hunk, decides on it, or takes that back."""
        assert self.task is not None
        review = self.task.review
        if review is None:
            return
        change = self.changes[review.manifest]
        hunks = [(file.path, at, hunk) for file in change.files for at, hunk in enumerate(file.hunks)]
        path, at, hunk = hunks[which % len(hunks)]
        known = self.states(path)[at]
        if what % 4 == 0:
            self.happen(e.HunksSeen(hunks=(hunk.id,)))
        else:
            known.decision = ("none", "accepted", "rejected")[what % 3]
            self.happen(e.HunkDecided(hunks=(hunk.id,), decision=cast("e.Decision", known.decision)))
        known.seen = known.read = True
        self.hold(change)


step = st.tuples(
    st.sampled_from(["work", "work", "move", "judge", "judge", "judge", "open", "open", "cut", "cut"]),
    st.sampled_from(FILES),
    st.integers(0, 40),
    st.integers(0, 11),
)


@pytest.mark.timeout(3600)
@settings(max_examples=MANY, deadline=None)
@given(st.lists(step, min_size=4, max_size=24))
def test_no_history_loses_what_is_known_of_a_hunk_or_keeps_it_wrongly(steps: list[tuple[str, str, int, int]]) -> None:
    world = World()
    for at, what in ((3, 0), (4, 0), (5, 1), (9, 2), (20, 1), (22, 0)):
        work(world.model, "a.py", at, what)
    for at, what in ((9, 2), (10, 1), (11, 0)):
        work(world.model, "b.py", at, what)
    world.open()
    for does, name, at, what in steps:
        if does == "work":
            work(world.model, name, at, what)
        elif does == "move":
            move(world.model, name, at, what)
        elif does == "judge":
            world.judge(at, what)
        elif does == "cut":
            world.cut(what, at)
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
