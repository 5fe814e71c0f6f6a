"""Only what was shown lands, once, and only a human's verdict lands it."""

from __future__ import annotations

import asyncio

import pytest

from casework.core import reviews
from casework.domain.errors import Refused
from tests.core.room import ADA, BOB, DONE, EDIT, World, room


async def test_an_approval_lands_and_an_undo_takes_it_back() -> None:
    async with room() as desk:
        before = desk.world.workspace.branches["refs/heads/main"]
        await desk.review()
        await desk.approve()
        landed = await desk.until("landed")
        assert landed.landing is not None
        assert desk.world.workspace.branches["refs/heads/main"] == landed.landing.commit != before
        assert desk.world.workspace.disk["pay.py"] == b"one\nTWO\nthree\n"
        await desk.landings.undo(1, ADA)
        assert desk.task().status == "in_review"
        assert desk.world.workspace.branches["refs/heads/main"] == before
        assert desk.world.workspace.disk["pay.py"] == b"one\ntwo\nthree\n"


async def test_of_two_approvals_at_once_one_lands_and_the_other_is_told_who_was_faster() -> None:
    async with room() as desk:
        await desk.review()
        shown = desk.shown()
        ended = await asyncio.gather(
            desk.approve(actor=ADA, shown=shown), desk.approve(actor=BOB, shown=shown), return_exceptions=True
        )
        refusals = [one for one in ended if isinstance(one, Refused)]
        assert len(refusals) == 1
        assert refusals[0].code == "already_answered"
        winner = "ada" if ended[1] is refusals[0] else "bob"
        assert f"was already approved by {winner}" in refusals[0].sentence
        await desk.until("landed")
        assert desk.kinds().count("review.answered") == 1
        assert desk.kinds().count("landing.confirmed") == 1


async def test_a_hash_that_is_not_what_stands_approves_nothing() -> None:
    async with room() as desk:
        task = await desk.review()
        assert task.review is not None
        shown = desk.shown()
        hunk = desk.repository.change(task.review.manifest).judged[0]
        await reviews.decide_hunks(desk.repository, 1, [hunk], "accepted", "", BOB)
        with pytest.raises(Refused) as refusal:
            await desk.approve(shown=shown)
        assert refusal.value.code == "stale_review"
        assert desk.task().status == "in_review"
        await desk.approve()
        await desk.until("landed")


async def test_an_unsaved_buffer_on_a_touched_path_is_saved_first() -> None:
    async with room() as desk:
        await desk.review()
        desk.world.documents.dirty = {"/memory/project/pay.py"}
        with pytest.raises(Refused) as refusal:
            await desk.approve()
        assert refusal.value.code == "unsaved"
        assert "pay.py" in refusal.value.sentence
        desk.world.documents.dirty = {"/memory/project/other.py"}
        await desk.approve()
        await desk.until("landed")


async def test_a_result_that_differs_is_shown_again_and_lands_when_it_is_approved_as_it_is() -> None:
    async with room() as desk:
        await desk.review()
        desk.world.workspace.disk["pay.py"] = b"ONE\ntwo\nthree\n"
        with pytest.raises(Refused) as refusal:
            await desk.approve()
        assert refusal.value.code == "shown_again"
        assert desk.task().status == "in_review"
        await desk.approve()
        await desk.until("landed")
        assert desk.world.workspace.disk["pay.py"] == b"ONE\nTWO\nthree\n"


async def test_the_users_own_edit_on_the_same_line_is_never_overwritten() -> None:
    async with room() as desk:
        await desk.review()
        desk.world.workspace.disk["pay.py"] = b"one\nmine\nthree\n"
        with pytest.raises(Refused):
            await desk.approve()
        assert desk.world.workspace.disk["pay.py"] == b"one\nmine\nthree\n"
        assert desk.task().status == "in_review"


async def test_history_can_not_be_approved() -> None:
    async with room() as desk:
        first = desk.world.workspace.branches["refs/heads/main"]
        second = desk.world.workspace.commit("second", {"pay.py": b"one\ntwo\n3\n"})
        await desk.open(reviews.Wanted("range", f"{first}..{second}"))
        with pytest.raises(Refused) as refusal:
            await desk.approve()
        assert refusal.value.code == "history"


async def test_with_everything_rejected_nothing_lands() -> None:
    async with room() as desk:
        task = await desk.review()
        assert task.review is not None
        hunks = desk.repository.change(task.review.manifest).judged
        await reviews.decide_hunks(desk.repository, 1, hunks, "rejected", "no", ADA)
        with pytest.raises(Refused) as refusal:
            await desk.approve()
        assert refusal.value.code == "nothing_to_land"


async def test_request_changes_starts_a_run_on_top_of_the_last_one_with_what_was_said() -> None:
    async with room() as desk:
        task = await desk.review()
        assert task.review is not None
        hunk = desk.repository.change(task.review.manifest).judged[0]
        await reviews.decide_hunks(desk.repository, 1, [hunk], "rejected", "keep it small", ADA)
        first = task.review.head
        await desk.send_back("say why")
        await desk.until("in_review", "failed")
        assert desk.task().runs[1].base == first
        briefing = desk.agent.runs[1].briefing
        assert [(one.number, one.said) for one in briefing.threads] == [(1, (("human", "say why"),))]
        assert "keep it small" in "\n".join(briefing.comments)


async def test_words_for_a_change_nobody_made_are_kept_when_there_is_nobody_to_send_it_to() -> None:
    async with room() as desk:
        desk.world.workspace.disk["pay.py"] = b"one\n2\nthree\n"
        await desk.open(reviews.Wanted("working_tree"))
        for _ in range(2):  # an editor keeps what was refused, and sends it again
            with pytest.raises(Refused) as refusal:
                await desk.send_back("rename it")
            assert refusal.value.code == "no_agent"
        assert desk.task().status == "in_review"
        assert [desk.repository.text(comment.text) for comment in desk.task().comments] == ["rename it"]


async def test_a_daemon_that_died_between_verdict_and_landing_lands_it_when_it_is_back() -> None:
    world = World()
    async with room(world, lands=False) as desk:
        await desk.review(EDIT, DONE)
        await desk.approve()
        assert desk.task().status == "landing"
    async with room(world) as desk:
        await desk.until("landed")
        assert desk.kinds().count("review.answered") == 1
        assert world.workspace.disk["pay.py"] == b"one\nTWO\nthree\n"
