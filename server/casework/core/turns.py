"""An agent's conversation with its model, kept part by part, and given back to whoever goes on with it.

What is kept is what the model was sent and what it said, redacted before either: going on sends the same bytes again.
A loss of power may take the last parts (nothing of them is synced); what is left is gone on from.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.errors import Trouble
from casework.domain.ids import BlobHash, RunId
from casework.domain.redaction import redact
from casework.domain.task import Run, Task
from casework.domain.turns import redacted_blocks, redacted_json
from casework.ports.agent import KeptTurn, TurnKept

logger = logging.getLogger(__name__)

INTERRUPTED: Final = "interrupted, outcome unknown"
AT_ONCE: Final = 8 * 1024
"""Characters that are kept on the event loop: a small file that is not synced costs less than a hop to a thread."""

T = TypeVar("T")


async def kept(size: int, keep: Callable[[], T]) -> T:
    """Give what `keep` gives, which keeps about `size` characters; more than `AT_ONCE` are kept in a thread."""
    return keep() if size <= AT_ONCE else await asyncio.to_thread(keep)


def keep_turn(repository: Repository, report: TurnKept) -> BlobHash:
    """Keep a part of the conversation, its texts redacted.

    Raises:
        Trouble: the agent sent what is no JSON object, or the disk is full.
    """
    try:
        content = json.loads(report.content)
        if report.role == "assistant":
            content = {"content": redacted_blocks(content["content"])}
    except (ValueError, TypeError, KeyError) as error:
        raise Trouble("The agent kept a turn that is none, so its run can't go on; retry the task.") from error
    return _put(repository, redacted_json(content))


def keep_result(repository: Repository, text: str, *, is_error: bool) -> BlobHash:
    """Keep what came of a call; `text` is redacted already."""
    return _put(repository, {"text": text, "is_error": is_error})


def keep_text(repository: Repository, text: str) -> BlobHash:
    """Keep what an agent said in passing, redacted; as a turn, it may be lost with the power."""
    return repository.blobs.put(redact(text).encode("utf-8", "surrogatepass"), synced=False)


def _put(repository: Repository, content: Any) -> BlobHash:
    return repository.blobs.put(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"), synced=False)


async def conversation(repository: Repository, task: Task) -> tuple[KeptTurn, ...]:
    """Give what was kept of the task's last run, behind what that run goes on from.

    A run goes on from the one before where that was stopped or lost; not where it failed, was finished or was another
    agent's. A part that is not there any more is left out, with the results that answer it; a result that is not there
    is told as interrupted, since what it was the result of was done.
    """
    runs = _one_after_another(task)
    if not runs:
        return ()
    found: list[KeptTurn] = []
    calls: set[str] = set()
    async for row in repository.recorder.journal.read(task=task.id):
        event, run = row.event, row.draft.run
        if not isinstance(event, e.TurnKept) or run not in runs or (event.role == "result" and event.call not in calls):
            continue
        try:
            text = repository.text(event.content)
        except Trouble as trouble:
            logger.warning("task %s: a part of the conversation is gone: %s", task.number, trouble.sentence)
            if event.role != "result":
                continue
            text = json.dumps({"text": INTERRUPTED, "is_error": True})
        if event.role == "assistant":
            calls = set(_calls(text))
        found.append(KeptTurn(role=event.role, content=text, call=event.call, earlier=run != runs[-1]))
    return tuple(found)


def _calls(answer: str) -> list[str]:
    return [block["id"] for block in json.loads(answer)["content"] if block.get("type") == "tool_use"]


def _one_after_another(task: Task) -> list[RunId]:
    found: list[Run] = []
    for run in reversed(task.runs):
        if found and (run.state not in ("stopped", "lost") or run.agent != found[-1].agent):
            break
        found.append(run)
    ids = [run.id for run in reversed(found)]
    return ids if any(run.turns for run in found) else []


async def open_call(repository: Repository, task: Task) -> str:
    """Give the call of the last answer that has no result yet: what was under way when it was interrupted."""
    last = await conversation(repository, task)
    own = [turn for turn in last if not turn.earlier]
    answers = [n for n, turn in enumerate(own) if turn.role == "assistant"]
    if not answers:
        return ""
    done = {turn.call for turn in own[answers[-1] :] if turn.role == "result"}
    return next((call for call in _calls(own[answers[-1]].content) if call not in done), "")
