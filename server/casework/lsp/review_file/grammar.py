"""Reads a review file back: forgiving about white space and case, strict about everything that means something.

    # Review 12: title                 the number
    diff 4f9a21c0aa11d3e2              what was shown; must be there once
    Verdict: approve                   `approve`, `request changes` or `read`; a whole line, above the first `##`
    > words                            there: a comment on the whole; below a `###`: on that hunk
    > @3 words                         anywhere: an answer in thread 3; `> @3 resolved` settles it
    ### 3. path:39    [x]              x accept, - reject, space none; the brackets at the end, before the hint
    ```diff ... ```                    a patch; nothing is read in it, and nothing may be changed in it

A line that we did not write and that is none of these is a mistake with its place: nothing typed is dropped silently.
The whole grammar, for people, is docs/reference/review-file.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from casework.domain.events import Decision

Verdict = Literal["approve", "request changes", "read"]

VERSION: Final = 1
"""Of the grammar; stands in the file and must be the reader's."""
LIMIT: Final = 64 * 1024 * 1024
"""Characters of a file beyond which it is not read."""

_TITLE: Final = re.compile(r"^# +(?ai:Review) ([0-9]{1,9})(?::|\s*$)")
_HASH: Final = re.compile(r"^diff +([0-9a-f]{16})(?:\s+<-(.*)|\s*)$")
_OF_VERSION: Final = re.compile(r"\(casework review file ([0-9]{1,9})\)\s*$")
_VERDICT: Final = re.compile(r"^ {0,3}(?ai:verdict)\s*:(.*)$")
_HUNK: Final = re.compile(r"^### +([0-9]{1,7})\. (.*)\[\s*(?:([xX-])\s*)?\]\s*(?:<-.*)?$")
"""None of these takes longer than its line is long: anybody may have written it, and every editor waits meanwhile."""
_IN_THREAD: Final = re.compile(r"^\s*@([0-9]{1,6})\b[:,]?\s*(.*)$")
_SETTLED: Final = frozenset({"resolved", "resolve", "done"})
_FENCE: Final = re.compile(r"^(`{3,})diff$")
_ANY_FENCE: Final = re.compile(r"^ {0,3}(?:```|~~~)")
_DECISIONS: Final[dict[str, Decision]] = {"": "none", "x": "accepted", "X": "accepted", "-": "rejected"}
_WORDS: Final[dict[str, Verdict]] = {
    "approve": "approve",
    "request changes": "request changes",
    "request-changes": "request changes",
    "read": "read",
}
_TOP: Final = 1000
_MOST_MISTAKES: Final = 200
"""Mistakes that are told of one file; one of them is enough to submit nothing."""
_ENDS: Final = re.compile(r"\r\n|\r|\n")


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
    replies: dict[int, str] = field(default_factory=dict)
    """By the thread's number."""
    resolved: list[int] = field(default_factory=list)
    """Numbers of threads that are settled."""
    mistakes: list[Mistake] = field(default_factory=list)
    """In the order of their lines."""


def parse(text: str, original: str = "") -> Answer:
    """Read a review file; `original` is the text as it was written, whose lines are known to mean nothing more.

    Never raises: whatever can't be understood is in `mistakes`.
    """
    if len(text) > LIMIT:
        return Answer(mistakes=[Mistake(0, "This file is too long to be a review; open the review again.")])
    written = _read(original, frozenset()) if original else None
    reader = _read(text, frozenset(line.rstrip() for line in _ENDS.split(original)))
    return reader.finish(written)


def shown_in(text: str) -> str:
    """Give the hash that stands in a review file; empty where there is none."""
    for line in text[:_TOP].splitlines():
        if found := _HASH.match(line):
            return found[1]
    return ""


def _read(text: str, known: frozenset[str]) -> _Reader:
    reader = _Reader(known)
    for at, line in enumerate(_ENDS.split(text.removeprefix("\ufeff"))):
        reader.take(at, line)
    return reader


@dataclass(slots=True)
class _Section:
    """What stands below one hunk's heading."""

    at: int
    place: str
    patch: list[str] | None = None
    patch_at: int = 0


class _Reader:
    def __init__(self, known: frozenset[str]) -> None:
        self._original = known
        self._answer = Answer()
        self._fence = ""
        self._fence_at = 0
        self._hunk: int | None = 0
        """Which hunk a comment is about; 0 the whole, None a section where nothing is written."""
        self._in_header = True
        self._said: dict[int, list[str]] = {}
        self._thread: int | None = None
        """Which thread the lines of this comment answer in."""
        self._replied: dict[int, list[str]] = {}
        self._sections: dict[int, _Section] = {}

    def take(self, at: int, line: str) -> None:
        if not line.startswith(">"):
            self._thread = None
        if self._fence:
            self._in_patch(line)
        elif found := _FENCE.match(line.rstrip()):
            self._begin_patch(at, found[1])
        elif _ANY_FENCE.match(line):
            self._wrong(at, "There is a fence here that Casework did not write; take it out.")
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

    def _begin_patch(self, at: int, fence: str) -> None:
        self._fence, self._fence_at = fence, at
        section = self._sections.get(self._hunk or 0)
        if section is None or section.patch is not None:
            self._wrong(at, "There is a patch here that Casework did not write; take it out.")
        else:
            section.patch, section.patch_at = [], at

    def _in_patch(self, line: str) -> None:
        if line.rstrip() == self._fence:
            self._fence = ""
        elif (section := self._sections.get(self._hunk or 0)) is not None and section.patch is not None:
            section.patch.append(line.rstrip())

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
            version = _OF_VERSION.search(found[2] or "")
            if version is not None and int(version[1]) != VERSION:
                self._wrong(at, f"This file is of version {version[1]}, and {VERSION} is read; open the review again.")
            answer.shown = found[1]
            return True
        if found := _VERDICT.match(line):
            self._verdict(at, found[1])
            return True
        return False

    def _verdict(self, at: int, behind: str) -> None:
        words = " ".join(behind.partition("<-")[0].lower().split()).strip("`*_. ")
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
        if found is None:
            self._wrong(at, "This heading is damaged: it ends with `[ ]`, `[x]` (accept) or `[-]` (reject).")
            self._hunk = None
            return
        n = int(found[1])
        if n in self._answer.decisions:
            self._wrong(at, f"Hunk {n} stands here twice; take one of them out.")
        self._hunk, self._in_header = n, False
        self._answer.decisions[n] = _DECISIONS[found[3] or ""]
        self._sections.setdefault(n, _Section(at, " ".join(found[2].split())))

    def _comment(self, at: int, words: str) -> None:
        if found := _IN_THREAD.match(words):
            self._in_thread(int(found[1]), found[2].rstrip())
        elif self._thread is not None:
            self._replied[self._thread].append(words.rstrip())
        elif self._hunk is None:
            self._wrong(at, "A comment belongs above the first `##` or below a `###`; here it would be lost.")
        else:
            self._said.setdefault(self._hunk, []).append(words.rstrip())

    def _in_thread(self, number: int, words: str) -> None:
        if words.lower().rstrip(".!") in _SETTLED:
            self._answer.resolved.append(number)
        else:
            self._thread = number
            self._replied.setdefault(number, []).append(words)

    def _known(self, at: int, line: str) -> None:
        if _TITLE.match(line) or _HASH.match(line):
            self._wrong(at, "The title, or the line that begins with `diff`, stands here twice; take this one out.")
        elif line.strip() and line.rstrip() not in self._original:
            self._wrong(at, "This line was not understood, so nothing is submitted; a comment begins with `> `.")

    def _wrong(self, at: int, sentence: str) -> None:
        if len(self._answer.mistakes) < _MOST_MISTAKES:
            self._answer.mistakes.append(Mistake(at, sentence))

    def _compare(self, written: _Reader) -> None:
        """Headings and patches are as we wrote them: what is judged is what was shown."""
        for n, section in self._sections.items():
            before = written._sections.get(n)
            if before is None:
                self._wrong(section.at, f"This review has no hunk {n}; take its heading out.")
            elif section.place != before.place:
                self._wrong(section.at, "This heading was changed: only what stands between its brackets is yours.")
            elif section.patch != before.patch:
                at = section.at if section.patch is None else section.patch_at
                self._wrong(at, "This patch was changed; put it back, and say what you want as a comment: `> words`.")
        for n in written._sections.keys() - self._sections.keys():
            self._wrong(0, f"The heading of hunk {n} is missing, so nothing is submitted; open the review again.")

    def finish(self, written: _Reader | None) -> Answer:
        answer = self._answer
        if self._fence:
            self._wrong(self._fence_at, "This patch has no end: put its closing backticks back.")
        elif written is not None:
            self._compare(written)
        if not answer.shown:
            self._wrong(0, "The line that begins with `diff` is missing or damaged; open the review again.")
        if answer.number is None:
            self._wrong(0, "The title is missing or damaged; open the review again.")
        answer.comments = {n: "\n".join(lines).strip() for n, lines in self._said.items() if _any(lines)}
        answer.replies = {n: "\n".join(lines).strip() for n, lines in self._replied.items() if _any(lines)}
        answer.mistakes.sort(key=lambda mistake: mistake.line)
        return answer


def _any(lines: Iterable[str]) -> bool:
    return any(line.strip() for line in lines)
