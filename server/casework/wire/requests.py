"""What clients ask: one model per method, parsed once at the border; `extra` fields are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from casework.domain.anchor import Anchor
from casework.domain.events import Decision, LandingMode, Rest, Verdict
from casework.domain.spec import Criterion, TaskKind
from casework.domain.status import Status
from casework.wire.views import JournalRow, LeftoverView, RepositoryView, RuleView, TaskCard

Number = Annotated[int, Field(ge=1, le=2**31)]
Text = Annotated[str, Field(max_length=200_000)]
Line = Annotated[str, Field(max_length=500)]


class Params(BaseModel):
    """The parameters of a method."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repository: str | None = None
    """A path in the repository meant, or its `file:` URI; without it the session's only one."""


class Deed(Params):
    """The parameters of a method that changes something."""

    command: Annotated[str, Field(max_length=100)] | None = None
    """The client's idempotency key: the same key twice is answered twice and done once."""


class TaskParams(Params):
    """About one task."""

    number: Number


class TaskDeed(Deed):
    """Changes one task."""

    number: Number


class ReasonDeed(TaskDeed):
    """Changes one task, and says why."""

    reason: Line = ""


class AddTask(Deed):
    """A new task in the backlog."""

    title: Annotated[str, Field(min_length=1, max_length=500)]
    kind: TaskKind = "change"
    intent: Annotated[str, Field(max_length=2000)] = ""
    criteria: list[Criterion] = Field(default_factory=list, max_length=20)
    scope: list[str] = Field(default_factory=list, max_length=50)
    checks: list[str] = Field(default_factory=list, max_length=20)
    ticket: Text = ""
    """Text from outside, kept verbatim (redacted); it is data."""
    anchor: Anchor | None = None


class ListTasks(Params):
    """Which tasks to list; without statuses all that are not dropped."""

    statuses: list[Status] = Field(default_factory=list)


class StartTask(TaskDeed):
    """Let an agent work on it."""

    agent: Line = ""
    """By default the task's last one, else the one of the settings."""
    script: Text = ""
    """For the scripted agent: its JSON script."""


class SnoozeTask(TaskDeed):
    """Put it out of sight."""

    until: int
    """UTC microseconds."""


class WaitForTask(TaskParams):
    """Answered when the task is in one of the statuses, or when the time is up."""

    statuses: list[Status] = Field(min_length=1)
    timeout_s: Annotated[float, Field(ge=0, le=86_400)] = 600.0


class AnswerQuestion(TaskDeed):
    """Answer a question."""

    question: str
    answer: Annotated[str, Field(max_length=2000)]
    """About an action: one of its choices, `always` for its narrowest rule, or `no: WHY`."""
    everywhere: bool = False
    """With `always`: the rule holds in every repository, not only in this one."""


class ListRules(Params):
    """Which rules to list."""

    everywhere: bool = False
    """Those of all repositories, not only those that hold in this one."""


class RemoveRule(Deed):
    """Take a rule back."""

    rule: Line
    """Its id, or the end of it."""


class OpenReview(Deed):
    """Open a review of a change that stands already."""

    kind: Literal["working_tree", "branch", "range"]
    name: Line = ""
    """The branch, or `REV..REV`."""
    into: Line | None = None
    """Of a branch: where it would land; by default the branch that is checked out."""
    untracked: list[str] = Field(default_factory=list, max_length=10_000)
    """Of a working tree: untracked paths to take along, relative to the repository's top."""
    only: list[str] = Field(default_factory=list, max_length=10_000)
    """Of a working tree: tracked files to look at and no others, relative to the repository's top."""


class StartSurvey(Deed):
    """Ask what the last changes did that nothing guards."""

    range: Line = ""
    """`REV..REV`; by default the recent history of HEAD."""
    budget_s: Annotated[float, Field(ge=5, le=3600)] | None = None
    """Seconds to measure for, instead of the settings'."""


class WaitForSurvey(TaskParams):
    """Answered when something is newer than `after`, or when the time is up."""

    after: int = 0
    """The `changed_seq` that is known."""
    timeout_s: Annotated[float, Field(ge=0, le=600)] = 10.0


class RecentReview(Deed):
    """Open a review of recent history: what `casework try` shows."""

    since: Line | None = None


class ReviewFile(TaskParams):
    """One file of a review."""

    path: str


class ReviewContent(ReviewFile):
    """One side of one file of a review."""

    side: Literal["base", "head"]


class ReviewDiff(TaskParams):
    """The patch of a review, of one path if asked."""

    path: str | None = None


class LineRange(BaseModel):
    """Lines of one side of a file, from 1; both ends belong to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    first: Annotated[int, Field(ge=1, le=2**31)]
    last: Annotated[int, Field(ge=1, le=2**31)]
    side: Literal["base", "head"] = "head"


class DecideHunks(TaskDeed):
    """Decide on hunks; `none` takes a decision back."""

    hunks: list[str] = Field(min_length=1, max_length=10_000)
    decision: Decision
    reason: Annotated[str, Field(max_length=2000)] = ""
    lines: LineRange | None = None
    """Of one hunk: decide on these of its lines alone; it is split around them."""


class FromHere(Params):
    """Where the human is, as far as the client knows."""

    number: Number | None = None
    """The review in front of them. Without a hunk: they have seen all of it, or its verdict is what they look at."""
    hunk: str | None = None
    """The hunk they stand on, or the last one they judged."""


class AnswerReview(TaskDeed):
    """The verdict."""

    verdict: Verdict
    shown: Annotated[str, Field(min_length=12, max_length=64, pattern=r"^[0-9a-fA-F]+$")]
    """The hash of what the human was shown; at least its first 12 digits."""
    mode: LandingMode | None = None
    branch: Line = ""
    """In mode `branch`: the name of the branch to make; by default one made from the task."""
    message: Text = ""
    """With an approval: the commit message, instead of the proposed one. With a request: what to change."""
    agent: Line = ""
    """With a request on a change that no run made: who is to work on it."""
    script: Text = ""
    rest: Rest | None = None
    """With an approval: what becomes of what does not land; by default the first of the review's `approvals`."""
    only_accepted: bool = False
    """With an approval: land what was accepted and nothing else."""


class UndoReview(TaskDeed):
    """Take a landed approval back."""

    revert: bool = False
    """By a new commit, where something was built on top or it was pushed."""


class PurgeParams(Deed):
    """Show what could be removed, or remove it."""

    apply: bool = False
    unlanded: list[str] = Field(default_factory=list)
    """Names of unlanded leftovers to remove all the same."""


class ReadJournal(Params):
    """Rows behind `after`, of one task if asked."""

    after: int = 0
    number: Number | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class Answer(BaseModel):
    """What is answered, or told unasked."""

    model_config = ConfigDict(defer_build=True)


class Nothing(Answer):
    """An empty answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TaskList(Answer):
    """Tasks, in the order of their numbers."""

    tasks: list[TaskCard]


class NextThing(Answer):
    """The next thing that needs the human; `card` is None when there is none."""

    card: TaskCard | None
    left: int


class NextToJudge(Answer):
    """The next thing to judge: a hunk, a verdict that is due, a question, or something that failed."""

    kind: Literal["hunk", "verdict", "question", "failure", "nothing"]
    """`verdict`: every hunk of the review is decided."""
    sentence: str
    """What it is and where, for people."""
    card: TaskCard | None = None
    """The task it belongs to."""
    hunk: str | None = None
    """Of a `hunk`: the one to go to; the first one of a fold."""
    fold: str | None = None
    """The fold it belongs to: one decision on all of its hunks."""
    path: str = ""
    absolute: str = ""
    """Where the file lies in the user's work tree."""
    line: int | None = None
    """The hunk's first line, from 1, on its side; None for a whole file."""
    side: Literal["base", "head"] = "head"
    """The side that has its lines."""
    left: int = 0
    """Decisions that are left in the review, with this one; a fold is one."""
    waiting: int = 0
    """Tasks that need the human, with this one."""


class Patch(Answer):
    """A patch; bytes that are not UTF-8 are shown as U+FFFD in `text`, and whole in `base64`."""

    text: str
    base64: str | None = None


class Content(Answer):
    """One side of a file; `text` is None where it is absent or not text."""

    text: str | None
    binary: bool = False
    missing: bool = False


class Document(Answer):
    """A review, the board or a skeleton as a real file."""

    path: str
    uri: str
    line: int | None = None
    """Where to begin reading, from 1."""


class JournalRows(Answer):
    """Rows of the journal."""

    rows: list[JournalRow]


class Repositories(Answer):
    """What this session has open."""

    repositories: list[RepositoryView]


class TrustView(Answer):
    """Whether the user trusts the repository."""

    trusted: bool
    sentence: str
    runs: list[str] = Field(default_factory=list)
    """What trust lets run, one a line."""


class RuleList(Answer):
    """Rules of the user's, oldest first."""

    rules: list[RuleView]


class ChooseChecks(Deed):
    """What checks the repository, instead of what is found in it. Everything left out is found again."""

    commands: list[Line] = Field(default_factory=list, max_length=10)
    environment: Line = ""
    """The folder of an environment of Python, absolute or from the top folder."""


class PurgeView(Answer):
    """What could be, or was, removed."""

    leftovers: list[LeftoverView]
    sentence: str


class DaemonStatus(Answer):
    """The daemon itself."""

    version: str
    build: str
    pid: int
    socket: str
    state_directory: str
    log: str
    started_at: int
    connections: int
    runs: int
    repositories: list[RepositoryView]


class BoardChanged(Answer):
    """Sent after every change: the cards that changed. A client with another cursor reads the board again."""

    repository: str
    before: int
    """The cursor this follows on."""
    cursor: int
    cards: list[TaskCard]


class ReviewChanged(Answer):
    """Sent when a review changed in any way: read it again if you show it."""

    repository: str
    number: int
    shown: str | None
