"""Where review files lie: in the repository's git directory, so that every editor knows which project they belong to.

Written beside and renamed, 0600. A file with a human's edits in it is never written over: it is kept beside under
another name first. Whether it has any is known by the digest of what was written, which outlives the daemon.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework.core.repository import Repository
from casework.domain.errors import Trouble
from casework.domain.ids import CommitId
from casework.domain.splits import texts_of_parts
from casework.domain.task import Task
from casework.domain.verdict import shown_hash
from casework.lsp.documents import uri_of
from casework.lsp.present.reviews import review_of, review_view
from casework.lsp.review_file.rendering import entries, render, render_board
from casework.wire.views import Board

_NAME: Final = re.compile(r"^review-([0-9]{1,9})\.md$")
_ON_BOARD: Final = re.compile(r"^- +([0-9]{1,9})  ")


@dataclass(frozen=True, slots=True)
class Written:
    """One review file as we wrote it."""

    path: str
    text: str
    shown: str
    hunks: tuple[tuple[str, ...], ...]
    """What each heading decides, in the order of the file: one id, or those of a fold."""

    @property
    def uri(self) -> str:
        """The file's URI."""
        return uri_of(self.path)

    def line_of(self, hunk: str | None) -> int:
        """Give the line, from 1, of the heading that decides a hunk; that of the verdict for none."""
        n = next((n for n, names in enumerate(self.hunks, 1) if hunk in names), None)
        begins = f"### {n}. " if n is not None else "Verdict:"
        return next((at for at, line in enumerate(self.text.split("\n"), 1) if line.startswith(begins)), 1)


class Shelf:
    """The review files of one repository, as far as this daemon wrote them."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._folder = Path(repository.identity.common_dir) / "casework" / "reviews"
        self._written: dict[int, Written] = {}

    @property
    def folder(self) -> str:
        """Where they lie."""
        return str(self._folder)

    def number_of(self, path: str) -> int | None:
        """Tell which review a path is the file of; None for any other path."""
        folder, _, name = path.rpartition("/")
        found = _NAME.match(name) if folder == str(self._folder) else None
        return int(found[1]) if found is not None else None

    def is_board(self, path: str) -> bool:
        """Tell whether a path is the board's."""
        return path == str(self._folder / "board.md")

    def written(self, number: int) -> Written | None:
        """Give the file of a review as this daemon last wrote it."""
        return self._written.get(number)

    def write(self, task: Task) -> Written:
        """Write the file of a review as it is now. Blocks: called in a thread.

        Raises:
            Refused: the task has no review.
            Trouble: the file can't be written.
        """
        view = review_view(self._repository, task)
        text = render(view, self._patches(task))
        path = self._folder / f"review-{task.number}.md"
        try:
            self._keep_edits(path, task.number, text)
            _write(_digest_file(path), _digest(text))
            _write(path, text)
        except OSError as error:
            raise Trouble(
                f"The file of review {task.number} can't be written to {path}: {error.strerror}. "
                f"`casework review show {task.number}` shows it all the same.",
                code="not_written",
            ) from error
        hunks = tuple(tuple(hunk.id for _, hunk in entry.hunks) for entry in entries(view))
        written = Written(str(path), text, view.shown, hunks)
        self._written[task.number] = written
        return written

    def current(self, task: Task) -> Written:
        """Give the file of a review, written anew only where it does not show what stands. Blocks, as `write` does."""
        written = self._written.get(task.number)
        if written is not None and written.shown == shown_hash(task) and Path(written.path).is_file():
            return written
        return self.write(task)

    def write_board(self, board: Board) -> tuple[str, dict[int, int]]:
        """Write the board as a file; give its path and the line, from 0, of each task. Blocks: called in a thread.

        Raises:
            Trouble: the file can't be written.
        """
        path = self._folder / "board.md"
        text = render_board(board)
        try:
            _write(path, text)
        except OSError as error:
            raise Trouble(f"The board can't be written to {path}: {error.strerror}.", code="not_written") from error
        found = ((task_on(line), at) for at, line in enumerate(text.split("\n")))
        return str(path), {number: at for number, at in found if number is not None}

    def _keep_edits(self, path: Path, number: int, text: str) -> None:
        """Put a file that is not as it was written aside before it is written anew."""
        try:
            there = path.read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            return
        digest = _digest(there)
        if digest != _digest(text) and digest != _written_digest(path):
            path.replace(path.with_name(f"review-{number}.edited-{digest[:8]}.md"))

    def _patches(self, task: Task) -> dict[str, str]:
        review = review_of(task)
        texts = self._repository.workspace.hunk_texts(*(CommitId(side) for side in review.shown_sides))
        texts = texts_of_parts(self._repository.change(review.shown_manifest), texts)
        return {name: text.decode("utf-8", "replace").rstrip("\n") for name, text in texts.items()}


def task_on(line: str) -> int | None:
    """Tell which task a line of the board is about."""
    found = _ON_BOARD.match(line)
    return int(found[1]) if found is not None else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _digest_file(path: Path) -> Path:
    return path.with_name(f".{path.stem}.sha256")


def _written_digest(path: Path) -> str:
    """Give the digest of the file as it was written last, by whichever daemon; empty where that is not known."""
    try:
        return _digest_file(path).read_text("ascii")
    except (OSError, ValueError):
        return ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
    beside.replace(path)
