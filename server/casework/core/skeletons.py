"""Skeletons of missing tests: made when a run hands in, kept in the journal, taken into the work tree by a human."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from casework.code.definitions import LARGEST, Definition, enclosing, read_module
from casework.code.skeletons import Skeleton, Uncovered, nearest, read_neighbours, write_skeleton
from casework.code.skeletons.neighbours import DECLARED
from casework.core.follow_ups import Proposal
from casework.core.intake import task_of_rows
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.anchor import Anchor, find_again
from casework.domain.board import Board
from casework.domain.change import Change
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import CommitId
from casework.domain.reading import is_test
from casework.domain.status import check_move
from casework.domain.task import Skeleton as Kept
from casework.domain.task import Task
from casework.ports.workspace import Workspace

logger = logging.getLogger(__name__)

KIND: Final = "missing-tests"


@dataclass(frozen=True, slots=True)
class Sides:
    """Where a skeleton's subject is read: as the change leaves it, and as it found it."""

    workspace: Workspace
    base: CommitId
    head: CommitId
    changed: tuple[str, ...]
    """Paths that the change touches, in reading order."""


def sides_of(workspace: Workspace, change: Change) -> Sides:
    """Give the sides of a change."""
    return Sides(workspace, change.base, change.head, tuple(file.path for file in change.files))


def with_skeletons(repository: Repository, sides: Sides, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Give the proposals, those about missing tests with a skeleton where one can be made. Called in a thread."""
    return [
        replace(one, skeleton=skeleton_for(repository, sides, one.report.anchor))
        if one.report.task_kind == KIND and one.skeleton is None
        else one
        for one in proposals
    ]


def skeleton_for(repository: Repository, sides: Sides, anchor: Anchor | None) -> e.SkeletonKept | None:
    """Make a skeleton for what stands at a place; None where that is no Python, or git fails. Called in a thread."""
    try:
        found = _write(sides, anchor)
    except CaseworkError as no:
        logger.warning("no skeleton: %s", no.sentence)
        return None
    return e.SkeletonKept(path=found.path, text=repository.keep(found.text), line=found.line) if found else None


def skeleton_drafts(repository: Repository, board: Board, made: dict[int, e.SkeletonKept]) -> list[Draft]:
    """Give the drafts that keep skeletons of tasks, by number, that have none yet."""
    drafts = []
    for number, skeleton in made.items():
        task = board.number(number)
        if task.skeleton is None:
            drafts.append(repository.draft(skeleton, task.added.actor, task=task.id, origin=task.origin))
    return drafts


def without_skeleton(board: Board, found_in: Task) -> list[Task]:
    """Give the follow-ups about missing tests that are still open and have none."""
    return [
        task
        for task in board.found_in(found_in.number)
        if task.kind == KIND and task.skeleton is None and task.status in ("proposed", "backlog", "snoozed")
    ]


def _write(sides: Sides, anchor: Anchor | None) -> Skeleton | None:
    module = _module_at(sides, anchor)
    if module is None:
        return None
    workspace = sides.workspace
    text = workspace.contents(sides.head, [module], largest=LARGEST).get(module)
    if text is None:
        return None
    paths = workspace.paths(sides.head)
    tests = nearest(module, paths)
    texts = workspace.contents(sides.head, tests or DECLARED, largest=LARGEST)
    before = workspace.contents(sides.base, [module], largest=LARGEST).get(module)
    return write_skeleton(
        _uncovered(module, text, before, anchor), read_neighbours(tests, texts, paths), frozenset(paths)
    )


def _module_at(sides: Sides, anchor: Anchor | None) -> str | None:
    """Give the module that is to be tested: the one at the place, or, at a test or nowhere, the first that changed."""
    named = anchor.path if anchor is not None else ""
    if named and not is_test(named):
        return named if named.endswith(".py") else None
    return next((path for path in sides.changed if path.endswith(".py") and not is_test(path)), None)


def _uncovered(module: str, text: bytes, before: bytes | None, anchor: Anchor | None) -> Uncovered:
    """Say which functions the cases are about: those at the place, else those that changed, else all that are public.

    A place at the head of a function that changed with others means all of these.
    """
    now = read_module(text)
    if now is None:
        return Uncovered(module, (), unreadable=True)
    then = read_module(before) if before is not None else None
    known = {one.name: one.body for one in then.definitions} if then is not None else {}
    public = [one for one in now.definitions if one.is_public and one.does]
    changed = [one for one in public if known.get(one.name) != one.body]
    here = _at(now.definitions, text, anchor) if anchor is not None and anchor.path == module else []
    if here and not any(one in changed for one in here):
        chosen = here
    else:
        chosen = changed or here or public
    return Uncovered(module, chosen, acts_at=now.acts_at)


def _at(definitions: Sequence[Definition], text: bytes, anchor: Anchor) -> list[Definition]:
    lines = text.decode("utf-8", "replace").splitlines()
    line = find_again(anchor, lines) or anchor.line
    return enclosing(definitions, line, line + max(0, (anchor.end_line or anchor.line) - anchor.line))


def kept_skeleton(task: Task) -> Kept:
    """Give the skeleton of a task.

    Raises:
        Refused: it has none.
    """
    if task.skeleton is None:
        raise Refused(
            f"Task {task.number} has no skeleton: one is made for missing tests of a Python module, when the run "
            "that found them hands in. Write the test yourself, or start the task.",
            code="no_skeleton",
        )
    return task.skeleton


def check_may_take(task: Task) -> None:
    """Tell whether a skeleton may be put into the work tree.

    Raises:
        Refused: it was, or the task is over or under way.
    """
    skeleton = kept_skeleton(task)
    if skeleton.taken:
        raise Refused(f"The skeleton of task {task.number} was taken already: {skeleton.path}.", code="already_taken")
    if task.status not in ("proposed", "backlog"):
        raise Refused(
            f"Task {task.number} is {task.status.replace('_', ' ')}, so its skeleton was not put into the work tree; "
            f"`casework skeleton open {task.number}` shows it.",
            code="wrong_status",
        )


async def record_taken(repository: Repository, number: int, path: str, actor: Actor, *, command: str | None) -> Task:
    """Record that the human put it into the work tree; a proposed task is accepted by that.

    Raises:
        Refused: somebody else was quicker.
    """

    def decide(board: Board) -> Sequence[Draft]:
        task = board.number(number)
        check_may_take(task)
        events: list[e.Event] = [e.SkeletonTaken(path=path)]
        if task.status == "proposed":
            check_move("accept", task.status, number=number, actor=actor.kind)
            events.append(e.TaskAccepted())
        return [repository.draft(event, actor, task=task.id, origin=task.origin) for event in events]

    rows = await repository.recorder.record(decide, command=command)
    return task_of_rows(repository, rows[0].task)
