"""One command leads from one thing to judge to the next: over files, over reviews, then to the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import Json, casework, printed
from tests.repositories import Repository

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def following(*words: str, at: Path) -> Json:
    found: Json = json.loads(printed(casework("next", "--json", *words, at=at)))
    return found


def test_next_leads_through_files_and_reviews(world: Path) -> None:
    shop = Repository.new(world / "shop")
    shop.commit("first", {"b.py": "b = 1\n", "auth/login.py": "l = 1\n", "c.py": "c = 1\n"})
    shop.git("checkout", "-q", "-b", "one")
    shop.commit("one", {"b.py": "b = 2\n", "auth/login.py": "l = 2\n"})
    shop.git("checkout", "-q", "-b", "two", "main")
    shop.commit("two", {"c.py": "c = 2\n"})
    shop.git("checkout", "-q", "main")
    top = shop.path
    assert following(at=top)["kind"] == "nothing"
    printed(casework("review", "branch", "one", at=top))
    printed(casework("review", "branch", "two", at=top))  # number 2 is what the detectors found in the first
    first = following(at=top)
    assert (first["sentence"], first["left"], first["waiting"]) == (
        "Review 1, 1 of 2: auth/login.py:1, its name speaks of security",
        2,
        2,
    )
    assert (first["path"], first["line"], first["side"]) == ("auth/login.py", 1, "head")
    printed(casework("review", "accept", "1", first["hunk"], at=top))
    second = following("1", "--hunk", first["hunk"], at=top)
    assert second["sentence"] == "Review 1, 2 of 2: b.py:1, code at the top"
    printed(casework("review", "reject", "1", second["hunk"], at=top))
    verdict = following("1", "--hunk", second["hunk"], at=top)
    assert (verdict["kind"], verdict["sentence"]) == ("verdict", "Review 1 waits for your verdict: one")
    third = following("1", at=top)
    assert third["sentence"] == "Review 3, 1 of 1: c.py:1, code at the top"
    said = printed(casework("next", "1", at=top))
    assert said.splitlines() == [
        "Review 3, 1 of 1: c.py:1, code at the top   1 decision left here",
        "  Read it    casework review diff 3 c.py",
        f"  Judge it   casework review accept 3 {third['hunk']}    casework review reject 3 {third['hunk']} -m ...",
        f"  Go on      casework next 3 --hunk {third['hunk']}",
    ]
