"""Lets the detectors look at a change: what was found becomes follow-ups (follow_ups.py)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from casework.core.follow_ups import Proposal, follow_up_drafts, of_detector
from casework.core.repository import Repository
from casework.core.skeletons import sides_of, skeleton_drafts, skeleton_for, with_skeletons, without_skeleton
from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.change import Change, FileChange
from casework.domain.envelope import Draft
from casework.domain.errors import CaseworkError
from casework.domain.task import Task
from casework.ports.detector import Finding, Seen
from casework.ports.workspace import Workspace

logger = logging.getLogger(__name__)

MOST_FILES: Final = 64
"""Files of one change that are looked into, in reading order: behind that nobody reads what was found."""
LARGEST: Final = 128 * 1024
"""Bytes of a file that is looked into."""


@dataclass(frozen=True, slots=True)
class LookedOver:
    """What a change brings besides its review."""

    proposals: list[Proposal]
    skeletons: dict[int, e.SkeletonKept]
    """Of tasks that were proposed before, by number."""


def look_over(repository: Repository, task: Task | None, change: Change, *, top: str) -> LookedOver:
    """Let the detectors look, and make skeletons for missing tests, those an agent spoke of too.

    Reads git, runs nothing of the repository: called in a thread. What fails here costs what was found and no review.
    """
    try:
        workspace = repository.checkout(top).workspace
        sides = sides_of(workspace, change)
        found = [of_detector(name, finding) for name, finding in look_for(repository, workspace, change)]
        proposals = with_skeletons(repository, sides, found)
        waiting = without_skeleton(repository.board, task) if task is not None else []
        made = {one.number: skeleton_for(repository, sides, one.anchor) for one in waiting}
    except CaseworkError as no:
        logger.warning("a change was reviewed without its detectors: %s", no.sentence)
        return LookedOver([], {})
    return LookedOver(proposals, {number: skeleton for number, skeleton in made.items() if skeleton is not None})


def found_drafts(repository: Repository, board: Board, found_in: Task, looked: LookedOver) -> list[Draft]:
    """Give the drafts of all that."""
    return [
        *follow_up_drafts(repository, board, found_in, looked.proposals),
        *skeleton_drafts(repository, board, looked.skeletons),
    ]


def look_for(repository: Repository, workspace: Workspace, change: Change) -> list[tuple[str, Finding]]:
    """Give what the detectors find in a change, each with the detector's name. Reads git: called in a thread.

    Costs what the change costs. A detector that fails is logged, and costs its finding and nothing else.
    """
    detectors = repository.detectors
    wanted = [file for file in change.files if any(one.wants(file) for one in detectors)][:MOST_FILES]
    if not wanted:
        return []
    needs_project = any(one.asks_for_project(change) for one in detectors)
    seen = Seen(
        change=change,
        before=_before(workspace, change, wanted),
        after=workspace.contents(
            change.head, [file.path for file in wanted if file.status != "deleted"], largest=LARGEST
        ),
        project=frozenset(workspace.paths(change.head)) if needs_project else frozenset(),
    )
    found = []
    for detector in detectors:
        try:
            finding = detector.look(seen)
        except Exception:
            logger.exception("the detector %s failed on a change, which is reviewed without it", detector.name)
            continue
        if finding is not None:
            found.append((detector.name, finding))
    return found


def _before(workspace: Workspace, change: Change, wanted: list[FileChange]) -> dict[str, bytes]:
    names = {file.path: file.old_path or file.path for file in wanted if file.status != "added"}
    texts = workspace.contents(change.base, list(names.values()), largest=LARGEST)
    return {path: texts[name] for path, name in names.items() if name in texts}
