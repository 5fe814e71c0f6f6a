"""Everything that can have happened: one closed union, past tense.

The envelope has task, run, who and when. Released shapes never change: see `VERSIONS`, and the readers in `store`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from casework.domain.anchor import Anchor
from casework.domain.change import ChangeKind
from casework.domain.frozen import Frozen
from casework.domain.ids import BlobHash, CommentId, CommitId, HunkId, LandingId, QuestionId
from casework.domain.spec import Severity, Spec, TaskKind
from casework.domain.survey_events import SurveyEvent

Decision = Literal["none", "accepted", "rejected"]
Verdict = Literal["approve", "request_changes"]
LandingMode = Literal["commit", "branch", "files", "working_tree", "fast_forward"]
LeftOutBecause = Literal["too_many", "chain"]
"""`too_many`: the run had proposed as many as it may; `chain`: its task is a follow-up of one of one already."""
Short = Annotated[str, Field(max_length=500)]
Sentence = Annotated[str, Field(max_length=2000)]


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


class RunStarted(Frozen):
    """An agent began to work."""

    kind: Literal["run.started"] = "run.started"
    n: int
    agent: Short
    base: CommitId
    worktree: str


class RunFinished(Frozen):
    """The agent handed in its work."""

    kind: Literal["run.finished"] = "run.finished"
    comment: BlobHash | None = None


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


class QuestionAsked(Frozen):
    """The agent asked the human and waits."""

    kind: Literal["question.asked"] = "question.asked"
    id: QuestionId
    text: Sentence
    why: Sentence = ""
    choices: tuple[Short, ...] = ()


class QuestionAnswered(Frozen):
    """The human answered."""

    kind: Literal["question.answered"] = "question.answered"
    id: QuestionId
    answer: Sentence


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
    """A comment on a hunk, a place or the whole review."""

    kind: Literal["comment.added"] = "comment.added"
    id: CommentId
    text: BlobHash
    preview: Short = ""
    hunk: HunkId | None = None
    anchor: Anchor | None = None


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


class ReviewRead(Frozen):
    """Done reading a change that is history already."""

    kind: Literal["review.read"] = "review.read"


class LandingAnnounced(Frozen):
    """A landing is about to touch the repository; `plan` says everything that recovery needs to look."""

    kind: Literal["landing.announced"] = "landing.announced"
    landing: LandingId
    plan: BlobHash
    commit: CommitId
    branch: str | None = None
    undo_of: LandingId | None = None


class LandingConfirmed(Frozen):
    """It is done: seen, not assumed."""

    kind: Literal["landing.confirmed"] = "landing.confirmed"
    landing: LandingId
    commit: CommitId
    how_seen: Short = ""
    note: Sentence = ""


class LandingUndone(Frozen):
    """Nothing landed; whatever had been touched is as it was."""

    kind: Literal["landing.undone"] = "landing.undone"
    landing: LandingId | None
    reason: Sentence
    kept_aside: tuple[Short, ...] = ()


class LandingTakenBack(Frozen):
    """A landed change was undone by the human."""

    kind: Literal["landing.taken_back"] = "landing.taken_back"
    landing: LandingId
    undo: LandingId
    commit: CommitId | None = None
    """The revert that took it back; None where the branch was set back."""


class TrustGranted(Frozen):
    """The user trusts a repository: its programs may be run. In the user's journal only."""

    kind: Literal["trust.granted"] = "trust.granted"
    repository: str
    path: str


class TrustRevoked(Frozen):
    """The user took the trust back."""

    kind: Literal["trust.revoked"] = "trust.revoked"
    repository: str
    path: str


class RepositorySeen(Frozen):
    """A repository was opened at a place. In the user's journal only."""

    kind: Literal["repository.seen"] = "repository.seen"
    repository: str
    path: str
    common_dir: str


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
)
ReviewEvent = ReviewOpened | ReviewReshown | HunkDecided | CommentAdded | ReviewAnswered | ReviewRead
LandingEvent = LandingAnnounced | LandingConfirmed | LandingUndone | LandingTakenBack
UserEvent = TrustGranted | TrustRevoked | RepositorySeen
Event = Annotated[
    TaskEvent | RunEvent | ReviewEvent | LandingEvent | SurveyEvent | UserEvent, Field(discriminator="kind")
]

VERSIONS: Final[dict[str, int]] = {}
"""`kind_v` of every kind whose shape has changed since its first release; all others are at 1."""
