"""What the daemon tells the worker of one run, and the gate behind which that worker waits.

Not here: what the worker reports (`process`, and `builtin` for runs that share a worker).
"""

from __future__ import annotations

from casework.agents.frames import ActionResult, Answer, Cancel, Proceed
from casework.agents.pipe import WorkerPipe
from casework.domain.ids import QuestionId
from casework.ports.agent import AgentReport, Briefing, StepBegun, TurnEnded
from casework.ports.tools import Outcome


class Orders:
    """The way to one run in a worker."""

    def __init__(self, pipe: WorkerPipe, briefing: Briefing) -> None:
        self._pipe = pipe
        self._run, self._epoch = briefing.run, briefing.epoch
        self._gate = 0
        """Number of the report behind which the worker waits, 0 when it does not."""
        self._given_out = False

    @property
    def waits(self) -> bool:
        """Whether the worker is at a gate."""
        return self._gate != 0

    def came(self, report: AgentReport, seq: int) -> None:
        """Note a report that came: behind some the worker waits."""
        if isinstance(report, StepBegun | TurnEnded):
            self._gate = seq

    def given_out(self, report: AgentReport) -> None:
        """Note a report that was given out: only then can its gate be opened."""
        if isinstance(report, StepBegun | TurnEnded):
            self._given_out = True

    def proceed(self) -> None:
        """Let the worker go on behind the gate that was given out; without one nothing happens."""
        if self._gate and self._given_out:
            gate, self._gate, self._given_out = self._gate, 0, False
            self._pipe.send(Proceed(run=self._run, epoch=self._epoch, seq=gate))

    def answer(self, question: QuestionId, text: str) -> None:
        """Hand over the human's answer."""
        self._pipe.send(Answer(run=self._run, epoch=self._epoch, question=question, text=_encodable(text)))

    def result(self, call: str, outcome: Outcome) -> None:
        """Hand over what came of an action."""
        text = _encodable(outcome.text)
        self._pipe.send(ActionResult(run=self._run, epoch=self._epoch, call=call, text=text, is_error=outcome.is_error))

    def cancel(self) -> None:
        """Tell the worker to end the run."""
        self._pipe.send(Cancel(run=self._run, epoch=self._epoch))


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no frame can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
