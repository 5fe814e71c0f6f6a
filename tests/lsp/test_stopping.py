"""`casework/daemon/stop` from an editor: done, or refused, and answered in either case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.light import Refusal, light
from tests.lsp.shop import shop

pytestmark = pytest.mark.e2e

HANGS = json.dumps({"runs": [{"steps": [{"do": "hang"}]}]})


WAYS = [("casework/daemon/stop",), ("workspace/executeCommand", {"command": "casework.daemon.stop"})]
ways = pytest.mark.parametrize("stop", WAYS, ids=["method", "command"])


@ways
async def test_a_daemon_at_work_says_that_it_does_not_stop(stop: tuple[Any, ...], world: Path) -> None:
    async with light(shop(world / "shop").path) as client:
        await client.ask("casework/task/add", {"title": "Hang"})
        await client.ask("casework/task/start", {"number": 1, "agent": "scripted", "script": HANGS})
        await client.ask("casework/task/wait", {"number": 1, "statuses": ["running"], "timeout_s": 20})
        with pytest.raises(Refusal, match="are under way, so the daemon was not stopped") as no:
            await client.ask(*stop)
        assert (no.value.code, no.value.word) == (-32803, "busy")


@ways
async def test_a_daemon_without_work_answers_before_it_ends(stop: tuple[Any, ...], world: Path) -> None:
    async with light(shop(world / "shop").path) as client:
        assert await client.ask(*stop) == {}
        await client.leave()
