"""A run's checks: red work goes back and then to the human, a review opens once, nothing is run without trust."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from casework.core import intake
from casework.core.checking import check_review
from casework.core.reviews import Wanted
from casework.domain import events as e
from casework.domain.evidence import Case, LoadedFile, Seen
from casework.domain.spec import Criterion, Spec
from casework.lsp.present.reviews import review_view
from casework.ports.checks import WantedCheck
from casework.wire.views import ReviewView
from tests.core.room import ADA, Room, World, room
from tests.waiting import wait_until_async

TEST = "tests/test_pay.py::test_two"
WRITE: Final = {"do": "write", "path": "tests/test_pay.py", "content": "def test_two(): ..."}
EDIT: Final = {"do": "edit", "path": "pay.py", "old": "two", "new": "TWO"}
DONE: Final[dict[str, Any]] = {
    "do": "finish",
    "comment": "Large.",
    "claims": ["AC1"],
    "proofs": [{"criterion": "AC1", "test": TEST}],
}


def world(*, trusted: bool = True) -> World:
    made = World()
    made.trusted = trusted
    made.checks.seen = honest(made)
    return made


def honest(made: World) -> Callable[[WantedCheck], Seen]:
    """A suite that is green exactly where `pay.py` says TWO, and has the test only where the change's tests are."""

    def seen(wanted: WantedCheck) -> Seen:
        files = made.workspace.worktrees[wanted.folder]
        there = "tests/test_pay.py" in files
        good = b"TWO" in files["pay.py"]
        cases = (Case(id=TEST, outcome="passed" if good else "failed"),) if there else ()
        colour = "green" if good or not there else "red"
        loaded = (LoadedFile(path="pay.py", same=True),)
        return Seen.model_validate(
            {"colour": colour, "sentence": f"`pytest`: {colour}.", "cases": cases, "loaded": loaded, "proven": True}
        )

    return seen


async def begin(made: Room, *steps: dict[str, Any]) -> None:
    spec = Spec(criteria=(Criterion(id="AC1", text="Two is large."),), checks=("pytest",))
    await intake.add_task(made.repository, intake.NewTask("Write two large", spec=spec), ADA)
    await made.start(*steps)


def view(made: Room) -> ReviewView:
    return review_view(made.repository, made.task())


async def test_a_criterion_is_verified_by_a_test_that_was_red_before() -> None:
    async with room(world()) as made:
        await begin(made, WRITE, EDIT, DONE)
        await made.until("in_review")
        shown = view(made)
        assert [(one.state, one.sentence) for one in shown.criteria] == [("verified", f"{TEST}, red before, green now")]
        assert shown.checks == "Green: `pytest`: green."
        assert made.kinds()[-6:] == [
            "checkpoint.kept",
            "checks.begun",
            "evidence.captured",
            "checks.ended",
            "run.finished",
            "review.opened",
        ]
        assert made.world.workspace.worktrees.keys() == {made.task().runs[0].worktree}  # nothing is left lying about


async def test_an_agent_that_lies_about_its_tests_gets_no_further_than_claimed() -> None:
    async with room(world()) as made:
        await begin(made, EDIT, DONE)  # the test it names does not exist
        await made.until("in_review")
        assert [(one.state, one.sentence) for one in view(made).criteria] == [
            ("claimed", f"The agent names {TEST}, which no check has seen pass.")
        ]


async def test_nothing_is_run_in_a_repository_that_is_not_trusted() -> None:
    async with room(world(trusted=False)) as made:
        await begin(made, WRITE, EDIT, DONE)
        await made.until("in_review")
        assert made.world.checks.ran == []
        shown = view(made)
        assert (
            shown.checks
            == "Not checked: repository not trusted, so nothing of it was run; `casework trust` shows what would be."
        )
        assert [one.state for one in shown.criteria] == ["claimed"]


async def test_red_work_goes_back_twice_and_then_to_the_human_as_red() -> None:
    async with room(world()) as made:
        await begin(made, WRITE, DONE)
        task = await made.until("in_review")
        assert [run.state for run in task.runs] == ["finished", "finished", "finished"]
        assert made.kinds().count("run.sent_back") == 2
        assert [run.briefing.red for run in made.agent.runs] == ["", *["`pytest`: red."] * 2]
        shown = view(made)
        assert shown.checks == "Red: `pytest`: red. It went back to its agent 2 times."
        assert [(one.state, one.sentence) for one in shown.criteria] == [
            ("claimed", f"The agent names {TEST}, and `pytest` is red.")
        ]


async def test_what_was_red_before_does_not_go_back() -> None:
    made_world = world()
    made_world.workspace.commit("A red test", {"tests/test_pay.py": b"def test_two(): ..."})
    async with room(made_world) as made:
        await begin(made, {"do": "edit", "path": "other.py", "old": "x", "new": "y"}, DONE)
        await made.until("in_review")
        assert made.kinds().count("run.sent_back") == 0
        assert view(made).checks.startswith("Red: `pytest`: red. All of it is red without the change too.")


async def test_stopping_a_task_stops_its_checks() -> None:
    made_world = world()
    made_world.checks.held = asyncio.Event()
    async with room(made_world) as made:
        await begin(made, WRITE, EDIT, DONE)
        await wait_until_async(lambda: bool(made_world.checks.ran), description="a check runs")
        await intake.move_task(made.repository, 1, "stop", e.TaskStopped(), ADA)
        await made.until("stopped")
        await wait_until_async(lambda: not made.runner.busy(), description="nothing runs")
        assert made.task().status == "stopped"


async def test_checks_that_were_killed_are_begun_anew_with_their_run() -> None:
    made_world = world()
    made_world.checks.held = asyncio.Event()
    async with room(made_world) as made:
        await begin(made, WRITE, EDIT, DONE)
        await wait_until_async(lambda: bool(made_world.checks.ran), description="a check runs")
    made_world.checks.held = None
    async with room(made_world) as made:
        await made.until("in_review")
        assert made.kinds().count("checks.begun") == 2
        assert view(made).criteria[0].state == "verified"


async def test_evidence_is_stale_when_the_tree_is_another_one() -> None:
    async with room(world()) as made:
        await begin(made, WRITE, EDIT, DONE)
        await made.until("in_review")
        made_world = made.world
        made_world.trusted = False  # so that the next run is not checked
        await made.send_back("Larger.")
        await wait_until_async(lambda: len(made.task().runs) == 2, description="the next run")
        task = await made.until("in_review", "failed")
        if task.status == "in_review" and task.review is not None and task.checked is not None:
            assert task.checked.head != task.review.head
            assert view(made).checks.startswith("Not checked: what was seen is of another tree")


async def test_a_review_of_what_stands_is_checked_when_a_human_asks() -> None:
    made_world = world()
    made_world.workspace.switch("refs/heads/topic", create=True)
    made_world.workspace.commit("Two", {"pay.py": b"TWO\n"})
    made_world.workspace.switch("refs/heads/main")
    async with room(made_world) as made:
        await made.open(Wanted("branch", "topic", into="main"))
        assert view(made).checks == "Not checked: no check has been run for this review."
        await check_review(made.repository, 1)
        assert view(made).checks.startswith("Not checked: no tests were found")
