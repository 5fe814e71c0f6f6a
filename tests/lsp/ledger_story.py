"""The story of ten hunks: its shop, what is judged, what comes after it, and what must be said of each hunk then.

Six hunks are accepted, one is rejected with a reason, one is commented on. The editor is killed and another one opened.
The next version changes one accepted hunk, the base moves, the rest stays, and it lands. It is told in an editor
without a plug-in (tests/lsp/test_ledger_story.py), in Neovim and in VS Code (tests/editors).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.lsp.plain import editor
from tests.repositories import Repository, numbered

FILE: Final = "numbers.txt"
PLACES: Final = range(5, 195, 20)
"""The lines of the ten hunks."""
REASON: Final = "Keep this one as it was."
QUESTION: Final = "Why better?"
BEST: Final = "best of all"
CHANGES: Final = 2
"""The accepted hunk, from 0, that the next version changes."""
REJECTED: Final = 6
ASKED: Final = 7
"""The hunk that is commented on."""
JUDGED: Final = [*["accepted"] * 6, f"rejected: {REASON}", f"none, asked: {QUESTION}", "none", "none"]
"""What is said of the hunks once a human has judged, and whoever comes next must be told the same."""
CHANGED: Final = [*JUDGED[:CHANGES], "none, stale, was accepted", *JUDGED[CHANGES + 1 :]]
"""The same after the next version, and after the base has moved."""


def shop(folder: Path) -> Repository:
    """Make the repository; its branch `work` changes ten places of one file."""
    repository = Repository.new(folder)
    repository.commit("Count", {FILE: numbered(200)})
    repository.git("checkout", "-q", "-b", "work")
    repository.commit("Better", {FILE: _better()})
    repository.git("checkout", "-q", "main")
    return repository


def _better(*, but: dict[int, str] | None = None) -> str:
    return numbered(200, but={place: f"better {place}" for place in PLACES} | (but or {}))


def next_version(repository: Repository) -> None:
    """Let the branch change one of the hunks that were accepted."""
    repository.git("checkout", "-q", "work")
    repository.commit("Best", {FILE: _better(but={PLACES[CHANGES]: BEST})})
    repository.git("checkout", "-q", "main")


def move_base(repository: Repository) -> None:
    """Lines come in at the top of main and between two hunks, and the branch is rebased on that."""
    lines = numbered(200).splitlines()
    moved = ["a line on top", *lines[:15], "fifteen and a half", *lines[15:]]
    repository.commit("Move", {FILE: "\n".join(moved) + "\n"})
    repository.git("rebase", "-q", "main", "work")
    repository.git("checkout", "-q", "main")


def hunks(view: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the hunks of a review as the daemon shows it."""
    return [hunk for file in view["files"] for hunk in file["hunks"]]


def told(view: dict[str, Any]) -> list[str]:
    """Say of each hunk what a human is told: the decision and its reason, what changed, and what was asked."""
    return [_told(hunk) for hunk in hunks(view)]


def _told(hunk: dict[str, Any]) -> str:
    reason = f": {hunk['reason']}" if hunk["reason"] else ""
    stale = f", stale, was {hunk['was']}" if hunk["stale"] else ""
    asked = "".join(f", asked: {one['text']}" + " (outdated)" * one["outdated"] for one in hunk["comments"])
    return f"{hunk['decision']}{reason}{stale}{asked}"


async def goes_on(repository: Repository) -> list[str]:
    """Open an editor without a plug-in, which must show what was judged in another one; then the next version comes."""
    async with editor(repository.path) as window:
        assert told(await window.ask("casework/review/show", number=1)) == JUDGED
        next_version(repository)
        return told(await window.ask("casework/review/open", kind="branch", name="work"))


def has_landed(repository: Repository) -> None:
    """Hold main to it: everything accepted is there, with what moved, and what was rejected is not."""
    lines = repository.text("show", f"main:{FILE}").splitlines()
    assert [f"better {place}" in lines for place in PLACES] == [n not in (CHANGES, REJECTED) for n in range(10)]
    assert (BEST in lines, "a line on top" in lines, "fifteen and a half" in lines) == (True, True, True)
    assert len(lines) == 202
