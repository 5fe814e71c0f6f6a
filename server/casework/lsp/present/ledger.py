"""What is known of each hunk beside its decision, and the threads: for the views of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework.core.carrying import texts_of
from casework.core.repository import Repository
from casework.core.threads import numbered
from casework.domain.change import Change
from casework.domain.envelope import Actor
from casework.domain.ids import HunkId
from casework.domain.showing import one_line, visible
from casework.domain.task import Comment, Review, Stale, Task
from casework.wire.views import CommentView


class LedgerView:
    """What a review's views say of reading, staleness and threads; made once for each view. Reads a blob."""

    def __init__(
        self,
        repository: Repository,
        review: Review,
        change: Change,
        comments: list[CommentView],
        folded: Mapping[str, str],
    ) -> None:
        """`folded` has the fold of each hunk that is in one."""
        judged = change.judged
        self._folded = folded
        self._marks = repository.board.marks if repository.is_trusted() else {}
        """What a survey found out about the same hunks, wherever that was."""
        self._review = review
        self._since = texts_of(repository, review).since if review.stale else {}
        self._comments: dict[str, list[CommentView]] = {}
        shown = frozenset(judged)
        self.beside: list[CommentView] = []
        """Comments on no hunk that is shown."""
        for comment in comments:
            if comment.hunk is None:
                self.beside.append(comment)
            elif comment.hunk in shown:
                self._comments.setdefault(comment.hunk, []).append(comment)
            else:
                self.beside.append(comment.model_copy(update={"outdated": True}))
        self._of = len(judged)
        self.unseen = sum(1 for hunk in judged if hunk not in review.seen)
        self.stale = sum(1 for hunk in judged if hunk in review.stale)
        self.brings_back = sum(1 for hunk in judged if hunk in review.back)
        self.open_threads = sum(1 for one in comments if one.id == one.thread and not one.resolved)

    @property
    def unread(self) -> str:
        """What was not read, as a sentence; empty where everything was."""
        if not self.unseen:
            return ""
        what = f"{self.unseen} of {_hunks(self._of)} {'is' if self.unseen == 1 else 'are'} unread"
        if not self.stale:
            return f"{what}."
        since = "it changed since you read it" if self.stale == 1 else "they changed since you read them"
        if self.stale == self.unseen:
            return f"{what}: {since}."
        return f"{what}, {self.stale} of them because {since}."

    def told(self, name: HunkId, part_of: HunkId | None) -> dict[str, Any]:
        """Give what a hunk's view says beside what it is and what was decided."""
        review = self._review
        stale, comments = review.stale.get(name), self._comments.get(name, [])
        was = stale or Stale()
        mark = self._marks.get(part_of or name)
        return {
            "comments": comments,
            "threads": sum(1 for one in comments if one.id == one.thread and not one.resolved),
            "seen": name in review.seen,
            "stale": stale is not None,
            "was": was.was,
            "was_reason": _shown(was.reason),
            "since": _shown(self._since.get(name) or self._since.get(part_of or HunkId(""), "")),
            "brings_back": _brings_back(one_line(review.back[name])) if name in review.back else "",
            "guard": mark.guard if mark is not None else None,
            "guard_why": mark.why if mark is not None else "",
            "fold": self._folded.get(name),
        }


def _shown(text: str) -> str:
    return visible(text, keep="\t\n")


def _hunks(count: int) -> str:
    return "1 hunk" if count == 1 else f"{count} hunks"


def _brings_back(reason: str) -> str:
    return f"brings back what you rejected: {reason}" if reason else "brings back what you rejected"


def thread_views(repository: Repository, task: Task) -> list[CommentView]:
    """Give the comments thread by thread, the oldest thread first, each with its answers. Reads blobs."""
    threads = {one.id: [one] for one in task.comments if one.thread is None}
    numbers = {one.id: number for number, one in numbered(task).items()}
    for one in task.comments:
        if one.thread is not None and one.thread in threads:
            threads[one.thread].append(one)
    return [_comment(repository, one, thread[0], numbers[name]) for name, thread in threads.items() for one in thread]


def _comment(repository: Repository, one: Comment, begun: Comment, number: int) -> CommentView:
    return CommentView(
        id=one.id,
        text=_shown(repository.text(one.text)),
        by=one_line(who(one.by)),
        by_kind=one.by.kind,
        hunk=begun.hunk,
        anchor=begun.anchor,
        path=begun.path,
        thread=begun.id,
        number=number,
        resolved=begun.resolved,
        outdated=begun.outdated,
    )


def who(actor: Actor | None) -> str:
    """Name an actor for people."""
    return "" if actor is None else actor.id or actor.kind
