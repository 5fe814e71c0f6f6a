"""A review, ready to be judged, and a task in full."""

from __future__ import annotations

from pathlib import Path

from casework.core.comment import prefilled, words_of
from casework.core.repository import Repository
from casework.core.verdicts import modes_for
from casework.domain.change import Change, FileChange, Hunk
from casework.domain.errors import Refused
from casework.domain.events import LandingMode
from casework.domain.evidence import Standing
from casework.domain.ids import HunkId
from casework.domain.judging import decision_on, entries
from casework.domain.repopath import unquote
from casework.domain.showing import one_line, visible
from casework.domain.spec import Criterion
from casework.domain.task import Decided, LeftOut, Review, Task
from casework.domain.verdict import (
    Selection,
    approve_label,
    choices,
    request_label,
    selection,
    short_branch,
    shown_hash,
    usual_choice,
)
from casework.lsp.present.cards import card
from casework.lsp.present.evidence import checks_sentence, standings
from casework.lsp.present.ledger import LedgerView, thread_views
from casework.lsp.present.ledger import who as who
from casework.wire.reading_views import FoldView, MarkView
from casework.wire.views import (
    ApprovalView,
    CriterionView,
    FileView,
    HunkView,
    ModeView,
    ReviewView,
    RunView,
    TaskCard,
    TaskView,
)

UNDECIDED = Decided("none")


def review_of(task: Task) -> Review:
    """Give the task's review, waiting or answered.

    Raises:
        Refused: it never had one.
    """
    if task.review is None:
        raise Refused(f"Task {task.number} has no review: it is {task.status.replace('_', ' ')}.", code="no_review")
    return task.review


def review_view(repository: Repository, task: Task) -> ReviewView:
    """Give everything a client needs to show a review. Reads blobs: called in a thread."""
    review = review_of(task)
    change = repository.change(review.shown_manifest)
    usual, own = usual_choice(task), repository.change(review.manifest)
    chosen = selection(review, own, usual)
    comments = thread_views(repository, task)
    accepted = sum(1 for hunk in change.judged if review.decisions.get(hunk, UNDECIDED).decision == "accepted")
    folds = fold_views(change, review)
    folded = {hunk: fold.id for fold in folds for hunk in fold.hunks}
    ledger = LedgerView(repository, review, change, comments, folded)
    checks, known = checks_sentence(repository, task, review), standings(repository, task, review)
    return ReviewView(
        number=task.number,
        title=one_line(task.title),
        status=task.status,
        change_kind=review.change_kind,
        base=review.base,
        head=review.head,
        range_text=review.range_text,
        target=review.target,
        shown=shown_hash(task),
        verdict=review.verdict,
        answered_by=who(review.answered_by),
        comment=shown(comment_of(repository, task, review, known, checks)),
        criteria=[
            CriterionView(
                id=one_line(one.id), text=shown(one.text), state=known_of.state, sentence=shown(known_of.sentence)
            )
            for one, known_of in known
        ],
        checks=shown(checks),
        files=[file_view(repository, review, file, ledger) for file in change.files],
        folds=folds,
        not_folded=change.not_folded,
        hunks=len(change.judged),
        text_hunks=change.text_hunks,
        accepted=accepted,
        rejected=len(chosen.rejected),
        undecided=len(change.judged) - accepted - len(chosen.rejected),
        unseen=ledger.unseen,
        stale=ledger.stale,
        unread=ledger.unread,
        brings_back=ledger.brings_back,
        open_threads=ledger.open_threads,
        minutes=review.minutes,
        comments=ledger.beside,
        follow_ups=follow_ups(repository, task),
        left_out=[one_line(left_out(one)) for one in task.left_out if one.run == (review.run or 0)],
        modes=_modes(task, review, own, chosen),
        approve_label=visible(approve_label(task, own)),
        request_label=request_label(task, own),
        reason=shown(task.reason),
        run=review.run,
        commit=landed_commit(task),
        unsaved=_unsaved(repository, task, review, change),
        approvals=_approvals(task, review, own),
    )


def _unsaved(repository: Repository, task: Task, review: Review, change: Change) -> list[str]:
    if task.status != "in_review":
        return []
    top = review.top or repository.identity.top
    return repository.documents.unsaved([absolute(top, file.path) for file in change.files])


def _modes(task: Task, review: Review, change: Change, chosen: Selection) -> list[ModeView]:
    return [
        ModeView(mode=mode, label=visible(mode_label(mode, task, change, chosen)))
        for mode in modes_for(review, whole=not chosen.stays)
    ]


def _approvals(task: Task, review: Review, change: Change) -> list[ApprovalView]:
    return [
        ApprovalView(
            rest=choice.rest,
            only_accepted=choice.only_accepted,
            label=visible(approve_label(task, change, choice)),
            shown=shown_hash(task, choice),
        )
        for choice in choices(task, review, change)
    ]


def landed_commit(task: Task) -> str | None:
    """Give the commit that landed, also where the rest of it is still worked on."""
    landing = task.landing
    is_there = landing is not None and (task.status == "landed" or task.has_landed_part)
    return landing.commit if landing is not None and is_there and landing.mode != "files" else None


def comment_of(
    repository: Repository, task: Task, review: Review, known: list[tuple[Criterion, Standing]], checks: str
) -> str:
    """Give the comment that opens the review: of a run written by us, of what stands already its own."""
    words = repository.text(review.comment)
    if review.change_kind != "run":
        return words
    more = words_of(repository.text(task.words))
    change = repository.change(review.manifest)
    return prefilled(
        task, change, words, more, known, checks=checks, follow_ups=()
    )  # every face lists them, as they stand now


def mode_label(mode: LandingMode, task: Task, change: Change, chosen: Selection) -> str:
    """Say what landing in a mode does."""
    where = short_branch(review_of(task).target)
    match mode:
        case "working_tree":
            return approve_label(task, change) + f" on {where}; the files on disk stay as they are"
        case "commit":
            return f"Land {len(chosen.lands)} as one commit on {where}{_sent_back(task, chosen)}"
        case "fast_forward":
            return f"Fast-forward {where} to the branch, its commits kept as they are"
        case "branch":
            return f"Make a branch of it and touch nothing else{_sent_back(task, chosen)}"
        case "files":
            return f"Put it into the files without a commit{_sent_back(task, chosen)}"


def _sent_back(task: Task, chosen: Selection) -> str:
    return f", send {len(chosen.stays)} back" if chosen.stays and usual_choice(task).rest == "back" else ""


def absolute(top: str, path: str) -> str:
    """Give where a path of the repository lies in a work tree."""
    return str(Path(top) / unquote(path).decode("utf-8", "surrogateescape"))


def file_view(repository: Repository, review: Review, file: FileChange, ledger: LedgerView) -> FileView:
    """Give one changed file with the state of its hunks."""
    mode = f"{file.old_mode} → {file.new_mode}" if file.status == "modified" and file.old_mode != file.new_mode else ""
    return FileView(
        path=file.path,
        shown_path=visible(file.path),
        absolute=printable(absolute(review.top or repository.identity.top, file.path)),
        old_path=file.old_path,
        status=file.status,
        binary=file.binary,
        why_here=visible(file.why_here),
        hunks=[hunk_view(review, hunk, ledger) for hunk in file.hunks],
        whole=whole_view(review, file.whole, ledger) if file.whole is not None else None,
        mode_change=mode,
    )


def shown(text: str) -> str:
    """Give a text of several lines as it may be shown anywhere."""
    return visible(text, keep="\t\n")


def printable(path: str) -> str:
    """Give a path that JSON can carry: bytes that are not UTF-8 become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def hunk_view(review: Review, hunk: Hunk, ledger: LedgerView) -> HunkView:
    """Give one hunk with its decision, and what is known of it beside that."""
    decided = review.decisions.get(hunk.id, UNDECIDED)
    header = f"@@ -{hunk.old_start},{hunk.old_lines} +{hunk.new_start},{hunk.new_lines} @@ {hunk.section}".rstrip()
    return HunkView(
        id=hunk.id,
        header=header,
        old_start=hunk.old_start,
        old_lines=hunk.old_lines,
        new_start=hunk.new_start,
        new_lines=hunk.new_lines,
        added=hunk.added,
        removed=hunk.removed,
        decision=decided.decision,
        reason=shown(decided.reason),
        marks=[
            MarkView(line=mark.line, side="base" if mark.removed else "head", text=visible(mark.text))
            for mark in hunk.marks
        ],
        more_marks=hunk.more_marks,
        part_of=hunk.part_of,
        **ledger.told(hunk.id, hunk.part_of),
    )


def fold_views(change: Change, review: Review) -> list[FoldView]:
    """Give the folds that are one decision, in reading order."""
    if review.reshown is not None:  # a result is approved as it is or sent back as a whole
        return []
    places = change.places
    found = []
    for entry in entries(change, review):
        if entry.fold is None:
            continue
        files = [places[hunk][0] for hunk in entry.hunks]
        hunks = [hunk for name in entry.hunks if (hunk := places[name][1]) is not None]
        found.append(
            FoldView(
                id=entry.fold.id,
                kind=entry.fold.kind,
                title=visible(entry.fold.title),
                hunks=list(entry.hunks),
                files=len({file.path for file in files}),
                added=sum(hunk.added for hunk in hunks),
                removed=sum(hunk.removed for hunk in hunks),
                decision=decision_on(review.decisions, entry.hunks[0]),
            )
        )
    return found


def whole_view(review: Review, name: HunkId, ledger: LedgerView) -> HunkView:
    """Give a file that is judged as a whole."""
    hunk = Hunk(id=name, old_start=0, old_lines=0, new_start=0, new_lines=0)
    return hunk_view(review, hunk, ledger).model_copy(update={"header": ""})


def follow_ups(repository: Repository, task: Task) -> list[TaskCard]:
    """Give the cards of what was found while working on a task."""
    now_us = repository.clock.now_us()
    return [card(found, now_us=now_us) for found in repository.board.found_in(task.number)]


def left_out(one: LeftOut) -> str:
    """Say what was found and became no task, and why."""
    match one.reason:
        case "too_many":
            return f"The run proposed as many follow-ups as it may, so more were left out; the first: {one.title}"
        case "chain":
            return (
                "This is a follow-up of a follow-up of a follow-up already, so nothing more is proposed from here; "
                f"left out, as the first: {one.title}"
            )


def task_view(repository: Repository, task: Task) -> TaskView:
    """Give everything about one task. Reads blobs: called in a thread."""
    return TaskView(
        card=card(task, now_us=repository.clock.now_us(), approve_label=label(repository, task)),
        id=task.id,
        intent=task.spec.intent,
        criteria=list(task.spec.criteria),
        scope=list(task.spec.scope),
        checks=list(task.spec.checks),
        ticket=repository.text(task.ticket),
        why=task.why,
        reason=task.reason,
        runs=[
            RunView(
                n=run.n,
                agent=run.agent,
                state=run.state,
                steps=run.steps_done,
                last_step=run.last_step,
                checkpoints=run.checkpoints,
                reason=run.reason,
                input_tokens=run.input_tokens,
                output_tokens=run.output_tokens,
                cost_microdollars=run.cost_microdollars,
            )
            for run in task.runs
        ],
        commit=landed_commit(task),
        follow_ups=follow_ups(repository, task),
        comment=shown(repository.text(task.run.comment)) if task.run is not None else "",
    )


def label(repository: Repository, task: Task) -> str:
    """Say what approving a waiting review will do; empty where none waits."""
    review = task.review
    if task.status != "in_review" or review is None:
        return ""
    return approve_label(task, repository.change(review.manifest))
