"""What must be true after a kill and a recovery: every byte, every row, one landing at most. Only git and sqlite look.

`Damage` says what is wrong; a planted fault must raise it (test_planted_fault.py).
"""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.kill.stories import CLASHES, Story
from tests.kill.switch import Passed
from tests.landing.looking import Look, differences, lines_of_edits, look
from tests.repositories import Repository
from tests.store.looking import assert_sound, raw_rows

_ENDED: Final = ("landed", "in_review")


class Damage(AssertionError):
    """Something is not as it must be."""


@dataclass(frozen=True)
class Expected:
    """How the repository looks where the last act came to nothing, and where it was done."""

    before: Look
    done: Look


@dataclass(frozen=True, slots=True)
class End:
    """What the daemon says of the task when all is quiet."""

    status: str
    reason: str
    commit: str | None
    asked: bool
    """Whether the last act was answered, or had begun to be recorded, before the kill."""


def picture(repository: Repository) -> Look:
    """Look; commits go by their trees, because their names hold the time, and what Casework keeps is left out."""
    found = look(repository)
    refs = repository.text("for-each-ref", "--format=%(refname) %(tree)").splitlines()
    return replace(
        found,
        commit="",
        refs=tuple(sorted(ref.replace(_made(ref), "casework/NEW") for ref in refs if _is_users(ref))),
        leftovers=tuple(path for path in found.leftovers if not path.endswith("casework/identity")),
    )


def _made(ref: str) -> str:
    """The part of a branch's name that differs from task to task."""
    return ref.split(" ")[0].removeprefix("refs/heads/") if ref.startswith("refs/heads/casework/") else "\0"


def _is_users(ref: str) -> bool:
    return not ref.startswith("refs/casework/") or ref.startswith(("refs/casework/landing/", "refs/casework/landed/"))


def check_expected(story: Story, expected: Expected, repository: Repository, edits: Sequence[bytes]) -> None:
    """The undisturbed act itself: it did something, left nothing behind, and the user's own edits are all there."""
    _equal("nothing is left behind", expected.done.leftovers, ())
    _equal("nothing was left behind before", expected.before.leftovers, ())
    if not differences(expected.before, expected.done):
        raise Damage("the act did nothing")
    if story.mode in ("commit", "fast_forward", "branch"):
        _equal("the user's edits", lines_of_edits(repository), list(edits))


def _equal(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Damage(f"{what}: {found!r} instead of {wanted!r}")


def check(
    story: Story, repository: Repository, expected: Expected, end: End, trace: Sequence[Passed], journal: Path,
    *, saved: bool = False,
) -> bool:  # fmt: skip
    """Compare everything; whether the act was done. Raises `Damage`."""
    part = story.undo and story.goes_back  # not undone, its next run asks as before, or is stopped
    if end.status not in _ENDED and not (part and end.status in ("waiting", "stopped")):
        raise Damage(f"the task is {end.status}")
    rows = raw_rows(journal)
    landed = _is_landed(story, end, rows)
    done = landed != story.undo
    if not done and not end.reason and end.asked:
        raise Damage("it was handed back without a reason")
    check_rows(trace, journal)
    if story.goes_back and landed:
        end = replace(end, commit=str(_of(rows, "landing.confirmed")[-1]["commit"]))
    _check_commits(story, repository, end, rows, landed=landed)
    _check_rest(story, rows, landed=landed)
    now, wanted = picture(repository), expected.done if done else expected.before
    if saved:
        wanted = _with_save(wanted, now)
    wrong = differences(wanted, now)
    if wrong:
        raise Damage(f"{'done' if done else 'not done'} by the word of the daemon ({end.reason!r}), but: {wrong}")
    return done


def _with_save(wanted: Look, now: Look) -> Look:
    """The file the user saved must hold the user's bytes, wherever it is that git sees them; all else as ever."""
    path = os.fsencode(CLASHES)
    kind, mode, data = wanted.files[path]
    lines = data.splitlines(keepends=True)
    lines[2] = b"mine, in a bad moment\n"
    status = tuple(line for line in wanted.status if line[3:] != path)
    mine = tuple(line for line in now.status if line[3:] == path)
    if mine != (b" M " + path,):
        raise Damage(f"the user's save shows in git status as {mine!r}")
    return replace(
        wanted, files=wanted.files | {path: (kind, mode, b"".join(lines))}, status=_in_order(now.status, status + mine)
    )


def _in_order(now: Sequence[bytes], wanted: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(now) if sorted(now) == sorted(wanted) else tuple(wanted)


def check_rows(trace: Sequence[Passed], journal: Path) -> None:
    """Every row whose commit returned before the kill is there as it was, and the chain holds."""
    assert_sound(journal)
    rows = {row[0]: row for row in raw_rows(journal)}
    for passed in trace:
        if not passed.is_note:
            continue
        stream, number, draft, kind = passed.place.removeprefix("# ").split(" ")
        if stream != journal.parent.name:
            continue
        row = rows.get(int(number))
        if row is None or (row[1], row[5]) != (draft, kind):
            raise Damage(f"row {number} ({kind}) was acknowledged, and is {row!r} now")


def _of(rows: Sequence[tuple[Any, ...]], kind: str) -> list[dict[str, Any]]:
    return [json.loads(row[13]) for row in rows if row[5] == kind]


def _is_landed(story: Story, end: End, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the last verdict stands as landed; where the rest goes back, the task goes on after that."""
    if not story.goes_back:
        return end.status == "landed"
    ended = [row[5] for row in rows if row[5] in ("landing.confirmed", "landing.taken_back", "landing.undone")]
    ours = [kind for kind in ended if kind != "landing.undone" or not story.undo]
    return ours[-1:] == ["landing.confirmed"]


def _check_rest(story: Story, rows: Sequence[tuple[Any, ...]], *, landed: bool) -> None:
    """The rest goes where it was said to go, once, and nowhere while nothing has landed."""
    if not story.steps:
        return
    again = [data for data in _of(rows, "run.started") if data["n"] == 2]
    tasks = [data for data in _of(rows, "task.added") if data["fingerprint"].startswith("rest:")]
    commits = [data["commit"] for data in _of(rows, "landing.confirmed")]
    wanted = {"back": (1, 0), "follow_up": (0, 1), "drop": (0, 0)}[story.rest] if landed else (0, 0)
    if not story.undo:  # an undo may come before the next run has begun
        _equal("next runs, and tasks made of the rest", (len(again), len(tasks)), wanted)
        opened = [data for data in _of(rows, "review.opened") if data["run"] == 2]
        _equal("the next review stands on what landed", [one["base"] for one in opened], commits * wanted[0])
    _equal("a next run stands on what landed", [one["base"] for one in again], commits * len(again))


def _check_commits(
    story: Story, repository: Repository, end: End, rows: Sequence[tuple[Any, ...]], *, landed: bool
) -> None:
    """One landing at most, and where the daemon says that it stands."""
    landing = _landing_of(rows)
    confirmed = sum(row[5] == "landing.confirmed" for row in rows)
    if confirmed > 1:
        raise Damage(f"{confirmed} landings were confirmed")
    heads = {
        name.removeprefix("refs/heads/"): commit
        for name, commit in (
            line.split(" ") for line in repository.text("for-each-ref", "--format=%(refname) %(objectname)",
                                                        "refs/heads").splitlines()
        )
    }  # fmt: skip
    holding = [name for name, commit in heads.items() if commit == end.commit and fnmatch.fnmatch(name, story.after)]
    if landed and not holding and story.mode != "files":
        raise Damage(f"it is landed as {end.commit}, and no branch {story.after} holds that")
    if story.trailer and landing:
        commits = repository.text(
            "log", "--branches", "-F", f"--grep=Casework-Landing: {landing}", "--format=%H"
        ).split()
        if len(commits) != landed:
            raise Damage(f"it is {end.status}, and {len(commits)} commits carry the landing's id")
    moves = repository.text("reflog", "show", "--format=%gs", "main").splitlines()
    if moves.count(f"casework: land {landing}") > 1:
        raise Damage("the branch was moved twice by one landing")


def _landing_of(rows: Sequence[tuple[Any, ...]]) -> str:
    answered = [json.loads(row[13]) for row in rows if row[5] == "review.answered"]
    return str(answered[-1]["landing"]) if answered else ""
