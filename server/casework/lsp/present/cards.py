"""A task as one line of the board, and the board."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from casework.core.answering import ALWAYS, NO, ONCE
from casework.core.desk import OpenRepository
from casework.domain.board import Board as Tasks
from casework.domain.rules import rule_text
from casework.domain.showing import one_line, visible
from casework.domain.status import MOVES, MoveName, Status
from casework.domain.task import Question, Task
from casework.domain.verdict import shown_hash
from casework.wire.views import Board, ChoiceView, Group, QuestionView, TaskCard

Icon = Literal["review", "question", "failed", "running", "queued", "follow_up", "task", "done", "proposed"]

DAY_US: Final = 24 * 60 * 60 * 1_000_000
_GROUPS: Final[dict[Status, Group | None]] = {
    "in_review": "needs_you",
    "waiting": "needs_you",
    "failed": "needs_you",
    "queued": "running",
    "running": "running",
    "landing": "running",
    "proposed": "backlog",
    "backlog": "backlog",
    "stopped": "backlog",
    "landed": "done",
    "read": "done",
    "snoozed": None,
    "dropped": None,
}
_ICONS: Final[dict[Status, Icon]] = {
    "in_review": "review",
    "waiting": "question",
    "failed": "failed",
    "queued": "queued",
    "running": "running",
    "landing": "running",
    "proposed": "follow_up",
    "backlog": "task",
    "stopped": "task",
    "landed": "done",
    "read": "done",
    "snoozed": "task",
    "dropped": "task",
}
_DEEDS: Final[tuple[tuple[MoveName, str], ...]] = (
    ("approve", "casework.review.answer"),
    ("finish_reading", "casework.review.read"),
    ("accept", "casework.task.accept"),
    ("start", "casework.task.start"),
    ("stop", "casework.task.stop"),
    ("retry", "casework.task.retry"),
    ("undo", "casework.review.undo"),
    ("dismiss", "casework.task.dismiss"),
    ("wake", "casework.task.wake"),
    ("snooze", "casework.task.snooze"),
    ("drop", "casework.task.drop"),
    ("restore", "casework.task.restore"),
)


def card(task: Task, *, now_us: int, approve_label: str = "") -> TaskCard:
    """Give the card of a task."""
    review = task.review if task.status == "in_review" else None
    return TaskCard(
        number=task.number,
        title=one_line(task.title),
        kind=task.kind,
        status=task.status,
        group=_group(task, now_us),
        order=_order(task),
        detail=one_line(_detail(task)),
        icon=_ICONS[task.status],
        actions=actions(task),
        changed_seq=task.changed_seq,
        anchor=task.anchor,
        severity=task.severity,
        found_in=task.found_in,
        skeleton=task.skeleton.path if task.skeleton is not None else "",
        questions=[question_view(question) for question in task.open_questions if task.status == "waiting"],
        shown=shown_hash(task) if review is not None else None,
        approve_label=visible(approve_label),
    )


def question_view(question: Question) -> QuestionView:
    """Give the view of an open question."""
    view = QuestionView(
        id=question.id, text=_shown(question.text), why=_shown(question.why), choices=list(question.choices)
    )
    wanted = question.wanted
    if wanted is None:
        return view
    rules = [rule_text(shape) for shape in wanted.shapes]
    options = [ChoiceView(answer=ONCE, kind="once")]
    options += [ChoiceView(answer=f"{ALWAYS}: {rule}", kind="always", rule=rule) for rule in rules]
    return view.model_copy(
        update={
            "kind": "permission",
            "hosts": list(wanted.grants.hosts),
            "places": [*wanted.grants.readable, *wanted.grants.writable],
            "options": [*options, ChoiceView(answer=NO, kind="no")],
        }
    )


def _shown(text: str) -> str:
    return visible(text, keep="\t\n")


def _group(task: Task, now_us: int) -> Group | None:
    group = _GROUPS[task.status]
    if group == "done" and now_us - task.changed_at > DAY_US:
        return None
    return group


def _order(task: Task) -> int:
    """Questions first (an agent stands still), then reviews, then failures; the longest waiting first."""
    first = {"waiting": 0, "in_review": 1, "failed": 2, "landing": 0, "running": 1, "queued": 2}.get(task.status, 3)
    if task.status in ("landed", "read"):
        return -task.changed_seq
    severity = {"high": 0, "medium": 1, "low": 2, None: 3}[task.severity]
    return (first * 4 + severity) * 1_000_000_000 + min(task.number, 999_999_999)


def actions(task: Task) -> list[str]:
    """Give the commands that are possible now, the most likely first."""
    found = []
    for move, command in _DEEDS:
        if task.status not in MOVES[move].starts or "human" not in MOVES[move].who:
            continue
        history = task.review is not None and task.review.change_kind == "range"
        if (move == "approve" and history) or (move == "finish_reading" and not history):
            continue
        found.append(command)
    if task.skeleton is not None:
        found.append("casework.skeleton.document")
        if task.status in ("proposed", "backlog") and not task.skeleton.taken:
            found.append("casework.skeleton.take")
    if task.has_landed_part and task.status in MOVES["undo_part"].starts:
        found.append("casework.review.undo")
    if task.status == "waiting":
        found.insert(0, "casework.question.answer")
    return found


def _detail(task: Task) -> str:
    match task.status:
        case "in_review":
            return _review_detail(task)
        case "waiting":
            asked = task.open_questions
            return f"asks: {asked[0].text[:80]}" if asked else "waits"
        case "running":
            run = task.run
            if run is None:
                return "running"
            if task.checked is not None and not task.checked.ended and task.checked.head == run.head:
                return f"checking: {', '.join(task.checked.commands)[:80]}"
            step = f"step {run.steps_begun}" if run.steps_begun else "starting"
            return f"{step} · {run.last_step[:60]}" if run.last_step else step
        case "queued" if task.has_landed_part and task.landing is not None:
            what = "in your files" if task.landing.mode == "files" else f"{(task.landing.commit or '')[:10]} landed"
            return f"queued · {what}, {task.landing.left} sent back"
        case "proposed":
            source = f"found in {task.found_in}" if task.found_in else ""
            parts = [task.kind, _skeleton(task), task.severity or "", source]
            return " · ".join(part for part in parts if part)
        case "backlog" if task.skeleton is not None:
            return f"backlog · {_skeleton(task)}"
        case "failed" | "stopped":
            return f"{task.status}: {task.reason[:100]}" if task.reason else task.status
        case "landed":
            if task.landing is not None and task.landing.mode == "files":
                return "landed in your files"
            commit = task.landing.commit if task.landing is not None else None
            return f"landed {commit[:10]}" if commit else "landed"
        case _:
            return task.status.replace("_", " ")


def _skeleton(task: Task) -> str:
    if task.skeleton is None:
        return ""
    return "skeleton taken" if task.skeleton.taken else "skeleton ready"


def _review_detail(task: Task) -> str:
    review = task.review
    if review is None:
        return "review"
    hunks = "1 hunk" if review.hunks == 1 else f"{review.hunks} hunks"
    parts = ["history" if review.change_kind == "range" else "review", hunks, f"{review.minutes} min"]
    checked = task.checked
    if checked is not None and checked.head == review.head and checked.evidence and checked.ended:
        tries = f" after {len(task.sent_back) + 1} tries" if task.sent_back else ""
        parts.append("not checked" if checked.colour == "not_checked" else f"checks {checked.colour}{tries}")
    if review.decisions:
        parts.append(f"{len(review.decisions)} decided")
    if task.reason:
        parts.append(task.reason[:80])
    return " · ".join(parts)


def groups(tasks: Tasks, now_us: int) -> dict[Group, list[TaskCard]]:
    """Give the board's groups, each in its order. Costs what is open, not what ever was."""
    found: dict[Group, list[TaskCard]] = {"needs_you": [], "running": [], "backlog": [], "done": []}
    for status, group in _GROUPS.items():
        if group is None:
            continue
        for task in tasks.in_status(status):
            shown = card(task, now_us=now_us)
            if shown.group is not None:
                found[shown.group].append(shown)
    for cards in found.values():
        cards.sort(key=lambda shown: (shown.order, shown.number))
    return found


def board_view(opened: OpenRepository) -> Board:
    """Give a repository's board."""
    repository = opened.repository
    found = groups(repository.board, repository.clock.now_us())
    return Board(
        repository=repository.identity.id,
        top=repository.identity.top,
        name=Path(repository.identity.top).name,
        cursor=repository.board.last_seq,
        needs_you=found["needs_you"],
        running=found["running"],
        backlog=found["backlog"],
        done=found["done"],
        warning=opened.warning,
    )
