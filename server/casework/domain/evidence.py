"""Evidence: what the daemon saw on one tree, and what that shows for a change. Rules only.

Three words for a criterion, and no way around them: `verified` needs a test that was seen red without the change and
green with it, on a tree that is known to have been run, with nothing changed that decides the result. `claimed` is the
agent's word. Everything else is `not_checked`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from casework.domain.frozen import Frozen
from casework.domain.spec import Criterion

Colour = Literal["green", "red", "not_checked"]
CaseOutcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
BAD: Final[frozenset[CaseOutcome]] = frozenset({"failed", "error"})
LOUD: Final[frozenset[CaseOutcome]] = frozenset({"passed", "failed", "error", "xpassed"})
"""What a test does that really judges something."""
_NAMED: Final = 3


class Case(Frozen):
    """One test as it went."""

    id: str = Field(max_length=1000)
    """`tests/test_charge.py::test_expired`, relative to the top folder; of other runners `class::name`."""
    outcome: CaseOutcome
    why: str = Field(default="", max_length=300)
    """Of one that failed: the message, its first line."""


class LoadedFile(Frozen):
    """A file of the tree that was run."""

    path: str
    same: bool
    """Whether the bytes that were run are the tree's own."""


class Seen(Frozen):
    """What was seen of one command on one tree."""

    colour: Colour
    sentence: str = Field(max_length=2000)
    exit_code: int | None = None
    seconds: float = 0.0
    cases: tuple[Case, ...] = ()
    loaded: tuple[LoadedFile, ...] = ()
    elsewhere: tuple[str, ...] = ()
    """Files that were run although the tree has a file for that module: absolute paths, in the box."""
    proven: bool = False
    """Whether it is known that the code that was run is this tree's."""

    def by_id(self) -> dict[str, Case]:
        """Give the tests by their ids."""
        return {case.id: case for case in self.cases}


class Proof(Frozen):
    """The agent's word that a test shows a criterion to be met."""

    criterion: str = Field(max_length=16)
    test: str = Field(max_length=300)
    """`tests/test_charge.py::test_expired`, as pytest names it."""


class Evidence(Frozen):
    """One command, judged for a change: what every screen shows."""

    command: str = Field(max_length=500)
    colour: Colour
    sentence: str = Field(max_length=2000)
    proven: bool = False
    doubts: tuple[Annotated[str, Field(max_length=1000)], ...] = ()
    """Sentences, each a reason why nothing is verified by it."""
    turned: tuple[Annotated[str, Field(max_length=1000)], ...] = ()
    """Tests that were red without the change and are green with it."""
    passed: tuple[Annotated[str, Field(max_length=1000)], ...] = ()
    """Of the tests that criteria name: those that passed with the change."""
    counts: str = ""
    """`12 passed, 1 skipped`."""
    already_red: bool = False
    """Whether everything that is red is red without the change too."""


def judge(
    command: str,
    head: Seen,
    base: Seen | None,
    before: Seen | None,
    *,
    sources: Collection[str],
    deciders: Sequence[str],
    named: Collection[str],
) -> Evidence:
    """Judge a command for a change.

    `head` is the change's own tree, `base` the tree without it, `before` the base with the change's tests put on it.
    `sources` are the changed files of code that a test must have loaded, `deciders` those that decide the result,
    `named` the tests that the agent's claims name.
    """
    counts = counted(head.cases)
    if head.colour == "not_checked":
        return Evidence(command=command, colour="not_checked", sentence=head.sentence, counts=counts)
    doubts = [*_unproven(head, sources), *_decided_by(deciders), *_lost(head, base)]
    unproven = not head.proven or any(_unproven(head, sources))
    red = [case.id for case in head.cases if case.outcome in BAD]
    colour: Colour = head.colour
    sentence = head.sentence
    already = False
    if head.colour == "red" and base is not None and base.colour == "red" and red:
        were = base.by_id()
        new = [name for name in red if name not in were or were[name].outcome not in BAD]
        already = not new
        sentence = (
            f"{head.sentence} All of it is red without the change too."
            if already
            else f"{head.sentence} Green without the change: {_some(new)}."
        )
    elif unproven and head.colour == "green":
        colour = "not_checked"
        sentence = doubts[0]
    return Evidence(
        command=command,
        colour=colour,
        sentence=sentence[:2000],
        proven=not unproven,
        doubts=tuple(doubt[:1000] for doubt in doubts[:20]),
        turned=tuple(_turned(head, before))[:500],
        passed=tuple(case.id for case in head.cases if case.outcome == "passed" and case.id in named),
        counts=counts,
        already_red=already,
    )


def _unproven(head: Seen, sources: Collection[str]) -> list[str]:
    if head.elsewhere:
        return [f"imported from {head.elsewhere[0]}, not from this tree, so it says nothing about the change."]
    other = [file.path for file in head.loaded if not file.same]
    if other:
        return [f"{other[0]} was another file when it was run than the tree has, so it says nothing about the change."]
    if not head.proven:
        return ["it ended well, but nothing tells that it ran the code of this tree."]
    missing = sorted(set(sources) - {file.path for file in head.loaded})
    if missing:
        return [f"the check never loaded {_some(missing)}, which the change touches, so it does not count for it."]
    return []


def _decided_by(deciders: Sequence[str]) -> list[str]:
    if not deciders:
        return []
    return [f"the change touches what decides this check ({_some(deciders)}): read that first."]


def _lost(head: Seen, base: Seen | None) -> list[str]:
    """Name the tests that judged something without the change and do not any more."""
    if base is None or not head.cases:
        return []
    now = head.by_id()
    gone = [case.id for case in base.cases if case.id not in now and case.outcome != "skipped"]
    quiet = [
        case.id for case in base.cases if case.outcome in LOUD and case.id in now and now[case.id].outcome not in LOUD
    ]
    said = []
    if gone:
        said.append(f"{len(gone)} {_tests(gone)} gone with the change: {_some(gone)}.")
    if quiet:
        said.append(f"{len(quiet)} {_tests(quiet)} skipped or expected to fail with the change: {_some(quiet)}.")
    return said


def _tests(names: Sequence[str]) -> str:
    return "test is" if len(names) == 1 else "tests are"


def _turned(head: Seen, before: Seen | None) -> list[str]:
    if before is None:
        return []
    were = before.by_id()
    return [
        case.id for case in head.cases if case.outcome == "passed" and case.id in were and were[case.id].outcome in BAD
    ]


def counted(cases: Sequence[Case]) -> str:
    """Say how many went how, as people say it."""
    order: tuple[CaseOutcome, ...] = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    counts = {outcome: sum(1 for case in cases if case.outcome == outcome) for outcome in order}
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)


class Standing(Frozen):
    """What is known of one criterion."""

    state: Literal["verified", "claimed", "not_checked"]
    sentence: str


def standing_of(
    criterion: Criterion,
    claims: Collection[str],
    proofs: Sequence[Proof],
    evidence: Sequence[Evidence],
    *,
    unchecked: str,
) -> Standing:
    """Tell what is known of a criterion; `unchecked` says why nothing was run, where nothing was."""
    tests = [proof.test for proof in proofs if proof.criterion == criterion.id]
    if not tests:
        if criterion.id in claims:
            return Standing(state="claimed", sentence="The agent says so and names no test.")
        return Standing(state="not_checked", sentence=unchecked or "Nobody says that it is met.")
    reasons = [_why_not(test, evidence, unchecked) for test in tests]
    failing = next((reason for reason in reasons if reason), "")
    if failing:
        return Standing(state="claimed", sentence=failing)
    return Standing(state="verified", sentence="; ".join(f"{test}, red before, green now" for test in tests))


def _why_not(test: str, evidence: Sequence[Evidence], unchecked: str) -> str:
    """Say why a test verifies nothing; empty where it does."""
    if not evidence:
        return f"The agent names {test}. {unchecked}".strip()
    red = next((found for found in evidence if found.colour == "red"), None)
    if red is not None:
        return f"The agent names {test}, and `{red.command}` is red."
    showing = next((found for found in evidence if test in found.turned), None)
    if showing is None:
        if any(test in found.passed for found in evidence):
            return f"The agent names {test}, which is green, but not seen red without the change."
        return f"The agent names {test}, which no check has seen pass."
    if showing.colour != "green" or not showing.proven:
        return f"The agent names {test}; {showing.sentence}"
    doubtful = next((found.doubts[0] for found in evidence if found.doubts), "")
    return f"The agent names {test}, red before, green now, but {doubtful}" if doubtful else ""


def in_short(evidence: Sequence[Evidence]) -> Colour:
    """Give one colour for all: red if any is red, green only if all are."""
    colours: Mapping[Colour, int] = {found.colour: 1 for found in evidence}
    if "red" in colours:
        return "red"
    return "green" if set(colours) == {"green"} else "not_checked"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
