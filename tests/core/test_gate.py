"""The gate: asked once, answered by a human, and waited for over restarts; every decision is in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from casework.core.answering import answer_question
from casework.core.gate import weigh
from casework.domain import events as e
from casework.domain.actions import Action, Grants, ReadFile, Ruling, RunCommand
from casework.domain.envelope import Actor
from casework.domain.errors import Refused
from casework.domain.rules import CommandShape
from casework.domain.task import Task
from tests.core.room import ADA, DONE, EDIT, Room, World, room
from tests.waiting import wait_until_async

HOST: Final = "packages.example:443"
INSTALL: Final = RunCommand(command="npm install undici@7", hosts=(HOST,), why="The lock file names it.")
HANG: Final = {"do": "hang"}
AGENT: Final = Actor(kind="agent", id="scripted")


@asynccontextmanager
async def working(world: World | None = None) -> AsyncIterator[Room]:
    """A run that is under way and does nothing by itself."""
    world = world or World(trusted=True)
    async with room(world) as desk:
        await desk.add()
        await desk.start(HANG, HANG)
        await wait_until_async(lambda: desk.task().runs[-1:] != () and _begun(desk) == 1, description="it works")
        yield desk


def _begun(desk: Room) -> int:
    return desk.task().runs[-1].steps_begun


def wanting(desk: Room, action: Action = INSTALL) -> asyncio.Task[Ruling]:
    """Let the run want something."""
    task = desk.task()
    return asyncio.create_task(weigh(desk.repository, task.id, task.runs[-1].id, action))


async def asked(desk: Room) -> Task:
    """Wait for the question."""
    await wait_until_async(lambda: len(desk.task().open_questions) == 1, description="it is asked")
    return desk.task()


async def answer(desk: Room, text: str, *, actor: Actor = ADA, everywhere: bool = False) -> None:
    question = desk.task().open_questions[0]
    await answer_question(desk.repository, 1, question.id, text, actor, everywhere=everywhere)


def rulings(desk: Room) -> list[e.ActionRuled]:
    return [row.event for row in desk.world.shelf.rows if isinstance(row.event, e.ActionRuled)]


async def test_what_the_box_allows_passes_silently() -> None:
    async with working() as desk:
        before = desk.kinds()
        assert (await wanting(desk, RunCommand(command="npm test"))).allowed
        assert (await wanting(desk, ReadFile(path="pay.py"))).allowed
        assert desk.kinds() == before


async def test_a_yes_holds_once_and_is_told_in_the_journal() -> None:
    async with working() as desk:
        ruling = wanting(desk)
        task = await asked(desk)
        question = task.open_questions[0]
        assert task.status == "waiting"
        assert question.text == f"May it run npm install undici@7? It wants {HOST}."
        assert question.why == "The lock file names it."
        assert question.choices == (
            "yes, once",
            f"always: `npm install undici@7`, reaching {HOST}",
            f"always: `npm install *`, reaching {HOST}",
            "no",
        )
        await answer(desk, "yes")
        assert await ruling == Ruling(allowed=True, why="The user said yes, once.", grants=Grants(hosts=(HOST,)))
        assert desk.task().status == "running"
        assert [(one.allowed, one.by, one.question) for one in rulings(desk)] == [(True, "human", question.id)]
        again = wanting(desk)
        await asked(desk)
        await answer(desk, "no")
        assert not (await again).allowed


async def test_a_no_with_a_reason_reaches_the_agent_and_is_not_asked_again() -> None:
    async with working() as desk:
        ruling = wanting(desk)
        await asked(desk)
        await answer(desk, "no: use what is vendored")
        told = (
            "Not done: The user said no: use what is vendored. Do without it, or say in your comment what is missing."
        )
        assert (await ruling).why == told
        assert (await wanting(desk)).why == told
        assert [(one.allowed, one.by) for one in rulings(desk)] == [(False, "human")] * 2
        assert desk.kinds().count("question.asked") == 1


async def test_wanted_again_meanwhile_it_is_asked_once() -> None:
    async with working() as desk:
        both = [wanting(desk), wanting(desk, INSTALL.model_copy(update={"why": "Other words."}))]
        await asked(desk)
        await answer(desk, "no")
        assert [(await one).allowed for one in both] == [False, False]
        assert desk.kinds().count("question.asked") == 1


async def test_always_makes_the_narrowest_rule_and_asks_no_more() -> None:
    async with working() as desk:
        ruling = wanting(desk)
        await asked(desk)
        await answer(desk, "always")
        assert (await ruling).allowed
        rule = desk.repository.rules.holding(desk.repository.identity.id)[0]
        assert rule.shape == CommandShape(words=("npm", "install", "undici@7"), hosts=(HOST,))
        assert desk.repository.rules.holding("another repository") == []
        assert (await wanting(desk)).allowed
        assert [(one.by, one.rule) for one in rulings(desk)] == [("human", ""), ("rule", rule.id)]
        assert desk.kinds().count("question.asked") == 1


async def test_the_wider_rule_is_made_only_when_its_words_are_said() -> None:
    async with working() as desk:
        ruling = wanting(desk)
        await asked(desk)
        await answer(desk, f"always: `npm install *`, reaching {HOST}", everywhere=True)
        assert (await ruling).allowed
        assert [rule.shape for rule in desk.repository.rules.holding("another repository")] == [
            CommandShape(words=("npm", "install"), names=True, hosts=(HOST,))
        ]


@pytest.mark.parametrize("said", ["", "maybe", "yes please", "always: `npm *`", "once: and then", "YES, ALWAYS"])
async def test_an_answer_that_is_none_answers_nothing(said: str) -> None:
    async with working() as desk:
        ruling = wanting(desk)
        await asked(desk)
        with pytest.raises(Refused) as no:
            await answer(desk, said)
        assert no.value.code == "not_an_answer"
        assert not ruling.done()
        assert len(desk.task().open_questions) == 1
        ruling.cancel()


async def test_only_a_human_answers_and_makes_or_removes_rules() -> None:
    async with working() as desk:
        ruling = wanting(desk)
        await asked(desk)
        with pytest.raises(Refused, match="agent"):
            await answer(desk, "always", actor=AGENT)
        with pytest.raises(Refused, match="agent"):
            await desk.repository.rules.add_new(CommandShape(words=("x",)), None, AGENT)
        with pytest.raises(Refused, match="agent"):
            await desk.repository.rules.remove("x", AGENT)
        assert not ruling.done()
        assert desk.world.user.rows == []
        ruling.cancel()


async def test_a_rule_is_named_by_four_characters_of_its_end_at_least() -> None:
    async with working() as desk:
        rules, human = desk.repository.rules, ADA
        made = await rules.add_new(CommandShape(words=("npm", "install")), None, human)
        assert made is not None
        for short in ("", made.id[-1:], made.id[-3:]):
            with pytest.raises(Refused, match="no rule"):
                await rules.remove(short, human)
        assert await rules.remove(made.id[-4:], human) == made
        assert rules.everything() == []


async def test_what_is_never_allowed_asks_nobody_and_is_told_in_the_journal() -> None:
    async with working() as desk:
        ruling = await wanting(desk, RunCommand(command="curl x", hosts=("never.example:443",)))
        assert not ruling.allowed
        assert ruling.why.startswith("Not done: Nobody reaches never.example:443.")
        assert [(one.allowed, one.by) for one in rulings(desk)] == [(False, "default")]
        assert desk.task().open_questions == ()


async def test_a_question_waits_over_restarts_and_its_answer_reaches_the_resumed_agent() -> None:
    world = World(trusted=True)
    async with working(world) as desk:
        wanting(desk)
        first = (await asked(desk)).open_questions[0]
    async with room(world) as desk:
        assert desk.task().status == "waiting"
        await answer(desk, "yes")
        await wait_until_async(lambda: len(desk.agent.runs) == 1, description="a new worker goes on")
        ruling = await wanting(desk)
        assert ruling.allowed
        assert rulings(desk)[-1].question == first.id
        assert desk.kinds().count("question.asked") == 1


async def test_answered_with_always_and_killed_before_the_answer_the_question_is_still_there() -> None:
    world = World(trusted=True)
    async with working(world) as desk:
        wanting(desk)
        question = (await asked(desk)).open_questions[0]
        assert question.wanted is not None
        await desk.repository.rules.add_new(question.wanted.shapes[0], desk.repository.identity, ADA)
    async with room(world) as desk:
        await answer(desk, "always")
        assert len(desk.repository.rules.everything()) == 1


async def test_stopping_the_run_is_a_no_and_leaves_nothing_to_answer() -> None:
    async with working() as desk:
        ruling = wanting(desk)
        await asked(desk)
        await desk.stop()
        assert await ruling == Ruling(allowed=False, why="Not done: the run ended before it was decided.")
        with pytest.raises(Refused, match="stopped"):
            await answer(desk, "yes")


async def test_a_run_that_waits_for_the_human_takes_no_place_from_others() -> None:
    async with room() as desk:
        asking = {"do": "ask", "text": "Which one?"}
        for number in (1, 2):
            await desk.add(f"task {number}")
            await desk.start(asking, DONE, number=number)
            await desk.until("waiting", number=number)
        await desk.add("task 3")
        await desk.start(EDIT, DONE, number=3)
        await desk.until("in_review", number=3)


async def test_in_a_repository_that_is_not_trusted_nobody_is_asked_whether_a_program_may_run() -> None:
    async with working(World()) as desk:
        ruling = await wanting(desk)
        assert ruling.why.startswith(
            "Not done: The repository is not trusted, so no program is run in it; the user trusts"
        )
        assert desk.task().open_questions == ()
