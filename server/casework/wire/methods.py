"""The table of methods: one name, six places.

`casework/review/answer` on the wire is the command `casework.review.answer`, `:Casework review answer` and
`casework review answer`. A command takes the method's parameters as its one argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from casework.wire import draft_requests as drafts
from casework.wire import ledger_requests as asked
from casework.wire import requests as r
from casework.wire.views import Board, ChecksView, RepositoryDescription, ReviewView, SurveyView, TaskView


@dataclass(frozen=True, slots=True)
class Method:
    """One request a client may send."""

    name: str
    params: type[r.Params]
    result: type[BaseModel]
    doc: str

    @property
    def command(self) -> str:
        """The same thing as an LSP command."""
        return self.name.replace("/", ".")


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification the daemon sends."""

    name: str
    params: type[BaseModel]
    doc: str


METHODS: Final[tuple[Method, ...]] = (
    Method("casework/board/read", r.Params, Board, "The whole board of a repository, with the cursor to follow from."),
    Method("casework/board/next", r.Params, r.NextThing, "The next thing that needs the human."),
    Method("casework/board/document", r.Params, r.Document, "Write the board as a file to be opened in any editor."),
    Method("casework/repository/list", r.Params, r.Repositories, "The repositories this session has open."),
    Method(
        "casework/repository/describe",
        r.Params,
        RepositoryDescription,
        "Look a repository and its journal over, as `casework doctor` does.",
    ),
    Method("casework/task/add", r.AddTask, TaskView, "Add a task to the backlog."),
    Method("casework/task/list", r.ListTasks, r.TaskList, "List tasks."),
    Method("casework/task/show", r.TaskParams, TaskView, "Show everything about one task."),
    Method("casework/task/accept", r.TaskDeed, TaskView, "Take a proposed task into the backlog."),
    Method("casework/task/dismiss", r.ReasonDeed, TaskView, "Turn a proposed task down."),
    Method("casework/task/start", r.StartTask, TaskView, "Let an agent work on a task."),
    Method("casework/task/stop", r.ReasonDeed, TaskView, "Stop the work on a task; its worktree is kept."),
    Method("casework/task/retry", r.StartTask, TaskView, "Try a stopped or failed task again."),
    Method("casework/task/snooze", r.SnoozeTask, TaskView, "Put a task out of sight until a time."),
    Method("casework/task/wake", r.TaskDeed, TaskView, "Bring a snoozed task back."),
    Method("casework/task/drop", r.ReasonDeed, TaskView, "Give a task up; it can be restored."),
    Method("casework/task/restore", r.TaskDeed, TaskView, "Put a dropped task back into the backlog."),
    Method(
        "casework/task/wait",
        r.WaitForTask,
        TaskView,
        "Wait until a task is in one of the statuses; cancel to end the wait.",
    ),
    Method("casework/question/answer", r.AnswerQuestion, TaskView, "Answer a question of an agent, or about one."),
    Method("casework/rules/list", r.ListRules, r.RuleList, "List what agents may do without being asked again."),
    Method("casework/rules/remove", r.RemoveRule, r.RuleList, "Take a rule back, and list those that are left."),
    Method("casework/skeleton/document", r.TaskParams, r.Document, "Write a task's skeleton as a file to be opened."),
    Method(
        "casework/skeleton/take", r.TaskDeed, r.Document, "Put a task's skeleton into the work tree, as a new file."
    ),
    Method("casework/review/open", r.OpenReview, ReviewView, "Open a review of the working tree, a branch or a range."),
    Method("casework/review/recent", r.RecentReview, ReviewView, "Open a review of recent history."),
    Method("casework/review/list", r.Params, r.TaskList, "List the reviews that wait for a verdict."),
    Method("casework/review/show", r.TaskParams, ReviewView, "Show a review: its files and hunks in reading order."),
    Method("casework/review/diff", r.ReviewDiff, r.Patch, "Give the patch of a review."),
    Method("casework/review/content", r.ReviewContent, r.Content, "Give one side of one file of a review."),
    Method(
        "casework/review/document", r.TaskParams, r.Document, "Write the review as a file to be opened in any editor."
    ),
    Method(
        "casework/review/next",
        r.FromHere,
        r.NextToJudge,
        "The next thing to judge from here: in this review, then in others, then questions.",
    ),
    Method("casework/review/decide", r.DecideHunks, ReviewView, "Accept or reject hunks, or take that back."),
    Method(
        "casework/review/split", asked.SplitHunk, ReviewView, "Cut a hunk into parts that are decided on by themselves."
    ),
    Method("casework/review/join", asked.JoinHunk, ReviewView, "Put the parts of a hunk together again."),
    Method(
        "casework/review/seen", asked.SeeHunks, ReviewView, "Say that hunks were read as they are, or take that back."
    ),
    Method("casework/review/comment", asked.AddComment, ReviewView, "Comment on a review."),
    Method("casework/review/reply", asked.ReplyToThread, ReviewView, "Answer in a thread of a review."),
    Method("casework/review/resolve", asked.ResolveThread, ReviewView, "Settle a thread, or take it up again."),
    Method("casework/draft/list", drafts.ListDrafts, drafts.DraftList, "List what is half-written, in any editor."),
    Method("casework/draft/keep", drafts.KeepDraft, drafts.DraftList, "Keep what is being written and not sent yet."),
    Method("casework/draft/forget", drafts.ForgetDraft, drafts.DraftList, "Forget what was sent or thrown away."),
    Method("casework/review/answer", r.AnswerReview, TaskView, "Approve, or request changes."),
    Method("casework/review/read", r.TaskDeed, TaskView, "Close a review of history as read."),
    Method("casework/review/undo", r.UndoReview, TaskView, "Take a landed approval back."),
    Method("casework/review/check", r.TaskDeed, ReviewView, "Run the checks on a review's tree; cancel to stop them."),
    Method("casework/checks/show", r.Params, ChecksView, "Tell what checks a repository, and with which environment."),
    Method("casework/checks/choose", r.ChooseChecks, ChecksView, "Choose what checks a repository."),
    Method(
        "casework/survey/start",
        r.StartSurvey,
        SurveyView,
        "Find out what the last changes did that nothing guards; the project's tests are run, so it needs trust.",
    ),
    Method("casework/survey/show", r.TaskParams, SurveyView, "Show what a survey has found out so far."),
    Method("casework/survey/wait", r.WaitForSurvey, SurveyView, "Wait until a survey has found out more, or is over."),
    Method("casework/trust/show", r.Params, r.TrustView, "Tell whether the user trusts the repository."),
    Method("casework/trust/grant", r.Deed, r.TrustView, "Trust the repository: its programs may be run."),
    Method("casework/trust/revoke", r.Deed, r.TrustView, "Take the trust back."),
    Method("casework/journal/read", r.ReadJournal, r.JournalRows, "Read the journal."),
    Method("casework/purge", r.PurgeParams, r.PurgeView, "Show, or remove, what no living task needs."),
    Method("casework/daemon/status", r.Params, r.DaemonStatus, "Tell about the daemon."),
    Method("casework/daemon/stop", r.Params, r.Nothing, "Stop the daemon; editors start it again when they need it."),
)

NOTIFICATIONS: Final[tuple[Notification, ...]] = (
    Notification("casework/board/changed", r.BoardChanged, "The board of a repository changed."),
    Notification("casework/review/changed", r.ReviewChanged, "A review changed."),
)

BY_NAME: Final[dict[str, Method]] = {method.name: method for method in METHODS}
"""Every method by its name."""
