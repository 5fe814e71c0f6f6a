"""What is to land, and what would come of it: requests and plans, before anything is touched.

When a landing happens and what is journalled about it is landings.py.
"""

from __future__ import annotations

from typing import Final

from casework.core.reading import read_change
from casework.core.repository import Repository
from casework.domain import events as e
from casework.domain.errors import Refused
from casework.domain.ids import CommitId, LandingId, TaskId
from casework.domain.task import Review, Task
from casework.domain.verdict import Choice, selection, short_branch
from casework.ports.landing import Announcement, Lander, LandingPlan, LandingRequest


def landing_request(
    repository: Repository,
    task: Task,
    review: Review,
    landing: LandingId,
    mode: e.LandingMode,
    branch: str,
    message: str,
    choice: Choice,
) -> LandingRequest:
    """Say what is to land: the accepted part of the change as a commit on its base. Blocks: called in a thread."""
    change = repository.change(review.manifest)
    chosen = selection(review, change, choice)
    words = message or proposed_message(repository, task, review)
    whole = not chosen.stays
    accepted = review.head if whole else repository.workspace.select(change, chosen.lands, message=words)
    return request_for(repository, task, review, landing, mode, accepted, words, branch)


def request_for(
    repository: Repository,
    task: Task,
    review: Review,
    landing: LandingId,
    mode: e.LandingMode,
    accepted: CommitId,
    message: str,
    branch: str = "",
) -> LandingRequest:
    """Say what is to land, where the accepted part is a commit already."""
    authors = tuple(line for line in repository.text(review.authors).splitlines() if line)
    return LandingRequest(
        landing=landing,
        task=task.id,
        number=task.number,
        mode=mode,
        base=review.base,
        accepted=accepted,
        snapshot=review.head,
        target=review.target,
        message=message,
        co_authors=authors if review.change_kind == "branch" else (),
        trusted=repository.is_trusted(),
        branch_name=branch or None,
        protected=repository.limits().protected_branches,
    )


def proposed_message(repository: Repository, task: Task, review: Review) -> str:
    """Give the commit message an approval without one gets: the title, then what and why."""
    comment = repository.text(review.comment).strip()
    if review.change_kind in ("branch", "run") and comment and comment != task.title:
        return f"{task.title}\n\n{comment}\n"
    return f"{task.title}\n"


def reshown(repository: Repository, top: str, plan: LandingPlan) -> e.ReviewReshown:
    """Keep the result as a change of its own, and give the event that shows it. Blocks: called in a thread."""
    named = ", ".join(plan.differs[:3]) + (f" and {len(plan.differs) - 3} more" if len(plan.differs) > 3 else "")
    workspace = repository.checkout(top).workspace
    change = read_change(workspace, CommitId(plan.from_tree), CommitId(plan.result_tree))
    return e.ReviewReshown(
        onto=plan.head,
        from_tree=plan.from_tree,
        result_tree=plan.result_tree,
        why=f"What would land differs from what was shown in {named}: {plan.why_differs}"[:2000],
        manifest=repository.keep_change(change),
    )


def task_top(repository: Repository, name: TaskId) -> str:
    """Give the work tree a task's review was opened in."""
    review = repository.board.tasks[name].review
    return review.top if review is not None else ""


def was_shown(review: Review, plan: LandingPlan) -> bool:
    """Tell whether the plan's result is the one that was shown again to the human."""
    again = review.reshown
    return again is not None and (again.onto, again.result_tree) == (plan.head, plan.result_tree)


def plan_in(repository: Repository, top: str, request: LandingRequest) -> LandingPlan:
    """Compute a landing in one work tree. Blocks: called in a thread.

    Raises:
        Refused: it can't land there, or the work tree is gone.
    """
    return repository.checkout(top).lander.plan(request)


def where_it_is(announcement: Announcement) -> str:
    """Say where a landed commit is to be found when that is not the branch one stands on."""
    if announcement.plan.request.mode == "files":
        return "It is in your files; nothing is staged or committed."
    if announcement.branch is None:
        return "HEAD is detached, so no branch holds this commit; `git switch -c NAME` makes one that does."
    if announcement.plan.request.mode == "branch":
        return f"It is on the new branch {short_branch(announcement.branch)}; your files are as they were."
    return ""


_NOT_AS_IF_NEVER: Final = {
    "built_upon": "something was built on top of it",
    "already_pushed": "it was pushed already",
    "rewritten": "the branch was rewritten since and does not hold its commit any more",
}
"""Why a landing can't be taken back as if it had never been, where a new commit may do it."""


def plan_undo(lander: Lander, number: int, landed: Announcement, undo: LandingId, *, revert: bool) -> LandingPlan:
    """Plan to take a landing back. Blocks: called in a thread.

    Raises:
        Refused: it can't be; the sentence says what can.
    """
    try:
        return lander.plan_revert(landed, undo) if revert else lander.plan_undo(landed, undo)
    except Refused as no:
        what = _NOT_AS_IF_NEVER.get(no.code, "")
        if not what or revert:
            raise
        raise Refused(
            f"Task {number} stays landed: {what}, so the branch can't simply go back. "
            f"`casework undo {number} --revert` lands a new commit that takes it back.",
            code=no.code,
        ) from no
