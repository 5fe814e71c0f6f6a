"""Our refs, `refs/casework/<task>/<run>/<n>`: what keeps a reviewed change and a run's checkpoints from git's clean-up.

Run 0 is the change that stood already: its 0 is the base, its 1 the head. In every other run 0 is the base.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.workspace.git import Git

PREFIX: Final = b"refs/casework/"
_TASK: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_OURS: Final = re.compile(rb"refs/casework/([0-9A-Za-z-]+)/(\d+)/(\d+)")


def ref_name(task: TaskId, run: int, n: int) -> bytes:
    """Give the ref of a checkpoint."""
    return b"%s%d/%d" % (refs_of(task), run, n)


def refs_of(task: TaskId) -> bytes:
    """Give what all refs of a task begin with.

    Raises:
        Refused: `bad_name`, the id could mean another ref.
    """
    if not _TASK.fullmatch(task):
        raise Refused(
            "A task's id has only letters, digits and hyphens, so nothing was kept for this one.", code="bad_name"
        )
    return PREFIX + task.encode() + b"/"


def keep(git: Git, commits: Mapping[bytes, bytes]) -> None:
    """Make the refs point where they should, all of them or none."""
    lines = [b"update %s\0%s\0\0" % (name, commit) for name, commit in commits.items()]
    git.run("update-ref", "-z", "--stdin", stdin=b"".join(lines))


def kept(git: Git, task: TaskId | None = None) -> dict[tuple[TaskId, int, int], CommitId]:
    """Give our refs by task, run and number: of one task, or of all."""
    under = PREFIX if task is None else refs_of(task)
    out = git.run("for-each-ref", "--format=%(refname) %(objectname)", under.removesuffix(b"/"))
    found = {}
    for line in out.splitlines():
        name, _, commit = line.partition(b" ")
        ours = _OURS.fullmatch(name)
        if ours:
            words = TaskId(ours[1].decode()), int(ours[2]), int(ours[3])
            found[words] = CommitId(commit.decode())
    return found


def drop(git: Git, names: list[bytes]) -> None:
    """Remove refs of ours; one that is gone already is no mistake."""
    lines = [b"delete %s\0\0" % name for name in names]
    if lines:
        git.run("update-ref", "-z", "--stdin", stdin=b"".join(lines))


def drop_broken(git: Git) -> None:
    """Remove refs of ours whose object was pruned while we wrote it: they would fail every `git gc` of the user's."""
    out = git.run("for-each-ref", "--format=%(objectname) %(refname)", PREFIX.removesuffix(b"/"))
    refs = [line.split(b" ", 1) for line in out.splitlines()]
    there = git.run("cat-file", "--batch-check", stdin=b"".join(name + b"\n" for name, _ in refs)).splitlines()
    drop(git, [ref for (_, ref), found in zip(refs, there, strict=True) if found.endswith(b" missing")])
