"""Tools that answer from a dict, for tests of the core; `done` keeps what they were asked."""

from __future__ import annotations

from collections.abc import Callable

from casework.ports.sandbox import Box
from casework.ports.tools import Outcome, ToolCall, Workplace


class FakeToolboxes:
    def __init__(self, answer: Callable[[ToolCall], Outcome] = lambda call: Outcome(text=call.tool)) -> None:
        self.answer = answer
        self.done: list[ToolCall] = []
        self.places: list[Workplace] = []
        self.closed = 0

    def open(self, place: Workplace) -> FakeTools:
        self.places.append(place)
        return FakeTools(self)


class FakeTools:
    def __init__(self, toolboxes: FakeToolboxes) -> None:
        self._toolboxes = toolboxes

    async def do(self, call: ToolCall, *, wider: Box | None = None) -> Outcome:
        self._toolboxes.done.append(call)
        return self._toolboxes.answer(call)

    async def close(self) -> None:
        self._toolboxes.closed += 1
