"""What the daemon shows: cards, tasks, reviews. Clients draw these and keep nothing else."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casework.domain.anchor import Anchor
from casework.domain.change import ChangeKind, FileStatus
from casework.domain.events import LandingMode, Rest
from casework.domain.spec import Criterion, Severity, TaskKind
from casework.domain.status import Status
from casework.domain.survey import Guard
from casework.wire.hunks import CommentView as CommentView
from casework.wire.hunks import HunkView as HunkView
from casework.wire.reading_views import FoldView
from casework.wire.view import View as View

Group = Literal["needs_you", "running", "backlog", "done"]


class ChoiceView(View):
    """One answer that a question about an action can be given."""

    answer: str
    """What is sent."""
    kind: Literal["once", "always", "no"]
    rule: str = ""
    """Of `always`: what the rule allows from then on, whole. `no` may be followed by a colon and the reason."""


class QuestionView(View):
    """A question that waits for the human: an agent's, or one about what it wants to do."""

    id: str
    text: str
    """Of a `permission`: in words of ours, and what is wanted literally."""
    why: str = ""
    """The agent's own words, to be shown as such."""
    choices: list[str] = Field(default_factory=list)
    kind: Literal["question", "permission"] = "question"
    hosts: list[str] = Field(default_factory=list)
    """Of a `permission`: the hosts that a yes opens, each `host:port`."""
    places: list[str] = Field(default_factory=list)
    """Of a `permission`: the paths that a yes opens; relative ones lie in the worktree."""
    options: list[ChoiceView] = Field(default_factory=list)
    """Of a `permission`: its choices in their order, the narrowest rule before wider ones."""


class RuleView(View):
    """A rule of the user's: what agents may do without being asked again."""

    id: str
    text: str
    """What it allows, whole."""
    everywhere: bool
    """Whether it holds in every repository."""
    place: str = ""
    """Where its repository was when it was made."""


class TaskCard(View):
    """One line of the board."""

    number: int
    title: str
    kind: TaskKind
    status: Status
    group: Group | None
    """None: not on the board (dropped, snoozed, done before today)."""
    order: int
    """Where it stands within its group: lower first."""
    detail: str
    """The grey text behind the title: 'review · 7 hunks · 4 min', 'asks: npm install', 'step 14 · 0:42'."""
    icon: Literal["review", "question", "failed", "running", "queued", "follow_up", "task", "done", "proposed"]
    actions: list[str]
    """Commands that are possible now, as `casework.task.start`; a client offers no others."""
    changed_seq: int
    anchor: Anchor | None = None
    severity: Severity | None = None
    found_in: int | None = None
    skeleton: str = ""
    """Where the test file belongs whose cases nobody has written yet; empty where there is none."""
    questions: list[QuestionView] = Field(default_factory=list)
    shown: str | None = None
    """Of a waiting review: the hash a verdict must carry."""
    approve_label: str = ""


class Board(View):
    """The whole board of one repository, up to `cursor`."""

    repository: str
    """The repository's identity."""
    top: str
    name: str
    cursor: int
    needs_you: list[TaskCard]
    running: list[TaskCard]
    backlog: list[TaskCard]
    done: list[TaskCard]
    warning: str = ""
    """Something the human must know about the journal or the watching, as a sentence."""


class RunView(View):
    """One attempt."""

    n: int
    agent: str
    state: str
    steps: int
    last_step: str
    checkpoints: int
    reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_microdollars: int | None = None


class TaskView(View):
    """Everything about one task."""

    card: TaskCard
    id: str
    intent: str
    criteria: list[Criterion]
    scope: list[str]
    checks: list[str]
    ticket: str
    why: str
    reason: str
    """Why it stands where it stands."""
    runs: list[RunView]
    commit: str | None = None
    """The commit that landed."""
    follow_ups: list[TaskCard] = Field(default_factory=list)
    comment: str = ""
    """What the last run said when it handed in, as Markdown."""


class SurveyRow(View):
    """How many hunks there are of one kind, for one reason."""

    guard: Guard
    why: str
    """Empty for hunks that a test guards: each has its own."""
    hunks: int


class SurveyView(View):
    """A survey, also while it runs."""

    number: int
    status: Status
    changed_seq: int
    range_text: str
    budget_s: float
    step: str
    """What is under way."""
    reason: str
    """Why it stands where it stands."""
    guarded: int
    unguarded: int
    not_looked_at: int
    rows: list[SurveyRow]
    """The kinds, the most hunks first."""
    comment: str
    """The table and what was found, as Markdown; empty until it is over."""
    tests: int
    """Files with proposed tests that wait for a verdict under the same number."""


class FileView(View):
    """One changed file, in reading order."""

    path: str
    """As git writes it; in git's C-style quoting when it is not plain UTF-8. What requests name it by."""
    shown_path: str = ""
    """The same to be shown: nothing in it hidden, nothing that turns the line around."""
    absolute: str
    """Where it lies in the user's work tree."""
    old_path: str | None
    status: FileStatus
    binary: bool
    why_here: str
    hunks: list[HunkView]
    whole: HunkView | None
    """Set where no lines changed: the file is judged as a whole."""
    mode_change: str = ""


class CriterionView(View):
    """One acceptance criterion and what is known of it."""

    id: str
    text: str
    state: Literal["verified", "claimed", "not_checked"]
    sentence: str = ""


class ModeView(View):
    """One way to land, with the words that say what it does."""

    mode: LandingMode
    label: str


class ApprovalView(View):
    """One way to approve: what becomes of what does not land, the words that say it, the hash it must carry."""

    rest: Rest
    only_accepted: bool
    label: str
    shown: str


class ReviewView(View):
    """A review, ready to be judged."""

    number: int
    title: str
    status: Status
    change_kind: ChangeKind
    base: str
    head: str
    range_text: str
    target: str | None
    shown: str
    """What a verdict must carry."""
    verdict: str | None
    answered_by: str = ""
    comment: str
    """What and why, as Markdown without links that run anything."""
    criteria: list[CriterionView]
    checks: str
    """What was run, or why nothing was, as a sentence."""
    files: list[FileView]
    folds: list[FoldView] = Field(default_factory=list)
    """What can be decided at once, in the order in which it is read: behind everything that is not folded."""
    not_folded: str = ""
    """Why nothing was looked at for folding, as a sentence; empty where it was."""
    hunks: int
    """How many things carry a decision."""
    text_hunks: int
    """How many hunks `git diff` of the range prints."""
    accepted: int
    rejected: int
    undecided: int
    unseen: int = 0
    """Hunks that were not read as they are, the stale ones among them."""
    stale: int = 0
    """Hunks that changed since they were read."""
    unread: str = ""
    """What was not read, as a sentence to be shown before an approval; empty where everything was."""
    brings_back: int = 0
    """Hunks that bring back what was rejected."""
    open_threads: int = 0
    minutes: int
    comments: list[CommentView]
    """Those on no hunk that is shown: on lines, on files, on the whole, and on what is gone."""
    follow_ups: list[TaskCard]
    left_out: list[str] = Field(default_factory=list)
    """Sentences about what was found and became no task."""
    modes: list[ModeView]
    """How it can land; empty where it can't. The first one is the default."""
    approve_label: str
    request_label: str
    reason: str = ""
    """Why it was handed back, or what is shown again."""
    run: int | None = None
    commit: str | None = None
    unsaved: list[str] = Field(default_factory=list)
    """Touched files with unsaved changes in an editor: save them before approving."""
    approvals: list[ApprovalView] = Field(default_factory=list)
    """Every way to approve that comes to something else; the first one is what `shown` and `approve_label` say."""


class CheckCommandView(View):
    """One command that checks a repository."""

    command: str
    found_in: str
    """Where it stands, for people."""
    purpose: str = ""
    """`tests`, `types`, `lint` or `everything`; empty where you chose it."""
    is_run: bool = False
    """Whether it is run for a change; the others were found beside it."""


class ChecksView(View):
    """What checks a repository, and with which environment."""

    trusted: bool
    commands: list[CheckCommandView]
    environment: str
    """What was found, or what is wrong with it, as a sentence."""
    chosen_environment: str = ""
    """The folder you named instead of what is found."""
    sentence: str
    """What would be run now, or why nothing would be."""
    unread: list[str] = Field(default_factory=list)
    """Files whose commands are not known, as sentences."""


class JournalRow(View):
    """One event as people may read it."""

    seq: int
    at: int
    kind: str
    task: int | None
    actor: str
    origin: str
    data: str
    """The event as JSON."""


class RepositoryView(View):
    """One repository the daemon knows in this session."""

    id: str
    top: str
    name: str
    trusted: bool
    warning: str = ""


class LeftoverView(View):
    """Something of Casework's on disk or among the refs that no living task needs."""

    what: Literal["worktree", "ref"]
    name: str
    bytes: int
    unlanded: bool
    removed: bool = False


class FindingView(View):
    """One thing that a doctor looked at."""

    what: str
    """A word: `git`, `journal`, `identity` ..."""
    ok: bool
    """Whether nothing needs to be done about it."""
    sentence: str
    mend: str = ""
    """The command, or what else, that mends it."""


class RepositoryDescription(View):
    """What a doctor says about one repository; nothing secret is in it."""

    repository: str
    """The repository's identity."""
    top: str
    findings: list[FindingView]
