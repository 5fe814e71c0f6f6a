"""Messages cut off or sent again, and foreign hands in the state directory, approve nothing; their twins do."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.lsp.conftest import stop_daemon
from tests.lsp.light import Light, Refusal, light
from tests.lsp.test_floor import shop
from tests.repositories import Repository

pytestmark = pytest.mark.e2e


async def waiting(client: Light) -> dict[str, Any]:
    """Open the review, or look at it again; give the params of its approval."""
    view = await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
    return {"number": view["number"], "verdict": "approve", "shown": view["shown"]}


async def approvals(client: Light) -> int:
    rows = await client.ask("casework/journal/read", {"number": 1, "limit": 1000})
    return sum(row["kind"] == "review.answered" for row in rows["rows"])


def frame(params: dict[str, Any]) -> bytes:
    message = {"jsonrpc": "2.0", "id": 77, "method": "casework/review/answer", "params": params}
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def sent_and_gone(repository: Repository, data: bytes) -> None:
    """Send bytes from a second editor, which goes without a goodbye; the daemon has dealt with them then."""
    async with light(repository.path, name="cut off") as client:
        client.raw(data)
        await client.leave()


@pytest.mark.parametrize("left_out", [1, 2, 40, 0])
async def test_a_truncated_approval_is_none(left_out: int, world: Path) -> None:
    """`left_out` bytes are missing at its end when the editor goes; none in the twin."""
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        whole = frame(await waiting(client))
        await sent_and_gone(repository, whole[: len(whole) - left_out])
        if left_out:
            assert await approvals(client) == 0
            assert repository.id("main") != repository.id("new")
        else:
            await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
            assert repository.id("main") == repository.id("new")


@pytest.mark.parametrize("damaged", [True, False])
async def test_an_approval_whose_bytes_were_damaged_is_none(damaged: bool, world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        whole = frame(await waiting(client))
        await sent_and_gone(repository, whole.replace(b'"approve"', b'"approve') if damaged else whole)
        if damaged:
            assert await approvals(client) == 0
        else:
            await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
        assert (repository.id("main") == repository.id("new")) != damaged


@pytest.mark.parametrize("again", ["with the key of before", "with a key of its own"])
async def test_an_approval_sent_again_after_an_undo_is_done_only_with_a_new_key(again: str, world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        approval = {**await waiting(client), "command": "key-1"}
        await client.ask("casework/review/answer", approval)
        await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
        await client.ask("casework/review/undo", {"number": 1})
        assert repository.text("log", "--format=%s", "main") == "First"
        key = "key-1" if again == "with the key of before" else "key-2"
        shown = (await client.ask("casework/review/show", {"number": 1}))["shown"]
        answer = await client.ask("casework/review/answer", {**approval, "shown": shown, "command": key})
        if key == "key-1":
            assert answer["card"]["status"] == "in_review"
            assert await approvals(client) == 1
            assert repository.text("log", "--format=%s", "main") == "First"
        else:
            await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
            assert await approvals(client) == 2
            assert repository.id("main") == repository.id("new")


@pytest.mark.parametrize("stale", [True, False])
async def test_an_approval_with_the_hash_of_before_is_none(stale: bool, world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        approval = await waiting(client)
        view = await client.ask("casework/review/show", {"number": 1})
        hunk = view["files"][0]["hunks"][0]["id"]
        decided = await client.ask("casework/review/decide", {"number": 1, "hunks": [hunk], "decision": "accepted"})
        if stale:
            with pytest.raises(Refusal, match="not what you were shown any more"):
                await client.ask("casework/review/answer", approval)
            assert await approvals(client) == 0
        else:
            await client.ask("casework/review/answer", {**approval, "shown": decided["shown"]})
            await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
        assert (repository.id("main") == repository.id("new")) != stale


def journal_of(repository: Repository) -> Path:
    name = (repository.path / ".git" / "casework" / "identity").read_text().strip()
    [found] = Path(os.environ["XDG_STATE_HOME"]).rglob(f"{name}/journal.sqlite3")
    return found


def forge_an_approval(repository: Repository, shown: str) -> None:
    """Write a row into the journal behind Casework's back, as like to one of its own as a stranger can."""
    with closing(sqlite3.connect(journal_of(repository), isolation_level=None)) as journal:
        columns = [row[1] for row in journal.execute("PRAGMA table_info(events)")]
        last = dict(
            zip(columns, journal.execute("SELECT * FROM events ORDER BY seq DESC LIMIT 1").fetchone(), strict=True)
        )
        data = {"verdict": "approve", "shown": shown, "mode": "commit", "landing": str(uuid.uuid4()), "left": 0}
        forged = {
            **last,
            "seq": last["seq"] + 1,
            "id": str(uuid.uuid4()),
            "kind": "review.answered",
            "actor": json.dumps({"kind": "human", "id": "ada", "via": "plain", "session": ""}),
            "data": json.dumps(data),
            "prev": b"\0" * len(last["prev"]),
        }
        marks = ",".join("?" * len(columns))
        journal.execute(f"INSERT INTO events VALUES ({marks})", [forged[name] for name in columns])
        journal.execute("INSERT OR IGNORE INTO kinds VALUES ('review.answered', 1)")


def overwrite_the_manifest(repository: Repository, _shown: str) -> None:
    """Write other content into what says which lines a review shows."""
    blobs = journal_of(repository).parent
    for path in blobs.rglob("*"):
        if path.is_file() and b'"diff_hash"' in path.read_bytes():
            path.chmod(0o600)
            path.write_bytes(path.read_bytes().replace(b"a.txt", b"b.txt"))


HANDS: Final = {"a forged row": forge_an_approval, "other content": overwrite_the_manifest}


@pytest.mark.parametrize("hostile", [True, False])
@pytest.mark.parametrize("hand", sorted(HANDS))
async def test_a_foreign_hand_in_the_state_directory_approves_nothing(hand: str, hostile: bool, world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        approval = await waiting(client)
    await asyncio.to_thread(stop_daemon)
    if hostile:
        HANDS[hand](repository, approval["shown"])
    before = repository.id("main")
    async with light(repository.path) as client:
        if hostile and hand == "a forged row":
            assert await approvals(client) == 0
            board = await client.ask("casework/board/read")
            assert [card["status"] for card in board["needs_you"]] == ["in_review"]
            assert repository.id("main") == before
        elif hostile:
            with pytest.raises(Refusal):
                await client.ask("casework/review/answer", approval)
            assert await approvals(client) == 0
            assert repository.id("main") == before
        else:
            await client.ask("casework/review/answer", approval)
            await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
            assert await approvals(client) == 1
            assert repository.id("main") == repository.id("new")
