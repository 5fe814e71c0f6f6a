"""Looks for a witness: an input on which the code with a hunk and without it gives different results.

Both versions are asked in processes of their own, twice each and with different hashing; what is not the same every
time is no witness. Which scripts are tried is in `candidates`; what is seen of one is in `inside/casework_probe.py`.
"""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casework.agents.survey.candidates import Candidate, candidates
from casework.agents.survey.engine import Engine
from casework.agents.survey.ground import Tree
from casework.agents.survey.harvest import Harvest
from casework.agents.survey.reading import Suspect
from casework.code.python.scripts import IT, Script, plain
from casework.code.python.source import parse

SEARCH_S: Final = 8.0
"""For one version of one hunk's module to answer in."""
TEXTS_SHARE: Final = 0.15
"""Of what is left of the budget then, for reading where calls may stand."""
_MOST_TEXTS: Final = 400
_ACCIDENTS: Final = frozenset(
    (
        "TypeError", "AttributeError", "NameError", "UnboundLocalError", "RecursionError", "MemoryError",
        "AssertionError", "ImportError", "ModuleNotFoundError", "SystemError", "KeyboardInterrupt", "SystemExit",
    )
)  # fmt: skip
"""What a wrong argument raises by itself."""


_EMPTY: Final = frozenset(("''", "b''", "[]", "()", "{}", "set()", "None", "0"))
"""Results that say little of what the code does."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one side of a script shows."""

    kind: str
    """`literal`, `raised`, `warned`, `odd`."""
    text: str
    """Source of the value, or the message."""
    type: str = ""
    home: str = ""
    meant: bool = False
    """Whether a `raise` of the project raised it."""

    @property
    def words(self) -> str:
        """It, for people."""
        text = " ".join(plain(self.text).split()).replace("`", "'")
        text = text if len(text) <= 80 else f"{text[:79]}\N{HORIZONTAL ELLIPSIS}"
        if self.kind == "odd":
            return "gives something else"
        if self.kind == "literal":
            return f"gives {text}"
        return f"{'raises' if self.kind == 'raised' else 'warns of'} {self.type}" + (f" ({text})" if text else "")


NOTHING: Final = Seen("odd", "")


@dataclass(frozen=True, slots=True)
class Witness:
    """One script, and what the two versions make of it."""

    script: Script
    root: str
    form: str
    """What is looked at: `{}` is the value, `IT` the object, `out` what is printed, `warned`."""
    new: Seen
    old: Seen

    @property
    def spelled(self) -> str:
        """The script for people."""
        text = self.script.text
        if "{}" in self.form:
            return plain("; ".join([*self.script.setup, self.form.replace("{}", self.script.expression)]))
        return text if self.form in ("out", "warned") else f"{text}; {plain(self.form)}"


def texts_of(engine: Engine) -> list[ast.Module]:
    """Give every file in which calls may stand, tests first."""
    reading, tree = engine.survey.reading, engine.trees[0]
    rest = sorted(reading.files - set(reading.tests()))
    found, until = [], engine.budget.spent + engine.budget.left() * TEXTS_SHARE
    for path in [*reading.tests(), *rest][:_MOST_TEXTS]:
        if engine.budget.spent > until:
            break
        found.append(parse((tree.read(path) or b"").decode("utf-8", "replace")))
    return [one for one in found if one is not None]


def find(
    engine: Engine, one: Suspect, place: int, found: Harvest, texts: list[ast.Module], tree: Tree, *, until_s: float
) -> list[Witness]:
    """Look for witnesses of one hunk, which `tree` is without; the best first.

    None are found once `until_s` of the budget are spent: what was found wants to be written.
    """

    def has_time() -> bool:
        return engine.budget.spent < until_s

    if not has_time():
        return []
    heard, source = found.calls.get(place, []), engine.survey.reading.sources[one.path]
    tried = candidates(one, source, heard, found, texts, has_time)
    if not tried:
        return []
    reverted = tree.read(one.path)
    head = (engine.worktree / one.path).read_bytes()
    old = _ask_twice(engine, one, tried, tree)
    tree.write(one.path, head)
    new = _ask_twice(engine, one, tried[: len(old)], tree)
    if reverted is not None:
        tree.write(one.path, reverted)
    best = sorted(_differences(one, tried, old, new), key=lambda pair: pair[0])
    return [witness for _, witness in best[:3]]


Sides = dict[str, Seen]


def _differences(
    one: Suspect, tried: Sequence[Candidate], old: list[Sides], new: list[Sides]
) -> Iterator[tuple[tuple[int, int, int], Witness]]:
    for candidate, before, after in zip(tried, old, new, strict=False):
        for at, (form, seen) in enumerate(after.items()):
            was = before.get(form, Seen("literal", "''") if form == "out" else NOTHING)
            worth = _worth(form, was, seen, one)
            if worth is not None:
                order = (worth + candidate.rank, len(candidate.script.text) + len(seen.text), at)
                yield order, Witness(candidate.script, candidate.root, form, seen, was)


def _ask_twice(engine: Engine, one: Suspect, tried: Sequence[Candidate], tree: Tree) -> list[Sides]:
    """Give what every script shows, of each only what is the same with another hashing."""
    first = _ask(engine, one, tried, tree, seed="0")
    again = _ask(engine, one, tried[: len(first)], tree, seed="4242")
    return [{form: seen for form, seen in a.items() if b.get(form) == seen} for a, b in zip(first, again, strict=False)]


def _ask(engine: Engine, one: Suspect, tried: Sequence[Candidate], tree: Tree, *, seed: str) -> list[Sides]:
    folder = tree.top.parent
    order, out = folder / "probe.json", folder / "probed.jsonl"
    out.unlink(missing_ok=True)
    scripts = [{"setup": candidate.script.setup, "expression": candidate.script.expression} for candidate in tried]
    told = {"module": one.module.name, "path": str(tree.top / one.path), "scripts": scripts}
    order.write_text(json.dumps(told), "utf-8")
    probe = str(engine.ground.folder / "inside" / "casework_probe.py")
    environment = engine.suite.environment(tree) | {"PYTHONHASHSEED": seed}
    command = (engine.survey.order.interpreter, probe, str(order), str(out))
    wall = min(SEARCH_S, max(engine.budget.left() / 4, 1.0))
    (folder / "empty").mkdir(exist_ok=True)
    engine.ground.run(command, cwd=folder / "empty", wall_s=wall, environment=environment)
    try:
        lines = out.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return list(_answers(lines))


def _answers(lines: list[str]) -> Iterator[Sides]:
    if not lines or not json.loads(lines[0]).get("imported"):
        return
    for line in lines[1:]:
        try:
            said = json.loads(line)
        except ValueError:
            return
        yield {form: Seen(**seen) for form, seen in said}


def _worth(form: str, old: Seen, new: Seen, one: Suspect) -> int | None:
    """Say how good a difference is, 0 the best; None for no witness."""
    if (old.kind, old.text, old.type) == (new.kind, new.text, new.type) or new.kind == "odd":
        return None
    if new.kind == "warned":
        return 4 if old.kind == "odd" and _is_meant(new, one) and _can_be_named(new) else None
    if new.kind == "raised":
        if not _is_meant(new, one) or not _can_be_named(new):
            return None
        if old.kind == "raised":
            return 6 if old.type == new.type else 5
        return 3
    if old.kind == "raised":
        return None if new.text == "None" else 1 if old.type not in _ACCIDENTS else 2
    if old.kind == "odd" and form == "{}":
        return 3 if old.text not in ("", "slow", "endless") and not old.text.startswith("not set up") else None
    if old.kind == "odd":
        return None
    worth = 3 if form == "out" else 2 if "repr(" in form else 1 if IT in form or form != "{}" else 0
    return worth + (new.text in _EMPTY)


def _is_meant(seen: Seen, one: Suspect) -> bool:
    return seen.meant or seen.type in one.code.words


def _can_be_named(seen: Seen) -> bool:
    return hasattr(builtins, seen.type) if seen.home == "builtins" else not seen.type.startswith("_")
