"""Reads a review file back: forgiving about white space, strict about everything that means something.

    # Review 12: title                 the number
    diff 4f9a21c0aa11d3e2              what was shown; must be there, once, before anything else that means something
    Verdict: approve                   `approve`, `request changes` or `read`; a whole line, above the first `##`
    > words                            there: a comment on the whole; below a `###`: on that hunk
    ### 3. path:39    [x]              x accept, - reject, space none; the brackets at the end, before the hint
    ```diff ... ```                    a patch, never read

A line that we did not write and that is none of these is an error with its place: nothing typed is dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal

from casework.domain.events import Decision

Verdict = Literal["approve", "request changes", "read"]

_TITLE: Final = re.compile(r"^# Review ([0-9]{1,9})(?::|$)")
_HASH: Final = re.compile(r"^diff ([0-9a-f]{16})(?:\s+<-.*)?\s*$")
_VERDICT: Final = re.compile(r"^Verdict:(.*)$")
_HINT: Final = re.compile(r"\s*<-.*$")
_HUNK: Final = re.compile(r"^### ([0-9]{1,7})\. .*\[(.?)\]\s*(?:<- x accept, - reject)?\s*$")
_FENCE: Final = re.compile(r"^(`{3,})diff$")
_DECISIONS: Final[dict[str, Decision]] = {" ": "none", "": "none", "x": "accepted", "X": "accepted", "-": "rejected"}
_WORDS: Final[dict[str, Verdict]] = {
    "approve": "approve",
    "request changes": "request changes",
    "request-changes": "request changes",
    "read": "read",
}
LIMIT: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that could not be understood; `line` counts from 0."""

    line: int
    sentence: str


@dataclass(slots=True)
class Answer:
    """What a human wrote into a review file."""

    number: int | None = None
    shown: str = ""
    verdict: Verdict | None = None
    verdict_line: int = 0
    decisions: dict[int, Decision] = field(default_factory=dict)
    """By the hunk's place in the reading order, from 1."""
    comments: dict[int, str] = field(default_factory=dict)
    """By the hunk's place; 0 is the whole."""
    mistakes: list[Mistake] = field(default_factory=list)


def parse(text: str, original: Collection[str] = ()) -> Answer:
    """Read a review file; `original` has the lines as they were written, which are known to mean nothing more.

    Never raises: whatever can't be understood is in `mistakes`.
    """
    reader = _Reader(frozenset(line.rstrip() for line in original))
    for at, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        reader.take(at, line)
    return reader.finish()


class _Reader:
    def __init__(self, original: frozenset[str]) -> None:
        self._original = original
        self._answer = Answer()
        self._fence = ""
        self._fence_at = 0
        self._hunk: int | None = 0
        """Which hunk a comment is about; 0 the whole, None a section where nothing is written."""
        self._in_header = True
        self._said: dict[int, list[str]] = {}

    def take(self, at: int, line: str) -> None:
        if self._fence:
            if line.rstrip() == self._fence:
                self._fence = ""
            return
        if found := _FENCE.match(line.rstrip()):
            self._fence, self._fence_at = found[1], at
        elif line.startswith(">"):
            self._comment(at, line[1:].removeprefix(" "))
        elif self._in_header and self._header(at, line):
            return
        elif line.startswith("### "):
            self._heading(at, line)
        elif line.startswith("## "):
            self._in_header, self._hunk = False, None
            self._known(at, line)
        else:
            self._known(at, line)

    def _header(self, at: int, line: str) -> bool:
        answer = self._answer
        if found := _TITLE.match(line):
            if answer.number is not None:
                self._wrong(at, "The title stands here twice; take one of them out.")
            answer.number = int(found[1])
            return True
        if found := _HASH.match(line):
            if answer.shown:
                self._wrong(at, "The line that begins with `diff` stands here twice; take one of them out.")
            answer.shown = found[1]
            return True
        if found := _VERDICT.match(line):
            self._verdict(at, found[1])
            return True
        return False

    def _verdict(self, at: int, behind: str) -> None:
        words = " ".join(_HINT.sub("", behind).replace("`", "").lower().split())
        if not words:
            return
        verdict = _WORDS.get(words)
        if verdict is None:
            self._wrong(at, f"`{words[:40]}` is no verdict: write `approve` or `request changes`, and nothing else.")
        elif self._answer.verdict is not None:
            self._wrong(at, "There are two verdicts; leave one.")
        else:
            self._answer.verdict, self._answer.verdict_line = verdict, at

    def _heading(self, at: int, line: str) -> None:
        found = _HUNK.match(line)
        if found is None or found[2] not in _DECISIONS:
            self._wrong(at, "This heading is damaged: it ends with `[ ]`, `[x]` (accept) or `[-]` (reject).")
            self._hunk = None
            return
        place = int(found[1])
        if place in self._answer.decisions:
            self._wrong(at, f"Hunk {place} stands here twice; take one of them out.")
        self._hunk, self._in_header = place, False
        self._answer.decisions[place] = _DECISIONS[found[2]]

    def _comment(self, at: int, words: str) -> None:
        if self._hunk is None:
            self._wrong(at, "A comment belongs above the first `##` or below a `###`; here it would be lost.")
        else:
            self._said.setdefault(self._hunk, []).append(words.rstrip())

    def _known(self, at: int, line: str) -> None:
        if line.strip() and line.rstrip() not in self._original:
            self._wrong(at, "This line was not understood, so nothing is submitted; a comment begins with `> `.")

    def _wrong(self, at: int, sentence: str) -> None:
        self._answer.mistakes.append(Mistake(at, sentence))

    def finish(self) -> Answer:
        answer = self._answer
        if self._fence:
            self._wrong(self._fence_at, "This patch has no end: put its closing backticks back.")
        if not answer.shown:
            self._wrong(0, "The line that begins with `diff` is missing or damaged; open the review again.")
        if answer.number is None:
            self._wrong(0, "The title is missing or damaged; open the review again.")
        answer.comments = {place: "\n".join(lines).strip() for place, lines in self._said.items() if any(lines)}
        return answer
