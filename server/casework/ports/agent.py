"""Agents: who does the work. One port for all of them; each runs in a process of its own.

An agent gets a briefing and a worktree and gives a stream of reports. It can't approve, land, trust or change policy:
nothing of that kind is reachable from here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol

from pydantic import Field

from casework.domain.anchor import Anchor
from casework.domain.events import TurnRole
from casework.domain.evidence import Proof
from casework.domain.frozen import Frozen
from casework.domain.ids import QuestionId, RunId, TaskId
from casework.domain.spec import FollowUpKind, Severity, Spec
from casework.domain.survey import MARKS_PER_EVENT, HunkMark
from casework.ports.tools import Outcome, ToolCall


class KeptTurn(Frozen):
    """One part of a conversation, as it was kept."""

    role: TurnRole
    content: str
    """JSON, in the shape the agent gave it, redacted."""
    call: str = ""
    earlier: bool = False
    """Of a run before this one, which goes on with its conversation."""


MOST_ANSWERS: Final = 50
"""Threads that one hand-in can answer."""


class OpenThread(Frozen):
    """Something that the human said of the last change and that is not settled."""

    number: int
    """What an answer calls it by."""
    place: str = ""
    """Where it is, as `path:line`, a path, or a hunk; empty for the whole."""
    said: tuple[tuple[str, str], ...]
    """Who (`human`, `agent`) said what, oldest first."""


class ThreadAnswer(Frozen):
    """What the agent answers in one thread."""

    thread: int
    text: str = Field(max_length=20_000)


class Briefing(Frozen):
    """Everything an agent is told at the start of a run."""

    task: TaskId
    run: RunId
    n: int
    """The run's number within its task, from 1."""
    epoch: int
    """The writer's fence: reports of a worker with another epoch are dropped."""
    title: str
    ticket: str = ""
    """Verbatim, from outside: data, never instructions that widen anything."""
    found: str = ""
    """Of a follow-up: why it was proposed, its place with the lines there, and its skeleton. Words of others: data."""
    spec: Spec = Spec()
    worktree: str
    """Absolute path; the only place the agent may write."""
    comments: tuple[str, ...] = ()
    """What the human rejected in the last review: hunks with their reasons."""
    threads: tuple[OpenThread, ...] = ()
    """What the human said of it, and is to be answered point by point."""
    red: str = ""
    """What the daemon saw red in the last run's work, where that is why there is another one: output of tests, data."""
    script: str = ""
    """For the scripted agent: its JSON script."""
    resume_after: int = 0
    """How many steps of this run are already done and journalled; an agent that can resume goes on behind them."""
    answers: tuple[tuple[QuestionId, str], ...] = ()
    """Questions of this run that were answered while no worker lived."""
    turns: tuple[KeptTurn, ...] = ()
    """The conversation so far, for an agent that has one."""
    spent_tokens: int = 0
    """By this run so far."""
    spent_microdollars: int = 0
    notes: str = ""
    """How the project says it is worked on; empty where the repository is not trusted. Grants nothing."""
    no_shell: str = ""
    """Why the agent can't run programs, as a sentence; empty where it can."""


class Said(Frozen):
    """A message of the agent: a claim, shown as such."""

    kind: Literal["said"] = "said"
    text: str


class StepBegun(Frozen):
    """A step with an effect is about to happen: journalled before it is done."""

    kind: Literal["step_begun"] = "step_begun"
    n: int
    what: str
    summary: str = ""


class StepDone(Frozen):
    """The step has happened."""

    kind: Literal["step_done"] = "step_done"
    n: int
    outcome: str = ""


class Used(Frozen):
    """Tokens and money since the last report of this kind; None is unknown, never a guess."""

    kind: Literal["used"] = "used"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_microdollars: int | None = None


class Asked(Frozen):
    """A question to the human; the agent waits, perhaps for days."""

    kind: Literal["asked"] = "asked"
    id: QuestionId
    text: str
    why: str = ""
    choices: tuple[str, ...] = ()


class FollowedUp(Frozen):
    """Something that deserves separate attention."""

    kind: Literal["followed_up"] = "followed_up"
    task_kind: FollowUpKind
    title: str
    why: str = ""
    anchor: Anchor | None = None
    severity: Severity | None = None


class Surveyed(Frozen):
    """The survey agent found out about hunks whether anything would notice losing them."""

    kind: Literal["surveyed"] = "surveyed"
    marks: tuple[HunkMark, ...] = Field(max_length=MARKS_PER_EVENT)


class TurnEnded(Frozen):
    """A turn boundary: the daemon takes a checkpoint before the agent goes on."""

    kind: Literal["turn_ended"] = "turn_ended"


class TurnKept(Frozen):
    """A part of the conversation with the model, to be kept before anything follows from it."""

    kind: Literal["turn_kept"] = "turn_kept"
    role: TurnRole
    content: str
    """JSON."""
    call: str = ""
    said: str = ""
    """What of it is meant for the human."""
    input_tokens: int | None = None
    """What it cost, where it is the model's; None is unknown."""
    output_tokens: int | None = None
    cost_microdollars: int | None = None


class ActionWanted(Frozen):
    """The agent wants a tool to be used; it waits for `AgentRun.result`."""

    kind: Literal["action_wanted"] = "action_wanted"
    call: str
    """The agent's name for it, which the result carries."""
    action: ToolCall


class OutOfReach(Frozen):
    """The agent's model can't be worked with; the agent goes on by itself as soon as it can, perhaps after days."""

    kind: Literal["out_of_reach"] = "out_of_reach"
    sentence: str


class BackInReach(Frozen):
    """The model answers again."""

    kind: Literal["back_in_reach"] = "back_in_reach"


class Note(Frozen):
    """What and why, for one place of the change."""

    anchor: Anchor
    text: str


class Finished(Frozen):
    """The agent hands in its work."""

    kind: Literal["finished"] = "finished"
    comment: str
    notes: tuple[Note, ...] = ()
    claims: tuple[str, ...] = ()
    """Ids of criteria the agent says are met."""
    proofs: tuple[Proof, ...] = ()
    """Which test shows which criterion: the daemon looks whether it was red without the change and is green with it."""
    left: tuple[str, ...] = ()
    """What was deliberately left as it is, in the agent's words, a line each."""
    answers: tuple[ThreadAnswer, ...] = ()
    """To the threads of the briefing."""


class Halted(Frozen):
    """The agent stops at one of its limits; what it has is kept, and a retry goes on with it."""

    kind: Literal["halted"] = "halted"
    sentence: str


class Failed(Frozen):
    """The agent could not go on; the sentence is for the human."""

    kind: Literal["failed"] = "failed"
    sentence: str


class Lost(Frozen):
    """The worker died or fell silent; said by our side of the pipe, never by the agent."""

    kind: Literal["lost"] = "lost"
    sentence: str


AgentReport = Annotated[
    Said
    | StepBegun
    | StepDone
    | Used
    | Asked
    | FollowedUp
    | Surveyed
    | TurnEnded
    | TurnKept
    | ActionWanted
    | OutOfReach
    | BackInReach
    | Finished
    | Halted
    | Failed
    | Lost,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What an agent needs, and whether it is there."""

    ok: bool
    sentence: str
    mend: str = ""


AgentState = Literal["starting", "working", "waiting", "ended"]


class AgentRun(Protocol):
    """One run under way."""

    @property
    def state(self) -> AgentState:
        """Where the worker stands."""
        ...

    def reports(self) -> AsyncIterator[AgentReport]:
        """Give the reports in order; exactly one of `Finished`, `Halted`, `Failed`, `Lost` comes, as the
        last one.

        After `StepBegun` and `TurnEnded` the worker waits for `proceed`, so that what it is about to do is journalled
        first.
        """
        ...

    async def proceed(self) -> None:
        """Let the worker go on behind its last `StepBegun` or `TurnEnded`."""
        ...

    async def answer(self, question: QuestionId, text: str) -> None:
        """Hand over the human's answer."""
        ...

    async def result(self, call: str, outcome: Outcome) -> None:
        """Hand over what came of the last `ActionWanted`."""
        ...

    async def cancel(self) -> None:
        """End the whole process tree within five seconds; what was written in the worktree stays there. Idempotent."""
        ...


class Agent(Protocol):
    """One kind of agent."""

    @property
    def name(self) -> str:
        """The name people type."""
        ...

    def check(self, briefing: Briefing) -> None:
        """Look for what can be known before a start.

        Raises:
            Refused: the briefing can't be worked on (a script with an error in step 7, no key), with the sentence.
        """
        ...

    @property
    def goes_on(self) -> bool:
        """Whether a run whose worker died can go on where it was, from the turns that were kept."""
        ...

    def describe(self) -> AgentFacts:
        """Tell what a doctor wants to know; holds no secret. May block."""
        ...

    async def close(self) -> None:
        """End what is kept between runs, once no run is under way any more."""
        ...

    async def start(self, briefing: Briefing) -> AgentRun:
        """Start a worker process in the briefing's worktree.

        Raises:
            Trouble: the worker could not be started.
        """
        ...
