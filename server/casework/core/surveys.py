"""A survey: what did the last changes do that nothing guards? Its start, and what its agent is told.

What it finds comes back as marks on hunks, keyed by their content, and as at most five tests in a run's change.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Final

from casework.code.project.environment import find_environment
from casework.code.project.written import written_versions
from casework.core.intake import move_task, one_line, task_of_rows
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.domain.status import check_move
from casework.domain.task import Task
from casework.ports.survey import SURVEY, FileBefore, HunkPlace, SurveyAsked, SurveyOrder
from casework.ports.workspace import Standing, Workspace

SYSTEM_PYTHON: Final = "python3"
"""Where the project has no environment of its own."""

LARGEST_SOURCE: Final = 1024 * 1024
_MOST_COMMITS: Final = 100
_MOST_BYTES: Final = 24 * 1024 * 1024
"""Of old texts in one order; a briefing is bounded."""


async def start_survey(
    repository: Repository,
    revisions: str,
    actor: Actor,
    *,
    top: str,
    budget_s: float | None = None,
    command: str | None = None,
) -> Task:
    """Begin a survey of a range, go on with one of the same commits, or give the one whose tests wait for a verdict.

    `revisions` empty is the recent history of HEAD.

    Raises:
        Refused: the repository is not trusted (`not_trusted`), nothing confines here (`no_sandbox`), no such range.
    """
    _may_run(repository)
    name = TaskId(repository.clock.new_id())
    standing = await asyncio.to_thread(_range, repository, name, revisions, top)
    asked = SurveyAsked(
        base=standing.base,
        head=standing.head,
        range_text=standing.range_text,
        budget_s=budget_s or repository.limits().survey_budget_s,
    )
    script = repository.blobs.put(asked.model_dump_json().encode())
    fingerprint = f"survey:{standing.base}:{standing.head}"
    queued = e.TaskQueued(agent=SURVEY, script=script, top=top)
    under_way = _under_way(repository.board, fingerprint)
    if under_way is not None and under_way.status in ("stopped", "failed"):
        return await move_task(repository, under_way.number, "retry", queued, actor, command=command)
    if under_way is not None:
        return under_way

    def decide(board: Board) -> Sequence[Draft]:
        check_move("add", None, number=None, actor=actor.kind)
        check_move("start", "backlog", number=None, actor=actor.kind)
        added = e.TaskAdded(
            number=board.last_number + 1,
            task_kind="missing-tests",
            title=one_line(f"What nothing guards in {standing.range_text or revisions}"),
            status="backlog",
            fingerprint=fingerprint,
        )
        return [repository.draft(added, actor, task=name), repository.draft(queued, actor, task=name)]

    rows = await repository.recorder.record(decide, command=command)
    return task_of_rows(repository, rows[0].task)


def _may_run(repository: Repository) -> None:
    if not repository.is_trusted():
        raise Refused(
            f"A survey runs the tests of {repository.identity.top}, and you have not said that you trust it, so "
            "nothing was run. `casework trust` says so once; `casework survey --trust` does both.",
            code="not_trusted",
        )
    facts = repository.sandbox.facts()
    if not facts.confines:
        raise Refused(f"A survey runs foreign code, and nothing confines it here: {facts.sentence}", code="no_sandbox")


def _range(repository: Repository, name: TaskId, revisions: str, top: str) -> Standing:
    workspace = repository.checkout(top).workspace
    return workspace.standing_range(name, revisions or workspace.recent_range())


def _under_way(board: Board, fingerprint: str) -> Task | None:
    open_ones = ("queued", "running", "waiting", "in_review", "stopped", "failed")
    return next((task for task in board.with_fingerprint(fingerprint) if task.status in open_ones), None)


def asked_of(repository: Repository, task: Task) -> SurveyAsked:
    """Give which commits a survey is about."""
    return SurveyAsked.model_validate_json(repository.text(task.script))


def order_of(repository: Repository, task: Task, began_s: float | None = None) -> str:
    """Give what a survey's worker is told: everything as it is now, and what is known of the same commit. Blocks."""
    asked = asked_of(repository, task)
    top = task.top or repository.identity.top
    environment = find_environment(top)
    python = environment.python
    before = [one for one in repository.board.with_fingerprint(task.fingerprint) if one.surveyed]
    known = {hunk: mark for one in before for hunk, mark in one.surveyed.items()}
    order = SurveyOrder(
        asked=asked,
        files=files_before(repository.workspace, asked.base, asked.head),
        interpreter=python.interpreter if python is not None else SYSTEM_PYTHON,
        environment=environment.sentence,
        places=environment.read_only,
        known=tuple(known.values()),
        written=tuple((path, base64.b64encode(data).decode()) for path, data in written_versions(top).items()),
        began_s=began_s,
    )
    return order.model_dump_json()


def files_before(workspace: Workspace, base: CommitId, head: CommitId) -> tuple[FileBefore, ...]:
    """Give what a survey has to know of each changed file. Blocks."""
    change = workspace.change(base, head)
    wanted = {file.old_path or file.path for file in change.files if file.hunks and file.status != "added"}
    python = [path for path in wanted if path.rstrip('"').endswith(".py")]
    texts = workspace.contents(base, python, largest=LARGEST_SOURCE)
    commits = workspace.touched(base, head, most=_MOST_COMMITS)
    found, room = [], _MOST_BYTES
    for file in change.files:
        old = texts.get(file.old_path or file.path)
        if old is not None and len(old) > room:
            old = None
        room -= len(old or b"")
        touched = [(age, message) for age, (message, paths) in enumerate(commits) if file.path in paths]
        found.append(
            FileBefore(
                path=file.path,
                status=file.status,
                old=base64.b64encode(old).decode() if old is not None else None,
                hunks=tuple(
                    HunkPlace(
                        id=hunk.id,
                        old_start=hunk.old_start,
                        old_lines=hunk.old_lines,
                        new_start=hunk.new_start,
                        new_lines=hunk.new_lines,
                    )
                    for hunk in file.hunks
                ),
                age=touched[0][0] if touched else len(commits),
                messages=tuple(message[:2000] for _, message in touched[:5]),
            )
        )
    return tuple(found)
