"""The conversation so far, in the shapes of the Messages API: only ever added to, and built again from what was kept.

One rule takes something back: when it has grown too large, old results of tools become a stub, all at once, at a point
that is kept like a turn, so that the prefix changes once and is append-only again from there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from casework.agents.builtin.prompt import NOT_DONE, STUB
from casework.ports.agent import KeptTurn

_MARK: Final = {"type": "ephemeral"}
_MARKED_MESSAGES: Final = 2
"""Of the user's messages the last two end with a mark of the cache: what the one before wrote, the last one finds."""

ANEW: Final = -1
"""In place of a number of results: everything before is left out."""

Block = dict[str, Any]


class History:
    """Messages, results in the order of the calls they answer."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._texts: list[str] = []
        """Of the first messages as JSON: those that are only sent again, and no longer added to."""
        self._results: list[Block] = []
        self._stubs = 0

    @classmethod
    def of(cls, turns: Sequence[KeptTurn]) -> History:
        """Build it from what was kept; calls that an earlier run left open are answered with "not done"."""
        history = cls()
        for n, turn in enumerate(turns):
            if turn.role == "cut" and json.loads(turn.content)["results"] == ANEW:
                history = cls()
                continue
            history._take(turn)
            if turn.earlier and (n + 1 == len(turns) or not turns[n + 1].earlier):
                for call in history.open_calls():
                    history.add_result(call["id"], NOT_DONE, is_error=True)
        return history

    def _take(self, turn: KeptTurn) -> None:
        content = json.loads(turn.content)
        match turn.role:
            case "user":
                self.add_user(content["text"])
            case "assistant":
                self.add_assistant(content["content"])
            case "result":
                self.add_result(turn.call, content["text"], is_error=content["is_error"])
            case "cut":
                self.cut_to(content["results"])

    @property
    def size(self) -> int:
        """Characters of all messages as JSON: with three of them to a token, a careful estimate of the tokens."""
        return len(json.dumps(self.messages, ensure_ascii=False))

    def add_user(self, text: str) -> None:
        """Add what the user's side says, behind results where there are some."""
        self._to_user({"type": "text", "text": text})

    def add_assistant(self, content: list[Block]) -> None:
        """Add an answer of the model."""
        self.messages.append({"role": "assistant", "content": content})

    def add_result(self, call: str, text: str, *, is_error: bool) -> None:
        """Add what came of a call of the last answer."""
        block: Block = {"type": "tool_result", "tool_use_id": call, "content": text or "(nothing)"}
        if is_error:
            block["is_error"] = True
        self._results.append(block)
        self._to_user(block)

    def open_calls(self) -> list[Block]:
        """Give the calls of the last answer that have no result yet, in their order."""
        answers = [n for n, message in enumerate(self.messages) if message["role"] == "assistant"]
        if not answers:
            return []
        last = answers[-1]
        done = {
            block["tool_use_id"]
            for message in self.messages[last + 1 :]
            for block in message["content"]
            if block["type"] == "tool_result"
        }
        return [b for b in self.messages[last]["content"] if b["type"] == "tool_use" and b["id"] not in done]

    def can_cut(self, keep: int) -> int:
        """Give the number of results that would be stubs when the last `keep` stay; 0 when that changes nothing."""
        wanted = len(self._results) - keep
        return wanted if wanted > self._stubs else 0

    def cut_to(self, results: int) -> None:
        """Make the first `results` results stubs."""
        for block in self._results[:results]:
            block["content"] = STUB
        self._stubs = max(self._stubs, results)
        self._texts.clear()

    def sent(self) -> str:
        """Give the messages as JSON as they are sent: with the marks of the cache, which are no part of what is cached.

        What was sent without marks before is not made again: a turn costs what is new, not what there is.
        """
        users = [n for n, message in enumerate(self.messages) if message["role"] == "user"]
        marked = users[-_MARKED_MESSAGES:]
        settled = marked[0] if marked else 0
        self._texts += [_json(message) for message in self.messages[len(self._texts) : settled]]
        late = [
            _json(_marked(message) if n in marked else message)
            for n, message in enumerate(self.messages[settled:], settled)
        ]
        return f"[{','.join([*self._texts, *late])}]"

    def _to_user(self, block: Block) -> None:
        if self.messages and self.messages[-1]["role"] == "user":
            self.messages[-1]["content"].append(block)
        else:
            self.messages.append({"role": "user", "content": [block]})


def _marked(message: dict[str, Any]) -> dict[str, Any]:
    *before, last = message["content"]
    return {"role": message["role"], "content": [*before, {**last, "cache_control": _MARK}]}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
