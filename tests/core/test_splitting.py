"""A hunk that is split: its parts are read and decided on by themselves, survive what the ledger survives, and join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from casework.core import reviews, splitting, threads
from casework.core.splitting import LineRange
from casework.domain.anchor import Anchor
from casework.domain.envelope import Actor
from casework.domain.errors import Refused
from casework.domain.verdict import selection, shown_hash
from casework.wire.views import ReviewView
from tests.core.room import ADA, Room
from tests.core.test_ledger import hunks, review, states, text, tree, view

NEAR = {"n10": "better 10", "n11": "better 11", "n14": "better 14"}
"""One hunk: two lines that touch, and one behind two unchanged ones."""


async def split(desk: Room, shown: ReviewView, place: int, at: Sequence[int] = (), **more: Any) -> ReviewView:
    name = hunks(shown)[place].id
    return view(desk, await splitting.split_hunk(desk.repository, shown.number, name, ADA, at=at, **more))


async def decide_lines(desk: Room, shown: ReviewView, place: int, first: int, last: int, decision: Any) -> ReviewView:
    name, lines = hunks(shown)[place].id, LineRange("new", first, last)
    task = await splitting.decide_lines(desk.repository, shown.number, name, lines, decision, "Not this.", ADA)
    return view(desk, task)


def sizes(shown: ReviewView) -> list[tuple[int, int]]:
    return [(one.added, one.removed) for one in hunks(shown)]


async def test_a_hunk_falls_apart_where_unchanged_lines_stand_and_is_put_together_again() -> None:
    async with tree() as desk:
        shown = await review(desk, **NEAR)
        parts = await split(desk, shown, 0)
        assert sizes(parts) == [(2, 2), (1, 1)]
        assert [one.header for one in hunks(parts)] == ["@@ -8,6 +8,6 @@", "@@ -14,5 +14,5 @@"]
        assert {one.part_of for one in hunks(parts)} == {hunks(shown)[0].id}
        assert parts.shown != shown.shown, "what is shown is something else, whoever shows it"
        whole = await splitting.join_hunk(desk.repository, 1, hunks(parts)[1].id, ADA)
        assert view(desk, whole) == shown
        with pytest.raises(Refused, match="no part of a hunk"):
            await splitting.join_hunk(desk.repository, 1, hunks(shown)[0].id, ADA)


async def test_lines_are_accepted_and_the_others_stay_as_they_were() -> None:
    async with tree() as desk:
        shown = await review(desk, **NEAR)
        now = await decide_lines(desk, shown, 0, 12, 12, "accepted")
        assert (sizes(now), states(now)) == ([(1, 1), (1, 1), (1, 1)], ["unseen none", "seen accepted", "unseen none"])
        assert now.shown != shown.shown
        standing = desk.task().standing_review()
        chosen = selection(standing, desk.repository.change(standing.manifest))
        assert chosen.lands == (hunks(now)[1].id,)
        now = await decide_lines(desk, now, 1, 12, 15, "rejected")
        assert states(now) == ["unseen none", "seen rejected", "seen rejected"], "what is cut already is not cut again"
        assert desk.kinds().count("hunk.split") == 1


async def test_a_part_that_is_split_again_hands_on_what_was_known_and_leaves_the_others_alone() -> None:
    async with tree() as desk:
        shown = await review(desk, **NEAR)
        shown = view(desk, await reviews.decide_hunks(desk.repository, 1, [hunks(shown)[0].id], "accepted", "", ADA))
        parts = await split(desk, shown, 0)
        assert states(parts) == ["seen accepted"] * 2
        task = await reviews.decide_hunks(desk.repository, 1, [hunks(parts)[0].id], "rejected", "No.", ADA)
        again = await split(desk, view(desk, task), 0, at=[12])
        assert states(again) == ["seen rejected", "seen rejected", "seen accepted"]
        assert hunks(again)[2].id == hunks(parts)[1].id
        whole = view(desk, await splitting.join_hunk(desk.repository, 1, hunks(again)[0].id, ADA))
        assert states(whole) == ["seen none"], "what its parts do not agree on is open again"


async def test_parts_stand_over_a_next_version_a_moved_base_and_a_changed_neighbour() -> None:
    async with tree() as desk:
        shown = await split(desk, await review(desk, n70="better 70", **NEAR), 0)
        await reviews.decide_hunks(desk.repository, 1, [hunks(shown)[1].id], "rejected", "No.", ADA)
        now = await review(desk, n70="best 70", **NEAR)
        assert states(now) == ["unseen none", "seen rejected", "unseen none"]
        assert [one.part_of is not None for one in hunks(now)] == [True, True, False]
        desk.world.workspace.commit("lines on top", {"pay.py": text(before_n0="on top")})
        moved = await review(desk, before_n0="on top", n70="best 70", **NEAR)
        assert states(moved) == ["unseen none", "seen rejected", "unseen none"]
        assert [one.new_start for one in hunks(moved)] == [one.new_start + 1 for one in hunks(now)]


async def test_where_the_whole_changed_no_part_is_kept() -> None:
    async with tree() as desk:
        shown = await split(desk, await review(desk, **NEAR), 0)
        await reviews.decide_hunks(desk.repository, 1, [hunks(shown)[0].id], "accepted", "", ADA)
        now = await review(desk, **NEAR | {"n14": "best 14"})
        assert (states(now), hunks(now)[0].was) == (["stale none"], "accepted")


async def test_threads_go_with_the_part_that_has_their_lines() -> None:
    async with tree() as desk:
        shown = await review(desk, **NEAR)
        name = hunks(shown)[0].id
        for words, line in (("Above?", None), ("Below?", 15)):
            anchor = Anchor(path="pay.py", line=line) if line is not None else None
            await threads.add_comment(desk.repository, 1, words, ADA, hunk=name, anchor=anchor)
        parts = await split(desk, view(desk), 0)
        assert [[one.text for one in part.comments] for part in hunks(parts)] == [["Above?"], ["Below?"]]
        whole = view(desk, await splitting.join_hunk(desk.repository, 1, hunks(parts)[0].id, ADA))
        assert [one.text for one in hunks(whole)[0].comments] == ["Above?", "Below?"]


async def test_what_can_not_be_split_says_so_and_nothing_is_recorded() -> None:
    async with tree() as desk:
        desk.world.workspace.commit("bytes", {"bytes": b"\0"})
        desk.world.workspace.disk["bytes"] = b"\1\0"
        shown = await review(desk, n10="better 10", n11="better 11")
        binary, lines = (next(one for one in hunks(shown) if bool(one.header) == has) for has in (False, True))
        before = len(desk.kinds())
        wrong: list[tuple[str, list[int], str]] = [
            (lines.id, [], "no unchanged lines inside"),
            (lines.id, [11], "cut there already, or has nothing to cut off"),
            (lines.id, [40], "not all in hunk"),
            (binary.id, [], "one decision, because no lines of it change"),
            ("0" * 16, [], "has no hunk"),
        ]
        for name, at, words in wrong:
            with pytest.raises(Refused, match=words):
                await splitting.split_hunk(desk.repository, 1, name, ADA, at=at)
        with pytest.raises(Refused, match="Nothing changes in these lines"):
            await splitting.decide_lines(desk.repository, 1, lines.id, LineRange("new", 9, 9), "accepted", "", ADA)
        with pytest.raises(Refused, match="Only a human"):
            await splitting.split_hunk(desk.repository, 1, lines.id, Actor(kind="agent", id="scripted"), at=[12])
        assert len(desk.kinds()) == before


async def test_the_same_command_twice_splits_once() -> None:
    async with tree() as desk:
        shown = await review(desk, **NEAR)
        first = await split(desk, shown, 0, command="c1")
        assert await split(desk, shown, 0, command="c1") == first
        assert desk.kinds().count("hunk.split") == 1
        assert shown_hash(desk.task()) == first.shown


async def test_a_line_that_ends_without_a_newline_is_not_parted_from_what_would_follow_it() -> None:
    async with tree() as desk:
        workspace = desk.world.workspace
        workspace.commit("one line", {"bare": b"one"})
        workspace.disk["bare"] = b"one\ntwo\nthree\n"
        shown = view(desk, await desk.open(reviews.Wanted("working_tree")))
        with pytest.raises(Refused, match="no newline at its end"):
            await split(desk, shown, 0, at=[2])
