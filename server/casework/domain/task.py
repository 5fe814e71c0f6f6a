"""A task as the journal tells it: shapes only; the fold is in evolve.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from casework.domain import events as e
from casework.domain.anchor import Anchor
from casework.domain.change import ChangeKind
from casework.domain.envelope import Actor, Origin
from casework.domain.errors import Refused
from casework.domain.evidence import Colour, Proof
from casework.domain.ids import BlobHash, CommentId, CommitId, HunkId, LandingId, QuestionId, RunId, TaskId
from casework.domain.rules import Wanted
from casework.domain.spec import Severity, Spec, TaskKind
from casework.domain.status import Status
from casework.domain.survey import HunkMark

RunState = Literal["running", "finished", "failed", "stopped", "lost"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which row of the journal brought something about, when, and who."""

    seq: int
    at: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class Decided:
    """The human's decision on one hunk."""

    decision: e.Decision
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stale:
    """A hunk changed since it was read: what was decided on what was read."""

    was: e.Decision = "none"
    reason: str = ""


NO_SPEC: Final = Spec()


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at the task."""

    id: RunId
    n: int
    agent: str
    base: CommitId
    worktree: str
    state: RunState = "running"
    steps_begun: int = 0
    steps_done: int = 0
    last_step: str = ""
    checkpoints: int = 0
    head: CommitId | None = None
    started_at: int = 0
    started_seq: int = 0
    """The row that began it: what was found after that was found by it."""
    reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_microdollars: int | None = None
    comment: BlobHash | None = None
    """What it said when it handed in."""
    turns: int = 0
    """Parts of its conversation that are kept."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was found and became no task."""

    reason: e.LeftOutBecause
    title: str
    run: int
    """The run that found it; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A test file whose cases nobody has written yet."""

    path: str
    text: BlobHash
    line: int
    taken: bool = False
    """The human put it into the work tree."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the human."""

    id: QuestionId
    text: str
    why: str
    choices: tuple[str, ...]
    run: RunId | None
    answer: str | None = None
    wanted: Wanted | None = None
    """Of a question about an action."""
    used: bool = False
    """Whether the action that a yes allowed was let through."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment on a review; its text is a blob, `preview` its first line."""

    id: CommentId
    text: BlobHash
    preview: str
    hunk: HunkId | None
    anchor: Anchor | None
    by: Actor
    review_head: CommitId
    path: str = ""
    """Of a comment on a file as a whole."""
    thread: CommentId | None = None
    """Of an answer: the comment that began the thread; None in that one itself."""
    resolved: bool = False
    """Of the comment that began a thread: it is settled."""
    outdated: bool = False
    """Of the comment that began a thread: what it is about is not there as it was."""


@dataclass(frozen=True, slots=True)
class Reshown:
    """The result of an approval that is not what was shown, shown again."""

    onto: CommitId
    from_tree: str
    result_tree: str
    why: str
    manifest: BlobHash


@dataclass(frozen=True, slots=True)
class Review:
    """What waits for a verdict, or got one."""

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
    run: int | None
    range_text: str
    authors: BlobHash | None
    top: str = ""
    """The work tree it was opened in."""
    diverged: bool = False
    """Of a branch: the target had commits that it lacks."""
    decisions: Mapping[HunkId, Decided] = field(default_factory=dict)
    seen: frozenset[HunkId] = frozenset()
    """Hunks that the human has read as they are."""
    stale: Mapping[HunkId, Stale] = field(default_factory=dict)
    """Hunks that changed since they were read, and were not read again."""
    back: Mapping[HunkId, str] = field(default_factory=dict)
    """Hunks that bring back what was rejected, with the reason of then."""
    ledger: BlobHash | None = None
    """What was read of hunks that changed, and what was rejected so far."""
    cuts: str = ""
    """Which hunks are split, and where."""
    reshown: Reshown | None = None
    verdict: e.Verdict | None = None
    answered_by: Actor | None = None
    answered_at: int = 0
    answered_shown: str = ""
    message: BlobHash | None = None
    opened_seq: int = 0

    @property
    def shown_manifest(self) -> BlobHash:
        """The change the human sees: the review's own, or the result that is shown again."""
        return self.reshown.manifest if self.reshown is not None else self.manifest

    @property
    def shown_sides(self) -> tuple[str, str]:
        """The two trees (or commits) the human sees the difference of."""
        again = self.reshown
        return (again.from_tree, again.result_tree) if again is not None else (self.base, self.head)


@dataclass(frozen=True, slots=True)
class Landing:
    """The task's last landing."""

    id: LandingId
    mode: e.LandingMode
    shown: str
    branch: str | None = None
    state: Literal["approved", "announced", "landed", "undone", "taken_back"] = "approved"
    plan: BlobHash | None = None
    commit: CommitId | None = None
    undo: LandingId | None = None
    """The landing under way that takes this one back."""
    undo_plan: BlobHash | None = None
    reason: str = ""
    note: str = ""
    rest: e.Rest = "drop"
    """What becomes of the hunks that do not land with it."""
    only_accepted: bool = False
    """Whether what nobody decided on stays behind too."""
    left: int = 0
    """Hunks that do not land with it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the next run begins, since what came before landed in part, or was taken back."""

    begins: CommitId
    shown_from: CommitId
    """The base of its review."""
    runs: int
    """Runs that were before that: no later one stands on them."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What was seen of one command; the whole of it is a blob."""

    command: str
    colour: Colour
    sentence: str
    result: BlobHash
    output: BlobHash | None
    seq: int


@dataclass(frozen=True, slots=True)
class Checked:
    """The checks of one tree, the last that were begun."""

    head: CommitId
    commands: tuple[str, ...] = ()
    evidence: tuple[Captured, ...] = ()
    ended: bool = False
    colour: Colour = "not_checked"
    sentence: str = ""
    at: int = 0
    part: str = ""
    """Where only a part of the review was checked: which."""


@dataclass(frozen=True, slots=True)
class Task:
    """One intent."""

    id: TaskId
    number: int
    kind: TaskKind
    title: str
    status: Status
    origin: Origin
    added: Stamp
    changed: Stamp
    """The last event that was folded into it."""
    spec: Spec = NO_SPEC
    ticket: BlobHash | None = None
    anchor: Anchor | None = None
    found_in: int | None = None
    why: str = ""
    severity: Severity | None = None
    fingerprint: str = ""
    skeleton: Skeleton | None = None
    left_out: tuple[LeftOut, ...] = ()
    """What was found while working on it and became no task."""
    before: Status | None = None
    """Where a snoozed task was."""
    snoozed_until: int = 0
    agent: str = ""
    script: BlobHash | None = None
    top: str = ""
    """The work tree it was started from."""
    runs: tuple[Run, ...] = ()
    questions: tuple[Question, ...] = ()
    review: Review | None = None
    comments: tuple[Comment, ...] = ()
    landing: Landing | None = None
    ground: Ground | None = None
    surveyed: Mapping[HunkId, HunkMark] = field(default_factory=dict)
    """What a survey found out, also while it still runs."""
    model_lost: bool = False
    """It waits for the agent's model, and goes on by itself."""
    reason: str = ""
    """Why it stands where it stands, as a sentence: stopped, failed, handed back."""
    checked: Checked | None = None
    checked_part: Checked | None = None
    """The part of the review that would land, after something of it was rejected."""
    words: BlobHash | None = None
    """What the last run's agent wrote about its places and about what it left."""
    claims: tuple[str, ...] = ()
    """Ids of criteria that the last run says are met."""
    proofs: tuple[Proof, ...] = ()
    sent_back: tuple[BlobHash, ...] = ()
    """What the agent was told, each time that a red check went back to it, since a human was last asked."""

    @property
    def changed_seq(self) -> int:
        """The number of the last event about it."""
        return self.changed.seq

    @property
    def changed_at(self) -> int:
        """When that was, in UTC microseconds."""
        return self.changed.at

    @property
    def run(self) -> Run | None:
        """The last run."""
        return self.runs[-1] if self.runs else None

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """What the human is asked and has not answered."""
        return tuple(question for question in self.questions if question.answer is None)

    @property
    def has_landed_part(self) -> bool:
        """Whether a part of the change has landed, and nothing was reviewed since the rest went back."""
        landing, review = self.landing, self.review
        return (
            landing is not None
            and (landing.state, landing.rest) == ("landed", "back")
            and review is not None
            and review.verdict == "approve"
        )

    @property
    def is_being_undone(self) -> bool:
        """Whether an undo of its landing was announced and has no end yet."""
        return self.landing is not None and self.landing.state == "landed" and self.landing.undo_plan is not None

    def standing_review(self) -> Review:
        """Give the review that waits for a verdict.

        Raises:
            Refused: there is none; the sentence says who answered it and how, where that is so.
        """
        if self.review is not None and self.status == "in_review":
            return self.review
        raise Refused(
            f"Task {self.number} has no review that waits: it is {self.status.replace('_', ' ')}, "
            f"and nothing was done. `casework task show {self.number}` tells how that came to be.",
            code="no_review",
        )
