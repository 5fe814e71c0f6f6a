"""Code actions and lenses: what can be done at these lines, computed from the lines alone.

What a client sends along is not enough: Vim with ALE sends no diagnostics in the context, Neovim only those under the
cursor. Whatever is offered is legal on the board at this moment; the server checks again when it is done. New tasks
are in new_tasks.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from lsprotocol import types

from casework.core.desk import OpenRepository
from casework.domain.ids import HunkId, TaskId
from casework.domain.showing import visible
from casework.domain.status import MOVES
from casework.domain.task import Task
from casework.domain.verdict import approve_label, choices, shown_hash
from casework.lsp.names import uri_of
from casework.lsp.places import Place

K = TypeVar("K")
V = TypeVar("V")

KIND: Final = "casework"
"""Of every action: a kind of our own, so that an editor that applies quick fixes or source actions by itself, when a
file is saved or when there is only one, never gives a verdict."""
TRUST: Final = (
    "Trust this repository: its tests, tools and commands may be run, in a box, and git's filters and signing"
)
_TITLE: Final = 120
_REMEMBERED: Final = 4096
_MOST_TASKS: Final = 20
"""Tasks whose actions are offered at one place."""


class Offers:
    """What one repository's tasks allow, remembered until the task changes."""

    def __init__(self, opened: OpenRepository) -> None:
        self._opened = opened
        self._reviews: dict[tuple[TaskId, str], tuple[Task, list[types.CodeAction]]] = {}
        self._hunks: dict[tuple[TaskId, HunkId, str], tuple[Task, list[types.CodeAction]]] = {}

    def actions(
        self, places: Iterable[Place], top: str, selected: tuple[int, int] | None = None
    ) -> list[types.CodeAction]:
        """Give the actions at these places of a work tree: once per task, once per hunk; what is seldom wanted last.

        `selected` are the lines that a human has selected, from 0, if any.
        """
        found: list[types.CodeAction] = []
        seldom: dict[str, types.CodeAction] = {}
        tasks: dict[TaskId, None] = {}
        for place in places:
            task = self._opened.repository.board.tasks.get(place.task)
            if task is None or (place.kind == "review" and task.status != "in_review"):
                continue
            if task.id not in tasks:
                if len(tasks) == _MOST_TASKS:
                    break
                tasks[task.id] = None
                if place.kind == "review":
                    found += self._of_review(task, top)
                    rare = [*self._other_approvals(task, top), *self._of_trust(task, top)]
                    seldom |= {action.title: action for action in rare}
                else:
                    found += self.of_task(task, top)
            if place.hunk is not None:
                found += self._of_lines(task, place, selected, top) if selected is not None else ()
                found += self._of_hunk(task, place.hunk, top)
        return [*found, *seldom.values()]

    def _of_review(self, task: Task, top: str) -> list[types.CodeAction]:
        known = self._reviews.get((task.id, top))
        if known is None or known[0] is not task:
            known = (task, list(self._review(task, top)))
            _remember(self._reviews, (task.id, top), known)
        return known[1]

    def _of_trust(self, task: Task, top: str) -> Iterator[types.CodeAction]:
        """What trust makes possible, or trusting itself; not remembered, because no task changes with it."""
        if not self._opened.repository.is_trusted():
            yield _action(top, TRUST, "casework.trust.grant")
        elif task.review is not None and task.review.change_kind != "range":
            yield _action(top, f"Check review {task.number}", "casework.review.check", number=task.number)

    def _review(self, task: Task, top: str) -> Iterator[types.CodeAction]:
        review, number = task.review, task.number
        assert review is not None, "a task in review has one"
        yield _action(top, f"Open review {number}: {task.title[:_TITLE]}", "casework.review.document", number=number)
        if review.change_kind == "range":
            yield _action(top, f"Close review {number} as read", "casework.review.read", number=number)
            return
        label = approve_label(task, self._opened.repository.change(review.manifest))
        answer: dict[str, Any] = {"number": number, "shown": shown_hash(task)}
        yield _action(top, f"Approve review {number}: {label}", "casework.review.answer", **answer, verdict="approve")
        if task.agent in self._opened.repository.agents:
            title = f"Request changes on review {number}"
            yield _action(top, title, "casework.review.answer", **answer, verdict="request_changes")

    def _other_approvals(self, task: Task, top: str) -> Iterator[types.CodeAction]:
        """What else can become of what does not land."""
        review = task.review
        assert review is not None, "a task in review has one"
        change = self._opened.repository.change(review.manifest)
        for choice in choices(task, review, change)[1:]:
            title = f"Approve review {task.number}: {approve_label(task, change, choice)}"
            answer = {"verdict": "approve", "rest": choice.rest, "only_accepted": choice.only_accepted}
            shown = shown_hash(task, choice)
            yield _action(top, title, "casework.review.answer", number=task.number, shown=shown, **answer)

    def of_stale_review(self, task: Task, top: str) -> list[types.CodeAction]:
        """Give what can be done with a review where something else is shown than what stands now."""
        title = f"Open review {task.number} again: it changed"
        return [_action(top, title, "casework.review.document", number=task.number)]

    def _of_hunk(self, task: Task, hunk: HunkId, top: str) -> list[types.CodeAction]:
        known = self._hunks.get((task.id, hunk, top))
        if known is None or known[0] is not task:
            known = (task, list(self._hunk(task, hunk, top)))
            _remember(self._hunks, (task.id, hunk, top), known)
        return known[1]

    def _hunk(self, task: Task, hunk: HunkId, top: str) -> Iterator[types.CodeAction]:
        decided = task.review.decisions.get(hunk) if task.review is not None else None
        now = decided.decision if decided is not None else "none"
        for decision, words in (("accepted", "Accept"), ("rejected", "Reject"), ("none", "Take back the decision on")):
            if decision != now:
                yield _action(
                    top,
                    f"{words} this hunk of review {task.number}",
                    "casework.review.decide",
                    number=task.number,
                    hunks=[hunk],
                    decision=decision,
                )

        change = self._opened.repository.change(task.review.manifest) if task.review is not None else None
        _, lines = change.places.get(hunk, (None, None)) if change is not None else (None, None)
        if lines is not None and lines.part_of is not None:
            words = f"Put the parts of this hunk of review {task.number} together again"
            yield _action(top, words, "casework.review.join", number=task.number, hunk=hunk)
        if lines is not None and lines.falls_apart:
            words = f"Split this hunk of review {task.number} at its unchanged lines"
            yield _action(top, words, "casework.review.split", number=task.number, hunk=hunk)

    def _of_lines(self, task: Task, place: Place, selected: tuple[int, int], top: str) -> Iterator[types.CodeAction]:
        """Decide on the selected lines alone: where they are certainly those of one side of the hunk, and not all."""
        review = task.review
        assert review is not None, "a task in review has one"
        _, hunk = self._opened.repository.change(review.manifest).places.get(place.hunk or HunkId(""), (None, None))
        if hunk is None:
            return
        on_disk = "head" if review.change_kind == "working_tree" else "base"
        start, count = (hunk.new_start, hunk.new_lines) if on_disk == "head" else (hunk.old_start, hunk.old_lines)
        if not count or place.end - place.start != count - 1:
            return  # what lies on disk is not what was reviewed
        first = max(start, selected[0] - place.start + start)
        last = min(start + count - 1, selected[1] - place.start + start)
        inside = start + hunk.lead, start + count - 1 - hunk.trail
        if first > last or last < inside[0] or first > inside[1] or (first <= inside[0] and last >= inside[1]):
            return
        named = f"lines {first} to {last}" if last > first else f"line {first}"
        lines = {"first": first, "last": last, "side": on_disk}
        for decision, words in (("accepted", "Accept"), ("rejected", "Reject")):
            yield _action(
                top,
                f"{words} {named} of this hunk of review {task.number}",
                "casework.review.decide",
                number=task.number,
                hunks=[hunk.id],
                decision=decision,
                lines=lines,
            )

    def of_task(self, task: Task, top: str) -> list[types.CodeAction]:
        """Give everything that can be done with a task, wherever it stands."""
        if task.status == "in_review":
            number = task.number
            drop = _action(top, f"Drop {number}", "casework.task.drop", number=number)
            others = self._other_approvals(task, top)
            return [*self._of_review(task, top), *others, *self._of_trust(task, top), drop]
        return list(_of_task(task, top))

    def lenses(self, places: Iterable[Place], top: str) -> Iterator[tuple[Place, types.Command]]:
        """Give what stands over each hunk; lenses are sent resolved, because Neovim hides those that are not."""
        for place in places:
            task = self._opened.repository.board.tasks.get(place.task) if place.kind == "review" else None
            if task is not None and task.status == "in_review":
                title = f"review {task.number}: {task.title[:60]}"
                yield place, command(top, title, "casework.review.document", number=task.number)


def _remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value


def _of_task(task: Task, top: str) -> Iterator[types.CodeAction]:
    number, title, status = task.number, task.title[:_TITLE], task.status
    for question in task.open_questions if status == "waiting" else ():
        for choice in question.choices or ("yes", "no"):
            asked = {"number": number, "question": question.id, "answer": choice}
            shown = choice[:40] if question.wanted is None else choice  # a rule is read whole before it is chosen
            yield _action(top, f"Answer {number}, {question.text[:60]}: {shown}", "casework.question.answer", **asked)
    if status in ("proposed", "backlog"):
        agent = {"agent": task.agent} if task.agent else {}
        yield _action(top, f"Start {number}: {title}", "casework.task.start", number=number, **agent)
    if task.skeleton is not None:
        yield _action(top, f"Open the skeleton of {number}", "casework.skeleton.document", number=number)
        if status in ("proposed", "backlog") and not task.skeleton.taken:
            yield _action(
                top, f"Take the skeleton of {number} into {task.skeleton.path}", "casework.skeleton.take", number=number
            )
    if status == "proposed":
        yield _action(top, f"Accept {number} into the backlog", "casework.task.accept", number=number)
        yield _action(top, f"Dismiss {number}", "casework.task.dismiss", number=number)
    if status in ("queued", "running", "waiting"):
        yield _action(top, f"Stop {number}", "casework.task.stop", number=number)
    if status in ("stopped", "failed"):
        yield _action(top, f"Retry {number}", "casework.task.retry", number=number)
    if status == "landed" or (task.has_landed_part and status in MOVES["undo_part"].starts):
        yield _action(top, f"Undo {number}", "casework.review.undo", number=number)
    if status in ("backlog", "stopped", "failed", "waiting"):
        yield _action(top, f"Drop {number}", "casework.task.drop", number=number)
    if status == "dropped":
        yield _action(top, f"Restore {number}", "casework.task.restore", number=number)


def _action(top: str, title: str, name: str, **params: Any) -> types.CodeAction:
    return action(title, command(top, title, name, **params))


def action(title: str, does: types.Command) -> types.CodeAction:
    """Give an action of ours, as every client can show it."""
    return types.CodeAction(title=visible(f"Casework: {title}"), kind=KIND, command=does)


def command(top: str, label: str, name: str, **params: Any) -> types.Command:
    """Give a command in a work tree; a path that JSON can't carry goes as a URI."""
    named = top if _is_text(top) else uri_of(top)
    return types.Command(title=visible(label), command=name, arguments=[{"repository": named, **params}])


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def selected_lines(span: types.Range) -> tuple[int, int] | None:
    """Give the lines that are selected, from 0, both ends among them; None where only a cursor stands."""
    start, end = span.start, span.end
    if (start.line, start.character) >= (end.line, end.character):
        return None
    return start.line, end.line - 1 if end.character == 0 else end.line


def line_range(first: int, last: int) -> types.Range:
    """Give whole lines as a range: from the beginning of one to the beginning of the one behind the other."""
    return types.Range(types.Position(first, 0), types.Position(last + 1, 0))
