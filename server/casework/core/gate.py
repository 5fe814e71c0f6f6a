"""The gate: every action of an agent passes here before it happens, and before its `step.begun` is recorded.

A weigher says what an action comes to (`ports/permissions.py`); here it is decided. What the run's box allows by itself
passes silently; what a rule of the user's allows passes and is told in the journal; what can't be allowed is refused;
about everything else the human is asked (`asking.py`). Weigh first and announce then: an action that waits here has not
begun, so after a restart it is wanted again instead of being called interrupted.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import assert_never

from casework.core.asking import Matter, ask, ruled
from casework.core.repository import Repository
from casework.domain.actions import Action, ReachHost, ReadFile, Ruling, RunCommand, SearchFiles, WriteFile
from casework.domain.ids import RunId, TaskId
from casework.domain.rules import Rule, rule_text
from casework.ports.permissions import Assessment, Beyond, Inside, Never, Scene


async def weigh(repository: Repository, task: TaskId, run: RunId, action: Action) -> Ruling:
    """Say whether the agent may do it, and by what the box is wider for it; may wait for the human, for days.

    Wanted again while the question is open, or after a no, the same action of the same run asks no second question.
    A yes holds for one time. Cancelling the wait leaves the question where it is. When the run ends meanwhile, it is a
    no.
    """
    rules = repository.rules.holding(repository.identity.id)
    scene = _scene(repository, task, run)
    assessment = await _assessed(repository, action, scene, rules)
    matter = Matter(repository, task, run, _digest(action))
    match assessment:
        case Inside():
            return Ruling(allowed=True, why="The run's box allows it.")
        case Never():
            return await ruled(matter, _what(action), allowed=False, by="default", reason=assessment.why)
        case Beyond() if why := await _no_programs(repository, action):
            return await ruled(matter, assessment.what, allowed=False, by="default", reason=why)
        case Beyond(rule=rule) if rule is not None:
            why = f"Your rule allows it: {rule_text(rule.shape)}."
            return await ruled(
                matter, assessment.what, allowed=True, by="rule", reason=why, rule=rule.id, grants=assessment.grants
            )
        case Beyond():
            return await ask(matter, assessment, action.why)
        case _:
            assert_never(assessment)


async def _assessed(repository: Repository, action: Action, scene: Scene, rules: Sequence[Rule]) -> Assessment:
    """Weigh; a path is followed by some looks at the disk, which cost less than a hop to a thread and back."""
    if isinstance(action, ReadFile | SearchFiles | WriteFile):
        return repository.weigher.weigh(action, scene, rules)
    return await asyncio.to_thread(repository.weigher.weigh, action, scene, rules)


async def _no_programs(repository: Repository, action: Action) -> str:
    """Say why no command can be run at all: then nobody is asked whether this one may."""
    if not isinstance(action, RunCommand):
        return ""
    if not repository.is_trusted():
        return "The repository is not trusted, so no program is run in it; the user trusts it with `casework trust`."
    facts = await asyncio.to_thread(repository.sandbox.facts)
    return "" if facts.confines else facts.sentence


def _scene(repository: Repository, task: TaskId, run: RunId) -> Scene:
    now = repository.board.tasks[task]
    worktree = next((one.worktree for one in now.runs if one.id == run), "")
    tops = tuple(dict.fromkeys(top for top in (now.top, repository.identity.top) if top))
    return Scene(worktree, tops, repository.identity.common_dir)


def _digest(action: Action) -> str:
    """Name an action by everything that makes it this one: all but the agent's words about it."""
    text = action.model_dump_json(exclude={"why"})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _what(action: Action) -> str:
    match action:
        case RunCommand():
            return f"run {action.command}"
        case ReachHost():
            return f"fetch from {action.host}"
        case ReadFile() | SearchFiles():
            return f"read {action.path}"
        case WriteFile():
            return f"write {action.path}"
        case _:
            assert_never(action)
