"""Writes a review as Markdown.

Everything that is not ours (comments, titles, patches) is data: it is kept from looking like the lines that mean
something, control and bidirectional characters are made visible, and a patch stands in a fence longer than any run of
backticks in it (CommonMark 0.31, "Fenced code blocks").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from casework.domain.showing import one_line, visible
from casework.lsp.review_file.grammar import VERSION
from casework.wire.reading_views import FoldView
from casework.wire.views import Board, CommentView, CriterionView, FileView, HunkView, ReviewView

HASH_DIGITS: Final = 16
MARKS: Final = {"none": " ", "accepted": "x", "rejected": "-"}
_MEANING: Final = re.compile(r"^(\s*)([#>`~]|verdict\b|diff\b|- \[)", re.IGNORECASE)
_STATES: Final = {"verified": "verified", "claimed": "claimed", "not_checked": "not checked"}
_MOST_LINES: Final = 4000
"""Lines of one hunk that are shown; the rest is in `casework review diff`."""
_MOST_FOLDED_LINES: Final = 200
"""Lines of one hunk of a fold that are shown."""
_LONGEST_LINE: Final = 5000
"""Characters of one line that are shown."""
_MOST_PLACES: Final = 40
"""Hunks of a fold whose places are listed."""


def render(review: ReviewView, patches: Mapping[str, str]) -> str:
    """Give the file's text. `patches` has the lines of each hunk by its id."""
    lines = [
        f"# Review {review.number}: {one_line(review.title)}",
        f"diff {review.shown[:HASH_DIGITS]}    <- leave this line as it is (casework review file {VERSION})",
        "",
        _verdict_line(review),
        "",
        f"{_size(review)}, {about(review)}. {_will(review)}".rstrip(),
        *_unread(review),
        *foreign(one_line(review.reason)),
        "",
        "## What and why",
        *foreign(_without_quotes(review.comment or "No comment.")),
        "",
    ]
    if review.criteria:
        lines += ["## Criteria", *(_criterion(one) for one in review.criteria), ""]
    lines += ["## Checks", *foreign(one_line(review.checks)), ""]
    if review.comments:
        lines += ["## Said so far", *_said(review.comments), ""]
    if review.follow_ups or review.left_out:
        lines.append("## Left for later")
        for card in review.follow_ups:
            place = f"  {one_line(card.anchor.path)}:{card.anchor.line}" if card.anchor is not None else ""
            severity = f", {card.severity}" if card.severity else ""
            skeleton = f"  skeleton of {one_line(card.skeleton)}" if card.skeleton else ""
            lines.append(f"- {card.number} {card.kind}{severity}: {one_line(card.title)}{place}{skeleton}")
        lines += foreign("\n".join(one_line(one) for one in review.left_out))
        lines.append("")
    lines += [f"## Read in this order, {about(review)}", *foreign(review.not_folded), ""]
    room = _Room()
    for n, entry in enumerate(entries(review), 1):
        lines += _fold(n, entry, patches, room) if entry.fold is not None else _hunk(n, entry, patches, room)
    return "\n".join(lines) + "\n"


def render_board(board: Board) -> str:
    """Give the board as Markdown: one line per task, its number first, so that code actions know it by its line."""
    lines = [f"# {one_line(board.name)}: what needs you", "", *([one_line(board.warning), ""] if board.warning else [])]
    for title, cards in (
        ("Needs you", board.needs_you),
        ("Running", board.running),
        ("Backlog", board.backlog),
        ("Done today", board.done),
    ):
        lines.append(f"## {title}")
        lines += [f"- {card.number:4}  {one_line(card.title)}   {one_line(card.detail)}" for card in cards] or [
            "nothing"
        ]
        lines.append("")
    lines.append("Code actions on a line do what can be done with its task.")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision of the file: a hunk, or all hunks of a fold."""

    hunks: tuple[tuple[FileView, HunkView], ...]
    fold: FoldView | None = None


def entries(review: ReviewView) -> list[Entry]:
    """Give what carries a decision, in the order of the file: what is folded comes last."""
    judged = [(file, hunk) for file in review.files for hunk in _judged(file)]
    folds = {fold.id for fold in review.folds}
    found = [Entry((one,)) for one in judged if one[1].fold not in folds]
    by_fold: dict[str, list[tuple[FileView, HunkView]]] = {}
    for one in judged:
        by_fold.setdefault(one[1].fold or "", []).append(one)
    return [*found, *(Entry(tuple(by_fold[fold.id]), fold) for fold in review.folds if fold.id in by_fold)]


def _judged(file: FileView) -> list[HunkView]:
    return [*file.hunks, *([file.whole] if file.whole is not None else [])]


def about(review: ReviewView) -> str:
    """Say how long reading takes."""
    if review.minutes >= 120:
        return f"about {round(review.minutes / 60)} hours"
    return "about a minute" if review.minutes == 1 else f"about {review.minutes} minutes"


def _size(review: ReviewView) -> str:
    counted = (len(review.files), "file"), (review.hunks, "hunk")
    return ", ".join(f"{number} {thing}{'' if number == 1 else 's'}" for number, thing in counted)


def _verdict_line(review: ReviewView) -> str:
    if review.status != "in_review":
        return f"This review does not wait for a verdict: the task is {review.status.replace('_', ' ')}."
    if review.change_kind == "range":
        return "Verdict:                              <- write `read` when you are done; history can't be approved"
    return "Verdict:                              <- write `approve`, or `request changes`; then save"


def _will(review: ReviewView) -> str:
    return f"Approving will: {one_line(review.approve_label)}." if review.modes and review.status == "in_review" else ""


def _unread(review: ReviewView) -> list[str]:
    """Say what is left to read, once something was read; before that it is all of it."""
    begun = review.unseen < review.hunks or review.stale
    return [one_line(review.unread)] if review.unread and begun and review.status == "in_review" else []


def _criterion(one: CriterionView) -> str:
    sentence = f" {one_line(one.sentence)}" if one.sentence else ""
    return f"- {_STATES[one.state]:12} {one_line(one.id)} {one_line(one.text)}{sentence}"


def _said(comments: list[CommentView]) -> list[str]:
    """Give threads, each begun by the number that an answer names: `> @3 words`."""
    lines: list[str] = []
    for comment in comments:
        first, *rest = comment.text.splitlines() or [""]
        if comment.id == comment.thread:
            lines.append(f"- {_thread(comment)}, {one_line(comment.by)} said: {visible(first)}")
        else:
            lines.append(f"  - {one_line(comment.by)} answered: {visible(first)}")
        lines += ["      " + visible(line) for line in rest]
    return lines


def _thread(comment: CommentView) -> str:
    anchor = comment.anchor
    place = f"{one_line(anchor.path)}:{anchor.line}" if anchor is not None else one_line(comment.path)
    about = [f"on {place}"] if place else []
    about += ["resolved"] if comment.resolved else []
    about += ["the code there changed since"] if comment.outdated else []
    return f"thread {comment.number}" + (f" ({', '.join(about)})" if about else "")


def _ledger(hunk: HunkView) -> list[str]:
    """Say whether it was read, what changed since, and whether it was rejected before."""
    lines = [f"- {one_line(hunk.brings_back)}"] if hunk.brings_back else []
    if hunk.stale:
        was = {"accepted": ", and accepted", "rejected": ", and rejected"}.get(hunk.was, "")
        reason = f": {one_line(hunk.was_reason)}" if hunk.was_reason else ""
        lines.append(f"- changed since you read it{was}{reason}")
        lines += [f"      {visible(line)}" for line in hunk.since.splitlines()]
    elif hunk.seen and hunk.decision == "none":
        lines.append("- read")
    return lines


def _hunk(n: int, entry: Entry, patches: Mapping[str, str], room: _Room) -> list[str]:
    ((file, hunk),) = entry.hunks
    place = _place(file, hunk)
    why = f"  {one_line(file.why_here)}" if file.why_here else ""
    what = "" if file.status == "modified" else f"  {file.status.replace('_', ' ')}"
    lines = [f"### {n}. {place}{what}{why}    [{MARKS[hunk.decision]}]   <- x accept, - reject"]
    if hunk.guard is not None:
        lines.append(f"- {hunk.guard.replace('_', ' ')}: {one_line(hunk.guard_why)}")
    if hunk.reason:
        lines.append(f"- reason: {one_line(hunk.reason)}")
    lines += _ledger(hunk)
    lines += _said(hunk.comments)
    lines += _marks(hunk)
    patch = patches.get(hunk.id, "")
    if _ends_alike(patch):
        lines.append("- its lines end with U+000D U+000A (carriage return, line feed), all of them")
    return [*lines, *_fenced(room.lines(patch, _MOST_LINES) if patch else [_whole(file)]), ""]


def _fold(n: int, entry: Entry, patches: Mapping[str, str], room: _Room) -> list[str]:
    """Give a fold: one heading, where its hunks stand, and then their lines for whoever wants to look into it."""
    fold = entry.fold
    assert fold is not None, "looked at before"
    mark = MARKS[fold.decision]
    lines = [f"### {n}. {one_line(fold.title)}    [{mark}]   <- x accept, - reject, all {len(entry.hunks)} at once"]
    body: list[str] = []
    for at, (file, hunk) in enumerate(entry.hunks):
        if at < _MOST_PLACES:
            lines.append(
                f"- {_place(file, hunk)}, +{hunk.added} -{hunk.removed}" if hunk.header else f"- {_whole(file)}"
            )
        lines += [f"- reason: {one_line(hunk.reason)}"] if hunk.reason and not at else []
        lines += _said(hunk.comments)
        if patch := patches.get(hunk.id, ""):
            body += [f"--- {one_line(file.path)}", *room.lines(patch, _MOST_FOLDED_LINES)]
    if len(entry.hunks) > _MOST_PLACES:
        lines.append(f"- and {len(entry.hunks) - _MOST_PLACES} more; `casework review show` lists them")
    return [*lines, *_fenced(body or ["no lines of it change"]), ""]


def _place(file: FileView, hunk: HunkView) -> str:
    line = hunk.new_start or hunk.old_start
    return f"{one_line(file.path)}:{line}" if hunk.header else one_line(file.path)


def _marks(hunk: HunkView) -> list[str]:
    """Say which code points in the patch stand for a character: with that its bytes can be told."""
    lines = [
        f"- line {mark.line}{' of the base' if mark.side == 'base' else ''} {one_line(mark.text)}"
        for mark in hunk.marks
    ]
    if hunk.more_marks:
        lines.append(f"- and {hunk.more_marks} more of these; `casework review diff` gives the bytes")
    return lines


def _ends_alike(patch: str) -> bool:
    """Tell whether all lines end with a carriage return: then it is said once and not shown on each."""
    return "\r\n" in patch and all(line.endswith("\r") for line in patch.split("\n")[1:] if line[:1] in "+- ")


def _fenced(shown: list[str]) -> list[str]:
    body = [visible(one) for one in shown]
    fence = "`" * max(3, 1 + max((len(run) for one in body for run in re.findall("`+", one)), default=0))
    return [f"{fence}diff", *body, fence]


@dataclass(slots=True)
class _Room:
    """How much of the patches the file still has room for: an editor has to open it."""

    left: int = 4 * 1024 * 1024
    """Characters."""

    def lines(self, patch: str, most: int) -> list[str]:
        """Give the lines that are shown, and say of what is not where it is."""
        whole = patch.replace("\r\n", "\n").removesuffix("\r").split("\n") if _ends_alike(patch) else patch.split("\n")
        shown: list[str] = []
        for line in whole[:most]:
            if self.left <= 0:
                break
            cut = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ... {len(line)} characters"
            self.left -= len(cut)
            shown.append(cut)
        if len(shown) < len(whole):
            shown.append(f"... {len(whole) - len(shown)} more lines: casework review diff")
        return shown


def _whole(file: FileView) -> str:
    if file.old_path and file.old_path != file.path:
        return f"renamed from {one_line(file.old_path)}"
    if file.binary:
        return "binary file, judged as a whole"
    return one_line(file.mode_change) or f"{file.status.replace('_', ' ')}, no lines"


def _without_quotes(comment: str) -> str:
    """Mark what is quoted by a bar: here a line that begins with `>` is a human's comment."""
    return re.sub(r"^>", "\u2502", comment, flags=re.MULTILINE)


def foreign(text: str) -> list[str]:
    """Give text that is not ours as lines that mean nothing to the grammar, and start no link or image."""
    return [_harmless(visible(line)) for line in text.strip().splitlines()]


def _harmless(line: str) -> str:
    quoted = re.sub(r"(!?\[)", r"\\\1", line)  # a remote image would be fetched, a command link could run something
    return _MEANING.sub(r"\1\\\2", quoted)
