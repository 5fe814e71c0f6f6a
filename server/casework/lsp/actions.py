"""Code actions and lenses: what can be done at these lines, computed from the lines alone.

What a client sends along is not enough: Vim with ALE sends no diagnostics in the context, Neovim only those under the
cursor. Whatever is offered is legal on the board at this moment; the server checks again when it is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from lsprotocol import types

from casework.core.desk import OpenRepository
from casework.domain.ids import TaskId
from casework.domain.task import Task
from casework.domain.verdict import approve_label, selection, shown_hash
from casework.lsp.places import Place

_SNIPPET: Final = 2000
_TITLE: Final = 120


class Offers:
    """What one repository's tasks allow, with what is costly remembered until the task changes."""

    def __init__(self, opened: OpenRepository) -> None:
        self._opened = opened
        self._labels: dict[TaskId, tuple[int, str, str]] = {}

    def _waiting(self, place: Place) -> Task | None:
        task = self._opened.repository.board.tasks.get(place.task)
        return task if task is not None and task.status == "in_review" else None

    def _shown(self, task: Task) -> tuple[str, str]:
        """Give the hash and the label of approving a waiting review."""
        known = self._labels.get(task.id)
        if known is None or known[0] != task.changed_seq:
            review = task.review
            assert review is not None, "a task in review has one"
            change = self._opened.repository.change(review.manifest)
            known = (task.changed_seq, shown_hash(review), approve_label(review, selection(review, change)))
            self._labels[task.id] = known
        return known[1], known[2]

    def actions(self, places: Iterable[Place]) -> Iterator[types.CodeAction]:
        """Give the actions at these places: once per review, once per hunk."""
        reviews: dict[TaskId, Task] = {}
        for place in places:
            if place.kind == "review":
                task = self._waiting(place)
                if task is None:
                    continue
                if task.id not in reviews:
                    reviews[task.id] = task
                    yield from self._of_review(task)
                yield from self._of_hunk(task, place)
            else:
                yield from self._of_task(place)

    def _of_review(self, task: Task) -> Iterator[types.CodeAction]:
        shown, label = self._shown(task)
        number = task.number
        yield self._action(f"Open review {number}: {task.title[:_TITLE]}", "casework.review.document", number=number)
        yield self._action(
            f"Approve review {number}: {label}",
            "casework.review.answer",
            number=number,
            verdict="approve",
            shown=shown,
        )
        yield self._action(
            f"Request changes on review {number}",
            "casework.review.answer",
            number=number,
            verdict="request_changes",
            shown=shown,
        )

    def _of_hunk(self, task: Task, place: Place) -> Iterator[types.CodeAction]:
        review = task.review
        if place.hunk is None or review is None:
            return
        decided = review.decisions.get(place.hunk)
        now = decided.decision if decided is not None else "none"
        for decision, words in (("accepted", "Accept"), ("rejected", "Reject"), ("none", "Take back the decision on")):
            if decision != now:
                yield self._action(
                    f"{words} this hunk of review {task.number}",
                    "casework.review.decide",
                    number=task.number,
                    hunks=[place.hunk],
                    decision=decision,
                )

    def _of_task(self, place: Place) -> Iterator[types.CodeAction]:
        task = self._opened.repository.board.tasks.get(place.task)
        if task is None:
            return
        yield from self.of_task(task)

    def of_task(self, task: Task) -> Iterator[types.CodeAction]:
        """Give the actions of a task that is not in review."""
        number, title = task.number, task.title[:_TITLE]
        for question in task.open_questions if task.status == "waiting" else ():
            for choice in question.choices or ("yes", "no"):
                yield self._action(
                    f"Answer {number}, {question.text[:60]}: {choice[:40]}",
                    "casework.question.answer",
                    number=number,
                    question=question.id,
                    answer=choice,
                )
        if task.status == "in_review":
            yield from self._of_review(task)
        if task.status in ("proposed", "backlog") and task.agent:
            yield self._action(f"Start {number}: {title}", "casework.task.start", number=number, agent=task.agent)
        elif task.status in ("proposed", "backlog"):
            yield self._action(f"Start {number}: {title}", "casework.task.start", number=number)
        if task.status == "proposed":
            yield self._action(f"Accept {number} into the backlog", "casework.task.accept", number=number)
            yield self._action(f"Dismiss {number}", "casework.task.dismiss", number=number)
        if task.status in ("queued", "running", "waiting"):
            yield self._action(f"Stop {number}", "casework.task.stop", number=number)
        if task.status in ("stopped", "failed"):
            yield self._action(f"Retry {number}", "casework.task.retry", number=number)
        if task.status == "landed":
            yield self._action(f"Undo {number}", "casework.review.undo", number=number)
        if task.status in ("backlog", "stopped", "failed"):
            yield self._action(f"Drop {number}", "casework.task.drop", number=number)

    def _action(self, title: str, command: str, **params: Any) -> types.CodeAction:
        return types.CodeAction(
            title=f"Casework: {title}",
            kind=types.CodeActionKind.QuickFix,
            command=self._command(title, command, **params),
        )

    def _command(self, label: str, command: str, **params: Any) -> types.Command:
        argument = {"repository": self._opened.repository.identity.top, **params}
        return types.Command(title=label, command=command, arguments=[argument])

    def lenses(self, places: Iterable[Place]) -> Iterator[types.CodeLens]:
        """Give lenses, sent resolved: Neovim hides those that are not."""
        for place in places:
            task = self._waiting(place) if place.kind == "review" else None
            if task is None:
                continue
            where = line_range(place.start, place.start)
            title = f"review {task.number}: {task.title[:60]}"
            yield types.CodeLens(where, self._command(title, "casework.review.document", number=task.number))

    def new_tasks(
        self, path: str, lines: list[str], span: types.Range, context: types.CodeActionContext
    ) -> Iterator[types.CodeAction]:
        """Offer a task from a TODO, from another server's diagnostic, or from the selection."""
        first, last = span.start.line, max(span.start.line, min(span.end.line, len(lines) - 1))
        chosen = lines[first : last + 1]
        todo = next((_todo(line) for line in chosen if _todo(line)), "")
        for diagnostic in context.diagnostics:
            if diagnostic.source != "casework":
                yield self._new(f"{diagnostic.message.splitlines()[0][:_TITLE]}", path, lines, diagnostic.range)
        if todo:
            yield self._new(todo, path, lines, span)
        if span.start != span.end:
            words = next((line.strip() for line in chosen if line.strip()), "")
            if words and not todo:
                yield self._new(f"Look at: {words[:80]}", path, lines, span)

    def _new(self, title: str, path: str, lines: list[str], span: types.Range) -> types.CodeAction:
        last = max(span.start.line, span.end.line - (1 if span.end.character == 0 and span.end != span.start else 0))
        snippet = "\n".join(line.rstrip("\r\n") for line in lines[span.start.line : last + 1])[:_SNIPPET]
        anchor = {"path": path, "line": span.start.line + 1, "end_line": last + 1, "snippet": snippet}
        return types.CodeAction(
            title=f"Casework: new task: {title}",
            kind=types.CodeActionKind.Refactor,
            command=self._command("New task", "casework.task.add", title=title, anchor=anchor),
        )


def _todo(line: str) -> str:
    """Give what a TODO or FIXME comment says."""
    for word in ("TODO", "FIXME"):
        _, found, behind = line.partition(word)
        if found:
            said = behind.lstrip(" :(-").strip(" */#-\r\n")
            return said[:_TITLE] or line.strip()[:_TITLE]
    return ""


def line_range(first: int, last: int) -> types.Range:
    """Give whole lines as a range: from the beginning of one to the beginning of the one behind the other."""
    return types.Range(types.Position(first, 0), types.Position(last + 1, 0))
