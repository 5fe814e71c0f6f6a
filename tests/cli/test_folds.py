"""What is folded, marked and ordered in a real repository, as the shell shows it and decides on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import casework, printed
from tests.repositories import Content, Repository, numbered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

PAY = "def pay(card):\n    check(card)\n    return card\n"
REST = "".join(f"\n\ndef f{n}(x):\n    return x + {n}\n" for n in range(6))


def test_a_fold_is_decided_at_once_and_what_hides_comes_first(world: Path) -> None:
    shop = Repository.new(world / "shop")
    before: dict[str | bytes, Content] = {f"old/n{n}.txt": numbered(9) + f"{n}\n" for n in range(3)}
    a, b = "import os\n" + REST, "import sys\n" + REST
    shop.commit("first", {**before, "a.py": a + "\n\n" + PAY, "b.py": b, "z.py": "z = 1\n"})
    shop.git("checkout", "-q", "-b", "tidy")
    shop.git("mv", "old", "new")
    shop.commit("tidy", {"a.py": a, "b.py": b + "\n\n" + PAY, "z.py": "z = '\u202e'\n"})
    shop.git("checkout", "-q", "main")
    top = shop.path
    review = json.loads(printed(casework("review", "branch", "tidy", "--json", at=top)))
    assert [(file["path"], file["why_here"]) for file in review["files"]] == [
        ("z.py", "holds hidden characters"),
        ("a.py", "folded"),
        ("b.py", "folded"),
        ("new/n0.txt", "folded"),
        ("new/n1.txt", "folded"),
        ("new/n2.txt", "folded"),
    ]
    assert [(fold["title"], len(fold["hunks"]), fold["decision"]) for fold in review["folds"]] == [
        ("moved 3 lines from a.py to b.py, unchanged", 2, "none"),
        ("3 files renamed from old/ to new/, unchanged", 3, "none"),
    ]
    assert (review["minutes"], review["not_folded"]) == (1, "")
    moved = review["folds"][0]
    shown = printed(casework("review", "accept", "1", moved["id"], at=top))
    assert shown.startswith("review 1: 2 accepted, 0 rejected, 4 undecided")
    text = printed(casework("review", "show", "1", at=top))
    assert "         ! line 1 holds U+202E (right-to-left override) in column 6\n" in text
    assert f"     [x] {moved['id']}  2 hunks  moved 3 lines from a.py to b.py, unchanged\n" in text
    assert "\u202e" not in text
    found = json.loads(printed(casework("next", "1", "--hunk", review["files"][0]["hunks"][0]["id"], "--json", at=top)))
    assert (found["fold"], found["sentence"], found["left"]) == (
        review["folds"][1]["id"],
        "Review 1, 3 of 3: 3 files renamed from old/ to new/, unchanged",
        2,
    )
    printed(casework("review", "reject", "1", moved["hunks"][0], at=top))
    parted = json.loads(printed(casework("review", "show", "1", "--json", at=top)))
    assert [fold["title"] for fold in parted["folds"]] == ["3 files renamed from old/ to new/, unchanged"]
    document = Path(printed(casework("review", "open", "1", at=top)).strip()).read_text("utf-8")
    mark = "- line 1 holds U+202E (right-to-left override) in column 6"
    assert f"{mark}\n```diff\n@@ -1 +1 @@\n-z = 1\n+z = '<U+202E>'\n```" in document
    heading = "### 4. 3 files renamed from old/ to new/, unchanged    [ ]   <- x accept, - reject, all 3 at once"
    assert f"{heading}\n" in document


def test_a_review_of_many_files_and_of_one_huge_one_opens(world: Path) -> None:
    shop = Repository.new(world / "shop")
    names = [f"d{n % 20}/m{n}.txt" for n in range(5000)]
    shop.commit("first", {"huge.json": "x\n", **dict.fromkeys(names, "a\n")})
    shop.git("checkout", "-q", "-b", "big")
    shop.commit("big", {"huge.json": '"' + "y" * 50_000_000 + '"\n', **dict.fromkeys(names, "b\n")})
    shop.git("checkout", "-q", "main")
    top = shop.path
    review = json.loads(printed(casework("review", "branch", "big", "--json", at=top)))
    assert (len(review["files"]), review["hunks"]) == (5001, 5001)
    assert review["not_folded"].startswith("This change has 5,001 hunks: ")
    document = Path(printed(casework("review", "open", "1", at=top)).strip())
    assert document.stat().st_size < 8_000_000
    text = document.read_text("utf-8")
    assert text.count("\n### ") == 5001
    assert "... 50000003 characters\n" in text
    last = review["files"][-1]["hunks"][0]["id"]
    assert printed(casework("review", "accept", "1", last, at=top)).startswith("review 1: 1 accepted")
