"""What is left for later: a proposed task of its own, once, with its place, by an agent or by a detector."""

from __future__ import annotations

import hashlib
import posixpath
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casework.core.intake import one_line
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.anchor import Anchor
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft
from casework.domain.errors import CaseworkError, Refused
from casework.domain.ids import TaskId
from casework.domain.repopath import quote, unquote
from casework.domain.status import Status, check_move
from casework.domain.task import Run, Task
from casework.ports.agent import FollowedUp
from casework.ports.detector import Finding
from casework.ports.workspace import Workspace

LONGEST_CHAIN: Final = 3
"""A follow-up of a follow-up of a follow-up proposes no more."""
_LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a file whose lines are read for a follow-up that came without them."""
_OVER: Final[Collection[Status]] = frozenset({"landed", "read"})
"""A matter that came to such an end may come up again; one that was turned down may not."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A follow-up, ready to be weighed against the board."""

    report: FollowedUp
    actor: Actor
    mark: str = ""
    """Of a detector: what tells this finding from one at the same place in another change."""
    skeleton: e.SkeletonKept | None = None

    @property
    def by_detector(self) -> bool:
        """Whether no agent said it."""
        return self.actor.kind == "detector"

    @property
    def fingerprint(self) -> str:
        """Hash what makes it the same one: kind, place and the text there; its wording and its line may differ.

        Where there is no such text the title counts, in letters and digits of any case.
        """
        place, kind = self.report.anchor, self.report.task_kind
        text = "".join(place.snippet.split()) if place is not None else ""
        parts = [kind, *([place.path] if place is not None else []), text or _letters(self.report.title)]
        parts += [self.mark] if self.mark else []
        return "follow-up:" + hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def of_detector(name: str, finding: Finding) -> Proposal:
    """Give what a detector found as a proposal."""
    report = FollowedUp(
        task_kind=finding.kind,
        title=finding.title[:500],
        why=finding.why,
        anchor=finding.anchor,
        severity=finding.severity,
    )
    return Proposal(report, Actor(kind="detector", id=name), finding.mark)


def settled(workspace: Workspace, run: Run, top: str, report: FollowedUp) -> FollowedUp:
    """Give a report with its path as the repository knows it, and the lines that stand at its place.

    A path that leads out of the repository is no place: the follow-up is kept without one. Reads git: called in a
    thread.
    """
    anchor = report.anchor
    path = inside(anchor.path, (run.worktree, top)) if anchor is not None else None
    if anchor is None or path is None:
        return report.model_copy(update={"anchor": None})
    snippet = anchor.snippet if anchor.snippet.strip() else _lines(workspace, run, path, anchor)
    end = anchor.end_line if anchor.end_line is not None and anchor.end_line >= anchor.line else None
    placed = anchor.model_copy(update={"path": path, "snippet": snippet, "end_line": end})
    return report.model_copy(update={"anchor": placed})


def inside(named: str, tops: Sequence[str]) -> str | None:
    """Give a path as the repository knows it, also where it was named from the top of a file system; None for others.

    Pure: what `..` would mean behind a link is not asked, such a path is none.
    """
    try:
        path = unquote(named)
    except Refused:
        path = named.encode("utf-8", "surrogatepass")
    for top in tops:
        path = path.removeprefix(top.rstrip("/").encode("utf-8", "surrogateescape") + b"/") if top else path
    if not path or path.startswith(b"/") or b"\0" in path:
        return None
    normal = posixpath.normpath(path)
    parts = normal.split(b"/")
    return None if b".." in path.split(b"/") or normal == b"." or parts[0] == b".git" else quote(normal)


def _lines(workspace: Workspace, run: Run, path: str, anchor: Anchor) -> str:
    try:
        texts = workspace.contents(run.head or run.base, [path], largest=_LARGEST)
    except CaseworkError:
        return ""
    lines = texts.get(path, b"").decode("utf-8", "replace").splitlines()
    return "\n".join(lines[anchor.line - 1 : max(anchor.line, anchor.end_line or 0)])[:2000]


def follow_up_drafts(
    repository: Repository, board: Board, found_in: Task, proposals: Sequence[Proposal]
) -> Sequence[Draft]:
    """Give the drafts of what is to be recorded: new proposed tasks, and once for each reason what was left out.

    What is known already is left out without a word: it stands on the board.
    """
    drafts: list[Draft] = []
    taken: list[Proposal] = []
    told = {(left.reason, left.run) for left in found_in.left_out}
    number = board.last_number
    for proposal in proposals:
        if _is_known(board, found_in, proposal) or any(_is_one(proposal, other) for other in taken):
            continue
        why = _why_not(repository, board, found_in, proposal, taken)
        if why is None:
            number += 1
            taken.append(proposal)
            drafts += _added(repository, found_in, proposal, number)
        elif (why, len(found_in.runs)) not in told:
            told.add((why, len(found_in.runs)))
            left = e.FollowUpLeftOut(reason=why, title=_title(proposal.report))
            drafts.append(repository.draft(left, proposal.actor, task=found_in.id, origin=found_in.origin))
    return drafts


def depth(board: Board, task: Task) -> int:
    """Tell how long the chain is that led to a task: 0 for one that was found in none."""
    found = 0
    while task.found_in is not None and task.found_in in board.by_number and found <= LONGEST_CHAIN:
        task = board.number(task.found_in)
        found += 1
    return found


def _why_not(
    repository: Repository, board: Board, found_in: Task, proposal: Proposal, taken: Sequence[Proposal]
) -> e.LeftOutBecause | None:
    if depth(board, found_in) >= LONGEST_CHAIN:
        return "chain"
    if proposal.by_detector:
        return None  # at most one from each
    since = found_in.run.started_seq if found_in.run is not None else 0
    proposed = [
        task for task in board.found_in(found_in.number) if task.added.actor.kind == "agent" and task.added.seq > since
    ]
    count = len(proposed) + sum(not one.by_detector for one in taken)
    return "too_many" if count >= repository.limits().follow_ups_per_run else None


def _is_known(board: Board, found_in: Task, proposal: Proposal) -> bool:
    if any(task.status not in _OVER for task in board.with_fingerprint(proposal.fingerprint)):
        return True
    return any(_is_same_matter(task, proposal) for task in _related(board, found_in, proposal))


def _related(board: Board, found_in: Task, proposal: Proposal) -> Iterator[Task]:
    """What an agent and a detector may both have said: of this task, and what is still open of any other."""
    yield from board.found_in(found_in.number)
    if proposal.by_detector:
        mine = {task.id for task in board.found_in(found_in.number)}
        yield from (
            task
            for task in board.in_status("proposed", "backlog", "snoozed")
            if task.id not in mine and _has_same_place(task.anchor, proposal.report.anchor)
        )


def _is_same_matter(task: Task, proposal: Proposal) -> bool:
    """Tell whether an agent and a detector (or a detector twice) mean the same: kind and file, or no place at all."""
    if task.kind != proposal.report.task_kind or not (proposal.by_detector or task.added.actor.kind == "detector"):
        return False
    here, there = task.anchor, proposal.report.anchor
    return here is None or there is None or here.path == there.path


def _is_one(one: Proposal, other: Proposal) -> bool:
    return one.fingerprint == other.fingerprint


def _has_same_place(one: Anchor | None, other: Anchor | None) -> bool:
    if one is None or other is None:
        return False
    return one.path == other.path and one.snippet.split() == other.snippet.split()


def _added(repository: Repository, found_in: Task, proposal: Proposal, number: int) -> Iterator[Draft]:
    """A child is trusted no more than what it was found in."""
    check_move("propose", None, number=None, actor=proposal.actor.kind)
    report = proposal.report
    name = TaskId(repository.clock.new_id())
    event = e.TaskAdded(
        number=number,
        task_kind=report.task_kind,
        title=_title(report),
        status="proposed",
        anchor=report.anchor,
        found_in=found_in.number,
        why=report.why[:2000],
        severity=report.severity,
        fingerprint=proposal.fingerprint,
    )
    yield repository.draft(event, proposal.actor, task=name, origin=found_in.origin)
    if proposal.skeleton is not None:
        yield repository.draft(proposal.skeleton, proposal.actor, task=name, origin=found_in.origin)


def _title(report: FollowedUp) -> str:
    """Give the title in one line; one in which nothing can be read is replaced by the kind."""
    try:
        return one_line(report.title)
    except Refused:
        return report.task_kind.replace("-", " ").capitalize()


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum()) or plain
