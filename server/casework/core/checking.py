"""Evidence: what is run for a change, on which trees, and what the journal gets to know of it.

Three trees are looked at: the change's own, the one without it, and that one with the change's tests put on it. The
commands come from the user, the task or the user's own work tree, never from the tree under test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from casework.code.project.commands import find_commands
from casework.code.project.environment import Environment, find_environment
from casework.core.repository import DAEMON, Repository
from casework.domain import deciding
from casework.domain import events as e
from casework.domain.change import Change
from casework.domain.errors import Refused
from casework.domain.evidence import Evidence, Seen, in_short, judge
from casework.domain.ids import BlobHash, CommitId, TaskId
from casework.domain.redaction import redact, redact_event
from casework.domain.task import Checked, Task
from casework.ports.checks import WantedCheck

_BASES_KEPT = 16
_MANIFEST_BYTES = 1024 * 1024
NOT_TRUSTED = "Not checked: repository not trusted, so nothing of it was run; `casework trust` shows what would be."


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """What would be run."""

    commands: tuple[str, ...]
    found_in: tuple[str, ...]
    """Where each command comes from, for people."""
    environment: Environment
    unread: tuple[str, ...] = ()
    why_not: str = ""
    """Why nothing can be, as a sentence."""


def plan_checks(repository: Repository, task: Task | None, top: str) -> CheckPlan:
    """Tell what would be run for a task, or for any change of the work tree at `top`. Reads a few files; blocks."""
    chosen = repository.chosen_checks()
    environment = find_environment(top, chosen=chosen.environment)
    commands, where = chosen.commands, tuple("your choice" for _ in chosen.commands)
    unread: tuple[str, ...] = ()
    if task is not None and task.spec.checks and task.origin == "user":
        commands, where = task.spec.checks, tuple(f"task {task.number}" for _ in task.spec.checks)
    if not commands:
        found = find_commands(top)
        best = found.first("tests") or found.first("everything")
        commands, where = ((best.command,), (best.found_in,)) if best is not None else ((), ())
        unread = found.unread
    why_not = ""
    if not repository.is_trusted():
        why_not = NOT_TRUSTED
    elif not commands:
        why_not = (
            "Not checked: no tests were found by pyproject.toml, package.json, a makefile or their names; "
            "name a command with `casework checks choose`."
        )
    elif refusal := repository.checks.refusal():
        why_not = f"Not checked. {refusal}"
    return CheckPlan(commands[:10], where[:10], environment, unread, why_not)


async def check_change(
    repository: Repository, name: TaskId, change: Change, *, top: str, named: Sequence[str], part: str = ""
) -> None:
    """Run the checks of a change and journal what is seen; `named` are the tests that claims name.

    `part` names the part of a review that the change is, where it is not the whole.

    Cancelling ends what runs. What was captured until then stays; the checks are begun anew the next time.
    """
    task = repository.board.tasks[name]
    top = top or repository.identity.top
    plan = await asyncio.to_thread(plan_checks, repository, task, top)
    if plan.why_not:
        if plan.why_not != NOT_TRUSTED:
            ended = e.ChecksEnded(head=change.head, colour="not_checked", sentence=plan.why_not[:2000])
            await _record(repository, name, ended)
        return
    await _record(repository, name, e.ChecksBegun(head=change.head, commands=plan.commands, part=part))
    checking = _Checking(repository, change, plan.environment, top, tuple(named))
    evidence = []
    async with repository.one_check:
        for command in plan.commands:
            found, output, seconds = await checking.evidence(command)
            evidence.append(found)
            captured = await asyncio.to_thread(_captured, repository, change.head, found, output, seconds)
            await _record(repository, name, captured)
    sentence = " ".join(found.sentence for found in evidence)
    await _record(
        repository, name, e.ChecksEnded(head=change.head, colour=in_short(evidence), sentence=sentence[:2000])
    )


async def check_review(repository: Repository, number: int) -> Task:
    """Check the tree of a review that waits, because a human asked for it; cancelling stops what runs.

    Raises:
        Refused: the task has no review that waits, or the repository is not trusted.
    """
    task = repository.board.number(number)
    review = task.standing_review()
    if not repository.is_trusted():
        raise Refused(
            f"Review {number} was not checked: you do not trust this repository, so nothing of it is run. Look at what "
            "would be run with `casework checks show`, and trust it with `casework trust`.",
            code="not_trusted",
        )
    change = await asyncio.to_thread(repository.change, review.manifest)
    try:
        await check_change(repository, task.id, change, top=review.top, named=[proof.test for proof in task.proofs])
    except asyncio.CancelledError:
        stopped = e.ChecksEnded(
            head=change.head, colour="not_checked", sentence="Not checked: the checks were stopped before their end."
        )
        await asyncio.shield(_record(repository, task.id, stopped))
        raise
    return repository.board.number(number)


def evidence_of(repository: Repository, task: Task) -> tuple[Evidence, ...]:
    """Give what was captured by the task's last checks. Reads blobs."""
    return captured_by(repository, task.checked)


def captured_by(repository: Repository, checked: Checked | None) -> tuple[Evidence, ...]:
    """Give what was captured by some checks. Reads blobs."""
    if checked is None:
        return ()
    return tuple(Evidence.model_validate_json(repository.blobs.get(one.result)) for one in checked.evidence)


async def say_interrupted(repository: Repository) -> None:
    """After a start: say of every review whose checks were under way that they were interrupted.

    What they did is confined to a copy that is thrown away, so they may be run again; but by whom asks for it, since a
    check that took the daemon down would do so at every start. Those of a run are begun anew when the run is taken up.
    """
    for task in list(repository.board.in_status("in_review")):
        part = task.checked_part
        if part is not None and not part.ended:
            sentence = "Not checked: that was interrupted when Casework ended; it is begun anew with the next decision."
            await _record(repository, task.id, e.ChecksEnded(head=part.head, colour="not_checked", sentence=sentence))
        if task.checked is not None and not task.checked.ended:
            sentence = (
                "Not checked: the checks were interrupted when Casework ended; nothing was changed by them. "
                f"Run them again: `casework review check {task.number}`."
            )
            await _record(
                repository, task.id, e.ChecksEnded(head=task.checked.head, colour="not_checked", sentence=sentence)
            )


async def _record(repository: Repository, name: TaskId, event: e.Event) -> None:
    await repository.recorder.record(lambda _: [repository.draft(event, DAEMON, task=name)])


def _captured(
    repository: Repository, head: CommitId, found: Evidence, output: bytes, seconds: float
) -> e.EvidenceCaptured:
    kept: BlobHash | None = repository.keep(output.decode("utf-8", "replace")) if output else None
    safe = redact_event(found)
    return e.EvidenceCaptured(
        head=head,
        command=safe.command,
        colour=safe.colour,
        sentence=safe.sentence,
        result=repository.blobs.put(safe.model_dump_json().encode()),
        output=kept,
        milliseconds=round(seconds * 1000),
    )


class _Checking:
    """The checks of one change."""

    def __init__(
        self, repository: Repository, change: Change, environment: Environment, top: str, named: tuple[str, ...]
    ) -> None:
        self._repository = repository
        self._change = change
        self._environment = environment
        self._top = top
        self._named = named

    async def evidence(self, command: str) -> tuple[Evidence, bytes, float]:
        """Run one command on the change, and what it needs to be judged; give also its output and how long it took."""
        change = self._change
        head, output = await self._seen(command, change.head)
        base = before = None
        if head.colour != "not_checked" and (head.cases or head.colour == "red"):
            base = await self._base(command)
            files = deciding.test_files(change)
            if files and head.cases:
                before, _ = await self._seen(command, await asyncio.to_thread(self._with_tests), only=files)
        deciders = await asyncio.to_thread(self._deciders, command)
        found = judge(
            command,
            head,
            base,
            before,
            sources=deciding.sources(change),
            deciders=deciders,
            named=self._named,
        )
        return found, output, head.seconds

    async def _base(self, command: str) -> Seen:
        kept = self._repository.seen_bases
        key = (self._change.base, command)
        if key in kept:
            return kept[key]
        seen, _ = await self._seen(command, self._change.base)
        if seen.colour == "green":  # whatever else it is, the user may mend it meanwhile, in the environment
            kept[key] = seen
            if len(kept) > _BASES_KEPT:
                kept.popitem(last=False)
        return seen

    async def _seen(self, command: str, commit: CommitId, *, only: tuple[str, ...] = ()) -> tuple[Seen, bytes]:
        workspace = self._repository.checkout(self._top).workspace
        tree = await asyncio.to_thread(workspace.create_throwaway, commit)
        try:
            done = await self._repository.checks.run(
                WantedCheck(
                    command=command,
                    folder=tree.path,
                    top=self._top,
                    environment=self._environment,
                    objects=f"{self._repository.identity.common_dir}/objects",
                    only=only,
                    wall_s=float(self._repository.limits().check_seconds),
                )
            )
        finally:
            await asyncio.to_thread(workspace.remove_throwaway, tree)
        return done.seen, done.output

    def _with_tests(self) -> CommitId:
        """Give the base with everything of the change that is of the tests."""
        chosen = deciding.test_hunks(self._change)
        return self._repository.workspace.select(self._change, chosen, message="The base with the tests of a change.")

    def _deciders(self, command: str) -> tuple[str, ...]:
        workspace, change = self._repository.workspace, self._change
        before, after = (
            workspace.contents(commit, deciding.MANIFESTS, largest=_MANIFEST_BYTES)
            for commit in (change.base, change.head)
        )
        names = [file.path for file in change.files if file.status != "deleted" and not file.binary]
        changed = workspace.contents(change.head, names, largest=_MANIFEST_BYTES)
        return (*deciding.deciders(change, command, before, after), *deciding.of_the_record(changed))


def told_to_agent(evidence: Sequence[Evidence]) -> str:
    """Say what is red, for the agent that is to mend it."""
    lines = []
    for found in evidence:
        if found.colour == "red":
            lines += [found.sentence, *found.doubts]
    return redact("\n".join(lines))
