"""Clearing away: shows first, and keeps work that is in no branch unless it is named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from casework.core.repository import Repository
from casework.domain.status import is_open
from casework.ports.workspace import Leftover


@dataclass(frozen=True, slots=True)
class Purged:
    """One leftover and what became of it."""

    leftover: Leftover
    removed: bool


@dataclass(frozen=True, slots=True)
class Purge:
    """What was found, and a sentence about it."""

    leftovers: tuple[Purged, ...]
    sentence: str


def purge(repository: Repository, *, apply: bool, unlanded: Collection[str]) -> Purge:
    """Find, and with `apply` remove, worktrees and refs that no open task needs. Blocks: called in a thread.

    A leftover that holds unlanded work goes only when its name is in `unlanded`.
    """
    living = [task.id for task in repository.board.tasks.values() if is_open(task.status)]
    found = repository.workspace.leftovers(living)
    done: list[Purged] = []
    for leftover in found:
        may_go = not leftover.unlanded or leftover.name in unlanded
        if apply and may_go:
            repository.workspace.remove_leftover(leftover)
        done.append(Purged(leftover, removed=apply and may_go))
    return Purge(tuple(done), _sentence(done, apply=apply))


def _sentence(done: list[Purged], *, apply: bool) -> str:
    if not done:
        return "Nothing to clear away."
    kept = [one for one in done if not one.removed]
    size = sum(one.leftover.bytes for one in done if one.removed or not apply) / 1_000_000
    unlanded = sum(1 for one in kept if one.leftover.unlanded)
    held = f" {unlanded} of them hold work that is in no branch and are kept unless you name them." if unlanded else ""
    if not apply:
        return f"{len(done)} things could go ({size:.1f} MB); nothing was removed yet.{held} Repeat with --apply."
    return f"{len(done) - len(kept)} things removed ({size:.1f} MB), {len(kept)} kept.{held}"
