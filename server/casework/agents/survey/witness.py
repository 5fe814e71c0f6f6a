"""Looks for a witness: an input on which the code with a hunk and without it gives different results.

Both versions are asked in processes of their own, twice each and with different hashing; what is not the same every
time is no witness. Inputs are expressions in the names of the module, so that a test can be written of them.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from casework.agents.survey.engine import Engine
from casework.agents.survey.ground import Tree
from casework.agents.survey.reading import Suspect
from casework.code.python.calls import Call, harvest
from casework.code.python.inputs import inputs, pool
from casework.code.python.shape import Function, classes, doors, functions, spelled
from casework.code.python.source import parse

SEARCH_S: Final = 8.0
"""For one version of one hunk's module to answer in."""
ROOT: Final = "\N{SYMBOL FOR NULL}"
"""Stands in an expression for the function or class that a test has to import."""
_MOST_TEXTS: Final = 400
_ACCIDENTS: Final = frozenset(
    (
        "TypeError", "AttributeError", "NameError", "UnboundLocalError", "RecursionError", "MemoryError",
        "AssertionError", "ImportError", "ModuleNotFoundError", "SystemError", "KeyboardInterrupt", "SystemExit",
    )
)  # fmt: skip
"""What a wrong argument raises by itself: nothing to hold on to, unless the hunk raises it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of an expression."""

    kind: str
    """`literal`, `shown` (its repr), `raised`, `odd`."""
    text: str
    type: str = ""
    home: str = ""
    wrapped: bool = False
    """An iterator; the text is that of its items as a list."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One input, and what the two versions make of it."""

    expression: str
    """With `ROOT` in place of what must be imported."""
    root: str
    owner: bool
    """Whether the root is a class."""
    new: Seen
    old: Seen

    @property
    def spelled(self) -> str:
        """The expression for people."""
        return self.expression.replace(ROOT, self.root)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One expression to try."""

    expression: str
    door: Function
    rank: int

    @property
    def root(self) -> str:
        """What it needs imported."""
        return self.door.owner or self.door.name


def texts_of(engine: Engine) -> list[ast.Module]:
    """Give every file in which calls may stand, tests first."""
    reading, tree = engine.survey.reading, engine.trees[0]
    rest = sorted(reading.files - set(reading.tests()))
    found = (
        parse((tree.read(path) or b"").decode("utf-8", "replace")) for path in [*reading.tests(), *rest][:_MOST_TEXTS]
    )
    return [one for one in found if one is not None]


def find(engine: Engine, one: Suspect, texts: list[ast.Module], tree: Tree) -> Witness | None:
    """Look for the best witness of one hunk, which `tree` is without; None where none was found."""
    candidates = list(_candidates(engine, one, texts))
    if not candidates:
        return None
    reverted = tree.read(one.path)
    head = (engine.worktree / one.path).read_bytes()
    old = _ask_twice(engine, one, candidates, tree)
    tree.write(one.path, head)
    new = _ask_twice(engine, one, candidates, tree)
    if reverted is not None:
        tree.write(one.path, reverted)
    found = []
    for candidate, before, after in zip(candidates, old, new, strict=False):
        worth = _worth(before, after, one)
        if worth is not None and after is not None and before is not None:
            order = (worth, candidate.rank, len(candidate.expression) + len(after.text))
            witness = Witness(candidate.expression, candidate.root, bool(candidate.door.owner), after, before)
            found.append((order, witness))
    return min(found, key=lambda pair: pair[0], default=(None, None))[1]


def _candidates(engine: Engine, one: Suspect, texts: list[ast.Module]) -> Iterator[Candidate]:
    """Give expressions that get into the hunk, the plainest first; where no function holds it, by all of the module."""
    source = engine.survey.reading.sources[one.path]
    everything = functions(source.tree)
    tops = classes(source.tree)
    inner = one.code.inside or tuple(
        function
        for function in everything
        if any(function.first_line <= line <= function.last_line for line in one.code.lines)
    )
    wanted = dict.fromkeys(door for function in inner[:3] for door in doors(everything, function))
    names = {door.name for door in wanted} | {door.owner for door in wanted if door.owner}
    calls = harvest(texts, names)
    values = pool([*one.code.new_literals, *one.code.old_literals], one.messages)
    for at, door in enumerate(itertools.islice(wanted, 4)):
        rank = at + (0 if door.public else 10)
        if door.owner and door.owner not in tops:
            continue
        for expression in _expressions(door, calls, values):
            yield Candidate(expression, door, rank)


def _expressions(door: Function, calls: dict[str, list[Call]], values: list[Any]) -> Iterator[str]:
    seeds = calls.get(door.owner if door.name == "__init__" else door.name, [])
    arguments = inputs(door, seeds, values)
    if not door.owner or door.name in {"__init__", "__new__"}:
        yield from (f"{ROOT}({call})" for call in arguments)
        return
    if door.decorators & {"classmethod", "staticmethod"}:
        yield from (spelled(door, ROOT, str(call)) for call in arguments)
        return
    made = [Call(), *calls.get(door.owner, [])][:12]
    plain = not door.parameters
    for call in arguments if not plain else [Call()]:
        for built in made[: max(2, 400 // max(len(arguments), 1))] if not plain else made:
            yield spelled(door, f"{ROOT}({built})", str(call))


def _ask_twice(engine: Engine, one: Suspect, candidates: list[Candidate], tree: Tree) -> list[Seen | None]:
    first = _ask(engine, one, candidates, tree, seed="0")
    again = _ask(engine, one, candidates, tree, seed="4242")
    return [a if a == b else None for a, b in zip(first, again, strict=False)]


def _ask(engine: Engine, one: Suspect, candidates: list[Candidate], tree: Tree, *, seed: str) -> list[Seen]:
    folder = tree.top.parent
    order, out = folder / "probe.json", folder / "probed.jsonl"
    out.unlink(missing_ok=True)
    expressions = [candidate.expression.replace(ROOT, candidate.root) for candidate in candidates]
    told = {"module": one.module.name, "path": str(tree.top / one.path), "expressions": expressions}
    order.write_text(json.dumps(told), "utf-8")
    probe = str(engine.ground.folder / "inside" / "casework_probe.py")
    environment = engine.suite.environment(tree) | {"PYTHONHASHSEED": seed}
    command = (engine.survey.order.interpreter, probe, str(order), str(out))
    engine.ground.run(
        command, cwd=folder, wall_s=min(SEARCH_S, max(engine.budget.left(), 0.1)), environment=environment
    )
    return list(_answers(out))


def _answers(out: Path) -> Iterator[Seen]:
    try:
        lines = out.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    if not lines or not json.loads(lines[0]).get("imported"):
        return
    for line in lines[1:]:
        try:
            said = json.loads(line)
        except ValueError:
            return
        names = ("kind", "text", "type", "home", "wrapped")
        yield Seen(**{name: said[name] for name in names if name in said})


def _worth(old: Seen | None, new: Seen | None, one: Suspect) -> int | None:
    """Say how good a difference is, 0 the best; None for no witness."""
    if old is None or new is None or old == new or "odd" in (old.kind, new.kind):
        return None
    if new.kind == "raised":
        if not _is_meant(new, one) or not _can_be_named(new):
            return None
        if old.kind == "raised":
            return 6 if old.type == new.type else 5
        return 3
    if old.kind == "raised":
        return (1 if old.type not in _ACCIDENTS else 2) + (new.kind == "shown")
    return 1 if new.kind == "shown" else 0


def _is_meant(seen: Seen, one: Suspect) -> bool:
    if seen.type not in _ACCIDENTS:
        return True
    lines = one.code.lines
    return any(
        isinstance(node, ast.Raise) and node.exc is not None and seen.type in ast.unparse(node.exc)
        for function in one.code.inside
        for node in ast.walk(function.node)
        if getattr(node, "lineno", 0) in lines
    )


def _can_be_named(seen: Seen) -> bool:
    return hasattr(builtins, seen.type) if seen.home == "builtins" else not seen.type.startswith("_")
