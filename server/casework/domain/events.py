"""Everything that can have happened: one closed union, past tense.

The envelope has task, run, who and when. Released shapes never change: see `VERSIONS`, and the readers in `store`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from casework.domain.anchor import Anchor
from casework.domain.change import ChangeKind
from casework.domain.check_events import (
    CheckEvent as CheckEvent,
    ChecksBegun as ChecksBegun,
    ChecksEnded as ChecksEnded,
    EvidenceCaptured as EvidenceCaptured,
    RunSentBack as RunSentBack,
    Sentence as Sentence,
    Short as Short,
)
from casework.domain.frozen import Frozen
from casework.domain.ids import BlobHash, CommentId, CommitId, HunkId, LandingId
from casework.domain.landing_events import (
    LandingAnnounced as LandingAnnounced,
    LandingConfirmed as LandingConfirmed,
    LandingTakenBack as LandingTakenBack,
    LandingUndone as LandingUndone,
)
from casework.domain.ledger_events import (
    Decision as Decision,
    HunkJoined as HunkJoined,
    HunkSplit as HunkSplit,
    HunksCarried as HunksCarried,
    HunksSeen as HunksSeen,
    LedgerEvent as LedgerEvent,
    PartOfHunk as PartOfHunk,
    ThreadPlace as ThreadPlace,
    ThreadResolved as ThreadResolved,
    ThreadsCarried as ThreadsCarried,
)
from casework.domain.question_events import (
    ActionRuled as ActionRuled,
    QuestionAnswered as QuestionAnswered,
    QuestionAsked as QuestionAsked,
)
from casework.domain.run_events import (
    AgentSaid as AgentSaid,
    CheckpointKept as CheckpointKept,
    ModelBack as ModelBack,
    ModelOutOfReach as ModelOutOfReach,
    RunFailed as RunFailed,
    RunFinished as RunFinished,
    RunResumed as RunResumed,
    RunStarted as RunStarted,
    StepBegun as StepBegun,
    StepDone as StepDone,
    TurnKept as TurnKept,
    TurnRole as TurnRole,
    UsageCounted as UsageCounted,
)
from casework.domain.spec import Severity, Spec, TaskKind
from casework.domain.survey_events import SurveyEvent
from casework.domain.user_events import (
    ChecksChosen as ChecksChosen,
    RepositorySeen as RepositorySeen,
    RuleAdded as RuleAdded,
    RuleRemoved as RuleRemoved,
    TrustGranted as TrustGranted,
    TrustRevoked as TrustRevoked,
    UserEvent as UserEvent,
)

Verdict = Literal["approve", "request_changes"]
LandingMode = Literal["commit", "branch", "files", "working_tree", "fast_forward"]
Rest = Literal["back", "follow_up", "drop"]
"""What becomes of what an approval does not land: it starts the next run of its task, becomes a task of its own, or is
left out."""
LeftOutBecause = Literal["too_many", "chain"]
"""`too_many`: the run had proposed as many as it may; `chain`: its task is a follow-up of one of one already."""


class TaskAdded(Frozen):
    """A task came to be: by hand, from a ticket, as a follow-up, or for a change that stands already."""

    kind: Literal["task.added"] = "task.added"
    number: int
    task_kind: TaskKind
    title: Short
    status: Literal["backlog", "proposed", "in_review"]
    spec: Spec = Spec()
    ticket: BlobHash | None = None
    anchor: Anchor | None = None
    found_in: int | None = None
    why: Sentence = ""
    severity: Severity | None = None
    fingerprint: str = ""
    """Of a follow-up: the same finding twice has the same one."""


class TaskAccepted(Frozen):
    """A proposed task was taken into the backlog."""

    kind: Literal["task.accepted"] = "task.accepted"


class TaskDismissed(Frozen):
    """A proposed task was turned down."""

    kind: Literal["task.dismissed"] = "task.dismissed"
    reason: Short = ""


class TaskQueued(Frozen):
    """A task is to be worked on by an agent: a start, a retry, or a rule of the user's."""

    kind: Literal["task.queued"] = "task.queued"
    agent: Short
    script: BlobHash | None = None
    """For the scripted agent."""
    top: str = ""
    """The work tree it was started from: runs begin at its HEAD, and its branch is where they land."""


class TaskStopped(Frozen):
    """Work on it was stopped; the worktree is kept."""

    kind: Literal["task.stopped"] = "task.stopped"
    reason: Sentence = ""


class TaskSnoozed(Frozen):
    """Put out of sight for a while."""

    kind: Literal["task.snoozed"] = "task.snoozed"
    until: int
    """UTC microseconds."""


class TaskWoken(Frozen):
    """Back to where it was before the snooze."""

    kind: Literal["task.woken"] = "task.woken"
    reason: Sentence = ""
    """Why, where its time had not come."""


class TaskDropped(Frozen):
    """Given up; it can be restored."""

    kind: Literal["task.dropped"] = "task.dropped"
    reason: Short = ""


class TaskRestored(Frozen):
    """A dropped task is back in the backlog."""

    kind: Literal["task.restored"] = "task.restored"


class FollowUpLeftOut(Frozen):
    """Something that was found while working on the task became no task of its own; told once for each reason."""

    kind: Literal["follow_up.left_out"] = "follow_up.left_out"
    reason: LeftOutBecause
    title: Short
    """Of the first one that was left out."""


class SkeletonKept(Frozen):
    """A test file whose cases nobody has written yet was made for the task."""

    kind: Literal["skeleton.kept"] = "skeleton.kept"
    path: str
    """Where it belongs, as the repository knows it."""
    text: BlobHash
    line: int
    """Where its first case begins."""


class SkeletonTaken(Frozen):
    """The human put it into the work tree."""

    kind: Literal["skeleton.taken"] = "skeleton.taken"
    path: str


class ReviewOpened(Frozen):
    """A change waits for a verdict. The manifest holds the `Change` without its lines."""

    kind: Literal["review.opened"] = "review.opened"
    change_kind: ChangeKind
    base: CommitId
    head: CommitId
    diff_hash: str
    manifest: BlobHash
    comment: BlobHash
    target: str | None
    files: int
    hunks: int
    minutes: int
    run: int | None = None
    range_text: Short = ""
    authors: BlobHash | None = None
    top: str = ""
    """The work tree it was opened in, where an approval lands."""
    diverged: bool = False
    """Of a branch: the target had commits that it lacks, so it could not be landed by moving the target forward."""
    carried: bool = False
    """What stands of the review before is told by the events behind it; else decisions stand under the hunks' ids."""
    ledger: BlobHash | None = None
    """What was read of hunks that changed, and what was rejected so far."""
    cuts: str = ""
    """Which of its hunks are split, and where (`Change.cuts`)."""


class ReviewReshown(Frozen):
    """What would land is not what was shown, so it is shown again as what it is, under a hash of its own."""

    kind: Literal["review.reshown"] = "review.reshown"
    onto: CommitId
    from_tree: str
    result_tree: str
    why: Sentence
    manifest: BlobHash
    """The change from `from_tree` to `result_tree`: what the human sees from now on."""


class HunkDecided(Frozen):
    """The human's decision on hunks; `none` takes it back."""

    kind: Literal["hunk.decided"] = "hunk.decided"
    hunks: tuple[HunkId, ...] = Field(max_length=200)
    decision: Decision
    reason: Sentence = ""


class CommentAdded(Frozen):
    """A comment on a hunk, a place, a file or the whole review; or an answer to one."""

    kind: Literal["comment.added"] = "comment.added"
    id: CommentId
    text: BlobHash
    preview: Short = ""
    hunk: HunkId | None = None
    anchor: Anchor | None = None
    path: str = ""
    """Of a comment on a file as a whole."""
    thread: CommentId | None = None
    """Of an answer: the comment that began the thread."""


class ReviewAnswered(Frozen):
    """The verdict, on exactly what `shown` hashes."""

    kind: Literal["review.answered"] = "review.answered"
    verdict: Verdict
    shown: str
    mode: LandingMode | None = None
    message: BlobHash | None = None
    landing: LandingId | None = None
    left: int = 0
    """Hunks that do not land with this approval."""
    branch: Short = ""
    """Name of the branch to make, in mode `branch`."""
    rest: Rest = "drop"
    """What becomes of those hunks once the others have landed."""
    only_accepted: bool = False
    """Whether what nobody decided on stays behind too."""


class ReviewRead(Frozen):
    """Done reading a change that is history already."""

    kind: Literal["review.read"] = "review.read"


TaskEvent = (
    TaskAdded
    | TaskAccepted
    | TaskDismissed
    | TaskQueued
    | TaskStopped
    | TaskSnoozed
    | TaskWoken
    | TaskDropped
    | TaskRestored
    | FollowUpLeftOut
    | SkeletonKept
    | SkeletonTaken
)
RunEvent = (
    RunStarted
    | RunFinished
    | RunFailed
    | RunResumed
    | StepBegun
    | StepDone
    | AgentSaid
    | UsageCounted
    | CheckpointKept
    | QuestionAsked
    | QuestionAnswered
    | ActionRuled
    | TurnKept
    | ModelOutOfReach
    | ModelBack
)
ReviewEvent = ReviewOpened | ReviewReshown | HunkDecided | CommentAdded | ReviewAnswered | ReviewRead
LandingEvent = LandingAnnounced | LandingConfirmed | LandingUndone | LandingTakenBack
Event = Annotated[
    TaskEvent | RunEvent | ReviewEvent | LandingEvent | UserEvent | CheckEvent | SurveyEvent | LedgerEvent,
    Field(discriminator="kind"),
]

VERSIONS: Final[dict[str, int]] = {}
"""`kind_v` of every kind whose shape has changed since its first release; all others are at 1."""
