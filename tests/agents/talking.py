"""A conversation of the builtin agent in this process: the real loop and SDK, a scripted model, tools that answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.agents.builtin.conversation import perform
from casework.agents.frames import ActionResult, Answer, FromWorker, ModelAccess, Report
from casework.agents.line import Line
from casework.domain.ids import RunId, TaskId
from casework.ports.agent import ActionWanted, AgentReport, Asked, Briefing, KeptTurn, TurnKept
from casework.ports.tools import ToolCall
from tests.model.server import KEY, ModelServer


@dataclass
class FakePipe:
    """The daemon's end, at once: results for actions, answers to questions."""

    access: ModelAccess | None
    tool: Callable[[ToolCall], tuple[str, bool]] = lambda call: (call.tool, False)
    answers: Mapping[str, str] = field(default_factory=dict)
    reports: list[AgentReport] = field(default_factory=list)
    told: Callable[[AgentReport], None] = lambda _report: None
    line: Line | None = None
    _turns: list[KeptTurn] = field(default_factory=list)

    def send(self, frame: FromWorker) -> None:
        assert isinstance(frame, Report)
        assert self.line is not None
        report = frame.report
        self.reports.append(report)
        self.told(report)
        match report:
            case TurnKept():
                self._turns.append(KeptTurn(role=report.role, content=report.content, call=report.call))
            case ActionWanted():
                text, is_error = self.tool(report.action)
                result = json.dumps({"text": text, "is_error": is_error})
                self._turns.append(KeptTurn(role="result", content=result, call=report.call))
                self.line.take(
                    ActionResult(run=frame.run, epoch=frame.epoch, call=report.call, text=text, is_error=is_error)
                )
            case Asked():
                text = self.answers[report.text]
                self.line.take(Answer(run=frame.run, epoch=frame.epoch, question=report.id, text=text))
            case _:
                pass

    def ended(self, line: Line) -> None:
        pass

    def kept(self) -> tuple[KeptTurn, ...]:
        """Give the turns as the daemon would have kept them."""
        return tuple(self._turns)


def access(model: ModelServer, **more: Any) -> ModelAccess:
    return ModelAccess(**{"base_url": model.url, "key": KEY, "model": "scripted", "timeout_s": 5.0, **more})


def briefing(**more: Any) -> Briefing:
    told = {"task": TaskId("t"), "run": RunId("r"), "n": 1, "epoch": 7, "title": "Greet", "worktree": "/nowhere"}
    return Briefing(**{**told, **more})


def talk(model: ModelServer, *, pipe: FakePipe | None = None, told: Briefing | None = None, **limits: Any) -> FakePipe:
    """Have a conversation to its end."""
    pipe = pipe or FakePipe(access(model, **limits))
    pipe.line = Line(pipe, told or briefing())  # type: ignore[arg-type]
    perform(pipe.line)
    return pipe
