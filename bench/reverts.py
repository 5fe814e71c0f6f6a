"""Looks at what a survey said without any of its code: `git apply -R`, and the project's own pytest, the whole suite.

Nothing of Casework is imported here, and nothing is chosen: no test by its reach, no order, no plug-in. The tests run
outside of any box, so this is for projects that one trusts. Not here: having a survey made (`surveyed`).
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from bench.repository import git

SUITE_S: Final = 900.0
"""For one run of the whole suite."""
_HEADER: Final = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_ASKED: Final = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M", "-U3")


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of pytest came to."""

    red: frozenset[str]
    """Tests that failed, or files that could not be collected."""
    count: int
    seconds: float
    code: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a survey said of one hunk."""

    path: str
    old_start: int
    new_start: int
    guard: str
    why: str

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.path}:{self.new_start}"


@dataclass(slots=True)
class Copy:
    """A clone of the project at the head of the range, where changes are taken back with git."""

    top: Path
    python: Path
    base: str
    head: str
    always_red: frozenset[str] = frozenset()
    """Tests that fail on the head, in any of the runs there."""
    tests: int = 0
    seconds: list[float] = field(default_factory=list)

    @classmethod
    def make(cls, project: Path, top: Path, base: str, head: str) -> Copy:
        """Clone, check out the head, and run the suite there twice.

        Raises:
            ValueError: hardly a test runs there, so nothing could be seen.
        """
        git(project, "clone", "-q", str(project), str(top))
        git(top, "checkout", "-q", "--detach", head)
        _carry_over_versions(project, top)
        made = cls(top, project / ".venv" / "bin" / "python", base, head)
        first, again = made.run(), made.run()
        made.always_red = first.red | again.red
        made.tests = min(first.count, again.count)
        made.seconds = [first.seconds, again.seconds]
        if made.tests - len(made.always_red) < 1:
            raise ValueError(f"no test of {project.name} is green on the head")
        return made

    def run(self, *tests: str) -> Run:
        """Run the whole suite, or some tests, to its end."""
        report = self.top.parent / "report.xml"
        report.unlink(missing_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEWORK_")}
        environment["PYTHONPATH"] = os.pathsep.join((str(self.top / "src"), str(self.top)))
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        began = time.monotonic()
        done = subprocess.run(
            [self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests],
            cwd=self.top, env=environment, capture_output=True, check=False, timeout=SUITE_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.monotonic() - began
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
        red = (case for case in cases if case.find("failure") is not None or case.find("error") is not None)
        return Run(frozenset(_name(case) for case in red), len(cases), seconds, done.returncode)

    def patch(self, claim: Claim) -> bytes:
        """Give one hunk of the range alone, as a patch.

        Raises:
            ValueError: git knows no such hunk.
        """
        whole = git(self.top, *_ASKED, self.base, self.head)
        for part in re.split(rb"^(?=diff --git )", whole, flags=re.MULTILINE)[1:]:
            if f"\n+++ b/{claim.path}\n".encode() not in part and f"\n--- a/{claim.path}\n".encode() not in part:
                continue
            starts = [*(found.start() for found in _HEADER.finditer(part)), len(part)]
            for here, there in itertools.pairwise(starts):
                found = _HEADER.match(part, here)
                if found and (int(found[1]), int(found[3])) == (claim.old_start, claim.new_start):
                    return _names(claim.path) + part[here:there]
        raise ValueError(f"git knows no hunk of the range at {claim.place}")

    @contextmanager
    def without(self, claim: Claim) -> Iterator[None]:
        """Take one hunk back, and put it there again."""
        patch = self.patch(claim)
        git(self.top, "apply", "-R", "--whitespace=nowarn", stdin=patch)
        try:
            yield
        finally:
            git(self.top, "apply", "--whitespace=nowarn", stdin=patch)

    def turns_red(self, claim: Claim, *tests: str) -> frozenset[str]:
        """Give the tests that are red without a hunk and not on the head; a whole suite with fewer tests is red too."""
        with self.without(claim):
            found = self.run(*tests)
        red = found.red - self.always_red
        if not tests and found.count < self.tests and not red:
            red = frozenset({f"{self.tests - found.count} tests are gone"})
        if not red:
            return red
        again = self.run(*tests)  # red now and then on the head too?
        return red - again.red


def _carry_over_versions(project: Path, top: Path) -> None:
    """Copy what a build wrote and git ignores, of that only the version: without it many a package does not start."""
    ignored = git(project, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", "*version*.py")
    for name in filter(None, ignored.decode().split("\0")):
        if not name.startswith((".venv/", "build/")) and (top / name).parent.is_dir():
            shutil.copyfile(project / name, top / name)


def _names(path: str) -> bytes:
    """Give a header that says nothing of a new name or mode: only the lines are taken back."""
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n".encode()


def _name(case: ET.Element) -> str:
    return f"{case.get('classname', '')}::{case.get('name', '')}"


@dataclass(slots=True)
class Verdict:
    """What was looked at again, and what of it does not hold."""

    unguarded: int = 0
    guarded: int = 0
    proposed: int = 0
    wrong: list[str] = field(default_factory=list)


def look_again(copy: Copy, claims: list[Claim], tests: bytes, sentences: list[str]) -> Verdict:
    """Look at every hunk called guarded or unguarded, and at every proposed test.

    `tests` is the patch of what is proposed, `sentences` what the survey said of each.
    """
    found = Verdict()
    for claim in claims:
        if claim.guard == "unguarded":
            found.unguarded += 1
            red = copy.turns_red(claim)
            if red:
                found.wrong.append(f"{claim.place} is called unguarded, and without it: {', '.join(sorted(red)[:3])}")
        elif claim.guard == "guarded" and "::" in claim.why:
            found.guarded += 1
            if not copy.turns_red(claim, claim.why):
                found.wrong.append(f"{claim.place} is called guarded, and {claim.why} is green without it")
    if tests:
        git(copy.top, "apply", "--whitespace=nowarn", stdin=tests)
    for sentence in sentences:
        found.proposed += 1
        found.wrong += _look_at_proposal(copy, claims, sentence)
    return found


def _look_at_proposal(copy: Copy, claims: list[Claim], sentence: str) -> Iterator[str]:
    test, path, line = _read(sentence)
    run = copy.run(test)
    if run.code != 0 or run.count < 1 or run.red:
        yield f"{test} does not pass on the head"
        return
    claim = max(
        (one for one in claims if one.path == path and one.guard == "unguarded" and one.new_start <= line),
        key=lambda one: one.new_start,
        default=None,
    )
    if claim is None:
        yield f"{test} is for {path}:{line}, and no hunk called unguarded is there"
    elif not copy.turns_red(claim, test):
        yield f"{test} does not fail without {claim.place}"


def _read(sentence: str) -> tuple[str, str, int]:
    test = re.match(r"- `([^`]+)`: ", sentence)
    place = re.search(r"without `([^`]+):(\d+)`; nothing else would notice$", sentence)
    if test is None or place is None:
        raise ValueError(f"no sentence of a survey about a test: {sentence}")
    return test[1], place[1], int(place[2])
