"""Follow-ups: each once, with its place, not too many, not for ever; what is left out is said."""

from __future__ import annotations

from typing import Any, Final

import pytest

from casework.agents.builtin.prompt import first_message
from casework.core import intake, reviews
from casework.core.briefing import brief
from casework.core.follow_ups import inside
from casework.core.skeletons import record_taken
from casework.domain import events as e
from casework.domain.errors import Refused
from casework.domain.ids import CommitId, RunId
from casework.domain.task import Run, Task
from casework.lsp.present.reviews import review_view
from tests.core.room import ADA, DONE, EDIT, Room, World, room
from tests.waiting import wait_until_async

AUTH: Final = "def sign_in(user, password):\n    return user.password == password\n"
SAFER: Final = {
    "do": "edit",
    "path": "shop/auth.py",
    "old": "user.password == password",
    "new": "same(user.password, password)",
}
LATER: Final = {"do": "follow-up", "kind": "clean-up", "title": "Name it", "path": "pay.py", "line": 2}


def world() -> World:
    """A shop with one test, that has nothing to do with signing in."""
    made = World()
    made.workspace.commit(
        "shop", {"shop/auth.py": AUTH.encode(), "tests/test_cart.py": b"def test_cart():\n    assert 1\n"}
    )
    return made


async def again(desk: Room, *steps: dict[str, Any], title: str = "Another", number: int | None = None) -> Task:
    """Let an agent work on one more task."""
    task = await desk.add(title) if number is None else desk.task(number)
    await desk.start(*steps, number=task.number)
    return await desk.until("in_review", "failed", number=task.number)


def found(desk: Room, number: int = 1) -> list[tuple[str, str]]:
    return [(task.kind, task.title) for task in desk.repository.board.found_in(number)]


async def test_a_follow_up_is_known_by_the_text_at_its_place_wherever_its_line_went() -> None:
    async with room() as desk:
        await desk.review(LATER, EDIT, DONE)
        insert = {"do": "edit", "path": "pay.py", "old": "one\n", "new": "zero\n\none\n"}
        await again(desk, insert, {**LATER, "line": 4, "title": "Call it better"}, DONE)
        assert found(desk) == [("clean-up", "Name it")]
        assert found(desk, 3) == []


@pytest.mark.parametrize("line", [1, 3], ids=["another line", "one more"])
async def test_another_text_of_the_same_file_is_another_one(line: int) -> None:
    async with room() as desk:
        await desk.review(LATER, {**LATER, "line": line}, DONE)
        assert len(found(desk)) == 2


@pytest.mark.parametrize(
    "title",
    [
        "Token is logged.",
        "token is LOGGED",
        "Token—is   logged!",
        "\u202etoken\x00 is logged",
        "\uff34oken is logged",
    ],
    ids=["a full stop", "capitals", "signs", "control characters", "wide letters"],
)
async def test_without_a_place_the_letters_of_the_title_tell(title: str) -> None:
    one = {"do": "follow-up", "kind": "clean-up", "title": "Token is logged"}
    async with room() as desk:
        await desk.review(one, {**one, "title": title}, {**one, "title": "Another thing"}, DONE)
        assert found(desk) == [("clean-up", "Token is logged"), ("clean-up", "Another thing")]


async def test_one_that_was_turned_down_never_comes_back_and_one_that_was_done_may() -> None:
    async with room() as desk:
        await desk.review(LATER, DONE)
        turned_down = e.TaskDismissed(reason="no")
        await intake.move_task(desk.repository, 2, "dismiss", turned_down, ADA)
        await again(desk, LATER, DONE)
        assert found(desk, 3) == []

        other = {**LATER, "line": 3}
        await again(desk, other, DONE, title="Third")
        await desk.start(EDIT, DONE, number=5)
        await desk.until("in_review", number=5)
        await desk.approve(5)
        await desk.until("landed", number=5)
        await again(desk, other, DONE, title="Sixth")
        assert found(desk, 6) == [("clean-up", "Name it")]


async def test_what_a_run_proposes_beyond_its_limit_is_left_out_and_said_once() -> None:
    many = [{"do": "follow-up", "kind": "clean-up", "title": f"Thing {n}"} for n in range(30)]
    async with room() as desk:
        await desk.add()
        await desk.play([*many, EDIT, DONE], [*many, DONE])
        task = await desk.until("in_review")
        assert len(found(desk)) == 20
        assert desk.kinds().count("follow_up.left_out") == 1
        assert review_view(desk.repository, task).left_out == [
            "The run proposed as many follow-ups as it may, so more were left out; the first: Thing 20"
        ]
        await desk.send_back("More")
        await wait_until_async(lambda: len(desk.task().runs) == 2, description="the second run begins")
        task = await desk.until("in_review")
        assert len(found(desk)) == 30, "the next run may propose as many again"
        assert review_view(desk.repository, task).left_out == []


async def test_a_chain_ends_after_three_and_the_review_says_so() -> None:
    async with room() as desk:
        await desk.review({**LATER, "title": "First"}, DONE)
        await again(desk, {**LATER, "title": "Second", "line": 1}, DONE, number=2)
        await again(desk, {**LATER, "title": "Third", "line": 3}, DONE, number=3)
        task = await again(desk, {"do": "follow-up", "kind": "change", "title": "Fourth"}, EDIT, DONE, number=4)
        assert [found(desk, number) for number in (1, 2, 3, 4)] == [
            [("clean-up", "First")],
            [("clean-up", "Second")],
            [("clean-up", "Third")],
            [],
        ]
        (said,) = review_view(desk.repository, task).left_out
        assert said == (
            "This is a follow-up of a follow-up of a follow-up already, so nothing more is proposed from here; "
            "left out, as the first: Fourth"
        )


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("pay.py", "pay.py"),
        ("./a//b/./pay.py", "a/b/pay.py"),
        ("/worktrees/1/a/pay.py", "a/pay.py"),
        ("/home/ada/shop/a/pay.py", "a/pay.py"),
        ("/etc/passwd", None),
        ("../pay.py", None),
        ("a/../../pay.py", None),
        (".git/config", None),
        ("", None),
        (".", None),
        ("a\0b", None),
        ('"caf\\351"', '"caf\\351"'),
        ('"broken', '"\\"broken"'),
        ("a\nb", '"a\\nb"'),
    ],
)
def test_a_place_is_a_path_of_the_repository_or_none(named: str, path: str | None) -> None:
    assert inside(named, ("/worktrees/1", "/home/ada/shop")) == path


async def test_a_title_in_which_nothing_can_be_read_does_not_end_the_run() -> None:
    async with room() as desk:
        task = await desk.review({"do": "follow-up", "kind": "clean-up", "title": "\x00\u202e"}, EDIT, DONE)
        assert task.status == "in_review"
        assert found(desk) == [("clean-up", "Clean up")]


async def test_a_follow_up_is_trusted_no_more_than_what_it_was_found_in() -> None:
    async with room() as desk:
        new = intake.NewTask("From outside", ticket="Do this", origin="outside")
        await intake.add_task(desk.repository, new, ADA)
        await desk.start(LATER, EDIT, DONE)
        await desk.until("in_review")
        assert [task.origin for task in desk.repository.board.found_in(1)] == ["outside"]


async def test_a_changed_sign_in_without_tests_is_one_security_review_and_one_skeleton() -> None:
    async with room(world()) as desk:
        await desk.review(SAFER, DONE)
        assert found(desk) == [
            ("security-review", "Review sign_in in shop/auth.py for security"),
            ("missing-tests", "Cover sign_in in shop/auth.py"),
        ]
        security, tests = desk.repository.board.found_in(1)
        assert (security.added.actor.kind, security.added.actor.id, security.severity) == (
            "detector",
            "security",
            "high",
        )
        assert tests.skeleton is not None
        assert (tests.skeleton.path, tests.skeleton.line) == ("tests/test_auth.py", 6)
        assert "def test_sign_in():" in desk.repository.text(tests.skeleton.text)


@pytest.mark.parametrize(
    "said",
    [
        {"path": "shop/auth.py", "line": 2},
        {"path": "shop/auth.py", "line": 1, "snippet": "def sign_in(user, password):"},
        {"path": "shop/auth.py"},
        {},
    ],
    ids=["in the function", "at its head", "at the file", "without a place"],
)
@pytest.mark.parametrize("kind", ["security-review", "missing-tests"])
async def test_what_the_agent_said_the_detector_does_not_say_again(kind: str, said: dict[str, Any]) -> None:
    mine = {"do": "follow-up", "kind": kind, "title": "In the agent's own words", **said}
    async with room(world()) as desk:
        await desk.review(SAFER, mine, DONE)
        assert [title for what, title in found(desk) if what == kind] == ["In the agent's own words"]
        tests = next(task for task in desk.repository.board.found_in(1) if task.kind == "missing-tests")
        assert tests.skeleton is not None
        assert "def test_sign_in():" in desk.repository.text(tests.skeleton.text)


async def test_what_a_detector_said_the_next_run_does_not_say_again() -> None:
    mine = {"do": "follow-up", "kind": "security-review", "title": "Mine", "path": "shop/auth.py", "line": 2}
    more = {**SAFER, "old": "same(", "new": "just_the_same("}
    async with room(world()) as desk:
        await desk.add()
        await desk.play([SAFER, DONE], [mine, more, DONE])
        await desk.until("in_review")
        before = found(desk)
        assert len(before) == 2
        await desk.send_back("Again")
        await wait_until_async(lambda: len(desk.task().runs) == 2, description="the second run begins")
        await desk.until("in_review")
        assert found(desk) == before


async def test_a_standing_change_is_looked_at_too_and_twice_is_once() -> None:
    made = world()
    async with room(made) as desk:
        made.workspace.disk["shop/auth.py"] = AUTH.replace("==", "is").encode()
        await desk.open(reviews.Wanted("working_tree"))
        once = found(desk)
        assert [kind for kind, _ in once] == ["security-review", "missing-tests"]
        await desk.open(reviews.Wanted("working_tree"))
        assert found(desk) == once


async def test_history_is_read_without_proposals() -> None:
    made = world()
    made.workspace.commit("change", {"shop/auth.py": AUTH.replace("==", "is").encode()})
    async with room(made) as desk:
        head = made.workspace.head()[0]
        await desk.open(reviews.Wanted("range", f"{made.workspace.commits[head].parents[0]}..{head}" if head else ""))
        assert found(desk) == []


async def test_a_detector_that_fails_costs_its_finding_and_no_review(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("casework.detectors.security.Security.look", broken)
    async with room(world()) as desk:
        task = await desk.review(SAFER, DONE)
        assert task.status == "in_review"
        assert [kind for kind, _ in found(desk)] == ["missing-tests"]


async def test_taking_a_skeleton_accepts_its_task_and_happens_once() -> None:
    async with room(world()) as desk:
        await desk.review(SAFER, DONE)
        taken = await record_taken(desk.repository, 3, "tests/test_auth.py", ADA, command=None)
        assert taken.skeleton is not None
        assert (taken.status, taken.skeleton.taken) == ("backlog", True)
        with pytest.raises(Refused) as no:
            await record_taken(desk.repository, 3, "tests/test_auth.py", ADA, command=None)
        assert no.value.sentence == "The skeleton of task 3 was taken already: tests/test_auth.py."


async def test_who_works_on_a_follow_up_is_told_what_was_found() -> None:
    async with room(world()) as desk:
        await desk.review(SAFER, DONE)
        task = desk.task(3)
        run = Run(RunId("r"), 1, "scripted", CommitId("0" * 40), "/worktrees/3")
        told = brief(desk.repository, task, run, desk.agent, (), resume_after=0)
        assert told.found.startswith("missing-tests, found in task 1\n\nThe change says anew what these do")
        assert "\n\nshop/auth.py:1\ndef sign_in(user, password):\n\n" in told.found
        assert "A skeleton of tests/test_auth.py:\n" in told.found
        assert "def test_sign_in():" in told.found
        assert "<follow-up " in first_message(told), "fenced: words of others are data"
        assert brief(desk.repository, desk.task(1), run, desk.agent, (), resume_after=0).found == ""
