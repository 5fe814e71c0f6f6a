"""Carrying what is known of 1,000 hunks over to the change that is reviewed next, beside git's own diff of that change.

Ours is everything between the parsed change and what is recorded: pairing both changes, the texts that have to be
looked at, what changed in the hunk that did, the blob and the events. Not here: making the change, which is the diff.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

from bench.contest import Contest, Outcome, hold
from bench.repository import begin, git
from casework.core.carrying import carry_over
from casework.core.repository import Repository
from casework.domain.change import Change
from casework.domain.events import HunksCarried
from casework.domain.ids import BlobHash, CommitId
from casework.domain.task import Decided, Review, Task
from casework.store.blobs import FileBlobs
from casework.workspace.repositories import GitRepositories

FILES: Final = 50
HUNKS: Final = 20
_APART: Final = 20
"""Lines from one hunk of a file to the next."""


def contests(scratch: Path) -> Sequence[Outcome]:
    """Hold the contest of a next run, and that of a base that moved in every file."""
    repository = scratch / "repository"
    begin(repository)
    base = commit_of(repository, "base", top="", better="")
    first = commit_of(repository, "first run", top="", better="better")
    second = commit_of(repository, "second run", top="", better="better", best=True)
    git(repository, "checkout", "-q", "-b", "moved", base)
    moved = commit_of(repository, "the base moves", top="new on top\n", better="")
    rebased = commit_of(repository, "the second run on it", top="new on top\n", better="better", best=True)
    carrying = _Carrying(repository, scratch, base, first)
    beside = "`git diff-tree -p` of the change"
    return [
        hold(
            Contest(f"{what} carried over for 1,000 hunks", beside, "ms", bound=2.0),
            ours=lambda sides=sides: carrying.over_to(*sides),  # type: ignore[misc]
            other=lambda sides=sides: _diff(repository, *sides),  # type: ignore[misc]
        )
        for what, sides in (("next run", (base, second)), ("moved base", (moved, rebased)))
    ]


def commit_of(repository: Path, message: str, *, top: str, better: str, best: bool = False) -> str:
    for number in range(FILES):
        lines = [f"value_{number}_{line} = {line}" for line in range(HUNKS * _APART)]
        if better:
            lines[_APART // 2 :: _APART] = [f"{better}_{number}_{hunk}" for hunk in range(HUNKS)]
        if best and number == 0:
            lines[_APART // 2] = "best_of_all"
        (repository / f"file{number:02}.py").write_text(top + "\n".join(lines) + "\n", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", message)
    return git(repository, "rev-parse", "HEAD").decode().strip()


def _diff(repository: Path, base: str, head: str) -> float:
    start = time.perf_counter()
    patch = git(repository, "diff-tree", "-r", "-M", "-p", "-U3", base, head)
    took = time.perf_counter() - start
    assert patch.count(b"\n@@ ") == FILES * HUNKS
    return took * 1000


class _Carrying:
    """A review of the first run, every hunk of it accepted, and what it takes to open the next one on it."""

    def __init__(self, repository: Path, scratch: Path, base: str, head: str) -> None:
        repositories = GitRepositories(state=str(scratch / "state"))
        self._workspace = repositories.open(repositories.identify(str(repository)))
        self._blobs = FileBlobs(scratch / "blobs")
        self._change = self._workspace.change(CommitId(base), CommitId(head))
        self._changes: dict[tuple[str, str], Change] = {}
        judged = self._change.judged
        self._review = Review(
            change_kind="branch",
            base=CommitId(base),
            head=CommitId(head),
            diff_hash=self._change.diff_hash,
            manifest=BlobHash("first"),
            comment=BlobHash("comment"),
            target=None,
            files=FILES,
            hunks=len(judged),
            minutes=1,
            run=None,
            range_text="",
            authors=None,
            seen=frozenset(judged),
            decisions=dict.fromkeys(judged, Decided("accepted")),
        )

    def over_to(self, base: str, head: str) -> float:
        """Carry it over; one hunk of it has changed."""
        if (base, head) not in self._changes:
            self._changes[base, head] = self._workspace.change(CommitId(base), CommitId(head))
        known = SimpleNamespace(change=lambda _name: self._change, workspace=self._workspace, blobs=self._blobs)
        task = cast("Task", SimpleNamespace(number=1, comments=(), review=self._review))
        change = self._changes[base, head]
        start = time.perf_counter()
        carried = carry_over(cast("Repository", known), task, self._review, change, "branch", None)
        took = time.perf_counter() - start
        told = [event for event in carried.events if isinstance(event, HunksCarried)]
        assert sum(len(event.hunks) for event in told if event.decision == "accepted") == FILES * HUNKS - 1
        assert sum(len(event.hunks) for event in told if event.stale) == 1
        return took * 1000
