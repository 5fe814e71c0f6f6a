"""Landing any part of a change gives what `git apply` gives of that part, to the byte: on real git, part by part.

The reference cuts git's own patch by its text, knows nothing of Casework, and is as slow as it looks.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, LandingId
from casework.ports.landing import Announcement, Landed, LandingPlan
from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.landing.grounds import Ground
from tests.landing.looking import differences
from tests.repositories import Content, Name, Program, Repository

PARTS_EACH: Final = 12
"""Parts that are taken of each generated change; the first two are landed, and one of these is undone."""
MANY: Final = int(os.environ.get("CASEWORK_SUBSETS", "30"))
"""Changes of the slow test; with 200 of them 2,400 parts are taken."""
DIFF: Final = (
    "diff", "--binary", "--full-index", "-M", "-U3", "--no-ext-diff", "--no-textconv", "--no-color",
    "--diff-algorithm=myers", "--indent-heuristic", "--inter-hunk-context=0",
)  # fmt: skip

Key = tuple[int, int]
"""A file of the patch and one of its hunks, counted from 0; a file without hunks has the one hunk 0."""


# ---- the slow reference ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """One file of a patch, as text."""

    header: bytes
    hunks: tuple[bytes, ...]


def sections(patch: bytes) -> list[Section]:
    """Cut a patch into its files, and those into their hunks."""
    found = []
    for text in (b"\n" + patch).split(b"\ndiff --git ")[1:]:
        header, *hunks = (b"diff --git " + text.removesuffix(b"\n")).split(b"\n@@ ")
        # An empty line ends a binary patch; without it git takes the next file's header for a part of it.
        end = b"\n\n" if b"\nGIT binary patch\n" in header else b"\n"
        found.append(Section(header.rstrip(b"\n") + end, tuple(b"@@ " + hunk + b"\n" for hunk in hunks)))
    return found


def part_of(patch: Sequence[Section], wanted: Collection[Key]) -> bytes:
    """Give the patch with these hunks alone; where each begins on the new side follows from those before it."""
    said = b""
    for at, section in enumerate(patch):
        chosen = [n for n in range(max(1, len(section.hunks))) if (at, n) in wanted]
        if not chosen:
            continue
        said += section.header
        longer = 0
        for n in chosen if section.hunks else ():
            head, _, body = section.hunks[n].partition(b"\n")
            _, old, new, rest = head.split(b" ", 3)
            (start, lines), (begin, added) = _range(old), _range(new)
            if lines and added:
                begin = start + longer
            said += b"@@ %s +%d,%d %s\n%s" % (old, begin, added, rest, body)
            longer += added - lines
    return said


def _range(text: bytes) -> tuple[int, int]:
    start, _, lines = text[1:].partition(b",")
    return int(start), int(lines or b"1")


def _aside(repository: Repository, index: str, *args: str, stdin: bytes = b"") -> bytes | None:
    """Run git with an index of its own; None where it says no."""
    at = str(repository.path / ".git" / index)
    done = subprocess.run(
        ["env", f"GIT_INDEX_FILE={at}", "git", *args],
        cwd=repository.path, input=stdin, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else None


def applied(repository: Repository, base: str, patch: bytes) -> bytes | None:
    """Give the tree that git makes of the base and a patch; None where git says no."""
    _aside(repository, "reference", "read-tree", base)
    if _aside(repository, "reference", "apply", "--cached", "--whitespace=nowarn", "-", stdin=patch) is None:
        return None
    return _aside(repository, "reference", "write-tree")


def tree_on_disk(repository: Repository) -> bytes | None:
    """Give the tree of exactly what lies on disk, by an index that knows no stamps."""
    (repository.path / ".git" / "looking").unlink(missing_ok=True)
    _aside(repository, "looking", "add", "-A", "-f")
    return _aside(repository, "looking", "write-tree")


# ---- changes --------------------------------------------------------------------------------------------------------

NAMES: Final = ("a.txt", "b", "dir/c.py", "dir/d e", "deep/er/f")
LINES: Final = [b"a\n", b"b\n", b"c\n", b"\n", b"a\r\n", b"caf\xe9\n", b"\tx = 1\n"]
text_of = st.lists(st.sampled_from(LINES), min_size=0, max_size=40)


@st.composite
def edited(draw: st.DrawFn, lines: list[bytes]) -> list[bytes]:
    """Give the lines after a few edits, far and near."""
    new = list(lines)
    for at in sorted(draw(st.lists(st.integers(0, len(lines)), max_size=4)), reverse=True):
        new[at : at + draw(st.integers(0, 2))] = draw(text_of.map(lambda found: found[:2]))
    return new


@st.composite
def changes(draw: st.DrawFn) -> tuple[dict[Name, Content], dict[Name, Content]]:
    """Give what is committed first, and what is changed then."""
    before: dict[Name, Content] = {}
    after: dict[Name, Content] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        lines = draw(text_of)
        cut = draw(st.booleans())
        old = b"".join(lines).removesuffix(b"\n") if cut else b"".join(lines)
        new = b"".join(draw(edited(lines)))
        before[name] = old
        match draw(
            st.sampled_from(["edit", "edit", "edit", "delete", "rename", "mode", "mode and edit", "binary", "-"])
        ):
            case "edit":
                after[name] = new
            case "delete":
                after[name] = None
            case "rename":
                after[name], after[f"moved/{name}"] = None, new
            case "mode":
                after[name] = Program(old)
            case "mode and edit":
                after[name] = Program(new)
            case "binary":
                before[name], after[name] = old + b"\0", new + b"\0\1"
            case _:
                pass
    for name in draw(st.lists(st.sampled_from(["new", "dir/new", "empty"]), max_size=2, unique=True)):
        after[name] = b"" if name == "empty" else b"".join(draw(text_of))
    return before, after


# ---- the property ---------------------------------------------------------------------------------------------------


class Play:
    """One generated change, parts of which are landed and taken back again."""

    def __init__(self, folder: Path, before: dict[Name, Content], after: dict[Name, Content]) -> None:
        self.repository = Repository.new(folder / "project")
        self.repository.git("config", "core.autocrlf", "false")
        self.repository.commit("before", before)
        self.repository.git("switch", "-q", "-c", "changed")
        self.repository.commit("after", after)
        self.repository.git("switch", "-q", "main")
        self.base, self.head = self.repository.id("main"), self.repository.id("changed")
        repositories = GitRepositories(state=str(folder / "state"))
        self.workspace: GitWorkspace = repositories.open(repositories.identify(str(self.repository.path)))
        self.change = self.workspace.change(CommitId(self.base), CommitId(self.head))
        self.patch = sections(self.repository.git(*DIFF, self.base, self.head))
        assert [len(file.judged) for file in self.change.files] == [max(1, len(each.hunks)) for each in self.patch]

    @property
    def keys(self) -> list[Key]:
        return [(at, n) for at, section in enumerate(self.patch) for n in range(max(1, len(section.hunks)))]

    def take(self, wanted: Collection[Key], *, land: bool, undo: bool) -> bool:
        """Take a part, land it if asked, and compare; whether both could."""
        reference = applied(self.repository, self.base, part_of(self.patch, wanted))
        chosen = [self.change.files[at].judged[n] for at, n in sorted(wanted)]
        try:
            accepted = self.workspace.select(self.change, chosen, message="A part")
        except Refused:
            return False
        if reference is None:
            return False
        assert self.repository.git("rev-parse", f"{accepted}^{{tree}}") == reference, "what is to land"
        if land:
            self._land(accepted, reference, undo=undo)
        return True

    def _land(self, accepted: str, reference: bytes, *, undo: bool) -> None:
        made = Ground(self.repository, self.base, accepted)
        before = made.look()
        landed = self._through(made, made.lander.plan(made.request()))
        assert self.repository.git("rev-parse", "HEAD^{tree}") == reference, "the commit"
        assert self.repository.git("write-tree") == reference, "the index"
        assert tree_on_disk(self.repository) == reference, "the files"
        assert self.repository.git("status", "--porcelain") == b""
        if undo:
            self._through(made, made.lander.plan_undo(landed, LandingId("undo-of-it")))
            assert differences(before, made.look()) == []
        else:
            self.repository.git("reset", "-q", "--hard", self.base)
            self.repository.git("clean", "-q", "-fd")

    def _through(self, made: Ground, plan: LandingPlan) -> Announcement:
        announcement = made.lander.prepare(plan)
        ended = made.lander.enter(announcement)
        assert isinstance(ended, Landed), ended
        made.lander.finish(announcement)
        return announcement


def _play(change: tuple[dict[Name, Content], dict[Name, Content]], data: st.DataObject, world: Path) -> None:
    with tempfile.TemporaryDirectory(dir=world) as folder:
        play = Play(Path(folder), *change)
        if not play.keys:
            return
        for n in range(PARTS_EACH):
            wanted = data.draw(st.sets(st.sampled_from(play.keys), min_size=1), label="hunks that land")
            event("both can" if play.take(wanted, land=n < 2, undo=n == 0) else "one can't")


_UNHEALTHY: Final = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
_PHASES: Final = [Phase.explicit, Phase.generate]
"""Making a failing change smaller would take an hour; it is printed as it is."""


@pytest.mark.timeout(300)
@settings(max_examples=6, deadline=None, phases=_PHASES, suppress_health_check=_UNHEALTHY)
@given(change=changes(), data=st.data())
def test_landing_a_part_is_what_git_apply_makes_of_that_part(
    change: tuple[dict[Name, Content], dict[Name, Content]], data: st.DataObject, world: Path
) -> None:
    _play(change, data, world)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=MANY, deadline=None, phases=_PHASES, suppress_health_check=_UNHEALTHY)
@given(change=changes(), data=st.data())
def test_landing_any_of_many_parts_is_what_git_apply_makes_of_it(
    change: tuple[dict[Name, Content], dict[Name, Content]], data: st.DataObject, world: Path
) -> None:
    _play(change, data, world)
