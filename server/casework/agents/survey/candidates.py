"""Which scripts are tried for one hunk: what tests call, what stands in files, what is near either, and boundaries."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from casework.agents.survey.harvest import Harvest, Heard
from casework.agents.survey.reading import Suspect
from casework.code.python.calls import Call, harvest
from casework.code.python.inputs import Near, as_dict, hints, inputs, pool, with_options
from casework.code.python.inputs import near as near_to
from casework.code.python.scripts import IT, MARK, Script, marked
from casework.code.python.shape import Function, classes, doors, functions, operator_of, spelled
from casework.code.python.source import Source

MOST: Final = 1200
"""Scripts for one hunk."""
_MOST_OF_ONE: Final = 160
"""Variants of the calls to one function, so that every function gets its turn."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One script to try."""

    script: Script
    root: str
    """The name of the function or class it is about."""
    rank: int
    """How far it is from what tests do; 0 is what one does."""


def candidates(
    one: Suspect,
    source: Source,
    heard: Collection[Heard],
    found: Harvest,
    texts: list[ast.Module],
    has_time: Callable[[], bool],
) -> list[Candidate]:
    """Give what to try, each once: what tests did first. What is not found while `has_time` is not tried."""
    everything = functions(source.tree)
    near = Near(
        pool([*one.code.new_literals, *one.code.old_literals], one.messages),
        hints(one.code.words),
        {name: values for (path, name), values in found.parameters.items() if path == one.path},
    )
    made: dict[Script, Candidate] = {}
    own = {function.name for function in one.code.inside}
    ways = [
        _nearest_first(_heard(heard, everything, found, near), own),
        _standing(one, source, everything, found, near, texts),
    ]
    for candidate in itertools.chain.from_iterable(ways):
        if len(made) >= MOST or not has_time():
            break
        made.setdefault(candidate.script, candidate)
    return list(made.values())


def _nearest_first(tried: Iterator[tuple[str, Candidate]], own: set[str]) -> Iterator[Candidate]:
    """Put what calls the hunk's own function before what only comes to it."""
    for name, candidate in tried:
        yield candidate if not own or name in own else replace(candidate, rank=candidate.rank + 2)


def _heard(
    heard: Collection[Heard], everything: list[Function], found: Harvest, near: Near
) -> Iterator[tuple[str, Candidate]]:
    """Give what was heard, then what is near it, with the name of what is called."""
    groups: dict[tuple[str, str, str], list[Heard]] = {}
    for one in heard:
        groups.setdefault((one.kind, one.root, one.name), []).append(one)
    ordered = sorted(groups.items(), key=lambda group: _is_private(group[0][2]))
    for (_, _, name), calls in ordered:
        for one in calls:
            yield from ((name, tried_one) for tried_one in _script(one, one.call, rank=0))
    for (kind, root, name), calls in ordered:
        function = next(
            (one for one in everything if one.name == name and bool(one.owner) == (kind != "function")), None
        )
        if kind == "property":
            made = inputs(None, found.made.get(root, []), near)[:_MOST_OF_ONE]
            for call in made:
                yield from (
                    (name, tried_one)
                    for tried_one in _script(Heard(kind, root, name, Call(), f"{root}({call})"), Call(), rank=1)
                )
            continue
        tried = inputs(function, [one.call for one in calls], near)
        if kind != "method":
            for call in tried[:_MOST_OF_ONE]:
                yield from ((name, tried_one) for tried_one in _script(calls[0], call, rank=1))
            continue
        holders = list({(one.made, one.steps): one for one in calls}.values())[:6]
        others = [replace(one, made=text) for one in holders for text in _other_makings(one, everything, near)]
        some = list(dict.fromkeys([*holders, *others[:40]]))
        for at, by in sorted(itertools.product(range(len(tried)), range(len(some))), key=sum)[:_MOST_OF_ONE]:
            yield from (
                (name, tried_one) for tried_one in _script(some[by], tried[at], rank=1 if by < len(holders) else 2)
            )


def _script(one: Heard, call: Call, *, rank: int) -> Iterator[Candidate]:
    name = one.root.strip(MARK).partition(":")[2]
    rank += 10 * _is_private(one.name) + 10 * _is_private(name)
    match one.kind:
        case "function" | "class":
            yield Candidate(Script(f"{one.root}({call})"), name, rank)
        case "classmethod":
            yield Candidate(Script(f"{one.root}.{one.name}({call})"), name, rank)
        case _:
            act = spelled(one.name, IT, call, is_property=one.kind == "property")
            for steps in dict.fromkeys([(), one.steps[-1:], one.steps]):
                if act is not None:
                    yield Candidate(Script(act, (f"{IT} = {one.made}", *steps)), name, rank)


def _other_makings(one: Heard, everything: list[Function], near: Near) -> Iterator[str]:
    """Give other ways to make the object of a call, near the one that a test uses."""
    kind = one.root.strip(MARK).partition(":")[2]
    init = next((each for each in everything if each.owner == kind and each.name == "__init__"), None)
    made = re.fullmatch(rf"({MARK}[^{MARK}]+{MARK})\((.*)\)", one.made)
    plain_ones = [] if made is None or init is None else with_options(init, Call((made[2],) if made[2] else ()), near)
    yield from (f"{one.root}({call})" for call in itertools.islice(plain_ones, 12))
    yield from itertools.islice(near_to(one.made, near.values), 24)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _standing(
    one: Suspect, source: Source, everything: list[Function], found: Harvest, near: Near, texts: list[ast.Module]
) -> Iterator[Candidate]:
    """Give what stands in files as text, and boundaries; where no function holds the hunk, by all of the module."""
    tops = classes(source.tree)
    inner = one.code.inside or tuple(
        function
        for function in everything
        if any(function.first_line <= line <= function.last_line for line in one.code.lines)
    )
    wanted = dict.fromkeys(door for function in inner[:3] for door in doors(everything, function))
    names = {door.name for door in wanted} | {door.owner for door in wanted if door.owner}
    calls = harvest(texts, names)
    for at, door in enumerate(itertools.islice(wanted, 5)):
        if not door.owner or door.owner in tops:
            rank = 2 + at + (0 if door.public else 10)
            root = marked(one.module.name, door.owner or door.name)
            for script in itertools.islice(_of_door(door, root, calls, found, near), 2 * _MOST_OF_ONE):
                yield Candidate(script, door.owner or door.name, rank)


def _of_door(
    door: Function, root: str, calls: Mapping[str, list[Call]], found: Harvest, near: Near
) -> Iterator[Script]:
    seeds = calls.get(door.owner if door.name == "__init__" else door.name, [])
    made = list(dict.fromkeys([*found.made.get(root, []), *calls.get(door.owner, []), Call()]))
    if not door.owner or door.name in {"__init__", "__new__"}:
        known = found.made.get(root, []) if door.owner else []
        yield from (Script(f"{root}({call})") for call in inputs(door, [*known, *seeds], near))
        return
    if door.decorators & {"classmethod", "staticmethod"}:
        yield from (Script(f"{root}.{door.name}({call})") for call in inputs(door, seeds, near))
        return
    if operator_of(door.name):
        seeds = [*seeds, *_operands(root, made)]
    holders = made[:8] if door.parameters else inputs(None, made, near)[:_MOST_OF_ONE]
    arguments = inputs(door, seeds, near) if door.parameters else [Call(), *seeds[:4]]
    for call, holder in sorted(itertools.product(range(len(arguments)), range(len(holders))), key=sum):
        act = spelled(door.name, IT, arguments[call], is_property=door.is_property)
        if act is not None:
            yield Script(act, (f"{IT} = {root}({holders[holder]})",))


def _operands(root: str, made: list[Call]) -> Iterator[Call]:
    """Give what may stand on the other side of an operator: such an object, and what one is made of."""
    for call in made[:8]:
        yield Call((f"{root}({call})",))
        yield from (Call((text,)) for text in call.positional[:1])
        yield from (Call((text,)) for text in map(as_dict, call.positional[:1]) if text)
