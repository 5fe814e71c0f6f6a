"""A survey: what did the last changes do that nothing guards? Its start, and what its agent is told.

What it finds comes back as marks on hunks, keyed by their content, and as at most five tests in a run's change.
"""

from __future__ import annotations

import base64
from typing import Final

from casework.domain.ids import CommitId
from casework.ports.survey import FileBefore, HunkPlace
from casework.ports.workspace import Workspace

LARGEST_SOURCE: Final = 1024 * 1024
_MOST_COMMITS: Final = 100
_MOST_BYTES: Final = 24 * 1024 * 1024
"""Of old texts in one order; a briefing is bounded."""


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
