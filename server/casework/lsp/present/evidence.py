"""What was checked, as sentences: the same words on every screen. Reads blobs: called in a thread."""

from __future__ import annotations

from casework.core.checking import NOT_TRUSTED, captured_by, evidence_of
from casework.core.repository import Repository
from casework.domain.evidence import Evidence, Standing, standing_of
from casework.domain.spec import Criterion
from casework.domain.task import Review, Task
from casework.domain.verdict import part_name, selection, usual_choice

_COLOURS = {"green": "Green", "red": "Red", "not_checked": "Not checked"}


def checks_sentence(repository: Repository, task: Task, review: Review) -> str:
    """Say what was run on the reviewed tree and what came of it, or why nothing was."""
    checked = task.checked
    if checked is None:
        return not_checked(repository)
    if checked.head != review.head:
        return f"Not checked: what was seen is of another tree ({checked.head[:12]}); the change is another one now."
    if not checked.ended:
        return f"Being checked: {', '.join(checked.commands)}."
    if not checked.evidence:
        return checked.sentence
    said = [_said(found) for found in evidence_of(repository, task)]
    if task.sent_back:
        times = "once" if len(task.sent_back) == 1 else f"{len(task.sent_back)} times"
        said.append(f"It went back to its agent {times}.")
    if review.reshown is not None:
        said.append("What would land now is another tree than was checked.")
    else:
        said += _of_part(repository, task, review)
    return " ".join(said)


def _of_part(repository: Repository, task: Task, review: Review) -> list[str]:
    """Say what was seen of what would land, where something is left out."""
    chosen = selection(review, repository.change(review.manifest), usual_choice(task))
    if not chosen.stays:
        return []
    part = task.checked_part
    if part is None or part.part != part_name(chosen):
        return ["Without what you rejected, another tree lands than was checked."]
    if not part.ended:
        return ["What would land without the rest is being checked."]
    seen = [_said(found) for found in captured_by(repository, part)] or [part.sentence]
    return [f"What would land without the rest was checked by itself. {' '.join(seen)}"]


def not_checked(repository: Repository) -> str:
    """Say why nothing was run."""
    return "Not checked: no check has been run for this review." if repository.is_trusted() else NOT_TRUSTED


def _said(found: Evidence) -> str:
    sentence = found.sentence if found.sentence.startswith("`") else f"`{found.command}`: {found.sentence}"
    doubts = [doubt for doubt in found.doubts if doubt != found.sentence]
    but = f" But {'; '.join(doubt.rstrip('.') for doubt in doubts)}." if doubts else ""
    return f"{_COLOURS[found.colour]}: {sentence}{but}"


def standings(repository: Repository, task: Task, review: Review) -> list[tuple[Criterion, Standing]]:
    """Tell what is known of each criterion: evidence counts for the very tree it was captured on."""
    checked = task.checked
    fresh = checked is not None and checked.head == review.head and checked.ended
    evidence = evidence_of(repository, task) if fresh else ()
    unchecked = "" if evidence else checks_sentence(repository, task, review)
    return [
        (criterion, standing_of(criterion, task.claims, task.proofs, evidence, unchecked=unchecked))
        for criterion in task.spec.criteria
    ]
