"""A review that waits, with its file open in an editor, and what both a hostile hand and its twin do with it.

Each case does the same thing twice, on two branches of one repository: once with the one hostile property, once
without. What came of it is read from the journal and from git, never from what the editor was told.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lsprotocol import types

from tests.lsp.plain import Editor, editor
from tests.repositories import Repository, numbered

MANUAL: Final = types.TextDocumentSaveReason.Manual
APPROVE: Final = "Verdict: approve"


@dataclass(slots=True)
class Stand:
    """One review in one editor."""

    editor: Editor
    repository: Repository
    branch: str
    number: int
    document: Path
    written: str
    """The file as Casework wrote it."""
    pressed: list[str] = field(default_factory=list)
    """Questions that were answered with yes."""

    @property
    def approving(self) -> str:
        """The file with a verdict typed into it."""
        return with_verdict(self.written)

    def foreign(self, text: str) -> None:
        """Another program writes the file."""
        self.document.write_text(text, encoding="utf-8")

    def open(self) -> None:
        """The editor opens the file as it is on disk."""
        self.editor.open(self.document)

    def type(self, text: str) -> None:
        """The human types."""
        self.editor.edit(self.document, text)

    def save(self, reason: types.TextDocumentSaveReason = MANUAL) -> None:
        """The editor saves."""
        self.editor.save(self.document, reason)

    def says_yes(self) -> None:
        """From now on the human presses the button of every question."""
        self.editor.answer = self._yes

    def _yes(self, asked: types.ShowMessageRequestParams) -> str | None:
        self.pressed.append(asked.message)
        return asked.actions[0].title if asked.actions else None

    async def heard(self) -> None:
        """Wait until the daemon dealt with everything sent so far: a human is not as fast as a test."""
        for _ in range(3):
            await self.editor.ask("casework/daemon/status")

    async def pause(self) -> None:
        """As long as nobody's finger goes from reading a changed file to saving it."""
        begin = time.monotonic()
        await self.editor.until(lambda: time.monotonic() - begin > 0.8, "a human could have looked")

    async def settled(self) -> None:
        """Wait until the save came to an end: it is said, or shown as a mistake, or the file says nothing."""
        await self.heard()
        if self.editor.asked:
            await self.editor.until(lambda: self.editor.client.messages, "it is said what came of the question")

    async def approvals(self) -> int:
        """Count what the journal has of them."""
        rows = await self.editor.ask("casework/journal/read", number=self.number, limit=1000)
        return sum(row["kind"] == "review.answered" for row in rows["rows"])

    async def landed(self) -> bool:
        """Wait for the end of what was approved, if anything was; tell whether the branch's change is on main."""
        if await self.approvals():
            await self.editor.ask("casework/task/wait", number=self.number, statuses=["landed"], timeout_s=30)
        files = self.repository.text("ls-tree", "--name-only", "main").splitlines()
        return f"{self.branch}.txt" in files


def with_verdict(text: str, verdict: str = APPROVE) -> str:
    """Give a review file with a verdict in the place for it."""
    before, found, behind = text.partition("\nVerdict:")
    assert found
    return f"{before}\n{verdict}\n{behind.partition(chr(10))[2]}"


Act = Callable[[Stand, bool], Awaitable[None]]
"""What is done, with the hostile property or without."""


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile property."""

    name: str
    act: Act


def two_branches(folder: Path) -> Repository:
    """A repository with the branches `hostile` and `twin`, each of which adds a file and changes two places."""
    made = Repository.new(folder)
    made.commit("First", {"a.txt": numbered(40), "b.txt": numbered(40)})
    for branch, name in (("hostile", "a.txt"), ("twin", "b.txt")):
        made.git("checkout", "-q", "-b", branch, "main")
        made.commit(f"Change of {branch}", {name: numbered(40, but={3: "x", 30: "y"}), f"{branch}.txt": "new\n"})
    made.git("checkout", "-q", "main")
    return made


@asynccontextmanager
async def stand(repository: Repository, branch: str) -> AsyncIterator[Stand]:
    """Open an editor, a review of a branch in it, and have the review's file written."""
    async with editor(repository.path) as window:
        review = await window.ask("casework/review/open", kind="branch", name=branch)
        await window.command("casework.review.document", {"number": review["number"]})
        document = await window.shown()
        yield Stand(window, repository, branch, review["number"], document, document.read_text(encoding="utf-8"))
