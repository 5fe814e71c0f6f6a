"""What tests call the project with, heard while they run: fixtures, rows and generated inputs are values by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casework.agents.survey.engine import Engine
from casework.agents.survey.reading import Suspect
from casework.code.python.calls import Call

SHARE: Final = 0.3
"""Of what is left of the budget, for listening."""
MOST_S: Final = 15.0
_MOST_TESTS: Final = 10
"""Tests that are listened to for one hunk, the quickest first."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One call that a test made, during which the hunk's function was entered."""

    kind: str
    """`function`, `class`, `classmethod`, `method`, `property`."""
    root: str
    """The function or class, marked."""
    name: str
    call: Call
    made: str = ""
    """How the object was made that a method was called on."""
    steps: tuple[str, ...] = ()
    """What was done to it before."""


@dataclass(slots=True)
class Harvest:
    """What was heard, in order."""

    calls: dict[int, list[Heard]] = field(default_factory=dict)
    """By the hunk's place among those asked for."""
    made: dict[str, list[Call]] = field(default_factory=dict)
    """Arguments that objects of a class were made with, by its marked name."""
    parameters: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """By file and name: what parameters of that name were given, as source."""


def listen(engine: Engine, suspects: Sequence[Suspect]) -> Harvest:
    """Run tests on the head that get into these hunks, or near them, and hear what they call."""
    base, reading = engine.survey.baseline, engine.survey.reading
    targets: dict[str, list[tuple[int, int, int]]] = {}
    chosen: dict[str, None] = {}
    for n, one in enumerate(suspects):
        spans = one.spans or ((0, 1 << 30),)
        targets.setdefault(one.path, []).extend((n, first, last) for first, last in spans)
        near = base.reaching(one.path, ((0, 1 << 30),))
        reach = [name for name in near if name in set(base.reaching(one.path, spans))]
        for names in (reach, near):
            chosen.update(dict.fromkeys(sorted(names, key=lambda name: base.tests[name].took)[:_MOST_TESTS]))
    if not chosen:
        return Harvest()
    project = sorted(reading.files - set(reading.tests()))
    wall = min(MOST_S, engine.budget.left() * SHARE)
    packages = sorted({one.module.name.partition(".")[0] for one in suspects})
    order = {"project": project, "targets": targets, "packages": packages}
    (said,) = engine.together([order], lambda told: engine.suite.listen(engine.trees[0], list(chosen), told, wall))
    found = Harvest()
    for line in said:
        _read(line, found)
    return found


def _read(line: Mapping[str, Any], found: Harvest) -> None:
    match line:
        case {"target": int(n), "call": dict(call)}:
            heard = Heard(
                call["kind"], call["root"], call["name"], _call(call["given"]), call["made"] or "", tuple(call["steps"])
            )
            found.calls.setdefault(n, []).append(heard)
        case {"made": str(name), "arguments": dict(given)}:
            found.made.setdefault(name, []).append(_call(given))
        case {"parameter": str(name), "path": str(path), "text": str(text)}:
            found.parameters.setdefault((path, name), []).append(text)
        case _:
            pass


def _call(given: Mapping[str, Any]) -> Call:
    return Call(tuple(given["positional"]), tuple((name, text) for name, text in given["named"]))
