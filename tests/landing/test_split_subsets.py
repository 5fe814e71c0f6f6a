"""Landing any part of a hunk that was split gives what `git apply` gives of just those lines: on real git.

The reference cuts git's own patch line by line. It knows runs of changed lines and which line of one is the how-many-th
of its kind, and nothing else of how Casework splits.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from casework.domain.events import LandingMode
from casework.domain.hunk_lines import HunkLines
from casework.domain.ids import CommitId
from casework.domain.splits import cut, cuts_of, joined, whole_of
from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.landing.grounds import Ground
from tests.landing.looking import differences
from tests.landing.test_subsets import (
    _PHASES,
    _UNHEALTHY,
    DIFF,
    Section,
    applied,
    changes,
    sections,
    tree_on_disk,
)
from tests.repositories import Content, Name, Repository

MANY: Final = int(os.environ.get("CASEWORK_SUBSETS", "30"))
CHOICES_EACH: Final = 8
Point = tuple[int, int]
"""A run of changed lines, and how many of each kind of its lines are in front."""
LAST: Final = (1_000_000, 0)


# ---- the slow reference ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PatchLine:
    """One line of a hunk, with the note behind it that it has no newline."""

    mark: bytes
    text: bytes
    run: int
    """Of a changed line: which run it is in; of another one, how many runs are in front of it."""
    nth: int
    old: int
    new: int


def patch_lines(hunk: bytes) -> list[PatchLine]:
    head, _, body = hunk.partition(b"\n")
    found_head = re.match(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", head)
    assert found_head is not None
    old, new = int(found_head[1]), int(found_head[3])
    old += found_head[2] == b"0"
    new += found_head[4] == b"0"
    found: list[PatchLine] = []
    runs, nth = 0, {b"-": 0, b"+": 0}
    inside = False
    for line in body.removesuffix(b"\n").split(b"\n"):
        mark = line[:1]
        if mark == b"\\":
            last = found.pop()
            found.append(PatchLine(last.mark, last.text + line + b"\n", last.run, last.nth, last.old, last.new))
            continue
        if mark == b" ":
            runs += inside
            inside, nth = False, {b"-": 0, b"+": 0}
        else:
            inside = True
        found.append(PatchLine(mark, line + b"\n", runs, nth.get(mark, 0), old, new))
        if mark != b" ":
            nth[mark] += 1
        old += mark != b"+"
        new += mark != b"-"
    return found


def point_before(lines: Sequence[PatchLine], side: str, number: int) -> Point:
    """Say where a cut before a line of one side is: inside its run, or before the first run that is not above it."""
    marks = b" -" if side == "old" else b" +"
    line = next(one for one in lines if one.mark in marks and getattr(one, side) == number)
    return (line.run, line.nth) if line.mark != b" " else (line.run, 0)


def with_parts(hunk: bytes, cuts: Sequence[Point], wanted: Collection[int]) -> bytes:
    """Give the hunk with the lines of some parts alone: what else goes stays, and what else comes does not."""
    lines = patch_lines(hunk)
    bounds = [(-1, 0), *cuts, LAST]
    said: list[bytes] = []
    done: set[int] = set()
    for at, line in enumerate(lines):
        if line.mark == b" ":
            said.append(line.text)
        elif at not in done:
            run = [(n, one) for n, one in enumerate(lines) if one.mark != b" " and one.run == line.run]
            done.update(n for n, _ in run)
            for part, (start, end) in enumerate(pairwise(bounds)):
                mine = [one for _, one in run if start <= (one.run, one.nth) < end]
                for mark in (b"-", b"+"):
                    for one in mine:
                        if one.mark == mark and part in wanted:
                            said.append(one.text)
                        elif one.mark == mark == b"-":
                            said.append(b" " + one.text[1:])
    body = b"".join(said)
    found = re.match(rb"@@ -(\d+)(?:,\d+)? ", hunk)
    assert found is not None
    marks = [one[:1] for one in said]
    old, new = sum(mark != b"+" for mark in marks), sum(mark != b"-" for mark in marks)
    return b"@@ -%d,%d +%d,%d @@\n%s" % (int(found[1]), old, int(found[1]), new, body)


def said_of(patch: Sequence[Section], at: int, hunks: Sequence[bytes]) -> bytes:
    """Give a patch of one file with other hunks; where each begins on the new side follows from those before it."""
    header, said, longer = patch[at].header, b"", 0
    if b"\ndeleted file mode " in header:  # what is left of it keeps the file
        name = re.search(rb"\n--- (.*)\n", header)
        assert name is not None
        same = name[1].replace(b"a/", b"b/", 1)
        header = b"diff --git %s %s\n--- %s\n+++ %s\n" % (name[1], same, name[1], same)
    for hunk in hunks:
        head, _, body = hunk.partition(b"\n")
        found = re.match(rb"@@ -(\d+),(\d+) \+\d+,(\d+) @@", head)
        assert found is not None
        start, old, new = int(found[1]), int(found[2]), int(found[3])
        if not old and not new:
            continue
        begin = start + longer + (1 if not old else 0) - (1 if not new else 0)
        said += b"@@ -%d,%d +%d,%d @@\n%s" % (start, old, begin, new, body)
        longer += new - old
    return header + said


# ---- the property ---------------------------------------------------------------------------------------------------


class Play:
    """One generated change, whose hunks are split and of which parts are taken."""

    def __init__(self, folder: Path, before: dict[Name, Content], after: dict[Name, Content]) -> None:
        self.repository = Repository.new(folder / "project")
        self.repository.git("config", "core.autocrlf", "false")
        self.repository.commit("before", before)
        self.repository.git("switch", "-q", "-c", "changed")
        self.repository.commit("after", after)
        self.repository.git("switch", "-q", "main")
        self.base, self.head = self.repository.id("main"), self.repository.id("changed")
        repositories = GitRepositories(state=str(folder / "state"))
        self.workspace: GitWorkspace = repositories.open(repositories.identify(str(self.repository.path)))
        self.change = self.workspace.change(CommitId(self.base), CommitId(self.head))
        self.texts = self.workspace.hunk_texts(CommitId(self.base), CommitId(self.head))
        self.patch = sections(self.repository.git(*DIFF, self.base, self.head))
        self.keys = [
            (at, n)
            for at, file in enumerate(self.change.files)
            for n in range(len(file.hunks))
            if file.status != "type_changed"
        ]
        self.cuts: dict[tuple[int, int], list[Point]] = {key: [] for key in self.keys}
        self.git = self.change

    def split(self, at: int, n: int, side: str, line: int) -> None:
        """Cut a hunk before one of its lines, named as a human would; the reference says where that is by itself."""
        whole = self.git.files[at].hunks[n]
        text = self.texts[whole.id]
        lines = HunkLines(text)
        start, count = (whole.old_start, whole.old_lines) if side == "old" else (whole.new_start, whole.new_lines)
        if not count:
            return
        number = start + line % count
        begins = start + whole.lead - 1
        place = lines.cut_at("old" if side == "old" else "new", number - 1 - begins, "first")
        runs = patch_lines(self.patch[at].hunks[n])
        point = point_before(runs, side, number)
        last_run = max(one.run for one in runs if one.mark != b" ")
        if point == (0, 0) or point[0] > last_run:
            assert place in ((0, 0), lines.end)
            return
        assert place not in ((0, 0), lines.end)
        if not lines.can_cut(place):
            assert b"\n\\ No newline" in text
            event("no newline")
            return
        cuts = {place, *cuts_of(self.change, whole)}
        self.change = cut(self.change, whole, cuts, text).change
        self.cuts[at, n] = sorted({point, *self.cuts[at, n]})
        event("inside a run" if point[1] else "between runs")

    def check(self, wanted: Collection[tuple[int, int, int]], mode: LandingMode | None) -> None:
        """Take some parts alone, compare with git's own patch of just those lines; land them, and take that back."""
        files = {at for at, _, _ in wanted}
        chosen = []
        reference = b""
        for at in sorted(files):
            names = self.change.files[at].judged
            hunks = []
            done = 0
            for n in range(len(self.git.files[at].hunks)):
                parts = [part for of, m, part in wanted if (of, m) == (at, n)]
                count = len(self.cuts[at, n]) + 1
                chosen += [names[done + part] for part in parts]
                done += count
                if parts:
                    hunks.append(with_parts(self.patch[at].hunks[n], self.cuts[at, n], parts))
            whole = len([one for one in wanted if one[0] == at]) == len(names)
            assert done == len(names)
            header = self.patch[at]
            reference += said_of([header], 0, hunks) if not whole else header.header + b"".join(header.hunks)
        tree = applied(self.repository, self.base, reference)
        accepted = self.workspace.select(self.change, chosen, message="Some parts")
        if tree is None:
            event("git apply can't")
            return
        assert self.repository.git("rev-parse", f"{accepted}^{{tree}}") == tree
        event("the same tree")
        if mode is not None:
            made = Ground(self.repository, self.base, accepted)
            before = made.look()
            announcement, _ = made.land(made.request(mode))
            assert tree_on_disk(self.repository) == tree, "the files"
            assert (self.repository.git("rev-parse", "HEAD^{tree}") == tree) == (mode == "commit")
            made.take_back(announcement)
            assert differences(before, made.look()) == []


def _play(change: tuple[dict[Name, Content], dict[Name, Content]], data: st.DataObject, world: Path) -> None:
    with tempfile.TemporaryDirectory(dir=world) as folder:
        play = Play(Path(folder), *change)
        if not play.keys:
            return
        for _ in range(data.draw(st.integers(1, 6), label="cuts")):
            at, n = data.draw(st.sampled_from(play.keys), label="hunk")
            play.split(at, n, data.draw(st.sampled_from(["old", "new"])), data.draw(st.integers(0, 45), label="line"))
        parts = [(at, n, part) for at, n in play.keys for part in range(len(play.cuts[at, n]) + 1)]
        modes: list[LandingMode | None] = ["commit", "files"]
        for mode in modes + [None] * (CHOICES_EACH - len(modes)):
            play.check(data.draw(st.sets(st.sampled_from(parts), min_size=1), label="parts that land"), mode)
        for file in play.git.files:
            for hunk in file.hunks:
                if whole_of(play.change, hunk.id) is not None:
                    play.change = joined(play.change, hunk)
        assert play.change == play.git, "what was split is whole again"


@pytest.mark.timeout(300)
@settings(max_examples=5, deadline=None, phases=_PHASES, suppress_health_check=_UNHEALTHY)
@given(change=changes(), data=st.data())
def test_landing_parts_of_split_hunks_is_what_git_apply_makes_of_their_lines(
    change: tuple[dict[Name, Content], dict[Name, Content]], data: st.DataObject, world: Path
) -> None:
    _play(change, data, world)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=MANY, deadline=None, phases=_PHASES, suppress_health_check=_UNHEALTHY)
@given(change=changes(), data=st.data())
def test_landing_parts_of_many_split_hunks_is_what_git_apply_makes_of_their_lines(
    change: tuple[dict[Name, Content], dict[Name, Content]], data: st.DataObject, world: Path
) -> None:
    _play(change, data, world)
