"""The notes for users: one sentence each, of a known kind."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.tree import ROOT, names


def complaints(name: str, text: str, kinds: set[str]) -> list[str]:
    said = []
    if not re.fullmatch(rf"changes/\+?[\w-]+\.({'|'.join(sorted(kinds))})\.md", name):
        said.append(f"{name} is of no known kind: {sorted(kinds)}.")
    if len(text.strip().splitlines()) != 1 or not re.fullmatch(r"[A-Z`].*[^.]\.", text.strip()):
        said.append(f"{name} is not one sentence.")
    return said


def test_every_note_is_one_sentence_of_a_known_kind() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    kinds = {kind["directory"] for kind in settings["tool"]["towncrier"]["type"]}
    notes = [name for name in names() if name.startswith("changes/") and name != "changes/README.md"]
    assert [said for name in notes for said in complaints(name, (ROOT / name).read_text(encoding="utf-8"), kinds)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("changes/+x.feature.md", "A thing."), ("changes/+x.new.md", "a thing"), ("changes/+x.new.md", "One.\nTwo.")],
)
def test_a_note_that_is_no_sentence_or_of_no_kind_is_seen(name: str, text: str) -> None:
    assert len(complaints(name, text, {"new", "fix"})) == 1
