"""What can have happened in a run. Part of the one union of events in events.py, whose rules hold here too."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casework.domain.check_events import Sentence, Short
from casework.domain.evidence import Proof
from casework.domain.frozen import Frozen
from casework.domain.ids import BlobHash, CommitId

TurnRole = Literal["user", "assistant", "result", "cut"]
"""Of a part of a conversation; `cut`: results before it are stubs from there on."""


class RunStarted(Frozen):
    """An agent began to work."""

    kind: Literal["run.started"] = "run.started"
    n: int
    agent: Short
    base: CommitId
    worktree: str


class RunFinished(Frozen):
    """The agent handed in its work, and says which criteria are met and which tests show it: claims."""

    kind: Literal["run.finished"] = "run.finished"
    comment: BlobHash | None = None
    words: BlobHash | None = None
    """Everything else the agent wrote about it, as `domain.words.AgentWords`."""
    claims: tuple[Short, ...] = Field(default=(), max_length=20)
    proofs: tuple[Proof, ...] = Field(default=(), max_length=20)


class RunFailed(Frozen):
    """The run ended without a result: `lost` when the worker died or fell silent."""

    kind: Literal["run.failed"] = "run.failed"
    reason: Sentence
    lost: bool = False


class RunResumed(Frozen):
    """After a restart of the daemon or of a worker the run went on behind its last journalled step."""

    kind: Literal["run.resumed"] = "run.resumed"
    after_step: int
    note: Sentence = ""


class StepBegun(Frozen):
    """A step with an effect was announced."""

    kind: Literal["step.begun"] = "step.begun"
    n: int
    what: Short
    summary: Short = ""


class StepDone(Frozen):
    """The step happened; `outcome` says 'interrupted, outcome unknown' where nobody saw its end."""

    kind: Literal["step.done"] = "step.done"
    n: int
    outcome: Short = ""


class AgentSaid(Frozen):
    """A message of the agent: a claim."""

    kind: Literal["agent.said"] = "agent.said"
    text: BlobHash
    preview: Short = ""


class UsageCounted(Frozen):
    """Tokens and money that were spent; None is unknown."""

    kind: Literal["usage.counted"] = "usage.counted"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_microdollars: int | None = None


class CheckpointKept(Frozen):
    """The worktree was committed at a turn boundary."""

    kind: Literal["checkpoint.kept"] = "checkpoint.kept"
    n: int
    commit: CommitId


class TurnKept(Frozen):
    """One part of an agent's conversation with its model was kept, so that the run can go on behind it."""

    kind: Literal["turn.kept"] = "turn.kept"
    n: int
    """From 1 within the run, without a gap."""
    role: TurnRole
    content: BlobHash
    """JSON, in the shape the agent gave it, every text in it redacted."""
    call: str = ""
    """Of a result: which call of the turn before it answers."""


class ModelOutOfReach(Frozen):
    """The agent's model can't be worked with (an outage, a quota, a key): the task waits, and goes on by itself."""

    kind: Literal["model.out_of_reach"] = "model.out_of_reach"
    why: Sentence


class ModelBack(Frozen):
    """The model answers again."""

    kind: Literal["model.back"] = "model.back"
