"""At most five tests: for each witness one, beside the nearest tests, seen to pass on the head and to fail without."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from casework.agents.survey.engine import Engine
from casework.agents.survey.ground import Tree
from casework.agents.survey.harvest import listen
from casework.agents.survey.reading import Suspect
from casework.agents.survey.witness import Witness, find, texts_of
from casework.code.python.scripts import IT, plain
from casework.code.python.source import is_test
from casework.code.python.tests import NewTest, Written, add_test

MOST_TESTS: Final = 5
FIND_SHARE: Final = 0.5
"""Of what is left of the budget then, for looking for witnesses; the rest is for writing and proving their tests."""
PASSES: Final = 5
"""How often a proposed test must pass on the head, each time in a process of its own."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A test that was seen to pass and to fail."""

    suspect: Suspect
    witness: Witness
    path: str
    test: str

    @property
    def sentence(self) -> str:
        """What it shows, for people."""
        was, now = self.witness.old.words, self.witness.new.words
        return (
            f"`{self.path}::{self.test}`: `{self.witness.spelled}` {now}, and {was} without "
            f"`{self.suspect.place}`; nothing else would notice"
        )


def propose(engine: Engine) -> tuple[list[Proposal], dict[str, bytes]]:
    """Look for witnesses as long as there is time; give what may be proposed, and the files with it."""
    survey = engine.survey
    if not survey.unguarded:
        return [], {}
    texts = texts_of(engine)
    heard = listen(engine, survey.unguarded)
    place = {one.id: n for n, one in enumerate(survey.unguarded)}
    until = engine.budget.spent + engine.budget.left() * FIND_SHARE

    def look(one: Suspect, tree: Tree) -> list[Witness]:
        return find(engine, one, place[one.id], heard, texts, tree, until_s=until)

    found = engine.each(survey.unguarded, look)
    proposals: list[Proposal] = []
    files: dict[str, bytes] = {}
    for one, witnesses in found:
        for witness in witnesses:
            if len(proposals) < MOST_TESTS and engine.budget.left() > 2 * survey.baseline.startup_s:
                made = _write(engine, one, witness, files)
                if made is not None:
                    proposals.append(made)
                    _note(engine, one, witness)
                    break
        else:
            if witnesses:
                _note(engine, one, witnesses[0])
    kept = _pass_every_time(engine, proposals, files)
    if len(kept) < len(proposals):  # one that fails now and then is taken out, and the others are written anew
        files = {}
        kept = [made for one in kept if (made := _write(engine, one.suspect, one.witness, files)) is not None]
    _say_what_was_late(engine, found, kept)
    return kept, files


def _say_what_was_late(engine: Engine, found: list[tuple[Suspect, list[Witness]]], kept: list[Proposal]) -> None:
    proposed = {one.suspect.id for one in kept}
    late = sum(1 for one, witnesses in found if witnesses and one.id not in proposed)
    if late and engine.budget.left() <= 2 * engine.survey.baseline.bare_s:
        engine.survey.notes.append(
            f"There was no time left to write and prove a test for {late} of these; a larger budget has it."
        )


def _note(engine: Engine, one: Suspect, witness: Witness) -> None:
    said = f"; `{witness.spelled}` {witness.new.words}, and {witness.old.words} without it"
    engine.survey.witnessed[one.id] = said


def _write(engine: Engine, one: Suspect, witness: Witness, files: dict[str, bytes]) -> Proposal | None:
    """Write the test into the nearest file where it passes on the head and fails without the hunk."""
    tree = engine.trees[0]
    for path in _nearest(engine, one, witness):
        head = tree.read(path)
        before = files.get(path, head)
        if before is None or head is None:
            continue
        written = add_test(before, _new_test(witness))
        if written is None:
            continue
        if _holds(engine, one, path, written):
            files[path] = written.content
            return Proposal(one, witness, path, written.test)
    return None


def _holds(engine: Engine, one: Suspect, path: str, written: Written) -> bool:
    name = f"{path}::{written.test}"
    with_it, without = engine.trees[0], engine.trees[-1]

    def passes(tree: Tree) -> str:
        return engine.suite.check(tree, [name], wall_s=_wall(engine)).verdict

    head = with_it.read(path)
    assert head is not None, "it was read before"
    try:
        with_it.write(path, written.content)
        (green,) = engine.together([with_it], passes)
        if green != "green":
            return False
        if without is not with_it:
            without.write(path, written.content)
        code = without.read(one.path)
        assert code is not None, "it was read before"
        without.write(one.path, one.code.reverted)
        try:
            (red,) = engine.together([without], passes)
        finally:
            without.write(one.path, code)
        return red == "red"
    finally:
        with_it.write(path, head)
        without.write(path, head)


def _pass_every_time(engine: Engine, proposals: list[Proposal], files: dict[str, bytes]) -> list[Proposal]:
    """Run what is proposed as often as it must pass; once was already."""
    if not proposals:
        return []
    names = [f"{one.path}::{one.test}" for one in proposals]
    for tree in engine.trees:
        for path, content in files.items():
            tree.write(path, content)
    bad: set[str] = set()

    def again(n: int) -> None:
        tree = engine.trees[n % len(engine.trees)]
        outcome = engine.suite.check(tree, names, wall_s=_wall(engine), hash_seed=str(n + 1))
        if outcome.verdict != "green":
            bad.add(outcome.test)

    engine.together(range(PASSES), again)
    if bad - set(names):
        return []
    return [one for one, name in zip(proposals, names, strict=True) if name not in bad]


def _wall(engine: Engine) -> float:
    return 5.0 + 4 * engine.survey.baseline.startup_s


def _nearest(engine: Engine, one: Suspect, witness: Witness) -> list[str]:
    """Give the files of tests, the nearest first: they name the root, are called after the module, or get into it."""
    tree, base = engine.trees[0], engine.survey.baseline
    reach = Counter(name.partition("::")[0] for name in one.reach)
    files = dict.fromkeys(name.partition("::")[0] for name in base.tests)
    stem = one.module.name.rpartition(".")[2]
    mentions = re.compile(rf"\b{re.escape(witness.root)}\b")

    def nearness(path: str) -> tuple[bool, int, int, int]:
        text = (tree.read(path) or b"").decode("utf-8", "replace")
        called = stem in path.rpartition("/")[2]
        return (not text, -len(mentions.findall(text)), -int(called), -reach[path])

    candidates = [path for path in files if is_test(path) and path.endswith(".py")]
    ranked = sorted(candidates, key=nearness)
    near = [path for path in ranked if nearness(path)[1:] != (0, 0, 0)]
    return (near or ranked)[:2]


def _new_test(witness: Witness) -> NewTest:
    new = witness.new
    raised = new.kind in ("raised", "warned")
    same = raised and witness.old.kind == "raised" and witness.old.type == new.type
    return NewTest(
        script=witness.script,
        form=witness.form,
        root=witness.root,
        stem=_stem(witness),
        expected="" if raised else new.text,
        raises=(new.type, new.home) if raised else ("", ""),
        message=new.text if same else "",
    )


def _stem(witness: Witness) -> str:
    text = re.sub(r"-(?=\d)", "minus ", plain(witness.script.expression.replace(IT, witness.root)))
    words = re.findall(r"[A-Za-z0-9]+", text)
    found = "_".join(words).lower()
    while len(found) > 40 and "_" in found:
        found = found.rpartition("_")[0]
    return found[:40]
