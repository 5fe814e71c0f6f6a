"""The next thing to judge, from where the human is: one key, across files and across reviews."""

from __future__ import annotations

from collections.abc import Iterator

from casework.core.repository import Repository
from casework.domain.change import Change, Entry
from casework.domain.judging import entries, left_to_judge, next_entry
from casework.domain.showing import one_line, visible
from casework.domain.task import Review, Task
from casework.lsp.present.cards import groups
from casework.lsp.present.reviews import absolute, printable
from casework.wire.requests import NextToJudge
from casework.wire.views import TaskCard


def next_to_judge(repository: Repository, number: int | None, hunk: str | None) -> NextToJudge:
    """Give what comes next from a place. Reads blobs: called in a thread.

    First what is left of the review in front, then the other reviews in the board's order, each with its verdict when
    all of it is decided, then questions, then what failed.
    """
    cards = groups(repository.board, repository.clock.now_us())["needs_you"]
    waiting = len(cards)
    due: NextToJudge | None = None
    for card in _reviews_from(cards, number):
        task = repository.board.number(card.number)
        review = task.review
        if review is None:
            continue
        here = card.number == number
        change = repository.change(review.shown_manifest)
        entry = next_entry(change, review, hunk if here else None)
        if entry is not None:
            return _hunk(repository, task, review, change, entry, card, waiting)
        verdict = _verdict(review, card, waiting)
        if not here or hunk is not None:
            return verdict
        due = verdict
    for card in cards:
        if card.status == "waiting":
            asked = card.questions[0].text if card.questions else card.title
            said = f"Task {card.number} asks: {one_line(asked)}"
            return NextToJudge(kind="question", sentence=said, card=card, waiting=waiting)
    for card in cards:
        if card.status not in ("waiting", "in_review"):
            said = f"Task {card.number} {one_line(card.title)}: {one_line(card.detail)}"
            return NextToJudge(kind="failure", sentence=said, card=card, waiting=waiting)
    return due or NextToJudge(kind="nothing", sentence="Nothing needs you.")


def _reviews_from(cards: list[TaskCard], number: int | None) -> Iterator[TaskCard]:
    """Give the waiting reviews in the board's order, beginning with the one in front."""
    reviews = [card for card in cards if card.status == "in_review"]
    at = next((at for at, card in enumerate(reviews) if card.number == number), 0)
    yield from reviews[at:]
    yield from reviews[:at]


def _hunk(
    repository: Repository,
    task: Task,
    review: Review,
    change: Change,
    entry: Entry,
    card: TaskCard,
    waiting: int,
) -> NextToJudge:
    name = entry.hunks[0]
    file, hunk = change.places[name]
    at = next(n for n, one in enumerate(entries(change, review), 1) if one.hunks[0] == name)
    gone = hunk is not None and not hunk.new_lines
    line = None if hunk is None else (hunk.old_start if gone else hunk.new_start)
    where = f"{visible(file.path)}:{line}" if line is not None else visible(file.path)
    what = visible(entry.fold.title) if entry.fold is not None else f"{where}, {visible(file.why_here)}".rstrip(", ")
    return NextToJudge(
        kind="hunk",
        sentence=f"Review {task.number}, {at} of {len(entries(change, review))}: {what}",
        card=card,
        hunk=name,
        fold=entry.fold.id if entry.fold is not None else None,
        path=file.path,
        absolute=printable(absolute(review.top or repository.identity.top, file.path)),
        line=line,
        side="base" if gone else "head",
        left=len(left_to_judge(change, review)),
        waiting=waiting,
    )


def _verdict(review: Review, card: TaskCard, waiting: int) -> NextToJudge:
    what = "is read to its end" if review.change_kind == "range" else "waits for your verdict"
    said = f"Review {card.number} {what}: {one_line(card.title)}"
    return NextToJudge(kind="verdict", sentence=said, card=card, waiting=waiting)
