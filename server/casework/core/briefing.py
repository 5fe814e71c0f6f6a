"""What an agent is told at the start of a run: the task, what was asked for in its last review, and how far it came."""

from __future__ import annotations

from collections.abc import Sequence

from casework.core.acting import workplace
from casework.core.repository import Repository
from casework.core.rest import told_to_run
from casework.core.surveys import order_of
from casework.core.threads import open_threads
from casework.domain.task import Run, Task
from casework.ports.agent import Agent, Briefing, KeptTurn
from casework.ports.survey import SURVEY
from casework.ports.tools import NOTES

_LONGEST_NOTES = 16 * 1024


def brief(
    repository: Repository,
    task: Task,
    run: Run,
    agent: Agent,
    turns: Sequence[KeptTurn],
    *,
    resume_after: int,
    began_s: float | None = None,
) -> Briefing:
    """Give the briefing of a run. Blocks: it reads texts, and perhaps the repository."""
    asks = agent.goes_on  # and does nothing itself
    return Briefing(
        task=task.id,
        run=run.id,
        n=run.n,
        epoch=repository.recorder.journal.state.epoch,
        title=task.title,
        ticket=repository.text(task.ticket),
        found=_found(repository, task),
        spec=task.spec,
        worktree=run.worktree,
        comments=(*_rejected(repository, task), *told_to_run(repository, task)),
        threads=tuple(open_threads(repository, task)),
        red=repository.text(task.sent_back[-1]) if task.sent_back else "",
        script=order_of(repository, task, began_s) if task.agent == SURVEY else repository.text(task.script),
        resume_after=resume_after,
        answers=tuple((q.id, q.answer) for q in task.questions if q.run == run.id and q.answer is not None),
        turns=tuple(turns),
        spent_tokens=(run.input_tokens or 0) + (run.output_tokens or 0),
        spent_microdollars=run.cost_microdollars or 0,
        notes=_notes(repository, run) if asks and not turns else "",
        no_shell=workplace(repository, task, run, again=False).no_shell if asks else "",
    )


def _found(repository: Repository, task: Task) -> str:
    """Give what came with a follow-up; of a skeleton that its human took, the file in the work tree is the truth."""
    if task.found_in is None:
        return ""
    parts = [f"{task.kind}, found in task {task.found_in}", task.why]
    if task.anchor is not None:
        parts.append(f"{task.anchor.path}:{task.anchor.line}\n{task.anchor.snippet}".rstrip())
    if task.skeleton is not None and not task.skeleton.taken:
        parts.append(f"A skeleton of {task.skeleton.path}:\n{repository.text(task.skeleton.text)}".rstrip())
    return "\n\n".join(part for part in parts if part)


def _notes(repository: Repository, run: Run) -> str:
    """Give how the project says it is worked on, at the top of the run's base; only where it is trusted."""
    if not repository.is_trusted():
        return ""
    found = repository.workspace.contents(run.base, NOTES, largest=_LONGEST_NOTES)
    texts = [found[name].decode("utf-8", "replace") for name in NOTES if name in found]
    return next((text for text in texts if text.strip() not in NOTES), "")  # one may be a link to the other


def _rejected(repository: Repository, task: Task) -> list[str]:
    """What the human rejected of the last run, with the reasons."""
    review = task.review
    if review is None:
        return []
    said = []
    change = repository.change(review.manifest)
    for file in change.files:
        for hunk in file.judged:
            decided = review.decisions.get(hunk)
            if decided is not None and decided.decision == "rejected":
                said.append(f"rejected: {file.path}, hunk {hunk}: {decided.reason or 'no reason given'}")
    return said
