"""What was read and decided of each hunk stands when a review is opened anew; what changed is to be read again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from casework.core import reviews, threads
from casework.domain.anchor import Anchor
from casework.domain.envelope import Actor
from casework.domain.errors import Refused
from casework.domain.task import Task
from casework.lsp.present.reviews import review_view
from casework.wire.views import HunkView, ReviewView
from tests.core.room import ADA, DONE, Room, World, room
from tests.waiting import wait_until_async

LINES: Final = [f"line {n}" for n in range(100)]
FIVE: Final = (10, 30, 50, 70, 90)


def text(**changes: str) -> bytes:
    """A hundred lines, some of them changed: `n5="x"` is line 5; `before_n5` is put in front of it."""
    found = []
    for n, line in enumerate(LINES):
        found += [changes[f"before_n{n}"]] if f"before_n{n}" in changes else []
        found += [changes.get(f"n{n}", line)]
    return "\n".join(found).encode() + b"\n"


def five(**changes: str) -> dict[str, str]:
    """The five changed lines of most of these stories."""
    return {f"n{n}": f"better {n}" for n in FIVE} | changes


@asynccontextmanager
async def tree(**base: str) -> AsyncIterator[Room]:
    """A room with a file of a hundred lines."""
    world = World()
    world.workspace.commit("a hundred lines", {"pay.py": text(**base)})
    async with room(world) as desk:
        yield desk


async def review(desk: Room, **changes: str) -> ReviewView:
    """Write the file, and open or refresh the review of the working tree."""
    desk.world.workspace.disk["pay.py"] = text(**changes)
    return view(desk, await desk.open(reviews.Wanted("working_tree")))


def view(desk: Room, task: Task | None = None) -> ReviewView:
    return review_view(desk.repository, task or desk.task())


def hunks(shown: ReviewView) -> list[HunkView]:
    return [hunk for file in shown.files for hunk in [*file.hunks, *filter(None, [file.whole])]]


async def decide(desk: Room, shown: ReviewView, decision: Any, *places: int, reason: str = "") -> ReviewView:
    named = [hunks(shown)[place].id for place in places]
    return view(desk, await reviews.decide_hunks(desk.repository, shown.number, named, decision, reason, ADA))


async def see(desk: Room, shown: ReviewView, *places: int, seen: bool = True) -> ReviewView:
    named = [hunks(shown)[place].id for place in places]
    return view(desk, await reviews.see_hunks(desk.repository, shown.number, named, ADA, seen=seen))


def states(shown: ReviewView) -> list[str]:
    return [f"{'stale' if one.stale else 'seen' if one.seen else 'unseen'} {one.decision}" for one in hunks(shown)]


async def test_reading_is_kept_once_counted_and_taken_back() -> None:
    async with tree() as desk:
        shown = await review(desk, **five())
        assert (shown.unseen, shown.unread) == (5, "5 of 5 hunks are unread.")
        hashed = shown.shown
        shown = await see(desk, shown, 0, 1)
        await see(desk, shown, 1)
        assert desk.kinds().count("hunks.seen") == 1
        assert (shown.unseen, shown.shown) == (3, hashed), "reading changes nothing that an approval would do"
        shown = await see(desk, shown, 0, seen=False)
        assert states(shown)[:2] == ["unseen none", "seen none"]
        shown = await decide(desk, shown, "accepted", 4)
        assert states(shown)[4] == "seen accepted"


async def test_only_a_human_reads() -> None:
    async with tree() as desk:
        shown = await review(desk, **five())
        for kind in ("agent", "daemon", "detector", "tracker"):
            actor = Actor.model_validate({"kind": kind})
            with pytest.raises(Refused) as refusal:
                await reviews.see_hunks(desk.repository, 1, [hunks(shown)[0].id], actor)
            assert refusal.value.code == "not_human"
        assert "hunks.seen" not in desk.kinds()


async def test_exactly_the_changed_hunk_is_to_be_read_again_and_says_what_changed() -> None:
    async with tree() as desk:
        shown = await review(desk, **five())
        shown = await decide(desk, shown, "accepted", 0, 1, 2)
        shown = await decide(desk, shown, "rejected", 3, reason="not this")
        shown = await review(desk, **five(n30="best 30"))
        assert states(shown) == ["seen accepted", "stale none", "seen accepted", "seen rejected", "unseen none"]
        changed, rejected = hunks(shown)[1], hunks(shown)[3]
        assert changed.was == "accepted"
        assert [line for line in changed.since.splitlines() if line[0] != " "] == ["-better 30", "+best 30"]
        assert (rejected.reason, rejected.brings_back) == ("not this", "")
        assert shown.unread == "2 of 5 hunks are unread, 1 of them because it changed since you read it."


async def test_what_changes_twice_before_it_is_read_says_what_changed_since_it_was_read() -> None:
    async with tree() as desk:
        shown = await see(desk, await review(desk, **five()), 1)
        await review(desk, **five(n30="best 30"))
        shown = await review(desk, **five(n30="worst 30"))
        assert [line for line in hunks(shown)[1].since.splitlines() if line[0] != " "] == ["-better 30", "+worst 30"]
        shown = await see(desk, shown, 1)
        assert states(shown)[1] == "seen none"
        assert hunks(shown)[1].since == ""


async def test_lines_that_move_and_neighbours_that_change_make_nothing_stale() -> None:
    async with tree() as desk:
        shown = await decide(desk, await review(desk, **five()), "accepted", 0, 1, 2, 3, 4)
        shown = await review(desk, **five(before_n1="in front\nof all of them", n60="close by", n89="touches 90"))
        assert states(shown) == ["unseen none", *["seen accepted"] * 3, "unseen none", "seen accepted", "stale none"]


async def test_a_hunk_stays_where_the_base_moved_elsewhere_in_its_file() -> None:
    async with tree() as desk:
        shown = await decide(desk, await review(desk, **five()), "accepted", 0, 1, 2, 3, 4)
        moved = {"before_n0": "new at the top", "before_n20": "in\nbetween", "n68": "close to 70", "n91": "touches 90"}
        desk.world.workspace.commit("base moves", {"pay.py": text(**moved)})
        shown = await review(desk, **five(**moved))
        assert states(shown) == [*["seen accepted"] * 4, "stale none"]


async def test_hunks_that_look_alike_are_told_apart_while_their_base_stands_and_else_go_stale_together() -> None:
    same = {f"n{n}": f"alike {n % 30}" for n in (*range(28, 43), *range(58, 73))}
    both = same | {"n35": "new", "n65": "new"}
    async with tree(**same) as desk:
        shown = await decide(desk, await review(desk, **both), "accepted", 0)
        shown = await decide(desk, shown, "rejected", 1)
        shown = await review(desk, **same | {"n65": "new"})
        assert states(shown) == ["seen rejected"]
        shown = await review(desk, **both)
        assert states(shown) == ["unseen none", "seen rejected"], "what was gone and is back was not read"
        shown = await decide(desk, shown, "accepted", 0)
        more = {"before_n50": "in between"}
        desk.world.workspace.commit("lines between them", {"pay.py": text(**same | more)})
        shown = await review(desk, **both | more)
        assert states(shown) == ["seen accepted", "seen rejected"]
        apart = {f"before_n{n}": "alike too" for n in (30, 40, 60, 70)}
        desk.world.workspace.commit("lines around them", {"pay.py": text(**same | more | apart)})
        shown = await review(desk, **both | more | apart)
        assert states(shown) == ["stale none", "stale none"]


async def play(desk: Room, *runs: bytes) -> ReviewView:
    """Let the agent write the file anew in each run."""
    steps = [[{"do": "write", "path": "pay.py", "content": one.decode()}, DONE] for one in runs]
    await desk.add()
    await desk.play(*steps)
    return view(desk, await desk.until("in_review", "failed"))


async def next_run(desk: Room, number: int) -> ReviewView:
    await desk.send_back("again")
    await wait_until_async(lambda: len(desk.task().runs) == number, description="the next run")
    return view(desk, await desk.until("in_review", "failed"))


async def test_what_was_rejected_is_known_again_when_the_agent_brings_it_back() -> None:
    async with tree() as desk:
        shown = await play(desk, text(n5="bad", n50="good"), text(n50="good"), text(n5="bad", n50="good"))
        await decide(desk, shown, "rejected", 0, reason="too dear")
        shown = await next_run(desk, 2)
        assert [one.brings_back for one in hunks(shown)] == [""]
        shown = await next_run(desk, 3)
        assert [one.brings_back for one in hunks(shown)] == ["brings back what you rejected: too dear", ""]
        assert (states(shown)[0], shown.brings_back) == ("unseen none", 1)
        assert "rejected: pay.py" in "\n".join(desk.agent.runs[1].briefing.comments)


async def test_a_run_that_leaves_what_was_rejected_brings_it_back_and_it_stays_rejected() -> None:
    async with tree() as desk:
        shown = await play(desk, text(n5="bad", n50="good"), text(n5="bad", n50="better"))
        await decide(desk, shown, "rejected", 0, reason="too dear")
        shown = await next_run(desk, 2)
        assert states(shown) == ["seen rejected", "unseen none"]
        assert hunks(shown)[0].brings_back == "brings back what you rejected: too dear"


async def test_threads_are_answered_resolved_and_outdated_where_their_code_is_gone() -> None:
    async with tree() as desk:
        shown = await review(desk, **five())
        repository, first, third = desk.repository, hunks(shown)[0].id, hunks(shown)[2].id
        await threads.add_comment(repository, 1, "Why this?", ADA, hunk=first)
        await threads.add_comment(repository, 1, "And this?", ADA, hunk=third)
        await threads.add_comment(repository, 1, "Here", ADA, anchor=Anchor(path="pay.py", line=66))
        await threads.add_comment(repository, 1, "The file", ADA, path="pay.py")
        begun = desk.task().comments[0].id
        await threads.add_comment(repository, 1, "Because.", Actor(kind="agent", id="claude"), thread="1")
        with pytest.raises(Refused, match="no thread nowhere"):
            await threads.add_comment(repository, 1, "?", ADA, thread="nowhere")
        shown = view(desk)
        assert [(one.text, one.by, one.thread == begun) for one in hunks(shown)[0].comments] == [
            ("Why this?", "ada", True),
            ("Because.", "claude", True),
        ]
        await threads.resolve_thread(repository, 1, begun, ADA, resolved=True)
        await threads.resolve_thread(repository, 1, begun, ADA, resolved=True)
        assert desk.kinds().count("thread.resolved") == 1
        assert (view(desk).open_threads, hunks(view(desk))[0].threads) == (3, 0)
        shown = await review(desk, **five(before_n2="one\ntwo", n9="touches 10", n50=LINES[50]))
        said = {one.text: one for one in [*shown.comments, *(one for hunk in hunks(shown) for one in hunk.comments)]}
        assert {text: one.outdated for text, one in said.items()} == {
            "Why this?": True, "Because.": True, "And this?": True, "Here": False, "The file": False,
        }  # fmt: skip
        assert said["Here"].anchor is not None
        assert said["Here"].anchor.line == 68


async def test_the_next_run_answers_point_by_point_and_what_is_settled_is_not_asked_again() -> None:
    async with tree() as desk:
        write = {"do": "write", "path": "pay.py", "content": text(n10="x").decode()}
        answers = [{"thread": 1, "text": "Because of zones."}, {"thread": 9, "text": "There is none."}]
        await desk.add()
        await desk.play([write, DONE], [{**DONE, "answers": answers}], [DONE])
        shown = view(desk, await desk.until("in_review", "failed"))
        await threads.add_comment(desk.repository, 1, "Why this?", ADA, hunk=hunks(shown)[0].id)
        await threads.add_comment(desk.repository, 1, "Settled.", ADA)
        await threads.resolve_thread(desk.repository, 1, "2", ADA, resolved=True)
        shown = await next_run(desk, 2)
        told = desk.agent.runs[1].briefing.threads
        assert [(one.number, one.place, one.said) for one in told] == [
            (1, "pay.py:11", (("human", "Why this?"),)),
            (3, "", (("human", "again"),)),
        ]
        said = [(one.by, one.by_kind, one.text) for one in hunks(shown)[0].comments]
        assert said == [("ada", "human", "Why this?"), ("scripted", "agent", "Because of zones.")]
        await threads.add_comment(desk.repository, 1, "Which?", ADA, thread="1")
        await next_run(desk, 3)
        told = desk.agent.runs[2].briefing.threads
        assert [one.number for one in told] == [1, 3, 4], "what the agent answered is asked again where a human went on"
        assert told[0].said[-1] == ("human", "Which?")


async def test_what_is_read_while_a_review_is_opened_anew_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with tree() as desk:
        shown, loop, real = await review(desk, **five()), asyncio.get_running_loop(), reviews.review_opened
        left = [0, 1]

        def meanwhile(*given: Any, **more: Any) -> Any:
            computed = real(*given, **more)
            if left:  # a human reads on, whenever this one is about to be recorded
                asyncio.run_coroutine_threadsafe(see(desk, shown, left.pop()), loop).result(5)
            return computed

        monkeypatch.setattr(reviews, "review_opened", meanwhile)
        shown = await review(desk, **five(n30="best 30"))
        assert states(shown) == ["seen none", "stale none", *["unseen none"] * 3]
