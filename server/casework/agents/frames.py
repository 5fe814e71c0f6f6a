"""What goes over the pipe between the daemon and an agent's worker: one JSON object per line, both ways.

A worker begins with `Hello` and is told the terms with `Welcome`; from then on each run has its own frames, named by
run and epoch, so that one warm worker may serve many runs and the pipe may lead to another machine. A worker must
hear from the daemon within its lease, the daemon from a worker within its patience; each side ends what it has when
the other falls silent. Not here: pipes, processes, clocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from casework.domain.frozen import Frozen
from casework.domain.ids import QuestionId, RunId
from casework.ports.agent import AgentReport, Briefing

PROTOCOL: Final = 1
"""Grows when an older side could not follow."""
REPORT_LIMIT: Final = 1024 * 1024
"""Bytes of one line from a worker."""
ORDER_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one line to a worker: a briefing carries its script."""


class Hello(Frozen):
    """Worker: what I speak, and whose work I can do."""

    kind: Literal["hello"] = "hello"
    protocol: int
    agents: tuple[str, ...]


class Beat(Frozen):
    """Worker: I live."""

    kind: Literal["beat"] = "beat"


class Report(Frozen):
    """Worker: what a run has to say, numbered from 1 without a gap."""

    kind: Literal["report"] = "report"
    run: RunId
    epoch: int
    seq: int
    report: AgentReport


class Welcome(Frozen):
    """Daemon: the terms of this worker's life."""

    kind: Literal["welcome"] = "welcome"
    protocol: int
    lease_s: float
    """A worker that hears nothing for so long ends itself."""
    beat_s: float
    """How often the worker says that it lives."""


class Renew(Frozen):
    """Daemon: I live; your lease begins again."""

    kind: Literal["renew"] = "renew"


class ModelAccess(Frozen):
    """Which model a worker talks to, how, and how much of it one run may use."""

    base_url: str
    key: str = Field(default="", repr=False)
    """Empty where there is none. Nowhere but in memory and in this frame."""
    key_place: str = ""
    """Where it was found, in words."""
    model: str
    window_tokens: int = 200_000
    answer_tokens: int = 16_000
    timeout_s: float = 120.0
    """Without a byte from the model before it counts as silent."""
    prices: Mapping[str, float] = Field(default_factory=dict)
    """Dollars for a million tokens: `input`, `output`, `cache_write`, `cache_read`; without them cost is unknown."""
    run_turns: int = 200
    run_tokens: int = 20_000_000
    run_dollars: float = 0.0
    """0 for no limit."""
    trouble: str = ""
    """Why the model can't be asked at all, as a sentence (no key, settings that contradict each other)."""


class Configure(Frozen):
    """Daemon: this is the model from now on; comes before the first start, and whenever something about it changes."""

    kind: Literal["configure"] = "configure"
    access: ModelAccess


class ActionResult(Frozen):
    """Daemon: what came of the action you wanted."""

    kind: Literal["action_result"] = "action_result"
    run: RunId
    epoch: int
    call: str
    text: str
    is_error: bool


class Start(Frozen):
    """Daemon: begin this run."""

    kind: Literal["start"] = "start"
    agent: str
    briefing: Briefing


class Proceed(Frozen):
    """Daemon: what you announced in report `seq` is journalled; go on."""

    kind: Literal["proceed"] = "proceed"
    run: RunId
    epoch: int
    seq: int


class Answer(Frozen):
    """Daemon: the human's answer."""

    kind: Literal["answer"] = "answer"
    run: RunId
    epoch: int
    question: QuestionId
    text: str


class Cancel(Frozen):
    """Daemon: end this run now; nobody listens to its reports any more."""

    kind: Literal["cancel"] = "cancel"
    run: RunId
    epoch: int


FromWorker = Annotated[Hello | Beat | Report, Field(discriminator="kind")]
FromDaemon = Annotated[
    Welcome | Renew | Configure | Start | Proceed | Answer | ActionResult | Cancel, Field(discriminator="kind")
]

_LATER: Final = ConfigDict(defer_build=True)
"""Made at the first frame: the daemon starts without."""
_FROM_WORKER: Final[TypeAdapter[FromWorker]] = TypeAdapter(FromWorker, config=_LATER)
_FROM_DAEMON: Final[TypeAdapter[FromDaemon]] = TypeAdapter(FromDaemon, config=_LATER)


class Garbled(ValueError):
    """A line that is no frame; the text says what is wrong with it, without repeating it."""


def encode(frame: FromWorker | FromDaemon) -> bytes:
    """Give the line of `frame`, its newline included."""
    return frame.model_dump_json().encode() + b"\n"


def from_worker(line: bytes) -> FromWorker:
    """Parse a line that a worker wrote.

    Raises:
        Garbled: it is none.
    """
    return _parsed(_FROM_WORKER, line)


def from_daemon(line: bytes) -> FromDaemon:
    """Parse a line that the daemon wrote.

    Raises:
        Garbled: it is none.
    """
    return _parsed(_FROM_DAEMON, line)


Frame = TypeVar("Frame")


def _parsed(adapter: TypeAdapter[Frame], line: bytes) -> Frame:
    try:
        return adapter.validate_json(line)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Garbled(f"{where}: {first['msg']}"[:200] if where else first["msg"][:200]) from None
