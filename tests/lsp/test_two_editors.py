"""Two editors on one daemon: a verdict is given once, and whoever comes second is told by whom and when."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from casework.lsp.documents import uri_of
from tests.lsp.light import Light, Refusal, light
from tests.repositories import Repository
from tests.waiting import wait_until_async

FULL: Final = bool(os.environ.get("CASEWORK_TEST_FULL"))
"""Every trial that is asked for, instead of a sample of them."""
TRIALS: Final = 1000 if FULL else 200
PAIRS: Final = 1000 if FULL else 60
REPOSITORIES: Final = 4
CONNECTIONS: Final = 100

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000 if FULL else 240)]

_TOLD: Final = re.compile(
    r"^Review \d+ was already approved by \S+ \((first|second)\) at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; "
    r"nothing was done a second time\.$"
)


def with_branches(folder: Path, count: int) -> Repository:
    """A repository with many branches that change one line of a file of their own, made in one go."""
    made = Repository.new(folder)
    made.commit("First", {f"f{n}.txt": f"{n}\nold\n" for n in range(count)})
    stream = b""
    for n in range(count):
        text = b"%d\nnew\n" % n
        stream += b"commit refs/heads/b%d\ncommitter A <a@b> 0 +0000\ndata 3\nNew\nfrom refs/heads/main^0\n" % n
        stream += b"M 100644 inline f%d.txt\ndata %d\n%b\n" % (n, len(text), text)
    made.git("fast-import", "--quiet", stdin=stream)
    return made


@asynccontextmanager
async def pair(world: Path, count: int) -> AsyncIterator[tuple[Light, Light, list[tuple[Path, int]]]]:
    """Two editors on several repositories, and as many reviews that wait: where, and their numbers."""
    each = -(-count // REPOSITORIES)
    tops = [with_branches(world / f"r{n}", each).path for n in range(REPOSITORIES)]
    async with light(*tops, name="first") as first, light(*tops, name="second") as second:
        reviews = []
        for n in range(each):
            for top in tops:
                opened = await first.ask(
                    "casework/review/open", {"repository": str(top), "kind": "branch", "name": f"b{n}"}
                )
                reviews.append((top, opened["number"]))
        yield first, second, reviews[:count]


def approving(top: Path, number: int, shown: str) -> dict[str, Any]:
    """An approval that makes a branch of its own, and touches nothing else."""
    return {
        "repository": str(top), "number": number, "verdict": "approve", "shown": shown,
        "mode": "branch", "branch": f"landed-{number}",
    }  # fmt: skip


def sending_back(top: Path, number: int, shown: str) -> dict[str, Any]:
    """A request for changes, for an agent that does not do them."""
    script = json.dumps({"steps": [{"do": "fail", "sentence": "Not today."}]})
    answer = {"repository": str(top), "number": number, "verdict": "request_changes", "shown": shown}
    return {**answer, "message": "Once more.", "agent": "scripted", "script": script}


async def hash_of(client: Light, top: Path, number: int) -> str:
    shown = (await client.ask("casework/review/show", {"repository": str(top), "number": number}))["shown"]
    assert isinstance(shown, str)
    return shown


def offers_a_verdict(actions: list[dict[str, Any]], number: int) -> bool:
    return any(
        one["command"]["command"] == "casework.review.answer" and one["command"]["arguments"][0]["number"] == number
        for one in actions
    )


async def approvals(client: Light, top: Path, number: int) -> list[str]:
    rows = await client.ask("casework/journal/read", {"repository": str(top), "number": number, "limit": 1000})
    return [row["actor"] for row in rows["rows"] if row["kind"] == "review.answered"]


async def test_what_was_answered_in_one_editor_is_never_offered_in_the_other(world: Path) -> None:
    async with pair(world, TRIALS) as (first, second, reviews):
        for trial, (top, number) in enumerate(reviews):
            here, there = (first, second) if trial % 2 else (second, first)
            path = top / f"f{trial // REPOSITORIES}.txt"
            assert offers_a_verdict(await there.actions(path, 2), number), "before, it is offered"
            shown = await hash_of(here, top, number)
            answer = sending_back if trial % 25 == 24 else approving
            await here.ask("casework/review/answer", answer(top, number, shown))
            assert not offers_a_verdict(await there.actions(path, 2), number), f"trial {trial}"


async def test_two_approvals_at_once_land_once_and_the_other_is_told_who_and_when(world: Path) -> None:
    async with pair(world, PAIRS) as (first, second, reviews):
        winners = {"first": 0, "second": 0}
        for top, number in reviews:
            shown = await hash_of(first, top, number)
            both = [first, second] if random.random() < 0.5 else [second, first]
            asked = [client.ask("casework/review/answer", approving(top, number, shown)) for client in both]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            refused = [answer for answer in answers if isinstance(answer, Refusal)]
            assert len(refused) == 1, answers
            assert refused[0].word == "already_answered"
            told = _TOLD.match(str(refused[0]))
            assert told is not None, str(refused[0])
            winners[told[1]] += 1
        for top, number in reviews:
            await first.ask(
                "casework/task/wait",
                {"repository": str(top), "number": number, "statuses": ["landed"], "timeout_s": 60},
            )
            assert len(await approvals(first, top, number)) == 1
        for top in {top for top, _ in reviews}:
            made = Repository(top).text("for-each-ref", "--format=%(refname:short)", "refs/heads/landed-*").splitlines()
            assert sorted(made) == sorted(f"landed-{number}" for where, number in reviews if where == top)
        assert all(winners.values()), f"each wins sometimes: {winners}"


async def test_many_connections_ask_and_are_told_at_once(world: Path) -> None:
    top = with_branches(world / "shop", 1).path
    async with AsyncExitStack() as stack:
        clients = await asyncio.gather(
            *(stack.enter_async_context(light(top, name=f"editor {n}")) for n in range(CONNECTIONS))
        )
        opened = await clients[0].ask("casework/review/open", {"kind": "branch", "name": "b0"})
        boards = await asyncio.gather(*(client.ask("casework/board/read") for client in clients))
        offered = await asyncio.gather(*(client.actions(top / "f0.txt", 2) for client in clients))
        assert [offers_a_verdict(actions, opened["number"]) for actions in offered] == [True] * CONNECTIONS
        await clients[-1].ask("casework/task/add", {"title": "Told to all"})

        def told(client: Light) -> list[Any]:
            return [params for method, params in client.told if method == "casework/board/changed"]

        await wait_until_async(lambda: all(map(told, clients)), description="everybody was told", timeout_s=30)
        for client, board in zip(clients, boards, strict=True):
            assert told(client)[0]["before"] == board["cursor"]
            assert [card["title"] for card in told(client)[0]["cards"]] == ["Told to all"]
            diagnosed = {params["uri"] for method, params in client.told if method == "textDocument/publishDiagnostics"}
            assert uri_of(str(top / "f0.txt")) in diagnosed
