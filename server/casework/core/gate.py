"""The gate: every action of an agent passes here before it happens, and before its `step.begun` is recorded.

What the run's box allows by itself passes silently. Weigh first and announce then: an action that waits here for the
human has not begun, so after a restart it is wanted again instead of being called interrupted.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import assert_never

from casework.core.repository import Repository
from casework.domain.actions import Action, ReachHost, ReadFile, Ruling, RunCommand, SearchFiles, WriteFile
from casework.domain.ids import RunId, TaskId

_IN_THE_BOX = Ruling(allowed=True, why="The run's box allows it.")


async def weigh(repository: Repository, task: TaskId, run: RunId, action: Action) -> Ruling:
    """Say whether the agent may do it, and by what the box is wider for it; may wait for the human, for days.

    Wanted again by the same run, the same action gets the same answer without a second question. Cancelling the wait
    leaves the question where it is.
    """
    tops = (repository.identity.top, repository.board.tasks[task].top, _worktree(repository, task, run))
    match action:
        case ReadFile() | WriteFile() | SearchFiles():
            if _is_inside(action.path, tops):
                return _IN_THE_BOX
            return _refused(f"{action.path} lies outside the worktree")
        case RunCommand():
            if not action.hosts and not action.outside:
                return _IN_THE_BOX
            return _refused(f"it wants {', '.join((*action.hosts, *action.outside))}, which its box keeps closed")
        case ReachHost():
            return _refused(f"it wants {action.host}, and its box has no network")
        case _:
            assert_never(action)


def _worktree(repository: Repository, task: TaskId, run: RunId) -> str:
    return next((one.worktree for one in repository.board.tasks[task].runs if one.id == run), "")


def _is_inside(path: str, tops: tuple[str, ...]) -> bool:
    """Tell whether a path stays below the worktree, and out of git's own files, as it is written."""
    wanted = PurePosixPath(path)
    if wanted.is_absolute():
        top = next((PurePosixPath(top) for top in tops if top and wanted.is_relative_to(top)), None)
        if top is None:
            return False
        wanted = wanted.relative_to(top)
    return ".." not in wanted.parts and ".git" not in (part.lower() for part in wanted.parts)


def _refused(what: str) -> Ruling:
    return Ruling(allowed=False, why=f"Not done: {what}. Do without it, or say in your comment what is missing.")
